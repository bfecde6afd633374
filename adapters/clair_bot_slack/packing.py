"""How pieces fill messages: in order, as many in each as its limits hold, and broken between groups where that can be."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from clair_bot.messages import File
from clair_bot_slack import markup
from clair_bot_slack.pieces import DIVIDER, Json, Piece

TEXT_LIMIT = 3_900
"""Slack: "we recommend limiting the text field to under 4,000 characters"."""
BLOCKS_LIMIT = 50
SIZE_LIMIT = 12_000
"""Characters of all blocks together: ``msg_blocks_too_long`` was met around 13,200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Slack message."""

    text: str
    """Escaped; under 4,000 UTF-16 units."""
    blocks: tuple[Json, ...]
    file: File | None = None
    """To be shown in place of the words, which name it."""

    def forms(self) -> "tuple[Part, ...]":
        """Return the message and the simpler ones that say the same, for where Slack refuses: without pictures, without blocks.

        Slack fetches pictures itself, and refuses the whole message (``invalid_blocks``) when one cannot be had.
        """
        unpictured = tuple(block for block in self.blocks if block["type"] != "image")
        simpler = (replace(self, blocks=unpictured),) if len(unpictured) < len(self.blocks) else ()
        return (self, *simpler, replace(self, blocks=()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pieces that belong in one message where they fit."""

    pieces: tuple[Piece, ...]
    banner: tuple[Piece, ...] = ()
    """Said again at the top of a message that begins with, or within, this group."""


def single(pieces: Iterable[Piece]) -> Iterator[Group]:
    """Yield each piece as a group of its own."""
    for piece in pieces:
        yield Group(pieces=(piece,))


def pack(groups: Iterable[Group]) -> Iterator[Part]:
    """Fill messages."""
    held: list[Piece] = []
    for group in groups:
        # What does not fit here as a whole, but may in a message of its own, begins one.
        for pieces in (group.pieces,) if _fits([*group.banner, *group.pieces]) else ((piece,) for piece in group.pieces):
            if held and not _fits([*held, *pieces]):
                if not any(piece.text for piece in pieces):  # a rule alone begins no message
                    continue
                yield from _part(held)
                held = list(group.banner)
            held += pieces
    yield from _part(held)


def _fits(pieces: Sequence[Piece]) -> bool:
    words = sum(markup.size(piece.text) + 1 for piece in pieces)
    blocks = sum(len(piece.blocks) for piece in pieces)
    return words <= TEXT_LIMIT and blocks <= BLOCKS_LIMIT and sum(piece.weight for piece in pieces) <= SIZE_LIMIT


def _part(pieces: Sequence[Piece]) -> Iterator[Part]:
    text = markup.escape("\n".join(piece.text for piece in pieces if piece.text))
    if text:
        yield Part(text=text, blocks=tuple(block for piece in _trimmed(pieces) for block in piece.blocks))


def _trimmed(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Drop the rules at both ends: they part nothing."""
    filled = [index for index, piece in enumerate(pieces) if piece is not DIVIDER]
    return pieces[filled[0] : filled[-1] + 1]
