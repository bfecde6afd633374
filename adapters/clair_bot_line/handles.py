"""The reply handle: LINE's reply token and until when it is good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

_GOOD_FOR = timedelta(seconds=50)  # LINE: "use within one minute after receiving the webhook"; ten seconds are kept for the call
_REDELIVERED_UNTIL = timedelta(minutes=20) - timedelta(seconds=10)  # LINE: a redelivered event's token, up to 20 minutes after the event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHandle:
    """A reply token with its deadline; opaque to the core as ``str()``."""

    token: str
    deadline: datetime

    @classmethod
    def issue(cls, token: str, *, received_at: datetime, sent_at: datetime, redelivered: bool) -> Self | None:
        """Return the handle of an event, or None when its token is too old already."""
        deadline = received_at + _GOOD_FOR
        if redelivered:
            deadline = min(deadline, sent_at + _REDELIVERED_UNTIL)
        return cls(token=token, deadline=deadline) if token and deadline > received_at else None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what ``str()`` gave, or return None: an unreadable handle only means that a push is needed."""
        token, _, deadline = text.rpartition("|")
        try:
            moment = datetime.fromisoformat(deadline)
        except ValueError:
            return None
        return cls(token=token, deadline=moment) if token and moment.tzinfo else None

    def __str__(self) -> str:
        """Return ``token|deadline``."""
        return f"{self.token}|{self.deadline.isoformat()}"
