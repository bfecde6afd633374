"""Speaking: what is said inside one transaction, with keys that belong to what caused it, so that a repetition says nothing twice."""

import uuid

from clair_bot.domain.conversations import Language
from clair_bot.domain.deliveries import Priority
from clair_bot.messages import Address, OutboundMessage
from clair_bot.ports import UnitOfWork
from clair_bot.services.answering import Content

_NAMESPACE = uuid.UUID("5f3c1f0e-5a52-4b6e-9a52-1d2f3c0b7a11")


class Speech:
    """Puts messages into the outbox."""

    def __init__(self, work: UnitOfWork, cause: str) -> None:
        """Speak in this transaction because of ``cause``: ``inbox:12``, ``reminder:5``."""
        self._work = work
        self._cause = cause
        self._said = 0

    def send(
        self,
        to: Address,
        content: Content,
        *,
        thread: str = "",
        reply_to: str = "",
        reply_handle: str = "",
        language: Language = Language.JA,
        ticket_id: int | None = None,
        priority: Priority = Priority.REPLY,
        replaces: int | None = None,
    ) -> int:
        """Say something to anybody; return the delivery's id."""
        self._said += 1
        message = OutboundMessage(
            to=to,
            idempotency_key=str(uuid.uuid5(_NAMESPACE, f"{self._cause}:{self._said}")),
            paragraphs=content.paragraphs,
            card=content.card,
            issue=content.issue,
            choices=content.choices,
            buttons=content.buttons,
            files=content.files,
            language=language.value,
            thread=thread,
            reply_to=reply_to,
            reply_handle=reply_handle,
        )
        return self._work.outbox.put(message, priority=priority, ticket_id=ticket_id, replaces=replaces)
