"""A file as LINE shows it: bots cannot upload, so a picture is shown from its address, and everything else is named with its address."""

from typing import Any
from urllib.parse import urlsplit

from clair_bot.messages import File
from clair_bot_line.cards import link
from clair_bot_line.lengths import shorten_units, units
from clair_bot_line.words import words

Json = dict[str, Any]

PREVIEW_BYTES = 1_000_000  # LINE: previewImageUrl, at most 1 MB (originalContentUrl 10 MB); the same picture serves for both
_IMAGE_TYPES = frozenset({"image/jpeg", "image/png"})  # LINE: an image message is JPEG or PNG
_NAME_UNITS = 300
_ADDRESS_UNITS = 2_000  # with the name well within one text


def image(file: File) -> Json | None:
    """Return the file as an image message, or None where LINE would not show it as one."""
    address = link(file.url)
    if file.media_type not in _IMAGE_TYPES or not 0 < file.size <= PREVIEW_BYTES:
        return None
    if address is None or urlsplit(address).scheme != "https":  # LINE: both addresses are HTTPS
        return None
    return {"type": "image", "originalContentUrl": address, "previewImageUrl": address}


def told(file: File, language: str) -> str:
    """Return the file in words: its name and where it can be opened, or that it cannot."""
    address = link(file.url) or file.url.strip()
    shown = address if address and units(address) <= _ADDRESS_UNITS else words(language).file_unshown
    return f"{title(file)}\n{shown}"


def title(file: File) -> str:
    """Return the line that names the file."""
    return f"📎 {shorten_units(file.name.strip(), _NAME_UNITS)}".rstrip()
