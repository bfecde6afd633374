"""The channel ``telegram``: the Bot API, by webhook or by long polling."""

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from clair_bot.errors import ConfigurationError, DeliveryError
from clair_bot.messages import Attachment, InboundKind, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult
from clair_bot.ports import Deliver, Quota, RateLimits
from clair_bot_telegram.mentions import Own
from clair_bot_telegram.payloads import CALLBACK, CHANNEL, load, read

if TYPE_CHECKING:
    from clair_bot_telegram.connection import Connection

API_URL = "https://api.telegram.org"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105
LIMITS = RateLimits(per_second=28.5, burst=1, per_recipient_seconds=1.05, room_mark="-", per_room_seconds=3.05)
"""The platform takes about 30 messages a second, 1 a second to one chat, and 20 a minute to one group (whose ids begin with a minus).

The outbox hands out paced slots for sending. A burst of 1 makes every one of them 1/28.5 s apart, so that no second, wherever it is
laid, holds more than 30; with a larger burst, the messages after a pause would come on top of those of the same second.
"""

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ACKNOWLEDGE_SECONDS = 4.0


def create(environment: Mapping[str, str]) -> "TelegramAdapter | None":
    """Make the adapter, or None when there is no token.

    Raises:
        ConfigurationError: A variable has the wrong shape.
    """
    token, secret, url = (
        environment.get(name, "").strip() for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_API_URL")
    )
    if not token:
        return None
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError("TELEGRAM_BOT_TOKEN", "BotFather が発行した「数字:英数字」の形のトークンを指定してください。")
    if secret and not _SECRET.fullmatch(secret):
        raise ConfigurationError("TELEGRAM_WEBHOOK_SECRET", "英数字と _ - だけの、1〜256 文字の値を指定してください。")
    if url and not url.startswith(("http://", "https://")):
        raise ConfigurationError("TELEGRAM_API_URL", "http:// または https:// で始まるアドレスを指定してください。")
    return TelegramAdapter(token=token, secret=secret, api_url=url or API_URL)


class TelegramAdapter:
    """See ``ChannelAdapter``. The SDK is imported when the platform is first called, not before."""

    name = CHANNEL
    limits = LIMITS
    edits = True
    hears = True
    """Bot API, editMessageText: a limit in time (48 hours) is named only for business messages that the bot did not send."""
    repeats_safely = False
    """The platform knows no idempotency key and nothing to look a message up by. Edits may be repeated all the same."""

    def __init__(self, *, token: str, secret: str, api_url: str, poll_seconds: int = 25, first_pause: float = 1.0) -> None:
        """Keep the settings; nobody is called.

        Args:
            token: From BotFather.
            secret: What the platform shows with each webhook; empty for long polling.
            api_url: Address of the Bot API, without the ``/bot``.
            poll_seconds: How long the platform may hold a request for updates open.
            first_pause: Seconds to wait after the first failed one.
        """
        self._token = token
        self._secret = secret.encode()
        self._api_url = api_url.rstrip("/")
        self._poll_seconds = poll_seconds
        self._first_pause = first_pause
        self._own = Own(id=int(token.partition(":")[0]))
        self._connection: Connection | None = None

    @property
    def listens(self) -> bool:
        """True without a webhook secret."""
        return not self._secret

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Verify and translate. What has an update_id is 200: the platform holds a chat back behind an update it cannot deliver."""
        if not self._is_proved(request.headers.get(SECRET_HEADER, "")):
            return WebhookResult(status=HTTPStatus.UNAUTHORIZED)
        update = load(request.body)
        if update is None:
            return WebhookResult(status=HTTPStatus.BAD_REQUEST)
        message = read(update, self._own, request.received_at)
        return WebhookResult(messages=(message,)) if message else WebhookResult(ignored=1)

    def _is_proved(self, shown: str) -> bool:
        return bool(self._secret) and shown.isascii() and hmac.compare_digest(shown.encode(), self._secret)

    async def listen(self, deliver: Deliver) -> None:
        """Poll for updates until cancelled; see ``ChannelAdapter.listen``."""
        if not self.listens:
            return
        from clair_bot_telegram.polling import Poll

        await self._introduce()
        await Poll(self._connected(), self._understand, seconds=self._poll_seconds, first_pause=self._first_pause).run(deliver)

    def _understand(self, updates: Sequence[object]) -> Sequence[InboundMessage]:
        now = datetime.now(UTC)
        return [message for update in updates if (message := read(update, self._own, now))]

    async def acknowledge(self, message: InboundMessage) -> None:
        """End the button's spinner, or show that we are typing."""
        if message.kind not in {InboundKind.ACTION, InboundKind.TEXT}:
            return
        from clair_bot_telegram.failures import UNREADABLE

        bot = self._connected().bot
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
                if message.reply_handle.startswith(CALLBACK):
                    await bot.answer_callback_query(message.reply_handle.removeprefix(CALLBACK))
                elif message.kind is InboundKind.TEXT:
                    thread = int(message.thread) if message.thread.isdecimal() else None
                    await bot.send_chat_action(message.address.recipient, "typing", message_thread_id=thread)
                await self._introduce()
        except UNREADABLE:  # a courtesy: too old a press, or a platform that is down
            return

    async def send(self, message: OutboundMessage) -> Receipt:
        """Render and send; see ``ChannelAdapter.send``."""
        from clair_bot_telegram.sending import Delivery

        delivery = Delivery(self._connected().bot, message)
        receipt = await delivery.run()
        self._learn(delivery.username)
        return receipt

    @property
    def batch(self) -> int:
        """1: each chat is sent to by itself."""
        return 1

    def takes_together(self, recipient: str) -> bool:  # noqa: ARG002  # the Protocol's names
        """Return False: nobody is served together with others."""
        return False

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:  # noqa: ARG002  # the Protocol's names
        """Refuse; with a batch of 1 nobody asks for it."""
        raise DeliveryError("telegram: no batches", permanent=True)

    async def quota(self) -> Quota | None:
        """Return None: the platform counts no messages."""
        return None

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """Return the bytes of a photo or document; see ``ChannelAdapter.fetch``."""
        from clair_bot_telegram.fetching import fetch

        return await fetch(self._connected(), attachment, limit=limit)

    async def check(self) -> str:
        """Say who we are, and what should be switched on."""
        from clair_bot_telegram.identity import check

        username, line = await check(self._connected().bot, listens=self.listens)
        self._learn(username)
        return line

    async def aclose(self) -> None:
        """Close connections."""
        if self._connection is not None:
            await self._connection.aclose()
            self._connection = None

    async def _introduce(self) -> None:
        """Learn our own name, once; without it mentions are recognised less sharply."""
        if self._own.username:
            return
        from clair_bot_telegram.identity import username

        self._learn(await username(self._connected().bot))

    def _learn(self, username: str) -> None:
        if username and username != self._own.username:
            self._own = replace(self._own, username=username)

    def _connected(self) -> "Connection":
        if self._connection is None:
            from clair_bot_telegram.connection import Connection

            self._connection = Connection(self._token, self._api_url)
        return self._connection
