"""Taking in: what concerns us is stored, durably and once, before anybody is told so."""

from collections.abc import Sequence

from clair_bot.domain.desks import Desks
from clair_bot.messages import InboundKind, InboundMessage
from clair_bot.ports import Store, UnitOfWork

_SPOKEN = frozenset({InboundKind.TEXT, InboundKind.MEDIA})


class Intake:
    """Stores inbound messages. Talk of a room that is not meant for us is not kept."""

    def __init__(self, store: Store, desks: Desks) -> None:
        """Work on this store; replies in these desks' rooms are always ours."""
        self._store = store
        self._desks = desks

    def record(self, messages: Sequence[InboundMessage]) -> int:
        """Store what is new and concerns us, all or nothing; return how many.

        Raises:
            StorageUnavailable: nothing was stored; the platform must send again.
        """
        if not messages:
            return 0
        with self._store.write() as work:
            new = work.inbox.record([message for message in messages if self._concerns_us(message, work)])
            work.commit()
        return new

    def _concerns_us(self, message: InboundMessage, work: UnitOfWork) -> bool:
        if message.kind is InboundKind.EDITED:
            return work.inbox.holds(message.address, message.message_id)
        if message.addressed or message.kind not in _SPOKEN:
            return True
        if message.address in {work.conversations.moved(room) for room in self._desks.rooms()}:
            return True
        if message.thread and work.conversations.known(message.address, message.thread):
            return True
        return bool(message.reply_to) and work.outbox.ours(message.address, message.reply_to)
