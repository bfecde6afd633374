"""The adapter contract, against a workspace on loopback."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackFault, SlackStandIn

from clair_bot.messages import Address, WebhookRequest
from clair_bot.ports import Create
from clair_bot.testing.adapter_contract import AdapterContract, Fault
from clair_bot_slack.adapter import SlackAdapter, create

THE_PORT: Create = create
"""mypy compares the adapter with its port here."""

CODES = {Fault.BLOCKED: "channel_not_found", Fault.TOKEN_REVOKED: "token_revoked"}
FAULTS = {
    Fault.REFUSED: SlackFault.REFUSED,
    Fault.LOST_RESPONSE: SlackFault.LOST,
    Fault.RATE_LIMITED: SlackFault.RATE_LIMITED,
    Fault.SERVER_ERROR: SlackFault.SERVER_ERROR,
    Fault.BLOCKED: SlackFault.ANY_ERROR,
    Fault.TOKEN_REVOKED: SlackFault.ANY_ERROR,
}


class SlackHarness:
    """An ``AdapterHarness``."""

    faults = frozenset(FAULTS)

    def __init__(self, standin: SlackStandIn, adapter: SlackAdapter) -> None:
        self.standin = standin
        self.adapter = adapter

    def text(self, text: str, *, event: str) -> WebhookRequest:
        return self.standin.text_event(text, event=event)

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        return replace(request, headers={**request.headers, "x-slack-signature": f"v0={'0' * 64}"})

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        return replace(request, headers={name: value for name, value in request.headers.items() if not name.startswith("x-slack-")})

    def proved(self, body: bytes) -> WebhookRequest:
        return self.standin.signed(body)

    def unknown(self) -> WebhookRequest:
        return self.standin.signed_event({"type": "teapot_boiled", "event_ts": self.standin.next_ts()})

    def recipient(self) -> Address:
        return Address(channel="slack", recipient=slack_events.DIRECT)

    def delivered(self, to: Address) -> list[str]:
        return self.standin.read(to.recipient)

    def fail_next(self, fault: Fault) -> None:
        self.standin.fail_next(FAULTS[fault], code=CODES.get(fault, ""))


class TestSlackContract(AdapterContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[SlackHarness]:
        standin = SlackStandIn()
        await standin.start()
        adapter = create(standin.environment)
        assert adapter is not None
        yield SlackHarness(standin, adapter)
        await adapter.aclose()
        await standin.stop()
        assert standin.violations == []

    async def test_forms_that_cannot_be_read_are_400(self, harness: SlackHarness) -> None:
        for body in (b"", b"x", b"a=b", b"payload=", b"payload={oops", b"payload=[]", b"payload={}", b"\xff", b"command="):
            assert (await harness.adapter.receive(harness.standin.signed_form(body))).status == 400, body

    async def test_json_dumps_of_the_stand_in_are_what_slack_sends(self, harness: SlackHarness) -> None:
        frame = json.loads(harness.text("一", event="1").body)
        assert frame["event"]["ts"] == "1700000001.000100"
        assert isinstance(frame["event_time"], int)
