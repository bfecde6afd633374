"""The inbox in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from clair_bot.domain.conversations import InboxEntry, conversation_key
from clair_bot.messages import Address, InboundKind, InboundMessage
from clair_bot.storage.codec import clean, pack_inbound, unpack_inbound
from clair_bot.testing.memory.state import MemoryState, Received


class MemoryInbox:
    """An ``Inbox``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def record(self, messages: Sequence[InboundMessage]) -> int:
        """Store those that are not known yet; return how many were new."""
        return sum(self._record(unpack_inbound(pack_inbound(message))) for message in messages)

    def _record(self, message: InboundMessage) -> bool:
        if message.sent_at.tzinfo is None:
            raise ValueError("naive datetime")
        keys = [(message.address.channel, event_id) for event_id in message.event_ids]
        owner = next((self._state.event_ids[key] for key in keys if key in self._state.event_ids), None)
        entry_id = owner or self._state.next_id("inbox")
        for key in keys:
            self._state.event_ids.setdefault(key, entry_id)
        if owner is None:
            entry = InboxEntry(id=entry_id, message=message, attempts=0, received_at=self._now)
            self._state.received[entry_id] = Received(entry=entry, state="pending", next_at=self._now)
        return owner is None

    def pending(self, limit: int) -> Sequence[InboxEntry]:
        """Return due entries, oldest first, and of each conversation only the first."""
        heads: dict[str, Received] = {}
        for row in sorted(self._in("pending"), key=lambda row: (row.entry.message.sent_at, row.entry.id)):
            heads.setdefault(conversation_key(row.entry.message), row)
        due = [row.entry for row in heads.values() if row.next_at <= self._now]
        return sorted(due, key=lambda entry: entry.id)[:limit]

    def claim(self, entry_id: int) -> InboxEntry | None:
        """Return an entry that is still to be handled. The unit of work itself is the lock."""
        row = self._state.received.get(entry_id)
        return row.entry if row and row.state == "pending" else None

    def done(self, entry_id: int) -> None:
        """Mark an entry as handled."""
        row = self._state.received[entry_id]
        self._state.received[entry_id] = replace(row, state="done", entry=replace(row.entry, error=""))

    def failed(self, entry_id: int, *, error: str, next_at: datetime | None) -> None:
        """Count a failed attempt: again at ``next_at``, or put aside when that is None."""
        row = self._state.received[entry_id]
        if row.state != "pending":
            return
        entry = replace(row.entry, attempts=row.entry.attempts + 1, error=error[:500])
        state, again = ("aside", row.next_at) if next_at is None else ("pending", next_at)
        self._state.received[entry_id] = Received(entry=entry, state=state, next_at=again)

    def postpone(self, entry_id: int, next_at: datetime) -> None:
        """Look at an entry again at ``next_at``; that is no failed attempt."""
        row = self._state.received[entry_id]
        if row.state == "pending":
            self._state.received[entry_id] = replace(row, next_at=next_at)

    def counts(self) -> Mapping[str, int]:
        """Return how many entries are pending, done and aside."""
        return Counter(row.state for row in self._state.received.values())

    def set_aside(self, limit: int) -> Sequence[InboxEntry]:
        """Return entries that were put aside."""
        return [row.entry for row in self._in("aside")][:limit]

    def forget(self, age: timedelta) -> int:
        """Delete handled messages and their event ids that are older than this; return how many."""
        old = {row.entry.id for row in self._in("done") if row.entry.received_at < self._now - age}
        for key in [key for key, entry_id in self._state.event_ids.items() if entry_id in old]:
            del self._state.event_ids[key]
        for entry_id in old:
            del self._state.received[entry_id]
        return len(old)

    def holds(self, address: Address, message_id: str) -> bool:
        """Tell whether a message of a chat was taken in."""
        return self._spoken(address, message_id) is not None

    def correct(self, address: Address, message_id: str, text: str) -> tuple[int | None, str]:
        """Store how a message reads now; return the entry's id and how it read before."""
        row = self._spoken(address, message_id)
        return (row.entry.id, self._say(row, clean(text))) if row else (None, "")

    def hide(self, address: Address, message_id: str) -> tuple[int | None, str]:
        """Blank the text of a message that its author took back, and of its corrections; return the entry's id and what it said last."""
        row = self._spoken(address, message_id)
        if row is None:
            return None, ""
        for correction in self._rows(address, message_id, {InboundKind.EDITED}):
            self._say(correction, "")
        return row.entry.id, self._say(row, "").strip()

    def _say(self, row: Received, text: str) -> str:
        changed = replace(row.entry, message=replace(row.entry.message, text=text))
        self._state.received[row.entry.id] = replace(row, entry=changed)
        return row.entry.message.text

    def _spoken(self, address: Address, message_id: str) -> Received | None:
        return next(iter(self._rows(address, message_id, {InboundKind.TEXT, InboundKind.MEDIA})), None)

    def _rows(self, address: Address, message_id: str, kinds: Collection[InboundKind]) -> list[Received]:
        rows = [(row, row.entry.message) for row in self._state.received.values()]
        return [row for row, said in rows if (said.address, said.message_id) == (address, message_id) and said.kind in kinds]

    def _in(self, state: str) -> list[Received]:
        return [row for row in self._state.received.values() if row.state == state]
