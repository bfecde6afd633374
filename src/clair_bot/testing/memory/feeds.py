"""The feeds in memory, and what was found there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from clair_bot.domain.desks import Office
from clair_bot.domain.feeds import Entry, Feed, FeedKind, Reading
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import Found, MemoryState


class MemoryFeeds:
    """A ``Feeds``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def add(self, *, kind: FeedKind, location: str, office: Office | None, name: str, every_minutes: int) -> Feed:
        """Store a feed.

        Raises:
            ValueError: it is there already.
        """
        location, name = clean(location), clean(name)
        if any(feed.location == location for feed in self._state.feeds.values()):
            raise ValueError(location)
        number = self._state.next_id("feed")
        feed = Feed(id=number, kind=kind, location=location, office=office, name=name, every_minutes=every_minutes)
        self._state.feeds[number] = feed
        return feed

    def remove(self, feed_id: int) -> bool:
        """Forget a feed; what was found stays. False when there is none."""
        return self._state.feeds.pop(feed_id, None) is not None

    def listed(self) -> Sequence[Feed]:
        """Return every feed."""
        return [self._state.feeds[number] for number in sorted(self._state.feeds)]

    def due(self) -> Sequence[Feed]:
        """Return feeds whose time to be read has come."""
        return [
            feed
            for feed in self.listed()
            if feed.last_read_at is None or feed.last_read_at + timedelta(minutes=feed.every_minutes) <= self._now
        ]

    def read(self, feed: Feed, reading: Reading | None, *, error: str = "") -> int:
        """Store what was found, or what went wrong; return how many entries were new, wherever else they may have been read."""
        if stored := self._state.feeds.get(feed.id):
            etag = clean(reading.etag) if reading and not reading.unchanged else stored.etag
            self._state.feeds[feed.id] = replace(stored, last_read_at=self._now, error=clean(error), etag=etag)
        return sum(self._keep(feed, entry) for entry in (reading.entries if reading else ()))

    def _keep(self, feed: Feed, entry: Entry) -> bool:
        if entry.published_at and entry.published_at.tzinfo is None:
            raise ValueError("naive datetime")
        if any(found.fingerprint == entry.fingerprint for found in self._state.found.values()):
            return False
        stored = replace(entry, title=clean(entry.title), text=clean(entry.text), url=clean(entry.url))
        office = feed.office.value if feed.office else None
        self._state.found[self._state.next_id("feed entry")] = Found(fingerprint=entry.fingerprint, office=office, entry=stored)
        return True

    def fresh(self, office: Office | None, *, limit: int) -> Sequence[tuple[int, Entry]]:
        """Return entries of an office (None: headquarters') that no bulletin has taken up, oldest first, with their numbers."""
        whose = office.value if office else None
        rows = sorted(self._state.found.items())
        return [(number, found.entry) for number, found in rows if found.office == whose and found.bulletin_id is None][:limit]

    def take(self, entry_ids: Sequence[int], bulletin_id: int) -> None:
        """Remember which bulletin took entries up."""
        for number in entry_ids:
            if found := self._state.found.get(number):
                self._state.found[number] = replace(found, bulletin_id=bulletin_id)
