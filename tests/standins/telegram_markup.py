"""Telegram's HTML, read as its server reads it: what people see, and the entities; ``MarkupError`` for what it refuses."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[A-Za-z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_TYPES = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "a": "text_link",
}


class MarkupError(Exception):
    """The server's ``can't parse entities``."""


def units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(kw_only=True)
class Reading:
    """A text with its markup undone."""

    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)

    def trimmed(self) -> "Reading":
        """Return it as the server keeps it: without white space at both ends."""
        start = units(self.text) - units(self.text.lstrip())
        text = self.text.strip()
        kept = [moved for entity in self.entities if (moved := _moved(entity, start, units(text)))]
        return Reading(text=text, entities=kept)


def plain(text: str) -> Reading:
    """Read a text without a parse mode."""
    return Reading(text=text).trimmed()


def parse(markup: str) -> Reading:
    """Read Telegram's HTML.

    Raises:
        MarkupError: An unknown, wrongly nested or unclosed tag.
    """
    reading, place = Reading(), 0
    opened: list[tuple[str, int, str]] = []
    while place < len(markup):
        if markup[place] == "<":
            place = _tag(markup, place, reading, opened)
        elif found := _ENTITY.match(markup, place):
            reading.text += html.unescape(found[0])
            place = found.end()
        else:
            reading.text += markup[place]
            place += 1
    if opened:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    reading.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return reading.trimmed()


def _tag(markup: str, place: int, reading: Reading, opened: list[tuple[str, int, str]]) -> int:
    found = _TAG.match(markup, place)
    byte = len(markup[:place].encode())
    if found is None:
        raise MarkupError(f"Unclosed start tag at byte offset {byte}")
    name = found[2].lower()
    if name not in _TYPES:
        raise MarkupError(f'Unsupported start tag "{name}" at byte offset {byte}')
    if not found[1]:
        opened.append((name, units(reading.text), _href(found[3])))
        return found.end()
    if not opened or opened[-1][0] != name:
        raise MarkupError(f'Unmatched end tag at byte offset {byte}, expected "</{opened[-1][0] if opened else ""}>", found "</{name}>"')
    _, start, href = opened.pop()
    _close(reading, name, start, href)
    return found.end()


def _close(reading: Reading, name: str, start: int, href: str) -> None:
    length = units(reading.text) - start
    if length and (name != "a" or href):
        link = {"url": href} if name == "a" else {}
        reading.entities.append({"type": _TYPES[name], "offset": start, "length": length, **link})


def _href(attributes: str) -> str:
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == "href":
            return html.unescape(found[2] or found[3] or found[4] or "")
    return ""


def _moved(entity: dict[str, Any], start: int, length: int) -> dict[str, Any] | None:
    begin = max(entity["offset"] - start, 0)
    end = min(entity["offset"] + entity["length"] - start, length)
    return {**entity, "offset": begin, "length": end - begin} if end > begin else None
