"""The events that LINE would send: made, numbered and signed."""

import base64
import copy
import hashlib
import hmac
import json
from typing import Any

Json = dict[str, Any]

DESTINATION = "U0123456789abcdef0123456789abcdef"
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def event_id(name: str) -> str:
    """Return a ULID that belongs to the name."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16]) >> 3
    return "".join(_ULID[(number >> 5 * place) & 31] for place in reversed(range(26)))


def source(user: str, room: str = "") -> Json:
    """Return where an event comes from: a person, or a person in a group or a room."""
    if not room:
        return {"type": "user", "userId": user}
    kind, name = ("group", "groupId") if room.startswith("C") else ("room", "roomId")
    return {"type": kind, name: room, **({"userId": user} if user else {})}


def frame(kind: str, name: str, *, timestamp: int, user: str, room: str = "", token: str = "", **content: Any) -> Json:
    """Return an event with what all events have."""
    return {
        "type": kind,
        "mode": "active",
        "timestamp": timestamp,
        "source": source(user, room),
        "webhookEventId": event_id(name),
        "deliveryContext": {"isRedelivery": False},
        **({"replyToken": token} if token else {}),
        **content,
    }


def text_message(text: str, message_id: str, *, mention: str = "", quoted: str = "") -> Json:
    """Return a text message; ``mention`` is the part of the text that names the bot."""
    message: Json = {"type": "text", "id": message_id, "text": text, "quoteToken": f"q{message_id}"}
    if mention:
        index = len(text[: text.index(mention)].encode("utf-16-le")) // 2
        length = len(mention.encode("utf-16-le")) // 2
        message["mention"] = {"mentionees": [{"index": index, "length": length, "type": "user", "userId": DESTINATION, "isSelf": True}]}
    if quoted:
        message["quotedMessageId"] = quoted
    return message


def image_message(message_id: str, **content: Any) -> Json:
    """Return a picture that lies at LINE."""
    return {"type": "image", "id": message_id, "contentProvider": {"type": "line"}, "quoteToken": f"q{message_id}", **content}


def file_message(name: str, size: int, message_id: str) -> Json:
    """Return a document; LINE tells its name and size, and no type."""
    return {"type": "file", "id": message_id, "fileName": name, "fileSize": size}


def redelivered(event: Json) -> Json:
    """Return the event as LINE sends it again."""
    again = copy.deepcopy(event)
    again["deliveryContext"]["isRedelivery"] = True
    return again


def body(events: list[Any]) -> bytes:
    """Return a webhook's body."""
    return json.dumps({"destination": DESTINATION, "events": events}, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, content: bytes) -> str:
    """Return the value of ``x-line-signature``."""
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def headers(secret: str, content: bytes) -> dict[str, str]:
    """Return the headers of a webhook, as a server hands them on: in lower case."""
    return {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(content)),
        "user-agent": "LineBotWebhook/2.0",
        "x-line-signature": signature(secret, content),
    }
