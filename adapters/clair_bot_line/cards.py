"""A card as LINE shows it: a Flex bubble, and the same in plain words."""

import json
from typing import Any
from urllib.parse import quote, urlsplit

from clair_bot.messages import Block, BlockKind, Card, Source
from clair_bot_line.lengths import shorten, split, units
from clair_bot_line.words import dated, words

Json = dict[str, Any]

BUBBLE_BYTES = 29_000  # LINE: a bubble's JSON is at most 30 KB; measured as the SDK writes it, with \uXXXX for Japanese
ALT_TEXT_UNITS = 1_500  # LINE: altText, at most 1,500 characters
URI_LENGTH = 1_000  # LINE: the uri of an action, at most 1,000 characters
_COMPONENT_UNITS = 2_000  # a Flex text's own limit is not documented; well below every text seen to be accepted

_LABEL_CLUSTERS = 20  # LINE: an action's label, at most 20 grapheme clusters where nothing else is said; read out by screen readers

GREY = "#666666"
_LINK = "#0B57D0"


def card_text(card: Card, language: str) -> str:
    """Return the card in plain words; long addresses become links in LINE by themselves."""
    lines = [_block_text(block) for block in card.blocks]
    sources = [_source_text(source, language) for source in card.sources]
    said = [card.title, *lines]
    if sources:
        said.append("\n".join([words(language).sources + ":", *sources]))
    return "\n\n".join(part for part in (*said, card.note) if part.strip())


def bubble(card: Card, language: str) -> Json | None:
    """Return the card as a Flex bubble, or None where it is too large for one."""
    parts = [
        *texts(card.title, weight="bold", size="lg"),
        *(component for block in card.blocks for component in _block(block)),
        *_sources(card.sources, language),
        *texts(card.note, size="xs", color=GREY, margin="lg"),
    ]
    drawn: Json = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "spacing": "md", "contents": parts}}
    return drawn if parts and len(json.dumps(drawn)) <= BUBBLE_BYTES else None


def link(url: str | None) -> str | None:
    """Return the address as LINE takes it, percent-encoded, or None where it must not be made a link."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    address = quote(url, safe="%/:=&?~#+!$,;'@()*[]-._")
    good = parts.scheme in {"http", "https"} and parts.hostname and parts.netloc.isascii() and "@" not in parts.netloc
    return address if good and len(address) <= URI_LENGTH else None


def _block(block: Block) -> list[Json]:
    match block.kind:
        case BlockKind.HEADING:
            return texts(block.text, weight="bold", margin="lg")
        case BlockKind.ITEM:
            return texts(_block_text(block), size="sm")
    return texts(block.text, size="sm")


def _block_text(block: Block) -> str:
    if not block.text.strip():
        return ""
    return f"・{block.text}" if block.kind is BlockKind.ITEM else block.text


def _sources(sources: tuple[Source, ...], language: str) -> list[Json]:
    if not sources:
        return []
    heading = texts(words(language).sources, size="xs", color=GREY)
    return [{"type": "separator", "margin": "lg"}, *heading, *(part for source in sources for part in _source(source, language))]


def _source(source: Source, language: str) -> list[Json]:
    address = link(source.url)
    if address is None:
        return texts(_source_text(source, language), size="xs")
    shown = texts(dated(source.title, source.as_of, language), size="xs", color=_LINK, decoration="underline")
    action = {"type": "uri", "label": shorten(source.title, _LABEL_CLUSTERS) or "URL", "uri": address}
    return [{**component, "action": action} for component in shown]


def _source_text(source: Source, language: str) -> str:
    title = "・" + dated(source.title, source.as_of, language)
    return f"{title}\n{link(source.url) or source.url}" if source.url else title


def texts(text: str, **style: str) -> list[Json]:
    """Return the text as Flex components; LINE takes no empty ones."""
    pieces = (piece.strip("\n") for piece in split(text, _COMPONENT_UNITS))
    return [{"type": "text", "text": piece, "wrap": True, **style} for piece in pieces if piece.strip()]


def alt_text(card: Card, language: str) -> str:
    """Return what notifications and the chat list show: the title and the beginning of the body."""
    said = " ".join([card.title, *(_block_text(block) for block in card.blocks)]).strip() or card_text(card, language).strip()
    return notification(said)


def notification(text: str) -> str:
    """Return a text as long as altText may be, ended at a sensible place where it was longer."""
    return text if units(text) <= ALT_TEXT_UNITS else split(text, ALT_TEXT_UNITS - 1)[0].rstrip() + "…"
