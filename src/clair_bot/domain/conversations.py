"""Conversations: one person, or one thread of a room, on one channel, with what was last said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from clair_bot.messages import Address, InboundMessage

CHOICES_LAST = timedelta(hours=1)
"""How long a number still means one of the choices that were offered."""
QUESTION_LIMIT = 2_000
"""Characters of one message that are read; a longer one is asked to be shortened."""


class Language(StrEnum):
    """The languages that are served."""

    JA = "ja"  # 日本語
    EN = "en"  # English
    EASY = "easy"  # やさしい日本語


class Step(StrEnum):
    """What the desk would like to know of a question, asked one after the other; each can be skipped."""

    ORGANISATION = "organisation"  # 団体名
    COUNTRY = "country"  # 対象の国・地域
    DEADLINE = "deadline"  # いつまでに、すでに試したこと


STEPS_LAST = timedelta(minutes=30)
"""How long a text is taken for the answer to a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What is remembered of a conversation."""

    id: int
    address: Address
    thread: str
    language: Language = Language.JA
    question: str = ""
    """The last inquiry, word for word: what 「相談」 hands to the desk."""
    inquiry_id: int | None = None
    offered: tuple[str, ...] = ()
    """The actions of the last choices, in the order of their numbers."""
    offered_until: datetime | None = None
    article_id: str = ""
    """The last article that was shown."""
    aside: bool = False
    """True after 「新しい質問」: messages are inquiries although a ticket is open, until the desk writes again."""
    organisation: str = ""
    """Whom the person works for, as they told the desk last."""
    asking: str = ""
    """What the bot has asked them for the desk: a ``Step``; empty: nothing."""
    asking_until: datetime | None = None

    def choice(self, number: int, now: datetime) -> str | None:
        """Return the action of the numbered choice (from 1), or None when it was not offered or is too old."""
        if self.offered_until is None or now >= self.offered_until or not 1 <= number <= len(self.offered):
            return None
        return self.offered[number - 1]


def conversation_key(message: InboundMessage) -> str:
    """Return the key within which messages are handled in order."""
    return f"{message.address}|{message.thread}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """An inbound message as it was taken in."""

    id: int
    message: InboundMessage
    attempts: int
    received_at: datetime
    error: str = ""


class Outcome(StrEnum):
    """What became of an inquiry."""

    ANSWERED = "answered"  # one article was shown
    CHOICES = "choices"  # two or more were close: the person chooses
    REFUSED = "refused"  # nothing was sure enough
