"""Mailboxes: newsletters that arrive as mail, in a mailbox file (mbox) or as .eml files in a folder."""

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

from clair_bot.domain.feeds import Entry
from clair_bot.errors import FeedError
from clair_bot.feeds.cleaning import MOST_ENTRIES
from clair_bot.feeds.files import LARGEST_FILE, descriptor, found, opened, unreadable
from clair_bot.feeds.mails import read as read_mail

LARGEST_MAILBOX = 50_000_000
_LINE: Final = 65_536
_FROM: Final = b"From "
_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
SECONDS = 5.0
"""For all mails of one reading; a thousand ordinary ones take less."""


def read(path: Path, *, seconds: float = SECONDS) -> tuple[Entry, ...]:
    """Return the newest mails as entries, newest first. Runs in a thread.

    Raises:
        FeedError: There is no such mailbox, or it is too large; a single mail that is broken is skipped.
    """
    deadline = time.monotonic() + seconds
    entries: list[Entry] = []
    for mail in _mails(path):
        if time.monotonic() > deadline:
            raise FeedError(f"{seconds:g}秒以内に読み終わりませんでした。大きなメールや不審なメールを、別のフォルダーに移してください。")
        if piece := read_mail(mail):
            entries.append(piece)
        if len(entries) == MOST_ENTRIES:
            break
    return tuple(entries)


def _mails(path: Path) -> Iterator[bytes]:
    """Yield mails of at most 2 MB, newest first."""
    path = Path(os.path.realpath(path))
    if path.is_dir():
        yield from (opened(file.path) for file in found(path, ".eml") if file.size <= LARGEST_FILE)
        return
    try:
        number = descriptor(path)
    except OSError as error:
        raise unreadable(path.name) from error
    with os.fdopen(number, "rb") as mailbox:
        size = os.fstat(mailbox.fileno()).st_size
        if size > LARGEST_MAILBOX:
            raise FeedError(f"メールボックスが{LARGEST_MAILBOX // 1_000_000}MBを超えています。古いメールを別のファイルに移してください。")
        yield from (_mail(mailbox, start, end) for start, end in reversed(_places(mailbox, size)) if end - start <= LARGEST_FILE)


def _places(mailbox: IO[bytes], size: int) -> list[tuple[int, int]]:
    """Return where the last mails begin and end: each begins with a line 「From …」 behind an empty one."""
    starts: deque[int] = deque(maxlen=5 * MOST_ENTRIES)
    place, empty = 0, True
    while place < size and (line := mailbox.readline(_LINE)):
        if empty and line.startswith(_FROM):
            starts.append(place)
        empty = not line.strip(b"\r\n")
        place += len(line)
    if size and not starts:
        raise FeedError("メールボックス（mbox）の形ではありません。mbox のファイルか、.eml を置いたフォルダーの場所を登録してください。")
    return list(pairwise([*starts, place]))


def _mail(mailbox: IO[bytes], start: int, end: int) -> bytes:
    """Return one mail without the line before it, its lines as they were sent."""
    mailbox.seek(start)
    mailbox.readline(_LINE)
    return _QUOTED.sub(rb"\1", mailbox.read(max(0, end - mailbox.tell())))
