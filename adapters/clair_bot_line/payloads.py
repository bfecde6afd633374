"""What comes in: the events of a verified webhook as our messages, read by hand and tolerantly."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clair_bot.messages import Address, Attachment, InboundKind, InboundMessage
from clair_bot_line.handles import ReplyHandle

CHANNEL = "line"

Json = dict[str, Any]

_OF_ANOTHER = frozenset({InboundKind.EDITED, InboundKind.WITHDRAWN})  # their message id is that of the message they change
_MEDIA = frozenset({"image", "video", "audio", "file", "location", "sticker"})
_IMAGE_TYPE = "image/jpeg"  # LINE tells no type; photographs come as JPEG, and the bytes decide
_LARGEST = 2**63  # what a database column holds
_ROOMS = {"group": "groupId", "room": "roomId"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What an event adds to the frame that all events share."""

    kind: InboundKind
    text: str = ""
    action: str = ""
    message_id: str = ""
    reply_to: str = ""
    addressed: bool = True
    """In a room; in a private chat everything is addressed to us."""
    attachments: tuple[Attachment, ...] = ()


def events(body: bytes) -> list[Any] | None:
    """Return the events of a webhook's body, or None when it cannot be read."""
    try:
        content = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    found = content.get("events") if isinstance(content, dict) else None
    return found if isinstance(found, list) else None


def inbound(event: Any, received_at: datetime) -> InboundMessage | None:
    """Translate one event, or return None when it is none of our business, unknown or malformed."""
    if not isinstance(event, dict) or event.get("mode") == "standby":  # standby: another module answers this chat
        return None
    place = _place(_mapping(event, "source"))
    content = _content(event)
    if place is None or content is None:
        return None
    recipient, direct = place
    sent_at = _moment(event.get("timestamp")) or received_at
    return InboundMessage(
        event_ids=(_event_id(event, content),),
        kind=content.kind,
        address=Address(channel=CHANNEL, recipient=recipient),
        sender=_text(_mapping(event, "source"), "userId"),
        sent_at=sent_at,
        text=content.text,
        action=content.action,
        message_id=content.message_id,
        reply_to=content.reply_to,
        attachments=content.attachments,
        direct=direct,
        addressed=direct or content.addressed,
        reply_handle="" if content.kind is InboundKind.EDITED else _handle(event, received_at, sent_at),
    )


def _place(source: Json) -> tuple[str, bool] | None:
    kind = _text(source, "type")
    if kind == "user":
        recipient, direct = _text(source, "userId"), True
    else:
        recipient, direct = _text(source, _ROOMS.get(kind, "")), False
    return (recipient, direct) if recipient else None


def _content(event: Json) -> _Content | None:
    match event.get("type"):
        case "message" | "messageEdited" as kind:
            said = _message(_mapping(event, "message"))
            return said if kind == "message" else _edited(said)
        case "postback":
            data = _text(_mapping(event, "postback"), "data")
            return _Content(kind=InboundKind.ACTION, action=data) if data else None
        case "unsend":
            taken_back = _text(_mapping(event, "unsend"), "messageId")
            return _Content(kind=InboundKind.WITHDRAWN, message_id=taken_back, addressed=False) if taken_back else None
        case "follow" | "join":
            return _Content(kind=InboundKind.JOINED)
        case "unfollow" | "leave":
            return _Content(kind=InboundKind.LEFT)
    return None


def _message(message: Json) -> _Content | None:
    kind = _text(message, "type")
    if kind == "text" and isinstance(message.get("text"), str):
        text, mentioned = _without_mention(message)
        return _Content(
            kind=InboundKind.TEXT,
            text=_clean(text),
            message_id=_text(message, "id"),
            reply_to=_text(message, "quotedMessageId"),
            addressed=mentioned,
        )
    if kind in _MEDIA:
        return _Content(
            kind=InboundKind.MEDIA,
            message_id=_text(message, "id"),
            reply_to=_text(message, "quotedMessageId"),
            addressed=False,
            attachments=_attachments(message),
        )
    return None


def _edited(content: _Content | None) -> _Content | None:
    """Return a text as it reads now; its id is still that of the message as it was sent.

    LINE: "triggered when a user edits a text message", in groups only; several may come out of order, and the latest timestamp counts.
    """
    if content is None or content.kind is not InboundKind.TEXT or not content.message_id:
        return None
    return dataclasses.replace(content, kind=InboundKind.EDITED)


def _attachments(message: Json) -> tuple[Attachment, ...]:
    """Return the picture or file where LINE keeps it; what lies on a foreign host is not fetched."""
    handle = _text(message, "id")
    if not handle or _text(_mapping(message, "contentProvider"), "type") == "external":
        return ()
    match message.get("type"):
        case "image":
            return (Attachment(handle=handle, media_type=_IMAGE_TYPE),)
        case "file":
            return (Attachment(handle=handle, name=_text(message, "fileName"), size=_size(message.get("fileSize"))),)
    return ()


def _size(value: object) -> int:
    """Return a number of bytes, or 0 where it cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST else 0


def _without_mention(message: Json) -> tuple[str, bool]:
    """Take the mention of the bot out of the text. LINE counts its place in UTF-16 units."""
    text = message["text"]
    mentionees = _mapping(message, "mention").get("mentionees")
    own = [one for one in mentionees if isinstance(one, dict) and one.get("isSelf") is True] if isinstance(mentionees, list) else []
    if not own:
        return text, False
    raw = text.encode("utf-16-le", "surrogatepass")
    for start, end in sorted((span for one in own if (span := _span(one))), reverse=True):
        raw = raw[: 2 * start] + raw[2 * end :]
    return raw.decode("utf-16-le", "surrogatepass").strip(), True


def _span(mentionee: Json) -> tuple[int, int] | None:
    index, length = mentionee.get("index"), mentionee.get("length")
    if isinstance(index, int) and isinstance(length, int) and index >= 0 and length > 0:
        return index, index + length
    return None


def _event_id(event: Json, content: _Content) -> str:
    """Return what is the same at every delivery of this event."""
    if given := _text(event, "webhookEventId"):
        return given
    if content.message_id and content.kind not in _OF_ANOTHER:
        return f"message:{content.message_id}"
    told = (_place(_mapping(event, "source")), _text(_mapping(event, "source"), "userId"), _moment(event.get("timestamp")), content)
    return f"digest:{hashlib.sha256(repr(told).encode()).hexdigest()}"


def _handle(event: Json, received_at: datetime, sent_at: datetime) -> str:
    redelivered = _mapping(event, "deliveryContext").get("isRedelivery") is True
    handle = ReplyHandle.issue(_text(event, "replyToken"), received_at=received_at, sent_at=sent_at, redelivered=redelivered)
    return str(handle) if handle else ""


def _moment(timestamp: object) -> datetime | None:
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
        return None
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _mapping(parent: Mapping[str, Any], name: str) -> Json:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _text(parent: Mapping[str, Any], name: str) -> str:
    value = parent.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _clean(value) if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """Replace halves of surrogate pairs and drop NUL: no database stores them."""
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
