"""What comes in: an update of the Bot API, as JSON, into our words. Read by hand, so that a strange field costs nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clair_bot.messages import Address, Attachment, InboundKind, InboundMessage
from clair_bot_telegram.attachments import attachments_of
from clair_bot_telegram.fields import JSON, chat_of, is_direct, language_of, number, replied_to, sender_of, status_of, thread_of, time_of
from clair_bot_telegram.mentions import Heard, Own, hear
from clair_bot_telegram.texts import clean

CHANNEL = "telegram"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""Asked for explicitly: the platform keeps the last list, whoever set it."""
CALLBACK = "callback:"
"""How a reply handle begins that answers a pressed button."""

_MEDIA = {
    *("animation", "audio", "checklist", "contact", "dice", "document", "game", "live_photo", "location", "paid_media", "photo"),
    *("poll", "rich_message", "sticker", "story", "venue", "video", "video_note", "voice"),
}
_GONE = frozenset({"kicked", "left"})
_HERE = frozenset({"administrator", "creator", "member", "restricted"})


def load(body: bytes) -> JSON | None:
    """Return the update in a request's body, or None when it is none: no JSON object with a whole ``update_id``."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return update if isinstance(update, dict) and type(update.get("update_id")) is int else None


def read(update: object, own: Own, received_at: datetime) -> InboundMessage | None:
    """Return what a person did, or None when it is none of our business or cannot be understood. Never raises."""
    if not (isinstance(update, Mapping) and type(update.get("update_id")) is int):
        return None
    reading = _Reading(update_id=update["update_id"], own=own, received_at=received_at)
    for kind, understand in (
        ("message", reading.message),
        ("edited_message", reading.edit),
        ("callback_query", reading.callback),
        ("my_chat_member", reading.membership),
    ):
        content = update.get(kind)
        if isinstance(content, Mapping):
            return understand(content)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One update being read."""

    update_id: int
    own: Own
    received_at: datetime

    def message(self, message: JSON) -> InboundMessage | None:
        """Read what somebody said or sent in a private chat or a group."""
        chat, sender = chat_of(message), sender_of(message)
        if chat is None or sender is None:
            return None
        moved_to = number(message.get("migrate_to_chat_id"))
        if moved_to:
            new = Address(channel=CHANNEL, recipient=moved_to)
            return self._inbound(InboundKind.MOVED, chat, message, sender=sender, moved_to=new)
        kind, words = _content(message)
        if kind is None:
            return None
        heard, addressed = self._hear(words, message, direct=is_direct(chat))
        if kind is InboundKind.TEXT and heard.command == "start":  # its payload is anybody's writing
            kind, heard = InboundKind.JOINED, Heard(text="")
        files = attachments_of(message) if kind is InboundKind.MEDIA else ()
        return self._inbound(kind, chat, message, sender=sender, text=heard.text, addressed=addressed, attachments=files)

    def edit(self, message: JSON) -> InboundMessage | None:
        """Read that somebody changed a text or caption; what moves without words, such as a live location, is none."""
        chat, sender = chat_of(message), sender_of(message)
        if chat is None or sender is None or not number(message.get("message_id")):
            return None
        words = next((found for found in (message.get("text"), message.get("caption")) if isinstance(found, str)), None)
        if words is None:
            return None
        heard, addressed = self._hear(words, message, direct=is_direct(chat))
        return self._inbound(InboundKind.EDITED, chat, message, sender=sender, text=heard.text, addressed=addressed)

    def _hear(self, words: str, message: JSON, *, direct: bool) -> tuple[Heard, bool]:
        """Return the words without our name, and whether they are meant for us."""
        reply_to = replied_to(message)
        heard = hear(words, message.get("entities", message.get("caption_entities")), self.own, direct=direct)
        return heard, direct or heard.called or (reply_to is not None and self.own.wrote(reply_to))

    def callback(self, query: JSON) -> InboundMessage | None:
        """Read a press on one of our buttons."""
        message, callback_id, data = query.get("message"), query.get("id"), query.get("data")
        if not (isinstance(message, Mapping) and isinstance(callback_id, str) and isinstance(data, str)):
            return None
        chat, sender = chat_of(message), sender_of(query)
        if chat is None or sender is None:
            return None
        return InboundMessage(
            event_ids=(f"update:{self.update_id}", f"{CALLBACK}{clean(callback_id)}"),
            kind=InboundKind.ACTION,
            address=Address(channel=CHANNEL, recipient=number(chat["id"])),
            sender=sender,
            sent_at=self.received_at,  # the platform tells no time of a press
            action=clean(data),
            message_id=number(message.get("message_id")),
            thread=thread_of(message),
            direct=is_direct(chat),
            reply_handle=f"{CALLBACK}{clean(callback_id)}",
            language_hint=language_of(query),
        )

    def membership(self, change: JSON) -> InboundMessage | None:
        """Read that somebody blocked or unblocked us, or took us into a group or out of it."""
        chat, before, after = chat_of(change), status_of(change.get("old_chat_member")), status_of(change.get("new_chat_member"))
        if chat is None:
            return None
        if after in _GONE:
            return self._inbound(InboundKind.LEFT, chat, change, sender=sender_of(change) or "")
        if after in _HERE and before not in _HERE:  # a promotion is no arrival
            return self._inbound(InboundKind.JOINED, chat, change, sender=sender_of(change) or "")
        return None

    def _inbound(
        self,
        kind: InboundKind,
        chat: JSON,
        content: JSON,
        *,
        sender: str,
        text: str = "",
        addressed: bool = True,
        attachments: tuple[Attachment, ...] = (),
        moved_to: Address | None = None,
    ) -> InboundMessage:
        recipient, message_id, reply_to = number(chat["id"]), number(content.get("message_id")), replied_to(content)
        # The id of a message that changes is that of its first version; only its update tells one change from the next.
        own_id = (f"message:{recipient}:{message_id}",) if message_id and kind is not InboundKind.EDITED else ()
        return InboundMessage(
            event_ids=(f"update:{self.update_id}", *own_id),
            kind=kind,
            address=Address(channel=CHANNEL, recipient=recipient),
            sender=sender,
            sent_at=time_of(content.get("date")) or self.received_at,
            text=text,
            message_id=message_id,
            reply_to=number(reply_to.get("message_id")) if reply_to else "",
            attachments=attachments,
            thread=thread_of(content),
            direct=is_direct(chat),
            addressed=addressed,
            language_hint=language_of(content),
            moved_to=moved_to,
        )


def _content(message: JSON) -> tuple[InboundKind | None, str]:
    text, caption = message.get("text"), message.get("caption")
    if isinstance(text, str):
        return InboundKind.TEXT, text
    if _MEDIA & message.keys():
        return InboundKind.MEDIA, caption if isinstance(caption, str) else ""
    return None, ""  # a service message, or a kind that is newer than this file
