"""The stand-in itself: it bites where LINE bites, and remembers what LINE remembers."""

import json
import threading
from collections.abc import AsyncIterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.standins import line_spec
from tests.standins.line import GROUP, USER, LineStandIn, running
from tests.standins.line_harness import LineHarness, line_harness

from clair_bot.messages import WebhookRequest

KEY, OTHER_KEY = "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174001"
TEXT = {"type": "text", "text": "こんにちは"}

needs_specification = pytest.mark.skipif(not line_spec.available(), reason=line_spec.ABSENT)


@pytest.fixture
async def line() -> AsyncIterator[LineHarness]:
    async with line_harness() as harness:
        yield harness


@pytest.fixture
def standin() -> Any:
    """A stand-in whose violations are wanted."""
    with running() as standin:
        yield standin


def post(standin: LineStandIn, path: str, content: Any, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Speak to it as a program would that is not line-bot-sdk."""
    head = {"Authorization": f"Bearer {standin.token}", "Content-Type": "application/json", **headers}
    request = Request(f"{standin.url}{path}", json.dumps(content).encode(), head)
    try:
        with urlopen(request, timeout=5) as response:
            return response.status, json.loads(response.read()), {name.lower(): value for name, value in response.headers.items()}
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), {name.lower(): value for name, value in error.headers.items()}


def push(standin: LineStandIn, *messages: Any, key: str = KEY, to: str = USER) -> tuple[int, dict[str, Any], dict[str, str]]:
    return post(standin, "/v2/bot/message/push", {"to": to, "messages": messages}, **{"X-Line-Retry-Key": key})


def test_a_retry_key_counts_once(standin: LineStandIn) -> None:
    status, first, headers = push(standin, TEXT)
    again, second, told = push(standin, TEXT)
    assert (status, again) == (200, 409)
    assert first["sentMessages"] == second["sentMessages"]
    assert told["x-line-accepted-request-id"] == headers["x-line-request-id"]
    assert standin.delivered(USER) == ["こんにちは"]
    assert standin.violations == []
    assert push(standin, {**TEXT, "text": "別"})[0] == 400
    assert standin.violations == ["another body with a used retry key"]


def test_a_retry_key_lasts_a_day(standin: LineStandIn) -> None:
    push(standin, TEXT)
    standin.advance(seconds=24 * 3600 + 1)
    assert push(standin, TEXT)[0] == 200
    assert len(standin.delivered(USER)) == 2


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 400)])
def test_reply_tokens_last_a_minute(standin: LineStandIn, seconds: int, status: int) -> None:
    event = standin.text_event("x", event="1")
    standin.advance(seconds=seconds)
    body = {"replyToken": event["replyToken"], "messages": [TEXT]}
    assert post(standin, "/v2/bot/message/reply", body)[0] == status
    assert post(standin, "/v2/bot/message/reply", body)[:2] == (400, {"message": "Invalid reply token"})


@pytest.mark.parametrize(("minutes", "status"), [(19, 200), (21, 400)])
def test_redelivery_renews_an_unused_token(standin: LineStandIn, minutes: int, status: int) -> None:
    event = standin.text_event("x", event="1")
    standin.advance(seconds=minutes * 60)
    again = standin.redelivered(event)
    assert (again["webhookEventId"], again["replyToken"]) == (event["webhookEventId"], event["replyToken"])
    assert post(standin, "/v2/bot/message/reply", {"replyToken": again["replyToken"], "messages": [TEXT]})[0] == status


def test_the_quota_counts_people(standin: LineStandIn) -> None:
    standin.quota = 5
    assert push(standin, TEXT, to=GROUP)[0] == 200
    assert push(standin, TEXT, key=OTHER_KEY)[0] == 200
    status, refusal, _ = push(standin, TEXT, key="123e4567-e89b-12d3-a456-426614174002")
    assert (status, refusal["message"]) == (429, "You have reached your monthly limit.")


@needs_specification
@pytest.mark.parametrize(
    "message",
    [
        {"type": "text"},
        {"type": "bogus", "text": "x"},
        {"type": "text", "text": "あ" * 5_001},
        {"type": "text", "text": "🍎" * 2_501},
        {"type": "text", "text": ""},
        {**TEXT, "texts": "x"},
        {**TEXT, "quickReply": {"items": [{"type": "action", "action": {"type": "postback", "label": "あ" * 21, "data": "x"}}]}},
        {**TEXT, "quickReply": {"items": [{"type": "action", "action": {"type": "postback", "label": "あ", "data": "x"}}] * 14}},
        {"type": "image", "originalContentUrl": "https://example.jp/a.jpg"},
        {"type": "image", "originalContentUrl": "http://example.jp/a.jpg", "previewImageUrl": "http://example.jp/a.jpg"},
        {"type": "image", "originalContentUrl": "https://example.jp/会場.jpg", "previewImageUrl": "https://example.jp/a.jpg"},
        {"type": "image", "originalContentUrl": "https://example.jp/a.jpg", "previewImageUrl": "https://example.jp/large.jpg"},
        {
            "type": "flex",
            "altText": "あ" * 1_501,
            "contents": {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}},
        },
    ],
)
def test_it_bites(standin: LineStandIn, message: dict[str, Any]) -> None:
    standin.contents.published["https://example.jp/large.jpg"] = ("image/jpeg", 1_000_001)
    push(standin, message)
    assert standin.violations != []


@needs_specification
def test_it_bites_at_the_frame(standin: LineStandIn) -> None:
    push(standin, *[TEXT] * 6)
    push(standin, TEXT, key="no-uuid")
    post(standin, "/v2/bot/message/push", {"to": USER, "messages": [TEXT]})
    standin.webhook({"type": "message"})
    assert len(standin.violations) >= 4


def test_it_serves_other_threads_while_the_test_waits(standin: LineStandIn) -> None:
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(push(standin, TEXT)[0]))
    thread.start()
    thread.join(5)
    assert seen == [200]


async def test_deliveries_again_and_mixed_count_once_each(line: LineHarness) -> None:
    one = line.standin.text_event("一", event="1")
    two = line.standin.text_event("二", event="2", user="U44444444444444444444444444444444")
    heard = [*await line.heard(two, one, one), *await line.heard(line.standin.redelivered(one))]
    assert len({message.event_ids for message in heard}) == 2
    assert heard[0].sent_at >= heard[1].sent_at


async def test_one_request_is_enough_to_know_the_sender(line: LineHarness) -> None:
    headers, body = line.standin.webhook(line.standin.text_event("x", event="1"))
    titled = {name.title(): value for name, value in headers.items()}
    result = await line.adapter.receive(WebhookRequest(headers=titled, body=body, received_at=line.standin.now()))
    assert result.status == 401  # the port hands names on in lower case; anything else has no proof
