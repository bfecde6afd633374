"""Files in the stand-in of Telegram: what was uploaded or sent by people, and what the platform refuses to take or give."""

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.standins.telegram_refusals import Refusal

MB = 1 << 20
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as it is handed over."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that the platform holds."""

    file_id: str
    upload: Upload
    path: str


class FileStore:
    """Every file of one bot."""

    def __init__(self) -> None:
        self.photo_limit = 10 * MB  # "The photo must be at most 10 MB in size"
        self.document_limit = 50 * MB  # "Bots can currently send files of any type of up to 50 MB in size"
        self.download_limit = 20 * MB  # "bots can download files of up to 20MB in size"
        self.lose_paths = False
        """Addresses lead nowhere from the first moment on."""
        self.told_path: str | None = None
        """What getFile tells instead of the path."""
        self._kept: dict[str, Kept] = {}
        self._paths: dict[str, Kept] = {}
        self._numbers = itertools.count(1)

    def photo(self, upload: Upload) -> dict[str, Any]:
        """Take a picture, and return it as part of a Message: a small size and its own, without a name."""
        if not upload.content:
            raise Refusal(400, "Bad Request: file must be non-empty")
        size, limit = len(upload.content), self.photo_limit
        if size > limit:
            raise Refusal(400, f"Bad Request: file of size {size} bytes is too big for a photo; the maximum size is {limit} bytes")
        if not upload.content.startswith((_PNG, _JPEG)):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        width, height = pixels(upload.content)
        if width + height > 10_000:  # "The photo's width and height must not exceed 10000 in total"
            raise Refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        small = self._keep(Upload(name="", media_type="image/jpeg", content=upload.content[:90]), "photos", "jpg")
        own = self._keep(upload, "photos", "jpg")
        return {"photo": [{**_public(small), "width": 90, "height": 60}, {**_public(own), "width": width, "height": height}]}

    def document(self, upload: Upload) -> dict[str, Any]:
        """Take any file, and return it as part of a Message."""
        if not upload.content:
            raise Refusal(400, "Bad Request: file must be non-empty")
        if len(upload.content) > self.document_limit:
            raise Refusal(413, "Request Entity Too Large")
        kept = self._keep(upload, "documents", upload.name.rpartition(".")[2])
        return {"document": {**_public(kept), "file_name": upload.name, "mime_type": upload.media_type}}

    def file(self, file_id: str) -> dict[str, Any]:
        """Serve getFile, and let the file be downloaded."""
        kept = self._kept.get(file_id)
        if kept is None:
            raise Refusal(400, "Bad Request: invalid file_id")
        if len(kept.upload.content) > self.download_limit:
            raise Refusal(400, "Bad Request: file is too big")
        self._paths[kept.path] = kept
        return {**_public(kept), "file_path": kept.path if self.told_path is None else self.told_path}

    def at(self, path: str) -> Upload | None:
        """Return what lies at a path that getFile has told."""
        kept = None if self.lose_paths else self._paths.get(path)
        return kept.upload if kept and kept.file_id in self._kept else None

    def of(self, message: Mapping[str, Any]) -> Upload:
        """Return the file that a message shows, whole."""
        shown = message["photo"][-1] if "photo" in message else message["document"]
        return self._kept[shown["file_id"]].upload

    def forget(self, file_id: str) -> None:
        """Lose a file; addresses that were told lead nowhere."""
        del self._kept[file_id]

    def _keep(self, upload: Upload, folder: str, ending: str) -> Kept:
        number = next(self._numbers)
        kept = Kept(file_id=f"AgACAgUAAx{number:04d}", upload=upload, path=f"{folder}/file_{number}.{ending}")
        self._kept[kept.file_id] = kept
        return kept


def pixels(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG; for a JPEG, which hides them deeper, a usual size."""
    if content.startswith(_PNG) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return 1280, 960


def png(width: int = 1280, height: int = 960, *, size: int = 200) -> bytes:
    """Return the beginning of a picture, filled up to a size."""
    return (_PNG + b"\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)).ljust(size, b"\x00")


def _public(kept: Kept) -> dict[str, Any]:
    return {"file_id": kept.file_id, "file_unique_id": f"u-{kept.file_id}", "file_size": len(kept.upload.content)}
