"""The LINE channel: verifies webhooks, and answers by reply or by push."""

import asyncio
import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog

from clair_bot.errors import ConfigurationError, DeliveryError
from clair_bot.messages import Attachment, InboundKind, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult
from clair_bot.ports import Deliver, Quota, RateLimits
from clair_bot_line.contents import Contents
from clair_bot_line.gateway import Answer, Gateway
from clair_bot_line.payloads import CHANNEL, events, inbound
from clair_bot_line.rendering import render
from clair_bot_line.sending import BATCH, Sending, is_person

_SECRET, _TOKEN, _URL = "LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "LINE_API_URL"  # names of variables
_ACKNOWLEDGE_SECONDS = 4.0
_PATIENCE_SECONDS = 0.7
_REMEMBERED = 500
_LIMITS = RateLimits(per_second=150.0, burst=40, per_recipient_seconds=0.2)  # LINE: 200 multicasts a second; 2,000 pushes, 2,000 replies
_AWAITS_ANSWER = frozenset({InboundKind.TEXT, InboundKind.ACTION})

_log = structlog.get_logger()


def create(environment: Mapping[str, str]) -> "LineAdapter | None":
    """Make the adapter from its variables, or return None when none is set.

    Raises:
        ConfigurationError: one of the two is missing, or a value cannot be right.
    """
    secret, token = (environment.get(name, "").strip() for name in (_SECRET, _TOKEN))
    if not (secret or token):
        return None
    for name, value in ((_SECRET, secret), (_TOKEN, token)):
        if not value:
            raise ConfigurationError(name, "LINEを使うには、チャネルシークレットとチャネルアクセストークンの両方を設定してください。")
        if not (value.isascii() and value.isprintable() and " " not in value):
            raise ConfigurationError(name, "使えない文字が入っています。LINE Developersコンソールの値をそのまま設定してください。")
    return LineAdapter(secret=secret, token=token, host=_host(environment.get(_URL, "")))


def _host(address: str) -> str | None:
    host = address.strip().rstrip("/")
    if not host:
        return None
    try:
        parts = urlsplit(host)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(_URL, "http:// または https:// で始まるアドレスを設定してください。")
    return host


def _now() -> datetime:
    return datetime.now(UTC)


def _unanswered(answer: Answer) -> DeliveryError:
    """Return what a question to LINE about ourselves came to."""
    said = f"line: {answer.status or 'no answer'} {answer.message[:200]}".strip()
    return DeliveryError(said, channel_down=answer.status in {401, 403})


class LineAdapter:
    """A ``ChannelAdapter`` for the LINE Messaging API."""

    def __init__(
        self, *, secret: str, token: str, host: str | None = None, now: Callable[[], datetime] = _now, patience: float = _PATIENCE_SECONDS
    ) -> None:
        """Keep the credentials; nobody is called. After ``patience`` seconds without an answer a person sees that one is coming."""
        self._secret = secret.encode("ascii")
        self._gateway = Gateway(token, host)
        self._contents = Contents(token, host)
        self._now = now
        self._patience = patience
        self._answered: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def name(self) -> str:
        """``line``."""
        return CHANNEL

    @property
    def listens(self) -> bool:
        """False: LINE only comes by webhook."""
        return False

    @property
    def hears(self) -> bool:
        """True: people write by webhook."""
        return True

    @property
    def limits(self) -> RateLimits:
        """A little less than LINE allows for multicasts; far less than it allows for pushes and replies."""
        return _LIMITS

    @property
    def edits(self) -> bool:
        """False: LINE has no way to change what was sent."""
        return False

    @property
    def repeats_safely(self) -> bool:
        """True: a push carries a retry key, and a reply its token, which counts once."""
        return True

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Verify the signature over the raw body, and translate each event by itself."""
        if not self._signed(request):
            return WebhookResult(status=401)
        found = events(request.body)
        if found is None:
            return WebhookResult(status=400)
        heard = [message for event in found if (message := inbound(event, request.received_at)) is not None]
        return WebhookResult(messages=tuple(heard), ignored=len(found) - len(heard))

    def _signed(self, request: WebhookRequest) -> bool:
        given = request.headers.get("x-line-signature", "")
        if not (given and given.isascii()):
            return False
        expected = base64.b64encode(hmac.new(self._secret, request.body, hashlib.sha256).digest())
        return hmac.compare_digest(expected, given.encode("ascii"))

    async def listen(self, deliver: Deliver) -> None:
        """Return at once."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Show the loading animation, which LINE has for private chats only, where the answer is not there in a moment."""
        if not (message.direct and message.kind in _AWAITS_ANSWER):
            return
        await asyncio.sleep(self._patience)
        if message.reply_handle and message.reply_handle in self._answered:
            return
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
                answer = await self._gateway.show_loading(message.address.recipient)
        except TimeoutError:
            answer = Answer(status=0, message="timeout", timed_out=True)
        if not answer.accepted:
            _log.info("line.loading.refused", status=answer.status)

    async def send(self, message: OutboundMessage) -> Receipt:
        """Reply where the event is fresh, which costs nothing; push otherwise. What takes the place of an earlier message is left."""
        if message.replaces:
            return Receipt(message_ids=message.replaces)
        receipt = Receipt(message_ids=await Sending(self._gateway, message, render(message), self._now()).run())
        self._answered.append(message.reply_handle)
        return receipt

    @property
    def batch(self) -> int:
        """500: the user ids of one multicast."""
        return BATCH

    def takes_together(self, recipient: str) -> bool:
        """True for people; LINE has no multicast to groups and rooms."""
        return is_person(recipient)

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:
        """Multicast; LINE gives no ids for it."""
        await Sending(self._gateway, message, render(message), self._now()).run_many(recipients)
        return Receipt()

    async def quota(self) -> Quota | None:
        """Ask LINE for the month's limit and what was used of it; None where the plan has no limit."""
        limit = await self._gateway.quota()
        if limit.accepted and limit.plan == "none":
            return None
        used = await self._gateway.consumption() if limit.accepted else limit
        if not used.accepted:
            raise _unanswered(used)
        if limit.count is None or used.count is None:
            raise DeliveryError("line: quota: unreadable answer")
        return Quota(limit=limit.count, used=used.count)

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """Return the picture or file of a message; its handle is the message's id."""
        return await self._contents.fetch(attachment.handle, limit)

    async def check(self) -> str:
        """Ask LINE for the bot's name."""
        answer = await self._gateway.info()
        if not answer.accepted:
            raise _unanswered(answer)
        return f"LINE: 「{answer.name}」として接続できます。LINE DevelopersコンソールでWebhookの利用と再送をオンにしてください。"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._contents.aclose()
        await self._gateway.aclose()
