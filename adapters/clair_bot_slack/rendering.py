"""What goes out: our meaning as Block Kit. Pure functions; each part is one Slack message.

People's words go into ``rich_text`` elements, which Slack shows literally: no mention, no markup, no emoji code acts there.
``text`` beside the blocks carries the same words in full, escaped, so that a part can also be sent without its blocks.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from clair_bot.messages import Block, BlockKind, Card, File, OutboundMessage, Source
from clair_bot_slack import markup

TEXT_LIMIT = 3_900
"""Slack: "we recommend limiting the text field to under 4,000 characters"."""
PIECE_LIMIT = 2_800
"""A section holds 3,000; the same bound keeps a rich text block small."""
HEADER_LIMIT = 150
LABEL_LIMIT = 75
NAME_LIMIT = 300
"""Of a file, in its line; the file itself keeps the whole name."""
URL_LIMIT = 1_500
CONTEXT_LIMIT = 2_000
BLOCKS_LIMIT = 50
SIZE_LIMIT = 12_000
"""Characters of all blocks together: ``msg_blocks_too_long`` was met around 13,200."""
BUTTONS_IN_A_ROW = 10
"""Slack allows 25; more than ten are hard to read."""
LINK_LABEL_LIMIT = 40
"""Longer titles are cut by Slack's narrow windows: then the button is a number, and the title stands in the text."""

_URL = re.compile(r"https?://[^\s<>\"「」『』（）()、。，]+")
_WORDS = {
    "ja": ("出典", "{}時点", "時点不明"),
    "en": ("Source", "as of {}", "date unknown"),
    "easy": ("もとの情報", "{}の情報", "いつの情報か分かりません"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Slack message."""

    text: str
    """Escaped; under 4,000 UTF-16 units."""
    blocks: tuple[dict[str, Any], ...]
    file: File | None = None
    """To be shown in place of the words, which name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One block, and its words for ``text``."""

    block: dict[str, Any]
    text: str = ""

    @property
    def weight(self) -> int:
        return len(json.dumps(self.block, ensure_ascii=False)) + 2


def render(message: OutboundMessage) -> tuple[Part, ...]:
    """Return the Slack messages that together say all of it, in order; none for an empty message."""
    return (*_pack(_pieces(message)), *map(_file, message.files))


def _pieces(message: OutboundMessage) -> Iterator[_Piece]:
    for paragraph in message.paragraphs:
        yield from _running(paragraph)
    if message.card:
        if any(paragraph.strip() for paragraph in message.paragraphs):
            yield _Piece(block={"type": "divider"})
        yield from _card(message.card, message.language)
    for number, choice in enumerate(message.choices, 1):
        yield from _running(f"{number}. {choice.title}")
    yield from _buttons(
        [(_choice_label(number, choice.title), choice.action) for number, choice in enumerate(message.choices, 1)], "choice"
    )
    yield from _buttons([(button.label, button.action) for button in message.buttons], "button")


def _choice_label(number: int, title: str) -> str:
    label = f"{number}. {title}"
    return label if len(label) <= LINK_LABEL_LIMIT else str(number)


def _card(card: Card, language: str) -> Iterator[_Piece]:
    yield from _title(card.title)
    for kind, blocks in groupby(card.blocks, key=lambda block: block.kind):
        if kind is BlockKind.ITEM:
            yield from _items(blocks)
        else:
            for block in blocks:
                yield from _running(block.text, bold=kind is BlockKind.HEADING)
    if card.sources:
        yield from _sources(card.sources, language)
    yield from _note(card.note)


def _title(title: str) -> Iterator[_Piece]:
    title = markup.clean(title).strip()
    # A header is plain text, of which nobody says whether entities are decoded: with control characters it becomes a bold line.
    if title and markup.size(title) <= HEADER_LIMIT and not set(title) & set("&<>\n"):
        yield _Piece(block={"type": "header", "text": _plain(title)}, text=title)
    else:
        yield from _running(title, bold=True)


def _note(note: str) -> Iterator[_Piece]:
    note = markup.clean(note).strip()
    if note and markup.size(note) <= CONTEXT_LIMIT and not set(note) & set("&<>"):
        yield _Piece(block={"type": "context", "elements": [_plain(note)]}, text=note)
    else:
        yield from _running(note)


def _running(text: str, *, bold: bool = False) -> Iterator[_Piece]:
    """Yield the pieces of running text, literal, with its web addresses to click on."""
    for piece in markup.split(markup.clean(text), PIECE_LIMIT):
        if words := piece.strip("\n"):
            yield (
                _Piece(block=_rich(_section(_elements(words, bold=bold))), text=words)
                if words.strip()
                else _Piece(block={"type": "divider"})
            )


def _items(blocks: Iterable[Block]) -> Iterator[_Piece]:
    for block in blocks:
        first = True
        for words in filter(str.strip, markup.split(markup.clean(block.text), PIECE_LIMIT)):
            yield _Piece(
                block=_rich(_list([_elements(words)]) if first else _section(_elements(words))), text=f"・{words}" if first else words
            )
            first = False


def _sources(sources: Sequence[Source], language: str) -> Iterator[_Piece]:
    heading, dated, undated = _WORDS.get(language, _WORDS["ja"])
    yield from _running(heading, bold=True)
    for source in sources:
        when = dated.format(source.as_of) if source.as_of and source.as_of != "不明" else undated
        title, url = markup.clean(source.title) or heading, markup.clean(source.url or "")
        if not _is_link(url, title):
            yield from _items([Block(kind=BlockKind.ITEM, text=f"{title}（{when}） {url}".rstrip())])
            continue
        elements = [{"type": "link", "url": url, "text": title}, {"type": "text", "text": f"（{when}）"}]
        yield _Piece(block=_rich(_list([elements])), text=f"・{title}（{when}） {url}")


def _buttons(buttons: Sequence[tuple[str, str]], name: str) -> Iterator[_Piece]:
    for start in range(0, len(buttons), BUTTONS_IN_A_ROW):
        row = buttons[start : start + BUTTONS_IN_A_ROW]
        elements = [
            {"type": "button", "action_id": f"{name}-{start + n}", "text": _plain(_cut(label)), "value": action}
            for n, (label, action) in enumerate(row)
        ]
        yield _Piece(block={"type": "actions", "elements": elements}, text=" ".join(f"[{markup.clean(label)}]" for label, _ in row))


def _cut(label: str, limit: int = LABEL_LIMIT) -> str:
    """Shorten a label that no button can hold (typing it in full does the same), or a file's name."""
    label = markup.clean(label) or "…"
    return label if markup.size(label) <= limit else f"{next(markup.split(label, limit - 1))}…"


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _rich(element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [element]}


def _section(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": elements}


def _list(items: Iterable[list[dict[str, Any]]]) -> dict[str, Any]:
    return {"type": "rich_text_list", "style": "bullet", "elements": [_section(elements) for elements in items]}


def _elements(text: str, *, bold: bool = False) -> list[dict[str, Any]]:
    style = {"style": {"bold": True}} if bold else {}
    elements, start = [], 0
    for url in _URL.finditer(text):
        if url.start() > start:
            elements.append({"type": "text", "text": text[start : url.start()], **style})
        elements.append({"type": "link", "url": url[0], **style})
        start = url.end()
    return [*elements, {"type": "text", "text": text[start:], **style}] if start < len(text) else elements


def _file(file: File) -> Part:
    """Return a file's own part, with the words that stand for it in a preview, and where Slack takes no file."""
    name, url = _cut(file.name, NAME_LIMIT), markup.clean(file.url)
    if _is_link(url, name):
        block = _section([{"type": "text", "text": "📎 "}, {"type": "link", "url": url, "text": name}])
    else:
        url, block = "", _section([{"type": "text", "text": f"📎 {name}"}])
    return Part(text=markup.escape(f"📎 {name} {url}".rstrip()), blocks=(_rich(block),), file=file)


def _is_link(url: str, title: str) -> bool:
    return bool(_URL.fullmatch(url)) and len(url) <= URL_LIMIT and markup.size(title + url) <= PIECE_LIMIT


def _pack(pieces: Iterable[_Piece]) -> Iterator[Part]:
    """Put as many pieces into each message as its limits hold."""
    held: list[_Piece] = []
    for piece in pieces:
        if held and not _fits([*held, piece]):
            yield _part(held)
            held = []
        held.append(piece)
    if any(piece.text for piece in held):
        yield _part(held)


def _fits(pieces: Sequence[_Piece]) -> bool:
    words = sum(markup.size(piece.text) + 1 for piece in pieces)
    return words <= TEXT_LIMIT and len(pieces) <= BLOCKS_LIMIT and sum(piece.weight for piece in pieces) <= SIZE_LIMIT


def _part(pieces: Sequence[_Piece]) -> Part:
    return Part(
        text=markup.escape("\n".join(piece.text for piece in pieces if piece.text)),
        blocks=tuple(piece.block for piece in pieces),
    )
