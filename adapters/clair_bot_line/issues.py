"""A bulletin as LINE's message objects: carousels of bubbles, packed so that everything goes in one call."""

import functools
import json
import math
from dataclasses import dataclass
from typing import Any

from clair_bot.messages import Issue
from clair_bot_line.cards import BUBBLE_BYTES, notification
from clair_bot_line.issue_pieces import Measure, Piece, header, pieces
from clair_bot_line.lengths import split, units

Json = dict[str, Any]

TEXT_UNITS = 5_000  # LINE: a text, at most 5,000 UTF-16 code units
CAROUSEL_BYTES = 48_000  # LINE: a carousel's JSON is at most 50 KB; some distance for what the SDK adds
CAROUSEL_BUBBLES = 12  # LINE: at most twelve bubbles in a carousel

_MEASURES = (
    Measure(summary=400, lead=3_000, contents=200),
    Measure(summary=200, lead=2_000, contents=200),
    Measure(summary=120, lead=1_000, contents=60),
    Measure(summary=70, lead=500, contents=40),
    Measure(summary=40, lead=300, contents=24),
    Measure(summary=0, lead=200, contents=24),
    Measure(summary=0, lead=120, contents=0),
    Measure(summary=0, lead=120, contents=0, plain_facts=2),
    Measure(summary=0, lead=120, contents=0, plain_facts=1),
)
"""From the fullest to the tersest: words are shortened before anything is left out."""
_TOGETHER = (1, 2, 4, 8)  # items in a bubble, where one each would be too many bubbles
_FRAME_BYTES = 100  # of a carousel's JSON around its bubbles


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One message object in both forms."""

    rich: Json
    plain: Json


@functools.lru_cache(maxsize=8)  # a bulletin goes out in many calls, 500 people each, and to pack a large one takes a while
def issue_messages(issue: Issue, language: str, room: int) -> tuple[Drawn, ...]:
    """Return a bulletin in at most ``room`` message objects where that can be done; in texts, as many as are needed, where it cannot.

    Each carousel goes with a text that says the same: both forms have as many messages, and the count of what was sent holds.
    Nobody may change what is returned.
    """
    for measure in _MEASURES:
        for together in _TOGETHER:
            pages = _evened(pieces(issue, language, measure, together), issue.notice)
            if pages is None:
                break  # more of them in a bubble will not fit either
            if len(pages) <= room:
                return tuple(_message(page, place, len(pages), issue) for place, page in enumerate(pages, start=1))
    return _texts(issue, language, room)


def _evened(found: list[Piece], notice: str) -> list[list[Piece]] | None:
    """Return the pieces as pages, about as many on each; None where a piece is too large for a bubble or its text for a message."""
    pages = _pages(found, notice, CAROUSEL_BUBBLES)
    if not pages:
        return pages
    even = _pages(found, notice, math.ceil(len(found) / len(pages)))
    return even if even is not None and len(even) == len(pages) else pages


def _pages(found: list[Piece], notice: str, most: int) -> list[list[Piece]] | None:
    """Return the pieces as pages: each at most ``most`` bubbles, a carousel's bytes and a text's units."""
    extra_bytes = len(json.dumps(header(notice))) + len('"header": , ')
    extra_units = units(notice) + 2
    pages: list[list[Piece]] = []
    size, length = 0, 0
    for piece in found:
        if piece.size + extra_bytes > BUBBLE_BYTES or piece.length + extra_units > TEXT_UNITS:
            return None
        size, length = size + piece.size + 2, length + piece.length + 2
        if not pages or len(pages[-1]) >= most or size > CAROUSEL_BYTES or length > TEXT_UNITS:
            pages.append([])
            size, length = _FRAME_BYTES + extra_bytes + piece.size, extra_units + piece.length
        pages[-1].append(piece)
    return pages


def _message(page: list[Piece], place: int, count: int, issue: Issue) -> Drawn:
    bubbles = [piece.bubble for piece in page]
    if above := header(issue.notice):
        bubbles[0] = {"type": "bubble", "header": above, **bubbles[0]}
    contents = bubbles[0] if len(bubbles) == 1 else {"type": "carousel", "contents": bubbles}
    said = "\n\n".join(part for part in (issue.notice.strip(), *(piece.text for piece in page)) if part)
    rich = {"type": "flex", "altText": _alt_text(issue, place, count), "contents": contents}
    return Drawn(rich=rich, plain={"type": "text", "text": said})


def _alt_text(issue: Issue, place: int, count: int) -> str:
    """Return what notifications and the chat list show: the notice first, then which bulletin it is."""
    counted = f"（{place}/{count}）" if count > 1 else ""
    named = [issue.notice, issue.masthead, issue.number, issue.title + counted, *(issue.lead if place == 1 else ())]
    return notification(" ".join(part.strip() for part in named if part.strip()) or issue.date.strip() or "…")


def _texts(issue: Issue, language: str, room: int) -> tuple[Drawn, ...]:
    """Return the bulletin in plain texts alone: what has a title of many pages, say, fits into no bubble."""
    full, terse = (_text(issue, language, measure) for measure in (_MEASURES[0], _MEASURES[-3]))
    said = terse if len(terse) <= room < len(full) else full
    payloads: list[Json] = [{"type": "text", "text": text} for text in said]
    return tuple(Drawn(rich=payload, plain=payload) for payload in payloads)


def _text(issue: Issue, language: str, measure: Measure) -> list[str]:
    said = [issue.notice.strip(), *(piece.text for piece in pieces(issue, language, measure, 1))]
    parts = (part.strip("\n") for part in split("\n\n".join(part for part in said if part), TEXT_UNITS))
    return [part for part in parts if part.strip()]
