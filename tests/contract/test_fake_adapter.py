"""The fake adapter keeps what every adapter promises, so that it cannot lie to other tests."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Sequence

import pytest

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, InboundMessage, WebhookRequest
from clair_bot.testing.adapter_contract import AdapterContract, Fault, message
from clair_bot.testing.adapters import PROOF, FakeAdapter

FAULTS = {
    Fault.REFUSED: DeliveryError("connection refused"),
    Fault.LOST_RESPONSE: DeliveryError("connection lost", uncertain=True),
    Fault.RATE_LIMITED: DeliveryError("too many", retry_after=35),
    Fault.SERVER_ERROR: DeliveryError("server error"),
    Fault.BLOCKED: DeliveryError("blocked", permanent=True, unreachable=True),
    Fault.TOKEN_REVOKED: DeliveryError("token revoked", channel_down=True),
}


class FakeHarness:
    """An ``AdapterHarness``: the fake is its own platform."""

    faults = frozenset(FAULTS)

    def __init__(self) -> None:
        self.fake = self.adapter = FakeAdapter()

    def text(self, text: str, *, event: str) -> WebhookRequest:
        return self.fake.request(event=event, sender="p1", text=text)

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        return dataclasses.replace(request, headers={**request.headers, PROOF: "another"})

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        return dataclasses.replace(request, headers={"content-type": "application/json"})

    def proved(self, body: bytes) -> WebhookRequest:
        return self.fake.proved(body)

    def unknown(self) -> WebhookRequest:
        return self.fake.request(event="9", sender="p1", kind="waved")

    def recipient(self) -> Address:
        return Address(channel="fake", recipient="p1")

    def delivered(self, to: Address) -> list[str]:
        return self.fake.delivered(to)

    def fail_next(self, fault: Fault) -> None:
        self.fake.fail_next(FAULTS[fault], accepted=fault is Fault.LOST_RESPONSE)


class TestFakeContract(AdapterContract):
    @pytest.fixture
    def harness(self) -> FakeHarness:
        return FakeHarness()


async def test_faults_come_in_the_order_they_were_scripted() -> None:
    fake = FakeAdapter()
    fake.fail_next(DeliveryError("one"))
    fake.fail_next(DeliveryError("two"))
    sent = message(Address(channel="fake", recipient="p1"), "三度目")
    for reason in ("one", "two"):
        with pytest.raises(DeliveryError, match=reason):
            await fake.send(sent)
    await fake.send(sent)
    assert (len(fake.attempts), len(fake.accepted)) == (3, 1)


async def test_talk_of_a_room_is_addressed_only_when_it_says_so() -> None:
    fake = FakeAdapter()
    (talk,) = (await fake.receive(fake.request(event="1", sender="p1", room="r1", text="雑談"))).messages
    (call,) = (await fake.receive(fake.request(event="2", sender="p1", room="r1", text="質問", addressed=True))).messages
    assert talk.address == call.address == Address(channel="fake", recipient="r1")
    assert [(heard.direct, heard.addressed) for heard in (talk, call)] == [(False, False), (False, True)]


async def test_it_listens_when_told_to() -> None:
    fake = FakeAdapter(listens=True)
    (spoken,) = (await fake.receive(fake.request(event="1", sender="p1", text="聞こえますか"))).messages
    heard: list[InboundMessage] = []

    async def deliver(messages: Sequence[InboundMessage]) -> None:
        heard.extend(messages)

    listening = asyncio.create_task(fake.listen(deliver))
    fake.speak(spoken)
    while not heard:
        await asyncio.sleep(0)
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    assert heard == [spoken]
    await FakeAdapter().listen(deliver)
