"""Who lives in the stand-in of Telegram: chats, what is in them, and a clock that can be shifted."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

BOT_ID = 123456789
TOKEN = f"{BOT_ID}:AA-stand-in_token"
SECRET = "stand-in_secret-1"
USERNAME = "clair_test_bot"
PERSON = 5_000_000_001
GROUP = -1_000_000_000_777


class ShiftedClock:
    """The real time and what the test added to it."""

    def __init__(self) -> None:
        self._shift = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self._shift

    def shift(self, seconds: float) -> None:
        """Let time pass."""
        self._shift += seconds


@dataclass(kw_only=True)
class Chat:
    """A private chat or a group."""

    id: int
    type: str = "private"
    name: str = "山田"
    blocked: bool = False
    """The person has blocked the bot, or the group has removed it."""
    migrated_to: int | None = None
    texts_only: bool = False
    """The group lets nobody send pictures or files."""
    topics: set[int] = field(default_factory=set)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What the bot and people wrote, as Message objects by id."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def public(self) -> dict[str, Any]:
        """Return it as a Chat object."""
        if self.type == "private":
            return {"id": self.id, "type": self.type, "first_name": self.name}
        forum = {"is_forum": True} if self.topics else {}
        return {"id": self.id, "type": self.type, "title": self.name, **forum}

    def from_bot(self) -> list[dict[str, Any]]:
        """Return the bot's messages in order."""
        return [message for _, message in sorted(self.messages.items()) if message["from"]["id"] == BOT_ID]


def bot_user() -> dict[str, Any]:
    """Return the bot as a User object."""
    return {"id": BOT_ID, "is_bot": True, "first_name": "CLAIR 案内", "username": USERNAME}


def person_user(person: int, name: str = "山田", language: str = "ja") -> dict[str, Any]:
    """Return a person as a User object."""
    return {"id": person, "is_bot": False, "first_name": name, "language_code": language}


def shown(message: dict[str, Any]) -> str:
    """Return what a person reads: text or caption, the addresses behind links aside, a file, and the labels of the buttons below."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    words = message.get("text", message.get("caption", ""))
    file = ["🖼"] if "photo" in message else [f"📄 {message['document']['file_name']}"] if "document" in message else []
    return "\n".join([*file, *([words] if words or not file else []), *(key["text"] for row in rows for key in row)])
