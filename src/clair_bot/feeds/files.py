"""Files: what stands in a folder on this machine, opened so that nothing outside of it can be read."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from clair_bot.errors import FeedError

MOST_FILES = 500
LARGEST_FILE = 2_000_000
_MOST_NAMES: Final = 5_000
"""Names of one folder, of whatever kind, that are looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A regular file inside of the folder."""

    path: Path
    """Without symbolic links."""
    size: int
    changed_at: datetime


def found(folder: Path, suffix: str) -> list[FoundFile]:
    """Return the files of a folder with a suffix, newest first; hidden ones are left out.

    Raises:
        FeedError: There are too many, or one is no regular file or leads out of the folder.
    """
    names = sorted(_names(folder, suffix))
    if len(names) > MOST_FILES:
        raise FeedError(f"「*{suffix}」のファイルが{MOST_FILES}件を超えています。古いものを別のフォルダーに移してください。")
    root = Path(os.path.realpath(folder))
    files = [_found(root, name) for name in names]
    return sorted(files, key=lambda file: file.changed_at, reverse=True)


def opened(path: Path, *, limit: int = LARGEST_FILE) -> bytes:
    """Return the content of a regular file.

    Raises:
        FeedError: It is none, is longer than the limit, or cannot be read.
    """
    try:
        with os.fdopen(descriptor(path), "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise unreadable(path.name) from error
    if len(data) > limit:
        raise FeedError(f"「{path.name}」が{limit // 1_000_000}MBを超えています。分けるか、短くしてください。")
    return data


def descriptor(path: Path) -> int:
    """Open a regular file for reading; never waits for a pipe, never follows a symbolic link.

    Raises:
        FeedError: It is a device, a pipe or a folder.
        OSError: It cannot be opened.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise _irregular(path.name)
    return number


def unreadable(name: str) -> FeedError:
    """Return the sentence for a file that cannot be opened."""
    return FeedError(f"「{name}」を読めません。場所と、読み取りの権限を確かめてください。")


def _names(folder: Path, suffix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries, start=1):
                if count > _MOST_NAMES:
                    raise FeedError(f"フォルダーに{_MOST_NAMES:,}件を超えるファイルがあります。専用のフォルダーを用意してください。")
                if entry.name.lower().endswith(suffix) and not entry.name.startswith("."):
                    yield entry.name
    except OSError as error:
        raise FeedError("フォルダーを読めません。場所と、読み取りの権限を確かめてください。") from error


def _found(root: Path, name: str) -> FoundFile:
    """Look at one name of the folder."""
    path = Path(os.path.realpath(root / name))
    if not path.is_relative_to(root):
        raise FeedError(f"「{name}」はフォルダーの外を指すリンクのため、読みません。ファイルそのものを置いてください。")
    try:
        status = path.lstat()
    except OSError as error:
        raise unreadable(name) from error
    if not stat.S_ISREG(status.st_mode):
        raise _irregular(name)
    return FoundFile(path=path, size=status.st_size, changed_at=datetime.fromtimestamp(status.st_mtime, UTC))


def _irregular(name: str) -> FeedError:
    return FeedError(f"「{name}」は通常のファイルではないため、読みません。ファイルかフォルダーの場所を登録してください。")
