"""What people do in the stand-in of Telegram, as updates that fit the specification."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

from tests.standins.telegram_files import FileStore, Upload
from tests.standins.telegram_markup import units
from tests.standins.telegram_people import BOT_ID, GROUP, PERSON, USERNAME, Chat, ShiftedClock, bot_user, person_user
from tests.standins.telegram_spec import specification

_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?(?=\W|$)")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z][A-Za-z0-9_]{4,31}")
_FILE = {"file_id": "F1", "file_unique_id": "U1"}
MEDIA: Mapping[str, Any] = {
    "sticker": {**_FILE, "type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
    "photo": [{**_FILE, "width": 90, "height": 90}],
    "document": _FILE,
    "voice": {**_FILE, "duration": 3},
    "location": {"latitude": 35.6, "longitude": 139.7},
    "contact": {"phone_number": "+810000000000", "first_name": "佐藤"},
}


class People:
    """Makes updates, and keeps in the chats what was said."""

    def __init__(self, clock: ShiftedClock, violations: list[str]) -> None:
        self.clock = clock
        self.violations = violations
        self.files = FileStore()
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, float] = {}
        """Pressed buttons that wait for an answer, with the time of the press."""
        self.answered: list[str] = []
        self._update_ids = itertools.count(700_000_001)
        self.add_chat(PERSON)
        self.add_chat(GROUP, type="supergroup", name="相談員の部屋")

    def add_chat(self, chat_id: int, **details: Any) -> Chat:
        """Let a person or a group exist."""
        self.chats[chat_id] = Chat(id=chat_id, **details)
        return self.chats[chat_id]

    def update(self, **content: Any) -> dict[str, Any]:
        """Make an update; it must fit the specification."""
        update = {"update_id": next(self._update_ids), **content}
        spec = specification()
        self.violations += spec.update_faults(update) if spec else []
        return update

    def text(
        self, text: str, *, chat: int = PERSON, person: int = PERSON, reply_to: int | None = None, thread: int | None = None
    ) -> dict[str, Any]:
        """A person writes; commands and mentions are marked as the platform marks them."""
        entities = _entities(text)
        content = {"text": text, **({"entities": entities} if entities else {})}
        return self.message(content, chat=chat, person=person, reply_to=reply_to, thread=thread)

    def media(self, kind: str, *, caption: str = "", chat: int = PERSON, person: int = PERSON) -> dict[str, Any]:
        """A person sends something that is no text."""
        content: dict[str, Any] = {kind: MEDIA[kind]}
        if caption:
            content["caption"] = caption
            if entities := _entities(caption):
                content["caption_entities"] = entities
        return self.message(content, chat=chat, person=person)

    def picture(self, content: bytes, *, caption: str = "", chat: int = PERSON, person: int = PERSON) -> dict[str, Any]:
        """A person sends a photo; the platform forgets its name and offers it in several sizes."""
        shown = self.files.photo(Upload(name="", media_type="image/jpeg", content=content))
        return self.message(shown | ({"caption": caption} if caption else {}), chat=chat, person=person)

    def paper(self, upload: Upload, *, caption: str = "", chat: int = PERSON, person: int = PERSON) -> dict[str, Any]:
        """A person sends a file."""
        return self.message(self.files.document(upload) | ({"caption": caption} if caption else {}), chat=chat, person=person)

    def edit(self, message_id: int, words: str, *, chat: int = PERSON) -> dict[str, Any]:
        """A person corrects an own text or caption."""
        is_text = "text" in self.chats[chat].messages[message_id]
        entities = _entities(words)
        marked = {"entities" if is_text else "caption_entities": entities} if entities else {}
        return self.change(message_id, chat=chat, **{"text" if is_text else "caption": words}, **marked)

    def change(self, message_id: int, *, chat: int = PERSON, **content: Any) -> dict[str, Any]:
        """Anything about a person's message changes: words, a live location, what only the platform sees."""
        kept = {
            name: value for name, value in self.chats[chat].messages[message_id].items() if name not in {"entities", "caption_entities"}
        }
        changed = {**kept, **content, "edit_date": int(self.clock.now())}
        self.chats[chat].messages[message_id] = changed
        return self.update(edited_message=changed)

    def message(
        self,
        content: Mapping[str, Any],
        *,
        chat: int = PERSON,
        person: int = PERSON,
        reply_to: int | None = None,
        thread: int | None = None,
    ) -> dict[str, Any]:
        """Any message of a person, kept in its chat."""
        place = self.chats[chat]
        message: dict[str, Any] = {
            "message_id": next(place.numbers),
            "date": int(self.clock.now()),
            "chat": place.public(),
            "from": person_user(person),
            **content,
        }
        if thread is not None:
            place.topics.add(thread)
            message |= {"message_thread_id": thread, "is_topic_message": True, "chat": place.public()}
        if reply_to is not None:
            replied = dict(place.messages[reply_to])
            replied.pop("reply_to_message", None)
            message["reply_to_message"] = replied
        place.messages[message["message_id"]] = message
        return self.update(message=message)

    def press(self, label: str, *, chat: int = PERSON, person: int = PERSON) -> dict[str, Any]:
        """A person presses the newest button with this label."""
        for message in reversed(self.chats[chat].from_bot()):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for key in row:
                    if key["text"] == label:
                        return self._pressed(message, key["callback_data"], person)
        raise AssertionError(f"no button {label!r}")

    def _pressed(self, message: dict[str, Any], data: str, person: int) -> dict[str, Any]:
        callback_id = f"48{len(self.callbacks) + 1:016d}"
        self.callbacks[callback_id] = self.clock.now()
        query = {"id": callback_id, "from": person_user(person), "chat_instance": "-77", "message": message, "data": data}
        return self.update(callback_query=query)

    def membership(self, old: str, new: str, *, chat: int = PERSON, person: int = PERSON) -> dict[str, Any]:
        """A person blocks (``member`` → ``kicked``) or unblocks the bot; a group takes it in or puts it out."""
        self.chats[chat].blocked = new in {"kicked", "left"}
        change = {
            "chat": self.chats[chat].public(),
            "from": person_user(person),
            "date": int(self.clock.now()),
            "old_chat_member": _member(old),
            "new_chat_member": _member(new),
        }
        return self.update(my_chat_member=change)

    def migrate(self, new_id: int, *, chat: int = GROUP) -> dict[str, Any]:
        """A group becomes a supergroup: its old id is refused from now on, with the new one beside."""
        update = self.message({"migrate_to_chat_id": new_id}, chat=chat)
        self.chats[chat].migrated_to = new_id
        self.add_chat(new_id, type="supergroup", name=self.chats[chat].name)
        return update


def reaches_a_private_bot(update: Mapping[str, Any]) -> bool:
    """Tell whether a bot in privacy mode gets this: in groups only commands for it, replies to it, and service messages."""
    message = update.get("message", update.get("edited_message"))
    if not message or message["chat"]["type"] == "private" or not {"text", "caption", *MEDIA} & message.keys():
        return True
    if message.get("reply_to_message", {}).get("from", {}).get("id") == BOT_ID:
        return True
    words = message.get("text") or message.get("caption") or ""
    return any("@" not in found or found.endswith(f"@{USERNAME}") for found in _COMMAND.findall(words))


def _entities(text: str) -> list[dict[str, Any]]:
    found = [("bot_command", match) for match in _COMMAND.finditer(text)]
    taken = [match.span() for _, match in found]
    found += [("mention", match) for match in _MENTION.finditer(text) if not any(a <= match.start() < b for a, b in taken)]
    found.sort(key=lambda pair: pair[1].start())
    return [{"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])} for kind, match in found]


def _member(status: str) -> dict[str, Any]:
    details: dict[str, Any] = {"kicked": {"until_date": 0}}.get(status, {})
    return {"status": status, "user": bot_user(), **details}
