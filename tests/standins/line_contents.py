"""The stand-in's api-data: what people sent and can be fetched for a while, and what our pages serve for image messages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.standins.line_wire import Answer, refusal

Json = dict[str, Any]

_PATH = re.compile(r"/v2/bot/message/([^/]+)/content")
_IMAGE_TYPES = {"image/jpeg", "image/png"}


@dataclass(kw_only=True)
class Content:
    """A picture or file that a person sent."""

    data: bytes
    media_type: str
    preparing: int = 0
    """How many times 202 is answered before it is ready."""
    gone: bool = False
    """LINE: "content is automatically deleted after a certain period of time"."""
    encoding: str = ""
    manner: str = ""
    """As Answer.manner."""


@dataclass(kw_only=True)
class Contents:
    """The contents by message id, and our own pages by address."""

    kept: dict[str, Content] = field(default_factory=dict)
    published: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What LINE's apps would find at an address: media type and bytes."""

    def asked(self, method: str, path: str) -> bool:
        """Return True for the endpoint "Get content"."""
        return method == "GET" and _PATH.fullmatch(path) is not None

    def answer(self, path: str) -> Answer:
        """Return the content; 202 while it is prepared, 410 when it is gone, 404 when there never was one."""
        found = _PATH.fullmatch(path)
        content = self.kept.get(found[1]) if found else None
        if content is None:
            return refusal(404, "Not found")
        if content.gone:
            return refusal(410, "Gone")
        if content.preparing:
            content.preparing -= 1
            return Answer(status=202, content={})
        headers = {"Content-Encoding": content.encoding} if content.encoding else {}
        return Answer(status=200, raw=content.data, media_type=content.media_type, manner=content.manner, headers=headers)

    def faults(self, messages: list[Json]) -> Iterator[str]:
        """Yield what LINE's apps could not show, where the address is one that is known here."""
        for message in messages:
            if message.get("type") != "image":
                continue
            # Image message: "Image format: JPEG or PNG"; originalContentUrl "Max file size: 10 MB", previewImageUrl "Max file size: 1 MB"
            for name, most in (("originalContentUrl", 10_000_000), ("previewImageUrl", 1_000_000)):
                media_type, size = self.published.get(message.get(name, ""), ("image/jpeg", 1))
                if media_type not in _IMAGE_TYPES or size > most:
                    yield f"{name} serves {size} bytes of {media_type}"
