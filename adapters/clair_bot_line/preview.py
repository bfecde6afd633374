"""Draws what would be sent, from the very payloads, as safe HTML for the simulator and for previews of bulletins."""

from html import escape
from typing import Any

from clair_bot.messages import Bubble, File, OutboundMessage, PreviewButton
from clair_bot_line.cards import link
from clair_bot_line.files import title, told
from clair_bot_line.rendering import Part, button_of, render

Json = dict[str, Any]


def preview(message: OutboundMessage) -> tuple[Bubble, ...]:
    """Return one bubble for each platform message."""
    return tuple(draw(part, message.language) for part in render(message))


def draw(part: Part, language: str) -> Bubble:
    """Return one message object of LINE as it would look; of a file its name, since a preview loads no pictures."""
    payload = part.rich
    if part.file is not None:
        html = f"<p>{_file(part.file, language)}</p>"
    elif payload["type"] == "flex":
        html = _container(payload["contents"])
    else:
        html = f"<p>{_lines(payload['text'])}</p>"
    items = payload.get("quickReply", {}).get("items", ())
    buttons = tuple(button_of(item) for item in items)
    return Bubble(html=html, buttons=tuple(PreviewButton(label=button.label, action=button.action) for button in buttons))


def _file(file: File, language: str) -> str:
    address = link(file.url)
    if address is None:
        return _lines(told(file, language))
    return f'<a href="{escape(address)}">{escape(title(file))}</a>'


def _container(contents: Json) -> str:
    if contents["type"] == "carousel":
        return f'<div class="line-carousel">{"".join(_container(bubble) for bubble in contents["contents"])}</div>'
    blocks = (contents[name] for name in ("header", "hero", "body", "footer") if name in contents)
    return f'<div class="line-flex">{"".join(_component(block) for block in blocks)}</div>'


def _component(component: Json) -> str:
    match component["type"]:
        case "box":
            return "".join(_component(part) for part in component["contents"])
        case "separator":
            return "<hr>"
        case "image":
            return f'<p><a href="{escape(component["url"])}">🖼</a></p>'
        case "button":
            action = component["action"]
            return f'<p><a href="{escape(action["uri"])}">{escape(action["label"])}</a></p>'
    return _text(component)


def _text(component: Json) -> str:
    said = _lines(component["text"])
    if "action" in component:
        said = f'<a href="{escape(component["action"]["uri"])}">{said}</a>'
    if component.get("size") == "lg":
        return f"<h3>{said}</h3>"
    if component.get("weight") == "bold":
        return f"<p><b>{said}</b></p>"
    return f"<p><small>{said}</small></p>" if component.get("size") == "xs" else f"<p>{said}</p>"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
