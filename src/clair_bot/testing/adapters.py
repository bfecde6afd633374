"""A channel that exists only in memory: it keeps what it was sent, and fails as it is told."""

import asyncio
import hmac
import json
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Attachment, InboundKind, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult
from clair_bot.ports import Deliver, Quota, RateLimits

PROOF = "x-fake-secret"
"""The header that holds the shared secret."""
UNLIMITED = RateLimits(per_second=1_000, burst=1_000, per_recipient_seconds=0)


class FakeAdapter:
    """A ``ChannelAdapter`` for tests. Its platform knows the keys of what it accepted: nothing is delivered twice."""

    def __init__(self, *, name: str = "fake", secret: str = "secret", limits: RateLimits = UNLIMITED, listens: bool = False) -> None:  # noqa: S107
        """Trust requests with this secret."""
        self.name = name
        self.listens = listens
        self.hears = True
        self.limits = limits
        self.repeats_safely = True
        self.batch = 1
        self.left: Quota | None = None
        """What ``quota`` answers."""
        self.multicasts: dict[str, tuple[OutboundMessage, tuple[str, ...]]] = {}
        """What the platform took for many, by idempotency key, in order."""
        self.edits = True
        self.files: dict[str, bytes] = {}
        """What people attached, by handle."""
        self.accepted: dict[str, OutboundMessage] = {}
        """What the platform took, by idempotency key, in order."""
        self.attempts: list[OutboundMessage] = []
        """What was tried, in order."""
        self.acknowledged: list[InboundMessage] = []
        self.closed = False
        self._secret = secret
        self._faults: deque[tuple[DeliveryError, bool]] = deque()
        self._spoken: asyncio.Queue[InboundMessage] = asyncio.Queue()

    def fail_next(self, error: DeliveryError, *, accepted: bool = False) -> None:
        """Let the next send that has no fault yet end in this one; ``accepted``: after the platform took the message."""
        self._faults.append((error, accepted))

    def request(self, **event: Any) -> WebhookRequest:
        """Return a proved webhook: ``event`` (its id), ``sender``, and what else a message has."""
        return self.proved(json.dumps(event).encode())

    def proved(self, body: bytes) -> WebhookRequest:
        """Return a proved webhook with this body."""
        return WebhookRequest(headers={PROOF: self._secret, "content-type": "application/json"}, body=body, received_at=datetime.now(UTC))

    def speak(self, message: InboundMessage) -> None:
        """Let ``listen`` hear a message."""
        self._spoken.put_nowait(message)

    def delivered(self, to: Address) -> list[str]:
        """Return what was accepted for somebody, as they read it."""
        return [_shown(message) for message in self.accepted.values() if message.to == to]

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Compare the secret, and read one event of JSON."""
        if not hmac.compare_digest(request.headers.get(PROOF, "").encode("utf-8", "surrogatepass"), self._secret.encode()):
            return WebhookResult(status=401)
        try:
            event = json.loads(request.body)
        except (ValueError, RecursionError):
            return WebhookResult(status=400)
        if not isinstance(event, dict) or not (isinstance(event.get("event"), str) and isinstance(event.get("sender"), str)):
            return WebhookResult(status=400)
        message = self._message(event, request.received_at)
        return WebhookResult(messages=(message,)) if message else WebhookResult(ignored=1)

    def _message(self, event: dict[str, Any], received_at: datetime) -> InboundMessage | None:
        try:
            kind = InboundKind(event.get("kind", InboundKind.TEXT))
        except ValueError:
            return None
        more: dict[str, Any] = {name: str(event[name]) for name in ("text", "action", "message_id", "reply_to", "thread") if name in event}
        room = event.get("room")
        handles = event.get("attachments", [])
        return InboundMessage(
            event_ids=(event["event"],),
            kind=kind,
            address=Address(channel=self.name, recipient=str(room or event["sender"])),
            sender=event["sender"],
            sent_at=received_at,
            direct=room is None,
            addressed=room is None or bool(event.get("addressed")),
            attachments=tuple(Attachment(handle=str(handle), name=str(handle)) for handle in handles),
            **more,
        )

    async def listen(self, deliver: Deliver) -> None:
        """Hand on what is spoken."""
        while self.listens:
            await deliver([await self._spoken.get()])

    async def acknowledge(self, message: InboundMessage) -> None:
        """Remember that the person saw a mark."""
        self.acknowledged.append(message)

    async def send(self, message: OutboundMessage) -> Receipt:
        """Meet the next fault, or take the message."""
        self.attempts.append(message)
        error, accepted = self._faults.popleft() if self._faults else (None, True)
        if accepted:
            self.accepted.setdefault(message.idempotency_key, message)
        if error:
            raise error
        return Receipt(message_ids=message.replaces or (f"m-{message.idempotency_key}",))

    def takes_together(self, recipient: str) -> bool:
        """Everybody but rooms."""
        return not recipient.startswith("room")

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:
        """Meet the next fault, or take the message for all of them."""
        self.attempts.append(message)
        error, accepted = self._faults.popleft() if self._faults else (None, True)
        if accepted:
            self.multicasts.setdefault(message.idempotency_key, (message, tuple(recipients)))
        if error:
            raise error
        return Receipt()

    async def quota(self) -> Quota | None:
        """Return what was set."""
        return self.left

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """Return what a person attached."""
        content = self.files.get(attachment.handle)
        if content is None or len(content) > limit:
            raise DeliveryError("fake: gone or too large", permanent=True)
        return content

    async def check(self) -> str:
        """Say who we are."""
        return f"{self.name}: 試験用のチャンネルです。"

    async def aclose(self) -> None:
        """Remember that it was called."""
        self.closed = True


def _shown(message: OutboundMessage) -> str:
    lines = list(message.paragraphs)
    if message.card:
        lines += [message.card.title, *(block.text for block in message.card.blocks)]
        lines += [" ".join(filter(None, (source.title, source.as_of, source.url))) for source in message.card.sources]
        lines += [message.card.note]
    if message.issue:
        issue = message.issue
        lines += [issue.notice, f"{issue.masthead} {issue.number} {issue.date}", issue.title, *issue.lead]
        for section in issue.sections:
            lines += [f"【{section.label}】", *(f"{item.number}. {item.title} {item.summary} {item.url}" for item in section.items)]
        lines += [*issue.footer, issue.archive_url]
    lines += [f"{number}. {choice.title}" for number, choice in enumerate(message.choices, 1)]
    lines += [f"[{button.label}]" for button in message.buttons]
    lines += [file.name for file in message.files]
    return "\n".join(line for line in lines if line)
