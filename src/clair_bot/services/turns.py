"""One turn of a conversation: what a rule may read, and how it speaks."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from clair_bot.domain.articles import Bars, Search
from clair_bot.domain.conversations import CHOICES_LAST, Conversation, InboxEntry, Language
from clair_bot.domain.deliveries import Priority
from clair_bot.domain.tickets import Desks
from clair_bot.messages import Address, InboundMessage, OutboundMessage
from clair_bot.ports import Retriever, UnitOfWork
from clair_bot.services.answering import Content
from clair_bot.services.phrases import BY_LANGUAGE, Phrases

_NAMESPACE = uuid.UUID("5f3c1f0e-5a52-4b6e-9a52-1d2f3c0b7a11")


class Unsettled(Exception):
    """The message refers to something that is being sent at this moment: it is looked at again a little later."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """An inbound message being handled, inside its transaction."""

    work: UnitOfWork
    entry: InboxEntry
    conversation: Conversation
    language: Language
    search: Search
    """What the retriever makes of the text; computed before the transaction began."""
    retriever: Retriever
    bars: Bars
    desks: Desks
    now: datetime
    timezone: ZoneInfo
    """In which people read dates."""
    said: int = field(default=0)
    changed: bool = field(default=False)
    answered: bool = field(default=False)
    """True once the reply handle is used up: it answers one message."""

    @property
    def message(self) -> InboundMessage:
        """The inbound message."""
        return self.entry.message

    @property
    def phrases(self) -> Phrases:
        """The bot's own sentences in the language of this turn."""
        return BY_LANGUAGE[self.language]

    def remember(self, **changes: object) -> None:
        """Change what is remembered of the conversation."""
        self.conversation = replace(self.conversation, **changes)  # type: ignore[arg-type]
        self.changed = True

    def keep(self) -> None:
        """Store what has been remembered."""
        if self.changed:
            self.work.conversations.put(self.conversation)

    def say(self, content: Content, *, ticket_id: int | None = None) -> None:
        """Answer where the message came from. Choices are remembered, so that a number means one of them."""
        if content.choices:
            self.remember(offered=tuple(choice.action for choice in content.choices), offered_until=self.now + CHOICES_LAST)
        self.send(
            self.message.address,
            content,
            thread=self.message.thread,
            reply_to="" if self.message.direct else self.message.message_id,
            reply_handle=self.take_handle(),
            language=self.language,
            ticket_id=ticket_id,
        )

    def take_handle(self) -> str:
        """Return the reply handle for the first message that answers whoever wrote, whatever was sent elsewhere before; then none."""
        handle = "" if self.answered else self.message.reply_handle
        self.answered = True
        return handle

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
    ) -> None:
        """Put a message for anybody into the outbox, with a key that belongs to this inbound message."""
        self.said += 1
        message = OutboundMessage(
            to=to,
            idempotency_key=str(uuid.uuid5(_NAMESPACE, f"inbox:{self.entry.id}:{self.said}")),
            paragraphs=content.paragraphs,
            card=content.card,
            choices=content.choices,
            buttons=content.buttons,
            language=language.value,
            thread=thread,
            reply_to=reply_to,
            reply_handle=reply_handle,
        )
        self.work.outbox.put(message, priority=priority, ticket_id=ticket_id)
