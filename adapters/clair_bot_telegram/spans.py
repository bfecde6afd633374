"""Lines of text with some markup, and how they fill messages: a tag is never cut, since every piece opens and closes its own."""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clair_bot_telegram.texts import cut, units

TEXT_LIMIT = 4096
"""Bot API, sendMessage: "1-4096 characters after entities parsing"; counted in UTF-16 units."""


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

    def pieces(self) -> Iterator["Span"]:
        """Cut it where it is longer than a message may be."""
        room = TEXT_LIMIT - (units(self.href) + 1 if self.href else 0)
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


def pack(lines: Iterable[Line]) -> list[list[Line]]:
    """Fill messages line by line; a line that no message holds is cut."""
    packed: list[list[Line]] = [[]]
    for line in lines:
        for short in _fitting(line):
            if units(plain_of([*packed[-1], short])) > TEXT_LIMIT:
                packed.append([])
            packed[-1].append(short)
    trimmed = (_trimmed(part) for part in packed)
    return [part for part in trimmed if part]


def _fitting(line: Line) -> Iterator[Line]:
    if units(plain_of([line])) <= TEXT_LIMIT:
        yield line
        return
    current: Line = ()
    for span in (piece for whole in line for piece in whole.pieces()):
        if current and units(plain_of([(*current, span)])) > TEXT_LIMIT:
            yield current
            current = ()
        current = (*current, span)
    yield current


def _trimmed(lines: list[Line]) -> list[Line]:
    """Drop what is blank at both ends; the platform would, too."""
    filled = [index for index, line in enumerate(lines) if any(span.text.strip() for span in line)]
    if not filled:
        return []
    inner = lines[filled[0] : filled[-1] + 1]
    return [line for index, line in enumerate(inner) if line or inner[index - 1]]  # never two blank lines together
