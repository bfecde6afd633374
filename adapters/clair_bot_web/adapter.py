"""The web channel: what is typed on our own page comes in signed, and what is said waits in the outbox for that page to read."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from clair_bot.errors import DeliveryError
from clair_bot.messages import Attachment, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult
from clair_bot.ports import Deliver, Quota, RateLimits
from clair_bot_web.payloads import Unreadable, read

SIGNATURE = "x-clair-signature"


def create(environment: Mapping[str, str]) -> "WebAdapter | None":
    """Return the adapter, or None where no page of ours is open."""
    secret = environment.get("CLAIR_WEB_SECRET", "")
    return WebAdapter(secret=secret) if secret else None


def signature(secret: str, body: bytes) -> str:
    """Return the proof that a body comes from whoever holds the secret."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class WebAdapter:
    """A channel without a platform: nobody is called, so nothing can fail or arrive twice."""

    name = "web"
    listens = False
    limits = RateLimits(per_second=1_000, burst=1_000, per_recipient_seconds=0)
    repeats_safely = True
    edits = False
    hears = True
    """The page shows what was said in the order in which it was said."""

    def __init__(self, *, secret: str) -> None:
        """Trust bodies that are signed with this secret."""
        self._secret = secret

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Verify and translate one message of the page."""
        claimed = request.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(claimed, signature(self._secret, request.body).encode()):
            return WebhookResult(status=401)
        try:
            message: InboundMessage | None = read(request.body, request.received_at)
        except Unreadable:
            return WebhookResult(status=400)
        return WebhookResult(messages=(message,)) if message else WebhookResult(ignored=1)

    async def listen(self, deliver: Deliver) -> None:
        """Return at once: everything comes through ``receive``."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Do nothing: the page shows a message as soon as it was posted."""

    async def send(self, message: OutboundMessage) -> Receipt:
        """Accept the message: the page reads it from the outbox. Its id belongs to the delivery, so a repetition changes nothing."""
        return Receipt(message_ids=(message.idempotency_key,))

    @property
    def batch(self) -> int:
        """1: each page reads its own conversation."""
        return 1

    def takes_together(self, recipient: str) -> bool:  # noqa: ARG002  # the Protocol's names
        """Return False: nobody is served together with others."""
        return False

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:  # noqa: ARG002  # the Protocol's names
        """Refuse; with a batch of 1 nobody asks for it."""
        raise DeliveryError("web: no batches", permanent=True)

    async def quota(self) -> Quota | None:
        """Return None: nobody counts here."""
        return None

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:  # noqa: ARG002  # the Protocol's names
        """Refuse: the page takes no files."""
        raise DeliveryError("web: no files", permanent=True)

    async def check(self) -> str:
        """Return one line for people."""
        return "ウェブ（画面 /chat）: 外部への接続なしで使えます。"

    async def aclose(self) -> None:
        """Do nothing: there are no connections."""
