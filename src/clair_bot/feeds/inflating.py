"""Inflating: compressed bodies, opened bit by bit, so that a small one never becomes a large one."""

import re
import zlib
from typing import Final

from clair_bot.errors import FeedError

LONGEST_BODY = 2_000_000
"""Bytes of a document, before and after inflating."""
_GZIP, _ZLIB, _RAW = 31, 15, -15
_STEP: Final = 65_536
_MOST_MEMBERS: Final = 16
"""Streams behind each other in one body: thousands of empty ones would keep the process busy."""
_HEADER_BYTES: Final = 2
_SEPARATOR: Final = re.compile(r"\s*,\s*")


class Inflater:
    """Takes a body piece by piece."""

    def __init__(self, encoding: str) -> None:
        """Prepare for a ``Content-Encoding``.

        Raises:
            FeedError: It is none that was offered.
        """
        names = [name for name in _SEPARATOR.split(encoding.strip().lower()) if name not in {"", "identity"}]
        if len(names) > 1 or not set(names) <= {"gzip", "x-gzip", "deflate"}:
            raise FeedError(
                "相手のサイトが、扱えない圧縮の形式で送ってきました。サイトの担当者に確かめてください（扱えるのは gzip と deflate です）。"
            )
        self._encoding = names[0] if names else ""
        self._stream: zlib._Decompress | None = None
        self._body = bytearray()
        self._received = self._members = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece of the body.

        Raises:
            FeedError: The body is too long, or broken.
        """
        self._received += len(piece)
        if self._received > LONGEST_BODY:
            raise too_long()
        if not self._encoding:
            self._body += piece
            return
        try:
            self._inflate(piece)
        except zlib.error as error:
            raise _broken() from error

    def finished(self) -> bytes:
        """Return the whole body.

        Raises:
            FeedError: The compressed stream broke off.
        """
        if self._stream is not None and not self._stream.eof:
            raise _broken()
        return bytes(self._body)

    def _inflate(self, piece: bytes) -> None:
        """Inflate a piece in small steps; another member of the same stream may follow the first."""
        more = bool(piece)
        while more:
            stream = self._member(piece)
            inflated = stream.decompress(piece, _STEP)
            self._body += inflated
            if len(self._body) > LONGEST_BODY:
                raise too_long()
            piece = stream.unused_data.lstrip(b"\0") if stream.eof else stream.unconsumed_tail
            more = bool(piece) or (len(inflated) == _STEP and not stream.eof)  # what is full may hold something back

    def _member(self, piece: bytes) -> "zlib._Decompress":
        """Return the stream that goes on, or the next one."""
        if self._stream is None or self._stream.eof:
            self._members += 1
            if self._members > _MOST_MEMBERS:
                raise _broken()
            self._stream = zlib.decompressobj(self._window(piece))
        return self._stream

    def _window(self, piece: bytes) -> int:
        """Tell what stands around the data: some servers send ``deflate`` without the header it should have."""
        if self._encoding != "deflate":
            return _GZIP
        head = int.from_bytes(piece[:_HEADER_BYTES].ljust(_HEADER_BYTES, b"\0"), "big")
        return _ZLIB if (head >> 8) & 15 == zlib.DEFLATED and head % 31 == 0 else _RAW


def too_long() -> FeedError:
    """Return the sentence for a body beyond the limit."""
    return FeedError(
        f"内容が{LONGEST_BODY // 1_000_000}MBを超えたため、途中で読むのをやめました。新着だけを載せたアドレスを登録してください。"
    )


def _broken() -> FeedError:
    return FeedError(
        "圧縮された内容が壊れているか、途中で切れています。しばらくして自動で読み直します。続くときは、サイトの担当者に確かめてください。"
    )
