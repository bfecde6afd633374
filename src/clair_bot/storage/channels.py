"""The channel and lease tables: what all processes must know of the channels."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from clair_bot.storage.tables import ChannelRow, LeaseRow


class SqlChannels:
    """Repository of channel states and leases."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now
        self._dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite

    def pause(self, channel: str, until: datetime) -> None:
        """Let nobody send on a channel before ``until``."""
        self._set(channel, paused_until=until)

    def report(self, channel: str, error: str) -> None:
        """Store what is wrong with a channel; empty: it works."""
        self._set(channel, error=error[:300])

    def states(self) -> Mapping[str, str]:
        """Return each channel's error, empty where it works."""
        return {row.name: row.error for row in self._session.execute(select(ChannelRow)).scalars()}

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep the lease ``name``."""
        until = self._now + timedelta(seconds=seconds)
        statement = self._dialect.insert(LeaseRow).values(name=name, holder=holder, until=until)
        free = (col(LeaseRow.holder) == holder) | (col(LeaseRow.until) < self._now)
        taken = statement.on_conflict_do_update(index_elements=["name"], set_={"holder": holder, "until": until}, where=free)
        return self._session.execute(taken.returning(col(LeaseRow.holder))).scalars().first() is not None

    def _set(self, channel: str, **values: object) -> None:
        row = {"name": channel, "error": "", **values}
        statement = self._dialect.insert(ChannelRow).values(row)
        self._session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
