"""Pictures and documents in a message that came in, read so that nothing in them can raise."""

from collections.abc import Iterator

from clair_bot.messages import Attachment
from clair_bot_telegram.fields import JSON
from clair_bot_telegram.texts import clean

DOWNLOAD_LIMIT = 20_000_000
"""Bytes. Bot API, getFile: "bots can download files of up to 20MB in size"; the smaller of the two readings of MB."""
_PHOTO_TYPE = "image/jpeg"
"""PhotoSize tells no type; the platform's clients and servers turn every photo into a JPEG."""


def attachments_of(message: JSON) -> tuple[Attachment, ...]:
    """Return the photo in its best size, or the document. An animation, which also shows as a document, is a video."""
    if "animation" in message:
        return ()
    photo = _best(_sizes(message.get("photo")))
    document = _read(message.get("document"))
    return tuple(found for found in (photo, document) if found)


def _sizes(photo: object) -> Iterator[tuple[int, Attachment]]:
    for size in photo if isinstance(photo, list) else ():
        found = _read(size, media_type=_PHOTO_TYPE)
        if found:
            yield _whole(size.get("width")) * _whole(size.get("height")), found


def _best(sizes: Iterator[tuple[int, Attachment]]) -> Attachment | None:
    """Return the one with the most pixels that can be downloaded; the smallest where none can."""
    by_pixels = sorted(sizes, key=lambda pair: (pair[0], pair[1].size))
    fitting = [found for _, found in by_pixels if found.size <= DOWNLOAD_LIMIT]
    return fitting[-1] if fitting else next((found for _, found in by_pixels), None)


def _read(file: object, *, media_type: str = "") -> Attachment | None:
    if not isinstance(file, dict):
        return None
    handle = _words(file.get("file_id"))
    if not handle or handle != file["file_id"]:
        return None
    return Attachment(
        handle=handle,
        name=_words(file.get("file_name")),
        media_type=_words(file.get("mime_type")) or media_type,
        size=_whole(file.get("file_size")),
    )


def _words(value: object) -> str:
    return clean(value).strip() if isinstance(value, str) else ""


def _whole(value: object) -> int:
    """Return a size that a database holds, 0 for whatever else; the platform's have at most 52 bits."""
    return value if type(value) is int and 0 <= value < 1 << 53 else 0
