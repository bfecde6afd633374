"""Socket Mode: the way in where nobody reaches us from outside. An envelope is acknowledged once its messages are stored."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from clair_bot.errors import DeliveryError, StorageError
from clair_bot.messages import WebhookResult
from clair_bot.ports import Deliver
from clair_bot_slack import faults
from clair_bot_slack.api import SlackApi
from clair_bot_slack.fields import Frame
from clair_bot_slack.switchboard import QUIET

if TYPE_CHECKING:
    from slack_sdk.socket_mode.aiohttp import SocketModeClient

_log = structlog.get_logger()
PING_SECONDS = 10
LOOK_SECONDS = 0.5
CONNECT_SECONDS = 15
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 30
"""A connection that held this long was a good one: the pauses start anew."""

Hear = Callable[[Frame, datetime], Awaitable[WebhookResult]]


class Sockets:
    """Keeps one socket open, connecting again with growing pauses (``apps.connections.open`` allows few calls a minute)."""

    def __init__(self, api: SlackApi, app_token: str, hear: Hear, *, first_pause: float = 1.0) -> None:
        """Keep what is needed to connect.

        Args:
            api: The way to Slack.
            app_token: The ``xapp-`` token.
            hear: Translates a frame.
            first_pause: Seconds before the second attempt; doubled at each further one.
        """
        self._api = api
        self._app_token = app_token
        self._hear = hear
        self._first_pause = first_pause
        self.heard_at: datetime | None = None
        """When Slack last said anything on the socket, for the health output."""

    async def listen(self, deliver: Deliver) -> None:
        """Hear until cancelled.

        Raises:
            DeliveryError: ``channel_down``, when Slack refuses the token.
        """
        pause = self._first_pause
        while True:
            since = time.monotonic()
            try:
                await self._connection(deliver)
            except DeliveryError as error:
                _log.warning("slack_socket_lost", reason=error.reason)
                if error.channel_down:
                    raise
                pause = max(pause, error.retry_after or 0)
            if time.monotonic() - since > STEADY_SECONDS:
                pause = self._first_pause
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _connection(self, deliver: Deliver) -> None:
        """Connect, hear until the line breaks, close."""
        # The SDK's own connecting repeats a refused token for ever: the address is asked for here, where refusals are seen.
        opened = await self._api.open_socket(self._app_token)
        client = self._client()
        client.wss_uri = opened
        client.socket_mode_request_listeners.append(_Envelopes(self._hear, deliver))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):  # wait_for of Python 3.11 loses a cancellation that comes as it ends
                await client.connect()  # type: ignore[no-untyped-call]
            while await client.is_connected():  # noqa: ASYNC110 - the SDK gives no event for a line that went silent
                await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError as error:
            raise DeliveryError("socket_timeout") from error
        except faults.NO_ANSWER as error:
            raise DeliveryError(type(error).__name__) from error
        finally:
            await client.close()  # type: ignore[no-untyped-call]

    def _client(self) -> "SocketModeClient":
        from slack_sdk.socket_mode.aiohttp import SocketModeClient

        client = SocketModeClient(
            app_token=self._app_token,
            logger=QUIET,
            web_client=self._api.client(self._app_token),
            auto_reconnect_enabled=False,
            ping_interval=PING_SECONDS,
            on_message_listeners=[self._alive],
        )
        client.proxy = client.web_client.proxy
        return client

    async def _alive(self, _message: Any) -> None:
        self.heard_at = datetime.now(UTC)


class _Envelopes:
    """Takes the envelopes of one connection, one after another: what was said first is stored first."""

    def __init__(self, hear: Hear, deliver: Deliver) -> None:
        self._hear = hear
        self._deliver = deliver
        self._one = asyncio.Lock()

    async def __call__(self, client: Any, request: Any) -> None:
        from slack_sdk.socket_mode.response import SocketModeResponse

        async with self._one:
            heard = await self._hear(request.payload, datetime.now(UTC))
            try:
                if heard.messages:
                    await self._deliver(heard.messages)
                await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            except StorageError:
                # Not acknowledged: Slack sends the envelope again.
                _log.warning("slack_envelope_not_stored", envelope=request.envelope_id)
            except faults.NO_ANSWER:
                # Stored, but Slack was not told: it sends the envelope again, and the inbox knows it.
                _log.warning("slack_envelope_not_acknowledged", envelope=request.envelope_id)
