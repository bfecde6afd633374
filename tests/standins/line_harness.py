"""The LINE adapter with the stand-in behind it, for the contract and for the tests of its own."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

from tests.standins import line_webhooks
from tests.standins.line import USER, LineStandIn

from clair_bot.messages import Address, InboundMessage, OutboundMessage, WebhookRequest
from clair_bot.testing.adapter_contract import Fault, message
from clair_bot_line.adapter import LineAdapter

_FAULTS = {
    Fault.LOST_RESPONSE: "lost response",
    Fault.RATE_LIMITED: "rate limited",
    Fault.SERVER_ERROR: "server error",
    Fault.TOKEN_REVOKED: "unauthorized",
}


class LineHarness:
    """An ``AdapterHarness``; the adapter's clock is the stand-in's."""

    faults = frozenset({Fault.REFUSED, *_FAULTS})
    """Not BLOCKED: LINE answers 200 and delivers nothing; ``unfollow`` tells."""

    def __init__(self, standin: LineStandIn) -> None:
        """Connect the two."""
        self.standin = standin
        self.adapter = LineAdapter(secret=standin.secret, token=standin.token, host=standin.url, now=standin.now)

    def text(self, text: str, *, event: str) -> WebhookRequest:
        """Return a signed text in a private chat."""
        return self.request(self.standin.text_event(text, event=event))

    def request(self, *events: Any, strict: bool = True) -> WebhookRequest:
        """Return a signed webhook of these events."""
        headers, body = self.standin.webhook(*events, strict=strict)
        return WebhookRequest(headers=headers, body=body, received_at=self.standin.now())

    def proved(self, body: bytes) -> WebhookRequest:
        """Return a signed webhook with this body."""
        return WebhookRequest(headers=self.standin.signed(body), body=body, received_at=self.standin.now())

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        """Return the request signed with another secret."""
        return dataclasses.replace(request, headers=line_webhooks.headers("another", request.body))

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        """Return the request without its signature."""
        return dataclasses.replace(request, headers={name: value for name, value in request.headers.items() if name != "x-line-signature"})

    def unknown(self) -> WebhookRequest:
        """Return an event that nobody knows."""
        return self.request({**self.standin.text_event("x", event="unknown"), "type": "tomorrow"}, strict=False)

    def recipient(self) -> Address:
        """Return a friend."""
        return Address(channel="line", recipient=USER)

    def delivered(self, to: Address) -> list[str]:
        """Return what is read there."""
        return self.standin.delivered(to.recipient)

    def fail_next(self, fault: Fault) -> None:
        """Let the next send meet a fault."""
        if fault is Fault.REFUSED:
            self.standin.shut_door()
        else:
            self.standin.fail_next(_FAULTS[fault])

    # for the tests of this adapter alone

    async def heard(self, *events: Any, strict: bool = True) -> tuple[InboundMessage, ...]:
        """Return what the adapter makes of events; it must take the request."""
        result = await self.adapter.receive(self.request(*events, strict=strict))
        assert result.status == 200
        assert len(result.messages) + result.ignored == len(events)
        return result.messages

    async def asked(self, event: str = "q") -> InboundMessage:
        """Return a question with its reply handle."""
        (found,) = await self.heard(self.standin.text_event("質問です", event=event))
        return found

    def answer(self, to: InboundMessage | None, *paragraphs: str, **more: Any) -> OutboundMessage:
        """Return an answer to a message; without one, a message on our own account."""
        said = message(to.address if to else self.recipient(), *paragraphs)
        return dataclasses.replace(said, reply_handle=to.reply_handle if to else "", **more)

    def calls(self) -> list[str]:
        """Return which endpoints were called, in order: ``reply``, ``push``, ``start``, ``info``."""
        return [request.path.rsplit("/", 1)[-1] for request in self.standin.requests]


@contextlib.asynccontextmanager
async def line_harness(**settings: Any) -> AsyncIterator[LineHarness]:
    """Run the harness; at its end nothing may have been violated."""
    standin = LineStandIn(**settings)
    await standin.start()
    harness = LineHarness(standin)
    try:
        yield harness
        assert standin.violations == []
    finally:
        await harness.adapter.aclose()
        await standin.stop()
