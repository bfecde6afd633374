"""The web channel keeps the adapters' contract."""

import dataclasses
import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from clair_bot.messages import Address, InboundKind, OutboundMessage, Receipt, WebhookRequest
from clair_bot.testing.adapter_contract import AdapterContract, Fault, message
from clair_bot_web.adapter import SIGNATURE, WebAdapter, create, signature
from clair_bot_web.preview import preview

SECRET = "a secret of the tests"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class RememberingAdapter(WebAdapter):
    """The adapter, and what the outbox would hold for the page."""

    def __init__(self) -> None:
        super().__init__(secret=SECRET)
        self.outbox: dict[str, OutboundMessage] = {}

    async def send(self, message: OutboundMessage) -> Receipt:
        receipt = await super().send(message)
        self.outbox[receipt.message_ids[0]] = message
        return receipt


class WebHarness:
    """An ``AdapterHarness``: the page is the platform, and it draws with the preview."""

    faults: frozenset[Fault] = frozenset()

    def __init__(self) -> None:
        self.remembering = RememberingAdapter()
        self.adapter = self.remembering

    def text(self, text: str, *, event: str) -> WebhookRequest:
        return self.event({"event": event, "visitor": "v1", "view": "line", "text": text})

    def event(self, event: Mapping[str, Any]) -> WebhookRequest:
        return self.proved(json.dumps(event).encode())

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        return dataclasses.replace(request, headers={SIGNATURE: signature("another secret", request.body)})

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        return dataclasses.replace(request, headers={"content-type": "application/json"})

    def proved(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(headers={SIGNATURE: signature(SECRET, body)}, body=body, received_at=NOW)

    def unknown(self) -> WebhookRequest:
        return self.event({"event": "9", "visitor": "v1", "view": "line", "waved": True})

    def recipient(self) -> Address:
        return Address(channel="web", recipient="v1.line")

    def delivered(self, to: Address) -> list[str]:
        return [shown(sent) for sent in self.remembering.outbox.values() if sent.to == to]

    def fail_next(self, fault: Fault) -> None:
        raise AssertionError(fault)


def shown(sent: OutboundMessage) -> str:
    """Return what a person reads."""
    (bubble,) = preview(sent)
    breaks = re.sub(r"<br>|</(?:p|h3|li)>(?!$)", "\n", bubble.html)
    words = html.unescape(re.sub(r"<[^>]*>", "", breaks))
    return "\n".join([words.rstrip("\n"), *(button.label for button in bubble.buttons)])


@pytest.fixture
def harness() -> WebHarness:
    return WebHarness()


class TestWebContract(AdapterContract):
    """Inherited, without the tests of a platform's faults: there is no platform, the browser reads the outbox."""

    test_refused_connections_may_be_repeated = None  # type: ignore[assignment]
    test_lost_responses_never_deliver_twice = None  # type: ignore[assignment]
    test_rate_limits_say_how_long = None  # type: ignore[assignment]
    test_a_revoked_token_is_nobody_elses_fault = None  # type: ignore[assignment]


def test_there_is_no_channel_without_a_secret() -> None:
    assert create({}) is None
    assert create({"CLAIR_WEB_SECRET": ""}) is None
    assert create({"CLAIR_WEB_SECRET": "x"}) is not None


def test_the_signature_is_hmac_sha256() -> None:
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature("Jefe", b"what do ya want for nothing?") == expected


async def test_a_changed_body_is_refused(harness: WebHarness) -> None:
    request = harness.text("一", event="1")
    changed = dataclasses.replace(request, body=request.body.replace(b"line", b"slack"))
    assert (await harness.adapter.receive(changed)).status == 401


async def test_views_are_conversations_of_their_own(harness: WebHarness) -> None:
    for view in ("line", "slack", "telegram", "web"):
        result = await harness.adapter.receive(harness.event({"event": "1", "visitor": "v1", "view": view, "text": "一"}))
        assert result.messages[0].address == Address(channel="web", recipient=f"v1.{view}")


async def test_a_button_brings_its_action(harness: WebHarness) -> None:
    result = await harness.adapter.receive(harness.event({"event": "1", "visitor": "v1", "view": "web", "text": "", "action": "human"}))
    assert (result.messages[0].kind, result.messages[0].action) == (InboundKind.ACTION, "human")


async def test_a_room_is_not_direct(harness: WebHarness) -> None:
    event = {"event": "1", "visitor": "desk", "view": "web", "text": "回答です", "reply_to": "m1", "room": True}
    (heard,) = (await harness.adapter.receive(harness.event(event))).messages
    assert heard.address == Address(channel="web", recipient="desk")
    assert (heard.direct, heard.addressed, heard.reply_to) == (False, False, "m1")


@pytest.mark.parametrize("room", [1, "true", None, {}])
async def test_only_true_makes_a_room(harness: WebHarness, room: object) -> None:
    event = {"event": "1", "visitor": "desk", "view": "web", "text": "一", "room": room}
    (heard,) = (await harness.adapter.receive(harness.event(event))).messages
    assert heard.direct


@pytest.mark.parametrize(
    "event",
    [
        {"event": 1, "visitor": "v", "view": "web", "text": "一"},
        {"event": "1", "visitor": ["v"], "view": "web", "text": "一"},
        {"event": "1", "visitor": "", "view": "web", "text": "一"},
        {"event": "1", "visitor": "v", "view": {}, "text": "一"},
        {"event": "1", "visitor": "v", "view": "web", "text": None},
        {"event": "1", "visitor": "v", "view": "web", "text": "一", "action": 3},
    ],
)
async def test_wrong_shapes_are_400(harness: WebHarness, event: Mapping[str, Any]) -> None:
    assert (await harness.adapter.receive(harness.event(event))).status == 400


async def test_an_unknown_view_is_ignored(harness: WebHarness) -> None:
    result = await harness.adapter.receive(harness.event({"event": "1", "visitor": "v", "view": "fax", "text": "一"}))
    assert (result.status, result.messages, result.ignored) == (200, (), 1)


async def test_what_databases_cannot_hold_is_taken_out(harness: WebHarness) -> None:
    (heard,) = (await harness.adapter.receive(harness.text("a\x00b\ud800c", event="1"))).messages
    assert heard.text == "ab\ufffdc"
    heard.text.encode()


async def test_a_repetition_has_the_same_id(harness: WebHarness) -> None:
    sent = message(harness.recipient(), "一度だけ")
    first = await harness.adapter.send(sent)
    again = await harness.adapter.send(dataclasses.replace(sent, maybe_sent=True))
    assert first == again
    assert harness.delivered(harness.recipient()) == ["一度だけ"]
