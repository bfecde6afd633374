"""Block Kit in small: blocks with the same words beside them, each within Slack's limits.

People's words go into ``rich_text`` elements, which Slack shows literally: no mention, no markup, no emoji code acts there.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clair_bot_slack import markup

PIECE_LIMIT = 2_800
"""A section holds 3,000; the same bound keeps a rich text block small."""
HEADER_LIMIT = 150
LABEL_LIMIT = 75
URL_LIMIT = 1_500
CONTEXT_LIMIT = 2_000

_URL = re.compile(r"https?://[^\s<>\"「」『』（）()、。，]+")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Blocks that stay together, and their words for ``text``."""

    blocks: tuple[Json, ...]
    text: str = ""

    @property
    def weight(self) -> int:
        """Return the characters of the blocks' JSON."""
        return sum(len(json.dumps(block, ensure_ascii=False)) + 2 for block in self.blocks)


DIVIDER = Piece(blocks=({"type": "divider"},))


def title(text: str) -> Iterator[Piece]:
    """Yield a header, or a bold line where it cannot be one."""
    text = markup.clean(text).strip()
    # A header is plain text, of which nobody says whether entities are decoded: with control characters it becomes a bold line.
    if text and markup.size(text) <= HEADER_LIMIT and not set(text) & set("&<>\n"):
        yield Piece(blocks=({"type": "header", "text": plain(text)},), text=text)
    else:
        yield from running(text, bold=True)


def note(text: str) -> Iterator[Piece]:
    """Yield small print."""
    text = markup.clean(text).strip()
    if is_small(text):
        yield Piece(blocks=({"type": "context", "elements": [plain(text)]},), text=text)
    else:
        yield from running(text)


def is_small(text: str) -> bool:
    """Tell whether these words, clean and stripped, may stand in a context."""
    return bool(text) and markup.size(text) <= CONTEXT_LIMIT and not set(text) & set("&<>")


def running(text: str, *, bold: bool = False) -> Iterator[Piece]:
    """Yield the pieces of running text, literal, with its web addresses to click on."""
    for piece in markup.split(markup.clean(text), PIECE_LIMIT):
        if words := piece.strip("\n"):
            yield Piece(blocks=(rich(section(elements(words, bold=bold))),), text=words) if words.strip() else DIVIDER


def bullets(texts: Iterable[str]) -> Iterator[Piece]:
    """Yield the entries of a list."""
    for text in texts:
        first = True
        for words in filter(str.strip, markup.split(markup.clean(text), PIECE_LIMIT)):
            block = rich(bullet(elements(words)) if first else section(elements(words)))
            yield Piece(blocks=(block,), text=f"・{words}" if first else words)
            first = False


def cut(text: str, limit: int) -> str:
    """Shorten a label that no button can hold (typing it in full does the same), or a name that stands in full elsewhere."""
    text = markup.clean(text) or "…"
    return text if markup.size(text) <= limit else f"{next(markup.split(text, limit - 1))}…"


def plain(text: str) -> Json:
    """Return a plain text object."""
    return {"type": "plain_text", "text": text, "emoji": False}


def rich(element: Json) -> Json:
    """Return a rich text block."""
    return {"type": "rich_text", "elements": [element]}


def section(inline: list[Json]) -> Json:
    """Return running rich text."""
    return {"type": "rich_text_section", "elements": inline}


def bullet(inline: list[Json]) -> Json:
    """Return a list of one entry."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [section(inline)]}


def quote(inline: list[Json]) -> Json:
    """Return rich text with a bar beside it."""
    return {"type": "rich_text_quote", "elements": inline}


def elements(text: str, *, bold: bool = False) -> list[Json]:
    """Return literal words, with their web addresses to click on."""
    style = {"style": {"bold": True}} if bold else {}
    found: list[Json] = []
    start = 0
    for url in _URL.finditer(text):
        if url.start() > start:
            found.append({"type": "text", "text": text[start : url.start()], **style})
        found.append({"type": "link", "url": url[0], **style})
        start = url.end()
    return [*found, {"type": "text", "text": text[start:], **style}] if start < len(text) else found


def link(url: str, text: str) -> Json:
    """Return a link with these words."""
    return {"type": "link", "url": url, "text": text}


def is_link(url: str, words: str) -> bool:
    """Tell whether this clean address may be linked to, under these words."""
    return bool(_URL.fullmatch(url)) and len(url) <= URL_LIMIT and markup.size(words + url) <= PIECE_LIMIT
