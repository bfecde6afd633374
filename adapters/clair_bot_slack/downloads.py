"""Fetching what a person attached: from Slack's own hosts only, and never more than asked for."""

from urllib.parse import urljoin

import aiohttp

from clair_bot.errors import DeliveryError
from clair_bot.messages import Attachment
from clair_bot_slack import faults
from clair_bot_slack.api import SlackApi

HOPS = 3
"""How many redirects are followed, each to one of Slack's file hosts."""
PIECE = 65_536
"""Bytes read at a time."""
_REDIRECTS = {301, 302, 303, 307, 308}


class Downloads:
    """Reads files with our token (scope ``files:read``)."""

    def __init__(self, api: SlackApi) -> None:
        """Keep the way to Slack."""
        self._api = api

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """Return a file's bytes.

        Raises:
            DeliveryError: ``permanent`` when it is gone, larger than ``limit`` or not for us.
        """
        if attachment.size > limit:
            raise DeliveryError("file_too_large", permanent=True)
        try:
            return await self._follow(attachment, limit)
        except ValueError as error:  # an address that cannot be read; aiohttp's InvalidURL is one as well
            raise DeliveryError("file_address_unreadable", permanent=True) from error
        except faults.NO_ANSWER as error:
            raise DeliveryError(type(error).__name__) from error

    async def _follow(self, attachment: Attachment, limit: int) -> bytes:
        url = attachment.handle
        for _ in range(HOPS):
            # Without a right token Slack sends a browser to its login page: on another host, or as a page in the file's place.
            if not self._api.holds(url):
                raise DeliveryError("file_address_foreign", permanent=True)
            async with self._api.file_at(url) as answer:
                if answer.status not in _REDIRECTS:
                    return await _content(answer, attachment, limit)
                url = urljoin(url, answer.headers.get("Location", ""))
        raise DeliveryError("file_redirected", permanent=True)


async def _content(answer: aiohttp.ClientResponse, attachment: Attachment, limit: int) -> bytes:
    if answer.status != 200:  # noqa: PLR2004
        raise faults.of_transfer(answer.status, answer.headers)
    if answer.content_type == "text/html" and attachment.media_type != "text/html":
        raise DeliveryError("login_page_instead_of_file", permanent=True)
    if (answer.content_length or 0) > limit:
        raise DeliveryError("file_too_large", permanent=True)
    return await _read(answer.content, limit)


async def _read(stream: aiohttp.StreamReader, limit: int) -> bytes:
    content = bytearray()
    while len(content) < limit:
        piece = await stream.read(min(PIECE, limit - len(content)))
        if not piece:
            return bytes(content)
        content += piece
    if await stream.read(1):
        raise DeliveryError("file_too_large", permanent=True)
    return bytes(content)
