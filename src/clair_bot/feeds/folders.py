"""Folders: news as Markdown files, one a file."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from clair_bot.domain.feeds import Entry
from clair_bot.feeds import dates
from clair_bot.feeds.charsets import decode
from clair_bot.feeds.cleaning import MOST_ENTRIES, address, entry, from_text
from clair_bot.feeds.files import FoundFile, found, opened

_FENCE: Final = re.compile(r"-{3,}\s*")
_FIELD: Final = re.compile(r"(title|date|url)\s{0,8}:\s{0,8}(\S.*)", re.IGNORECASE)
_MOST_FIELDS: Final = 50
"""Lines of a head: without its end within so many, the line above was a rule."""
_HEADING: Final = re.compile(r"#{1,6}\s+(.*?)(?:\s+#+)?\s*")
_PICTURE: Final = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{1,2000}\)")
_LINK: Final = re.compile(r"\[([^\[\]\n]{1,500})\]\([^()\n]{1,2000}\)")
_BOLD: Final = re.compile(r"\*\*(?=\S)([^*\n]{1,2000})\*\*")
_BULLET: Final = re.compile(r"[ \t]{0,8}[*+-][ \t]+")


@dataclass(frozen=True, slots=True)
class _Note:
    """A file, taken apart."""

    fields: dict[str, str]
    lines: list[str]


def read(folder: Path) -> tuple[Entry, ...]:
    """Return the news of a folder, newest first. Runs in a thread.

    Raises:
        FeedError: The folder or a file cannot be read; the sentence says which and why.
    """
    entries = [piece for file in found(folder, ".md") if (piece := _entry(file))]
    oldest = datetime.min.replace(tzinfo=dates.TOKYO)
    entries.sort(key=lambda piece: piece.published_at.timestamp() if piece.published_at else oldest.timestamp(), reverse=True)
    return tuple(entries[:MOST_ENTRIES])


def _entry(file: FoundFile) -> Entry | None:
    """Return one file as an entry; None where it has no title."""
    note = _taken_apart(decode(opened(file.path)))
    heading = next((number for number, line in enumerate(note.lines) if _HEADING.fullmatch(line)), None)
    title = note.fields.get("title", "")
    lines = note.lines
    if heading is not None and not title:
        title = _words(lines[heading])
        lines = lines[:heading] + lines[heading + 1 :]
    return entry(
        title=from_text(title),
        text=from_text("\n".join(_words(line) for line in lines)),
        url=address(note.fields.get("url", "")),
        published_at=dates.moment(note.fields.get("date", "")),
    )


def _taken_apart(text: str) -> _Note:
    """Split the head, if there is one, from the body."""
    lines = text.removeprefix("\ufeff").splitlines()
    if lines and _FENCE.fullmatch(lines[0]):
        end = next((number for number, line in enumerate(lines[1 : _MOST_FIELDS + 2], start=1) if _FENCE.fullmatch(line)), None)
        if end is not None:
            matches = [match for line in lines[1:end] if (match := _FIELD.fullmatch(line.strip()))]
            return _Note({match[1].lower(): _unquoted(match[2]) for match in matches}, lines[end + 1 :])
    return _Note({}, lines)


def _unquoted(value: str) -> str:
    """Return a value without the quotes around it."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _words(line: str) -> str:
    """Return a line without the commonest marks of Markdown."""
    if match := _HEADING.fullmatch(line):
        line = match[1]
    line = _BULLET.sub("・", line, count=1) if _BULLET.match(line) else line
    return _BOLD.sub(r"\1", _LINK.sub(r"\1", _PICTURE.sub("", line)))
