"""The tables of feeds and of what was found there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlmodel import Session

from clair_bot.domain.desks import Office
from clair_bot.domain.feeds import Entry, Feed, FeedKind, Reading
from clair_bot.storage.bulletin_tables import FeedEntryRow, FeedRow
from clair_bot.storage.codec import clean
from clair_bot.storage.columns import table_of
from clair_bot.storage.insertions import Insertion

_F, _E = table_of(FeedRow), table_of(FeedEntryRow)
_ADD = Insertion(lambda dialect: dialect.insert(_F).on_conflict_do_nothing(index_elements=["location"]).returning(_F))
_FOUND = Insertion(lambda dialect: dialect.insert(_E).on_conflict_do_nothing(index_elements=["fingerprint"]).returning(_E.c.id))


class SqlFeeds:
    """Repository of feeds."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._connection = session.connection
        self._now = now

    def add(self, *, kind: FeedKind, location: str, office: Office | None, name: str, every_minutes: int) -> Feed:
        """Store a feed.

        Raises:
            ValueError: it is there already.
        """
        values = {
            "kind": kind.value,
            "location": location,
            "office": office.value if office else None,
            "name": name,
            "every_minutes": every_minutes,
            "etag": "",
            "error": "",
        }
        row = self._connection().execute(_ADD.on(self._session), values).first()
        if row is None:
            raise ValueError(location)
        return _feed(row)

    def remove(self, feed_id: int) -> bool:
        """Forget a feed; what was found stays. False when there is none."""
        return self._connection().execute(delete(_F).where(_F.c.id == feed_id)).rowcount == 1

    def listed(self) -> Sequence[Feed]:
        """Return every feed."""
        return [_feed(row) for row in self._connection().execute(select(_F).order_by(_F.c.id))]

    def due(self) -> Sequence[Feed]:
        """Return feeds whose time to be read has come."""
        return [
            feed
            for feed in self.listed()
            if feed.last_read_at is None or feed.last_read_at + timedelta(minutes=feed.every_minutes) <= self._now
        ]

    def read(self, feed: Feed, reading: Reading | None, *, error: str = "") -> int:
        """Store what was found, or what went wrong; return how many entries were new, wherever else they may have been read."""
        values: dict[str, Any] = {"last_read_at": self._now, "error": error}
        if reading and not reading.unchanged:
            values["etag"] = reading.etag
        self._connection().execute(update(_F).where(_F.c.id == feed.id).values(values))
        found = [self._connection().execute(_FOUND.on(self._session), self._row(feed, entry)).first() for entry in _entries(reading)]
        return sum(row is not None for row in found)

    def _row(self, feed: Feed, entry: Entry) -> dict[str, Any]:
        row: dict[str, Any] = clean(
            {
                "fingerprint": entry.fingerprint,
                "feed_id": feed.id,
                "office": feed.office.value if feed.office else None,
                "title": entry.title,
                "text": entry.text,
                "url": entry.url,
                "published_at": entry.published_at,
                "found_at": self._now,
                "bulletin_id": None,
            }
        )
        return row

    def fresh(self, office: Office | None, *, limit: int) -> Sequence[tuple[int, Entry]]:
        """Return entries of an office (None: headquarters') that no bulletin has taken up, oldest first, with their numbers."""
        whose = _E.c.office.is_(None) if office is None else _E.c.office == office.value
        rows = self._connection().execute(select(_E).where(whose, _E.c.bulletin_id.is_(None)).order_by(_E.c.id).limit(limit))
        return [(row.id, Entry(title=row.title, text=row.text, url=row.url, published_at=row.published_at)) for row in rows]

    def take(self, entry_ids: Sequence[int], bulletin_id: int) -> None:
        """Remember which bulletin took entries up."""
        self._connection().execute(update(_E).where(_E.c.id.in_(list(entry_ids))).values(bulletin_id=bulletin_id))


def _entries(reading: Reading | None) -> Sequence[Entry]:
    return reading.entries if reading else ()


def _feed(row: Row[Any]) -> Feed:
    return Feed(
        id=row.id,
        kind=FeedKind(row.kind),
        location=row.location,
        office=Office(row.office) if row.office else None,
        name=row.name,
        every_minutes=row.every_minutes,
        last_read_at=row.last_read_at,
        etag=row.etag,
        error=row.error,
    )
