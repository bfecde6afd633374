"""What people sent, fetched from LINE: streamed, never more than was asked for, and nowhere but at LINE."""

import re

import aiohttp

from clair_bot.errors import DeliveryError

_HOST = "https://api-data.line.me"  # LINE: contents lie on a host of their own
_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_TIMEOUT = aiohttp.ClientTimeout(total=30.0, sock_connect=5.0, sock_read=10.0)
_PIECE = 65_536  # bytes
_PAUSE_SECONDS = 5.0  # LINE names no time with "rate limit exceeded"

_OK, _PREPARING, _REQUEST_TIMEOUT, _TOO_MANY, _ERRORS, _SERVER_ERRORS = 200, 202, 408, 429, 400, 500


class Contents:
    """Fetches the pictures and files that people sent, over a session of its own.

    The SDK's blob API reads a content whole before it returns, and its way to the raw answer ends in an AttributeError (3.27).
    """

    def __init__(self, token: str, host: str | None) -> None:
        """Keep the access token and the base address; None for LINE's own."""
        self._token = token
        self._host = host or _HOST
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, message_id: str, limit: int) -> bytes:
        """Return the content of a message, at most ``limit`` bytes.

        Raises:
            DeliveryError: ``permanent`` when it is gone, too large, refused or no file at all.
        """
        if not _HANDLE.fullmatch(message_id):
            raise DeliveryError("line: content: unreadable handle", permanent=True)
        try:
            return await self._read(f"{self._host}/v2/bot/message/{message_id}/content", limit)
        except TimeoutError:
            raise DeliveryError("line: content: timeout") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DeliveryError(f"line: content: {type(error).__name__}") from None

    async def aclose(self) -> None:
        """Close the connections; a later fetch opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _read(self, url: str, limit: int) -> bytes:
        # A redirect is not followed: the token is for LINE alone. Compressed bytes are not asked for: they could swell beyond any limit.
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"}
        async with self._connected().get(url, headers=headers, allow_redirects=False, timeout=_TIMEOUT) as response:
            _refuse(response, limit)
            return await _bounded(response.content, limit)

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True, auto_decompress=False)  # trust_env: proxies, as the SDK has it
        return self._session


async def _bounded(content: aiohttp.StreamReader, limit: int) -> bytes:
    found = bytearray()
    while piece := await content.read(min(_PIECE, limit + 1 - len(found))):
        found += piece
        if len(found) > limit:
            raise DeliveryError("line: content: larger than the limit", permanent=True)
    return bytes(found)


def _refuse(response: aiohttp.ClientResponse, limit: int) -> None:
    """Raise what the head of an answer says already."""
    if response.status != _OK:
        raise _fault(response.status)
    if response.content_type in {"text/html", "application/xhtml+xml"}:
        raise DeliveryError("line: content: a page instead of a file", permanent=True)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DeliveryError("line: content: compressed without being asked", permanent=True)
    if (response.content_length or 0) > limit:
        raise DeliveryError("line: content: larger than the limit", permanent=True)


def _fault(status: int) -> DeliveryError:
    """Classify a status. LINE: 410 for expired content; 202 while it is prepared, which is usual for what is large."""
    if status == _PREPARING:
        return DeliveryError("line: content: 202 still being prepared")
    if status == _TOO_MANY:
        return DeliveryError("line: content: 429 rate limit", retry_after=_PAUSE_SECONDS)
    if status == 401:  # noqa: PLR2004  # the token: nobody's file is thrown away for it
        return DeliveryError("line: content: 401", channel_down=True)
    permanent = _ERRORS <= status < _SERVER_ERRORS and status != _REQUEST_TIMEOUT
    return DeliveryError(f"line: content: {status}", permanent=permanent)
