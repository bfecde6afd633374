"""Whether a message in a room is meant for us, and its text without our name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clair_bot_telegram.texts import clean, piece, without

_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Who we are, as far as we know."""

    id: int
    """The number in front of the token."""
    username: str = ""
    """Empty until the platform has told it."""

    def is_called(self, name: str) -> bool:
        """Tell whether this username is ours; while ours is unknown, any name that ends as a bot's must is taken for it."""
        if self.username:
            return name.casefold() == self.username.casefold()
        return name.casefold().endswith("bot")

    def wrote(self, message: Mapping[str, Any]) -> bool:
        """Tell whether we wrote this message, as far as we know."""
        sender = message.get("from")
        if not isinstance(sender, Mapping):
            return False
        if sender.get("id") == self.id:
            return True
        name = sender.get("username")
        return sender.get("is_bot") is True and not (self.username and isinstance(name, str) and not self.is_called(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is left of a text when our name is taken out."""

    text: str
    called: bool = False
    """Our name or a command for us was in it."""
    command: str = ""
    """The command's word in lower case, empty when it is none or another bot's."""


def hear(text: str, entities: object, own: Own, *, direct: bool) -> Heard:
    """Take our mentions and a command's slash out of a text.

    Args:
        text: As the platform sent it.
        entities: Its entities, whatever they are.
        own: Who we are.
        direct: True in a private chat, where another bot's name is part of the words.
    """
    called = False
    for offset, length in sorted(_mentions(text, entities, own, direct=direct), reverse=True):
        text, called = without(text, offset, length), True
    text = clean(text).strip()
    found = _COMMAND.match(text)
    if found is None or not (found[2] is None or direct or own.is_called(found[2])):
        return Heard(text=text, called=called)
    return Heard(text=f"{found[1]}{text[found.end() :]}", called=True, command=found[1].casefold())


def _mentions(text: str, entities: object, own: Own, *, direct: bool) -> Iterator[tuple[int, int]]:
    for entity in entities if isinstance(entities, list) else ():
        if not isinstance(entity, Mapping):
            continue
        offset, length = entity.get("offset"), entity.get("length")
        if not (type(offset) is int and type(length) is int and offset >= 0 and length > 0):
            continue
        if _is_ours(entity, piece(text, offset, length), own, direct=direct):
            yield offset, length


def _is_ours(entity: Mapping[str, Any], words: str, own: Own, *, direct: bool) -> bool:
    if entity.get("type") == "mention":
        return own.is_called(words.removeprefix("@")) and not (direct and not own.username)
    user = entity.get("user")
    return entity.get("type") == "text_mention" and isinstance(user, Mapping) and user.get("id") == own.id
