"""The bytes of what a person attached. Imports the SDK and aiohttp: only for modules that are imported late."""

import asyncio
from http import HTTPStatus
from urllib.parse import quote

import aiohttp

from clair_bot.errors import DeliveryError
from clair_bot.messages import Attachment
from clair_bot_telegram.connection import DEADLINE, TIMEOUT, Connection
from clair_bot_telegram.failures import UNREADABLE, delivery_error, says

DOWNLOAD_SECONDS = 60.0
"""For the whole of a file, also when it trickles."""
_PIECE = 1 << 16
_WAIT_WITHOUT_A_HINT = 30.0


async def fetch(connection: Connection, attachment: Attachment, *, limit: int) -> bytes:
    """Return a file's bytes; see ``ChannelAdapter.fetch``.

    The SDK's own download has no bound and keeps the file in memory twice, hence the second client.

    Raises:
        DeliveryError: ``permanent`` when the file is gone, too large or none.
    """
    _within(attachment.size, limit)
    url = await _address(connection, attachment.handle, limit=limit)
    timeout = aiohttp.ClientTimeout(connect=TIMEOUT / 2, sock_read=TIMEOUT)
    try:
        async with (
            asyncio.timeout(DOWNLOAD_SECONDS),
            aiohttp.ClientSession(timeout=timeout, auto_decompress=False, trust_env=True) as session,
            session.get(url, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as response,
        ):
            _judge(response, attachment)
            _within(response.content_length or 0, limit)
            return await _read(response.content, limit)
    except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        raise DeliveryError(f"telegram: download failed: {type(error).__name__}") from None  # the cause's text may hold the token


async def _address(connection: Connection, handle: str, *, limit: int) -> str:
    """Ask where the file lies. Valid for an hour at least, and never kept."""
    try:
        async with asyncio.timeout(DEADLINE):
            file = await connection.bot.get_file(handle)
    except UNREADABLE as error:
        found = delivery_error(error)
        passing = says(error, "temporarily unavailable")
        raise DeliveryError(
            found.reason, permanent=found.permanent and not passing, retry_after=found.retry_after, channel_down=found.channel_down
        ) from None
    _within(file.file_size if isinstance(file.file_size, int) else 0, limit)
    path = (file.file_path or "").removeprefix(connection.files_url)
    if not path or path == file.file_path or ".." in path.split("/"):  # such as the path on the disk of a server in local mode
        raise DeliveryError("telegram: no address of a file", permanent=True)
    return connection.files_url + quote(path, errors="replace")


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise DeliveryError("telegram: file is too large", permanent=True)


def _judge(response: aiohttp.ClientResponse, attachment: Attachment) -> None:
    """Refuse what is no file."""
    status, reason = response.status, f"telegram: download answered {response.status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = response.headers.get("Retry-After", "")
        raise DeliveryError(reason, retry_after=float(hint) if hint.isascii() and hint.isdecimal() else _WAIT_WITHOUT_A_HINT)
    if status == HTTPStatus.UNAUTHORIZED:
        raise DeliveryError(reason, channel_down=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise DeliveryError(reason)
    if status != HTTPStatus.OK:  # gone, or elsewhere: the address holds the token and is shown to no other host
        raise DeliveryError(reason, permanent=True)
    if response.content_type == "text/html" and attachment.media_type != "text/html":
        raise DeliveryError("telegram: a page instead of a file", permanent=True)


async def _read(content: aiohttp.StreamReader, limit: int) -> bytes:
    """Read piece by piece, and one byte beyond the limit at most."""
    taken = bytearray()
    while piece := await content.read(min(_PIECE, limit + 1 - len(taken))):
        taken += piece
        _within(len(taken), limit)
    return bytes(taken)
