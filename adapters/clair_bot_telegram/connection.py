"""The SDK's bot, made so that it neither dials nor talks. Imports the SDK: only for modules that are imported late."""

import json
import logging
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.request import HTTPXRequest

from clair_bot_telegram.failures import Flood, is_flood

TIMEOUT = 10.0
"""Seconds for reading and writing; a connection that cannot be made in half of it will not be made."""
DEADLINE = 20.0
"""Seconds for a whole call, also when the answer trickles."""


class QuietRequest(HTTPXRequest):
    """The SDK's HTTP client, with flood control as an error of ours."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make the request; see BaseRequest."""
        status, payload = await super().do_request(*args, **kwargs)
        if is_flood(status):
            raise Flood(payload)
        return status, payload


class Connection:
    """A bot and its HTTP client."""

    def __init__(self, token: str, api_url: str) -> None:
        """Make both. Nothing is called: the SDK's ``initialize`` would ask who we are, and fail while the platform is down."""
        _silence()
        self._request = QuietRequest(
            connection_pool_size=32, read_timeout=TIMEOUT, write_timeout=TIMEOUT, connect_timeout=TIMEOUT / 2, pool_timeout=TIMEOUT / 2
        )
        self.files_url = f"{api_url}/file/bot{token}/"
        """Where the platform's files lie. Holds the token: for requests only."""
        self.bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )

    async def updates(self, *, offset: int | None, seconds: int, allowed: tuple[str, ...]) -> list[Any]:
        """Long-poll for updates, as JSON.

        Not ``Bot.get_updates``: it builds a model of every update, and one that does not fit loses the whole batch. Not
        ``Bot.do_api_request``: it warns at each call of a method that the bot has. The client below both reads and judges the
        answer, and leaves the JSON as it is.

        Raises:
            TelegramError: as every call of the SDK.
            ValueError: The answer is no list.
        """
        parameters = {"timeout": seconds, "limit": 100, "allowed_updates": json.dumps(allowed)}
        if offset is not None:
            parameters["offset"] = offset
        url = f"{self.bot.base_url}/getUpdates?{urlencode(parameters)}"
        result: object = await self._request.post(url, read_timeout=seconds + TIMEOUT)
        if not isinstance(result, list):
            raise ValueError("no list of updates")  # noqa: TRY004  # what came is wrong, not what we gave
        return result

    async def aclose(self) -> None:
        """Close the connections; the bot's own ``shutdown`` does nothing without ``initialize``."""
        await self._request.shutdown()


def _silence() -> None:
    """Keep addresses (they hold the token) and bodies (they hold what people wrote) out of the logs at any level."""
    for name in ("telegram", "telegram.Bot", "telegram.request", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
