"""What Slack would draw, as safe HTML: from the rendered blocks and nothing else."""

import html
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from clair_bot.messages import Bubble, OutboundMessage, PreviewButton
from clair_bot_slack.rendering import Part, render


def preview(message: OutboundMessage) -> tuple[Bubble, ...]:
    """Draw the Slack messages that ``send`` would post."""
    return tuple(_bubble(part) for part in render(message))


def _bubble(part: Part) -> Bubble:
    return Bubble(
        html="".join(_block(block) for block in part.blocks),
        buttons=tuple(
            PreviewButton(label=element["text"]["text"], action=element["value"])
            for block in part.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ),
    )


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h3>{_text(block['text']['text'])}</h3>"
        case "context":
            return f"<p><small>{''.join(_text(element['text']) for element in block['elements'])}</small></p>"
        case "divider":
            return "<hr>"
        case "rich_text":
            return "".join(_rich(element) for element in block["elements"])
    return ""


def _rich(element: Mapping[str, Any]) -> str:
    if element["type"] == "rich_text_list":
        return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in element["elements"]) + "</ul>"
    return f"<p>{_inline(element)}</p>"


def _inline(section: Mapping[str, Any]) -> str:
    return "".join(_span(element) for element in section["elements"])


def _span(element: Mapping[str, Any]) -> str:
    words = _text(element.get("text") or element["url"])
    if element["type"] == "link" and urlsplit(element["url"]).scheme in {"http", "https"}:
        words = f'<a href="{html.escape(element["url"])}">{words}</a>'
    return f"<b>{words}</b>" if element.get("style", {}).get("bold") else words


def _text(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
