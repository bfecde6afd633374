"""Messages and documents as JSON and back: how they lie in the database."""

from typing import Any

from pydantic import TypeAdapter

from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import Document
from clair_bot.messages import InboundMessage, OutboundMessage

_INBOUND = TypeAdapter(InboundMessage)
_OUTBOUND = TypeAdapter(OutboundMessage)
_TEXTUAL = (str, dict, list, tuple)
_DOCUMENT = TypeAdapter(Document)
_AUDIENCE = TypeAdapter(Audience)


def pack_inbound(message: InboundMessage) -> dict[str, Any]:
    """Return the message as plain JSON values. NUL goes: PostgreSQL does not store it; lone surrogates become question marks."""
    packed: dict[str, Any] = clean(_INBOUND.dump_python(message, mode="json"))
    return packed


def unpack_inbound(payload: dict[str, Any]) -> InboundMessage:
    """Return the message that was packed."""
    return _INBOUND.validate_python(payload)


def pack_outbound(message: OutboundMessage) -> dict[str, Any]:
    """As ``pack_inbound``."""
    packed: dict[str, Any] = clean(_OUTBOUND.dump_python(message, mode="json"))
    return packed


def unpack_outbound(payload: dict[str, Any]) -> OutboundMessage:
    """Return the message that was packed."""
    return _OUTBOUND.validate_python(payload)


def clean(value: Any) -> Any:
    """Return the value with its texts, however deep, as every database can store them."""
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([clean(item) if isinstance(item, _TEXTUAL) else item for item in value])
    return value


def pack_document(document: Document) -> dict[str, Any]:
    """As ``pack_inbound``."""
    packed: dict[str, Any] = clean(_DOCUMENT.dump_python(document, mode="json"))
    return packed


def unpack_document(payload: dict[str, Any]) -> Document:
    """Return the document that was packed."""
    return _DOCUMENT.validate_python(payload)


def pack_audience(audience: Audience) -> dict[str, Any]:
    """As ``pack_inbound``."""
    packed: dict[str, Any] = clean(_AUDIENCE.dump_python(audience, mode="json"))
    return packed


def unpack_audience(payload: dict[str, Any]) -> Audience:
    """Return the audience that was packed."""
    return _AUDIENCE.validate_python(payload)
