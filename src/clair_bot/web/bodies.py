"""Reading request bodies with a limit on size and on time."""

import asyncio

from starlette.requests import ClientDisconnect, Request

BODY_LIMIT = 1_000_000
"""Bytes; platforms send a few kilobytes."""
BODY_SECONDS = 10.0
"""How long a sender may take for its body."""


class BodyRefused(Exception):
    """The body is too large, too slow or broken off."""

    def __init__(self, status: int) -> None:
        """Keep the HTTP status: 413 or 408."""
        super().__init__(str(status))
        self.status = status


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """Return the body; a too large one is refused without reading it all.

    Raises:
        BodyRefused: with 413 (too large) or 408 (too slow, broken off).
    """
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise BodyRefused(413)
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                parts += chunk
                if len(parts) > limit:
                    raise BodyRefused(413)
    except (TimeoutError, ClientDisconnect) as error:
        raise BodyRefused(408) from error
    return bytes(parts)
