"""A file on its way to the platform: as a photo, as a document, or not at all. Imports the SDK: only for late imports."""

from collections.abc import Mapping
from typing import Any

from telegram import Bot, InputFile, InputMediaDocument, InputMediaPhoto, Message

from clair_bot.messages import File
from clair_bot_telegram.rendering import name_of

PHOTO_LIMIT = 10_000_000
"""Bytes. Bot API, sendPhoto: "The photo must be at most 10 MB in size"; the smaller of the two readings of MB."""
DOCUMENT_LIMIT = 50_000_000
"""Bytes. Bot API, sendDocument: "files of any type of up to 50 MB in size"."""
_QUOTED = str.maketrans({'"': "'", "\\": "_"})
"""In a form's header a name stands in quotes, and its readers differ about how a quote inside is escaped."""
_PHOTO_TYPES = frozenset({"image/jpeg", "image/png"})


def ways(file: File) -> tuple[str, ...]:
    """Return how a file may be sent, best first; nothing where it has no content or is too large."""
    size = len(file.content)
    photo = file.media_type in _PHOTO_TYPES and 0 < size <= PHOTO_LIMIT
    document = 0 < size <= DOCUMENT_LIMIT
    return (*(("photo",) if photo else ()), *(("document",) if document else ()))


async def upload(bot: Bot, file: File, way: str, chat_id: int | str, parameters: Mapping[str, Any]) -> Message:
    """Send a file as a new message. Photos lose their name on the platform, so it stands below them."""
    content, further = _content(file), dict(parameters)
    if way == "photo":
        return await bot.send_photo(chat_id, content, caption=name_of(file), api_kwargs=further)
    return await bot.send_document(chat_id, content, api_kwargs=further)


async def replace_by(bot: Bot, file: File, way: str, chat_id: int | str, message_id: int) -> Message | bool:
    """Let a file take the place of what a message holds, text or file."""
    content = _content(file, attach=True)
    media = InputMediaPhoto(content, caption=name_of(file)) if way == "photo" else InputMediaDocument(content)
    return await bot.edit_message_media(media, chat_id, message_id)


def _content(file: File, *, attach: bool = False) -> InputFile:
    content = InputFile(file.content, filename=name_of(file).translate(_QUOTED), attach=attach)
    if file.media_type:
        content.mimetype = file.media_type  # found in the bytes; the SDK would guess it from the name
    return content
