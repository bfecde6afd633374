"""The reminder table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select, update
from sqlmodel import Session

from clair_bot.domain.reminders import Reminder, ReminderKind
from clair_bot.storage.columns import table_of
from clair_bot.storage.desk_tables import ReminderRow, TicketRow

_R, _T = table_of(ReminderRow), table_of(TicketRow)


class SqlReminders:
    """Repository of reminders."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._connection = session.connection
        self._now = now

    def plan(self, ticket_id: int, kind: ReminderKind, moments: Sequence[tuple[int, datetime]]) -> None:
        """Let these (percent, due) take the place of what is planned of a kind."""
        planned = (_R.c.ticket_id == ticket_id, _R.c.kind == kind.value, _R.c.done.is_(False))
        self._connection().execute(delete(_R).where(*planned))
        rows = [{"ticket_id": ticket_id, "kind": kind.value, "percent": percent, "due_at": due, "done": False} for percent, due in moments]
        if rows:
            self._connection().execute(_R.insert(), rows)

    def due(self, limit: int) -> Sequence[Reminder]:
        """Return what is due and not done, oldest first."""
        awake = or_(_T.c.snoozed_until.is_(None), _T.c.snoozed_until <= self._now, _R.c.kind == ReminderKind.SNOOZE.value)
        wanted = (_R.c.done.is_(False), _R.c.due_at <= self._now, awake)
        statement = select(_R).join(_T, _T.c.id == _R.c.ticket_id).where(*wanted).order_by(_R.c.due_at, _R.c.id).limit(limit)
        return [_reminder(row) for row in self._connection().execute(statement)]

    def take(self, reminder_id: int) -> bool:
        """Mark one as done; False when somebody else was faster."""
        taken = update(_R).where(_R.c.id == reminder_id, _R.c.done.is_(False)).values(done=True)
        return self._connection().execute(taken).rowcount == 1

    def planned(self, ticket_id: int) -> Sequence[Reminder]:
        """Return what is still planned for a ticket, in the order of time."""
        wanted = (_R.c.ticket_id == ticket_id, _R.c.done.is_(False))
        return [_reminder(row) for row in self._connection().execute(select(_R).where(*wanted).order_by(_R.c.due_at, _R.c.id))]


def _reminder(row: Row[Any]) -> Reminder:
    return Reminder(id=row.id, ticket_id=row.ticket_id, kind=ReminderKind(row.kind), percent=row.percent, due_at=row.due_at)
