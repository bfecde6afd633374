"""The reminders in memory."""

from collections.abc import Sequence
from datetime import datetime

from clair_bot.domain.reminders import Reminder, ReminderKind
from clair_bot.testing.memory.state import MemoryState


class MemoryReminders:
    """A ``Reminders``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def plan(self, ticket_id: int, kind: ReminderKind, moments: Sequence[tuple[int, datetime]]) -> None:
        """Let these (percent, due) take the place of what is planned of a kind."""
        for reminder in [one for one in self.planned(ticket_id) if one.kind is kind]:
            del self._state.reminders[reminder.id]
        for percent, due in moments:
            number = self._state.next_id("reminder")
            self._state.reminders[number] = Reminder(id=number, ticket_id=ticket_id, kind=kind, percent=percent, due_at=due)

    def due(self, limit: int) -> Sequence[Reminder]:
        """Return what is due and not done, oldest first."""
        found = [one for one in self._state.reminders.values() if one.due_at <= self._now and self._is_heard(one)]
        return sorted(found, key=_order)[:limit]

    def _is_heard(self, reminder: Reminder) -> bool:
        rest = self._state.tickets[reminder.ticket_id].snoozed_until
        return reminder.kind is ReminderKind.SNOOZE or rest is None or rest <= self._now

    def take(self, reminder_id: int) -> bool:
        """Mark one as done; False when somebody else was faster."""
        return self._state.reminders.pop(reminder_id, None) is not None

    def planned(self, ticket_id: int) -> Sequence[Reminder]:
        """Return what is still planned for a ticket, in the order of time."""
        return sorted((one for one in self._state.reminders.values() if one.ticket_id == ticket_id), key=_order)


def _order(reminder: Reminder) -> tuple[datetime, int]:
    return reminder.due_at, reminder.id
