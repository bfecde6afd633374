"""Lines of text with some markup, and how they fill messages: a tag is never cut, since every piece opens and closes its own."""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from clair_bot_telegram.texts import cut, units

TEXT_LIMIT = 4096
"""Bot API, sendMessage: "1-4096 characters after entities parsing"; counted in UTF-16 units."""
MARKS_LIMIT = 100
"""Of the entities of one message, the platform keeps no more; an address is one, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words of one look."""

    text: str
    tag: str = ""
    """``b``, ``i``, ``a`` or nothing."""
    href: str = ""
    """For ``a``."""

    def html(self) -> str:
        """Return it in Telegram's HTML."""
        words = html.escape(self.text, quote=False)
        if not self.tag:
            return words
        target = f' href="{html.escape(self.href)}"' if self.href else ""
        return f"<{self.tag}{target}>{words}</{self.tag}>"

    def plain(self) -> str:
        """Return it without markup, a link's address beside its words."""
        return f"{self.text} {self.href}" if self.href else self.text

    def pieces(self, limit: int) -> Iterator["Span"]:
        """Cut it where it is longer than a message may be."""
        room = limit - (units(self.href) + 1 if self.href else 0)
        for words in cut(self.text, room):
            yield Span(text=words, tag=self.tag, href=self.href)


Line = tuple[Span, ...]
BLANK: Line = ()


def html_of(lines: Iterable[Line]) -> str:
    """Return lines in Telegram's HTML."""
    return "\n".join("".join(span.html() for span in line) for line in lines)


def plain_of(lines: Iterable[Line]) -> str:
    """Return lines without markup."""
    return "\n".join("".join(span.plain() for span in line) for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines that belong in one message where they fit."""

    lines: tuple[Line, ...]
    banner: tuple[Line, ...] = ()
    """Said again at the top of a message that begins with, or within, this group."""


def pack(groups: Iterable[Group]) -> list[list[Line]]:
    """Fill messages group by group; a group that no message holds goes line by line, and a line that none holds is cut."""
    packed: list[list[Line]] = [[]]
    for group in groups:
        for lines in _pieces(group):
            fits = _fits([*packed[-1], *lines])
            if not fits and any(map(is_filled, lines)):  # a blank line alone begins no message
                packed.append(list(group.banner))
                fits = True
            packed[-1] += lines if fits else ()
    trimmed = (_trimmed(part) for part in packed)
    return [part for part in trimmed if part]


def is_filled(line: Line) -> bool:
    """Tell whether there is anything to read in it."""
    return any(span.text.strip() for span in line)


def _pieces(group: Group) -> Iterator[tuple[Line, ...]]:
    """Yield the group as a whole where one message holds it, else its lines, each short enough to stand below the banner."""
    if _fits([*group.banner, *group.lines]):
        yield group.lines
        return
    room = TEXT_LIMIT - (units(plain_of(group.banner)) + 1 if group.banner else 0)
    yield from ((short,) for line in group.lines for short in _fitting(line, room))


def _fits(lines: Sequence[Line]) -> bool:
    text = plain_of(lines)
    marks = sum(bool(span.tag) for line in lines for span in line) + text.count("://")
    return units(text) <= TEXT_LIMIT and marks <= MARKS_LIMIT


def _fitting(line: Line, limit: int) -> Iterator[Line]:
    if units(plain_of([line])) <= limit:
        yield line
        return
    current: Line = ()
    for span in (piece for whole in line for piece in whole.pieces(limit)):
        if current and units(plain_of([(*current, span)])) > limit:
            yield current
            current = ()
        current = (*current, span)
    yield current


def _trimmed(lines: list[Line]) -> list[Line]:
    """Drop what is blank at both ends; the platform would, too."""
    filled = [index for index, line in enumerate(lines) if is_filled(line)]
    if not filled:
        return []
    inner = lines[filled[0] : filled[-1] + 1]
    return [line for index, line in enumerate(inner) if line or inner[index - 1]]  # never two blank lines together
