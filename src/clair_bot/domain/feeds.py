"""Feeds: where an office publishes, and what was found there."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clair_bot.domain.desks import Office


class FeedKind(StrEnum):
    """How a feed is read."""

    RSS = "rss"  # RSS or Atom at an address
    PAGE = "page"  # a list page at an address, watched for new links
    MAILBOX = "mailbox"  # a mailbox file (mbox) or a folder of .eml files
    FOLDER = "folder"  # a folder of Markdown files


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A place that is read again and again."""

    id: int
    kind: FeedKind
    location: str
    """An http(s) address, or a path on this machine."""
    office: Office | None
    """Whose news these are; None: the head office's."""
    name: str
    every_minutes: int
    last_read_at: datetime | None = None
    etag: str = ""
    """What the server named its last answer, for a conditional request; opaque."""
    error: str = ""
    """What the last reading met, in a Japanese sentence; empty: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One piece of news: plain text, cleaned of all markup."""

    title: str
    """At most 200 characters, one line."""
    text: str
    """At most 4,000 characters; paragraphs are separated by an empty line."""
    url: str
    """http(s), or empty."""
    published_at: datetime | None
    """Aware; None where nothing is said."""

    @property
    def fingerprint(self) -> str:
        """Return a hash of the content, blanks and address aside: the same news counts once, wherever it is read."""
        words = "".join(f"{self.title}\n{self.text}".split())
        return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look at a feed found."""

    entries: tuple[Entry, ...] = ()
    etag: str = ""
    unchanged: bool = False
    """True when the server said that nothing is new."""
