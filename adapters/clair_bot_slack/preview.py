"""What Slack would draw, as safe HTML: from the rendered blocks and nothing else."""

import html
import re
from collections.abc import Mapping
from typing import Any

from clair_bot.messages import Bubble, OutboundMessage, PreviewButton
from clair_bot_slack.packing import Part
from clair_bot_slack.rendering import render

_LINK = re.compile(r"<([^<>|]*)\|([^<>|]*)>")


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
            return f"<p><small>{' '.join(_small(element) for element in block['elements'])}</small></p>"
        case "image":
            return f"<p>🖼 {_link(block['image_url'], _text(block['alt_text']))}</p>"
        case "divider":
            return "<hr>"
        case "rich_text":
            return "".join(_rich(element) for element in block["elements"])
    return ""


def _small(element: Mapping[str, Any]) -> str:
    """Draw what stands in a context: plain text, or the one link that is markup, escaped as HTML is."""
    if element["type"] != "mrkdwn":
        return _text(element["text"])
    found = _LINK.fullmatch(element["text"])
    return _link(html.unescape(found[1]), _text(html.unescape(found[2]))) if found else _text(element["text"])


def _rich(element: Mapping[str, Any]) -> str:
    if element["type"] == "rich_text_list":
        return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in element["elements"]) + "</ul>"
    drawn = f"<p>{_inline(element)}</p>"
    return f'<div class="quote">{drawn}</div>' if element["type"] == "rich_text_quote" else drawn


def _inline(section: Mapping[str, Any]) -> str:
    return "".join(_span(element) for element in section["elements"])


def _span(element: Mapping[str, Any]) -> str:
    words = _text(element.get("text") or element["url"])
    if element["type"] == "link":
        words = _link(element["url"], words)
    return f"<b>{words}</b>" if element.get("style", {}).get("bold") else words


def _link(url: str, drawn: str) -> str:
    return f'<a href="{html.escape(url)}">{drawn}</a>' if url.startswith(("http://", "https://")) else drawn


def _text(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
