"""One turn of a conversation: what a rule may read, and how it speaks."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from clair_bot.domain.articles import Bars, Search
from clair_bot.domain.conversations import CHOICES_LAST, Conversation, InboxEntry, Language
from clair_bot.domain.deliveries import Priority
from clair_bot.domain.desks import Desks
from clair_bot.domain.tickets import Ticket
from clair_bot.messages import InboundMessage
from clair_bot.ports import Retriever, UnitOfWork
from clair_bot.services.answering import Content
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.phrases import BY_LANGUAGE, Phrases


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
    shift: Shift
    """What the desk works with, in the same transaction."""
    changed: bool = field(default=False)
    answered: bool = field(default=False)
    """True once the reply handle is used up: it answers one message."""

    @property
    def message(self) -> InboundMessage:
        """The inbound message."""
        return self.entry.message

    @property
    def now(self) -> datetime:
        """The time of this turn."""
        return self.shift.now

    @property
    def desks(self) -> Desks:
        """Every desk."""
        return self.shift.desks

    @property
    def timezone(self) -> ZoneInfo:
        """In which people read dates."""
        return self.shift.timezone

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
        self.shift.speech.send(
            self.message.address,
            content,
            thread=self.message.thread,
            reply_to="" if self.message.direct else self.message.message_id,
            reply_handle=self.take_handle(),
            language=self.language,
            ticket_id=ticket_id,
        )

    def answer_desk(self, content: Content, ticket: Ticket | None = None) -> None:
        """Answer an advisor where they wrote, below the ticket that it is about."""
        message = self.message
        self.shift.speech.send(
            message.address,
            content,
            thread=message.thread if not message.reply_to else "",
            reply_to=message.reply_to or ("" if message.direct else message.message_id),
            reply_handle=self.take_handle(),
            ticket_id=ticket.id if ticket else None,
            priority=Priority.DESK,
        )

    def take_handle(self) -> str:
        """Return the reply handle for the first message that answers whoever wrote, whatever was sent elsewhere before; then none."""
        handle = "" if self.answered else self.message.reply_handle
        self.answered = True
        return handle
