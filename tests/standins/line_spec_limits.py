"""The limits that LINE's documentation states and its specification lacks; each check quotes what it rests on."""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_PROPERTIES = {
    "text": {"type", "text", "emojis", "quoteToken", "quickReply", "sender"},
    "flex": {"type", "altText", "contents", "quickReply", "sender"},
    "image": {"type", "originalContentUrl", "previewImageUrl", "quickReply", "sender"},
}
_ACTION = {"postback": {"type", "label", "data", "displayText", "inputOption", "fillInText"}, "uri": {"type", "label", "uri", "altUri"}}
_FLEX_TEXT = {
    *{"type", "text", "contents", "adjustMode", "flex", "margin", "position", "size", "align", "gravity", "wrap", "lineSpacing"},
    *{"maxLines", "weight", "color", "action", "style", "decoration", "scaling"},
}
_PLACE = {"flex", "margin", "position", "gravity", "offsetTop", "offsetBottom", "offsetStart", "offsetEnd"}
_COMPONENTS = {
    "text": _FLEX_TEXT,
    "separator": {"type", "margin", "color"},
    "box": {"type", "layout", "contents", "spacing", "backgroundColor", "cornerRadius", "borderColor", "borderWidth", "action", *_PLACE}
    | {f"padding{side}" for side in ("All", "Top", "Bottom", "Start", "End")},
    "button": {"type", "action", "style", "color", "height", "adjustMode", "scaling", *_PLACE},
    "image": {"type", "url", "size", "align", "aspectRatio", "aspectMode", "backgroundColor", "action", "animated", *_PLACE},
}
_BUBBLE = {"type", "size", "direction", "header", "hero", "body", "footer", "styles", "action"}
_UNENCODED = re.compile(r"[\s<>\"{}|\\^`]")


def message_faults(messages: list[Json]) -> list[str]:
    """Return what the documentation forbids in the messages of a call."""
    return [fault for message in messages for fault in _message(message)]


def loading_faults(body: Json) -> list[str]:
    """Loading animation: "You can specify a multiple of 5 from 5 to 60"."""
    seconds = body.get("loadingSeconds", 20)
    return [] if seconds in range(5, 61, 5) else [f"loadingSeconds {seconds}"]


def _message(message: Json) -> Iterator[str]:
    kind = message["type"]
    yield from _strangers(message, _PROPERTIES.get(kind, set()), kind)
    if kind == "text":
        # Text message: "Max character limit: 5000"; "the number of characters is counted in UTF-16 code units"
        if not 1 <= _units(message.get("text", "")) <= 5_000 or not message["text"].strip():
            yield f"text of {_units(message.get('text', ''))} units"
    elif kind == "flex":
        # Flex message: altText "Max character limit: 1500"
        if not 1 <= _units(message.get("altText", "")) <= 1_500:
            yield f"altText of {_units(message.get('altText', ''))} units"
        yield from _container(message["contents"])
    elif kind == "image":
        yield from _image(message)
    yield from _quick_reply(message.get("quickReply"))


def _image(message: Json) -> Iterator[str]:
    """Image message: both addresses "HTTPS over TLS 1.2 or later", "Max character limit: 2000", percent-encoded using UTF-8."""
    for name in ("originalContentUrl", "previewImageUrl"):
        address = message.get(name, "")
        if not (address.startswith("https://") and address.isascii() and len(address) <= 2_000):
            yield name
        if _UNENCODED.search(address):
            yield f"{name} is not percent-encoded"


def _strangers(found: Json, known: set[str], where: str) -> Iterator[str]:
    """Misspelt properties pass LINE's specification, whose objects are open."""
    if extra := set(found) - known:
        yield f"unknown properties of {where}: {sorted(extra)}"


def _quick_reply(quick_reply: Json | None) -> Iterator[str]:
    if quick_reply is None:
        return
    # Quick reply: "Max objects: 13"
    if not 1 <= len(quick_reply["items"]) <= 13:
        yield f"{len(quick_reply['items'])} quick replies"
    for item in quick_reply["items"]:
        yield from _strangers(item, {"type", "action", "imageUrl"}, "quick reply")
        yield from _action(item["action"], 20)


def _action(action: Json, label: int) -> Iterator[str]:
    kind = action["type"]
    yield from _strangers(action, _ACTION.get(kind, set()), kind)
    # Quick reply: label "Max character limit: 20", counted in grapheme clusters
    if not 1 <= _clusters(action.get("label", "")) <= label:
        yield f"label of {_clusters(action.get('label', ''))} clusters"
    # Postback action: data "Max character limit: 300", displayText "Max character limit: 300"
    if kind == "postback" and not (1 <= _units(action["data"]) <= 300 and _units(action.get("displayText", "")) <= 300):
        yield "postback data or displayText"
    # URI action: uri "Max character limit: 1000"; "The available schemes are http, https, line, and tel"; "percent-encoded using UTF-8"
    if kind == "uri" and not (
        action["uri"].startswith(("https://", "http://")) and action["uri"].isascii() and len(action["uri"]) <= 1_000
    ):
        yield "uri"
    if kind == "uri" and _UNENCODED.search(action["uri"]):
        yield "uri is not percent-encoded"


def _container(container: Json) -> Iterator[str]:
    if container["type"] == "bubble":
        yield from _bubble(container)
        return
    yield from _strangers(container, {"type", "contents"}, "carousel")
    # Carousel: "Max: 12 bubbles"; "Max size of JSON data that defines a carousel: 50 KB"; measured at its larger writing, with escapes
    if not 1 <= len(container["contents"]) <= 12:
        yield f"{len(container['contents'])} bubbles"
    if len(json.dumps(container)) > 50_000:
        yield f"carousel of {len(json.dumps(container))} bytes"
    # Carousel, on the property size: "Bubbles with different widths cannot be added to one carousel"
    if len({bubble.get("size", "mega") for bubble in container["contents"]}) > 1:
        yield "bubbles of different widths"
    for bubble in container["contents"]:
        yield from _bubble(bubble)


def _bubble(bubble: Json) -> Iterator[str]:
    yield from _strangers(bubble, _BUBBLE, "bubble")
    # Bubble: "Max size of JSON data that defines a bubble: 30 KB"; measured at its larger writing, with escapes
    if len(json.dumps(bubble)) > 30_000:
        yield f"bubble of {len(json.dumps(bubble))} bytes"
    for block in _BUBBLE & {"header", "hero", "body", "footer"}:
        for component in _components(bubble[block]) if block in bubble else ():
            yield from _component(component)


def _component(component: Json) -> Iterator[str]:
    kind = component["type"]
    yield from _strangers(component, _COMPONENTS.get(kind, set()), f"flex {kind}")
    # Flex text: "text" is not empty
    if kind == "text" and not component.get("text"):
        yield "empty flex text"
    if kind == "box" and not component["contents"]:
        yield "empty box"
    # Flex image: "HTTPS over TLS 1.2 or later", "Max character limit: 2000", percent-encoded using UTF-8
    if kind == "image" and not (component["url"].startswith("https://") and component["url"].isascii() and len(component["url"]) <= 2_000):
        yield "flex image"
    if kind == "image" and _UNENCODED.search(component["url"]):
        yield "flex image is not percent-encoded"
    if "action" in component:
        yield from _action(component["action"], 40)


def _components(component: Json) -> Iterator[Json]:
    yield component
    for part in component.get("contents", ()):
        yield from _components(part)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _clusters(text: str) -> int:
    """Count grapheme clusters another way than the adapter does: drop what joins what stands before it, unless nothing does."""
    joined = re.sub(
        r"\u200d.|[\ufe00-\ufe0f\u0300-\u036f\u3099\u309a\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u20e3]", "", text
    )
    return max(len(re.sub(r"[\U0001f1e6-\U0001f1ff]{2}", "x", joined)), 1 if text else 0)
