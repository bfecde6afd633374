"""What LINE sends, well and badly formed, and what the adapter makes of it."""

import importlib
import json
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.standins import line_webhooks
from tests.standins.line import GROUP, USER
from tests.standins.line_harness import LineHarness, line_harness

from clair_bot.errors import ConfigurationError
from clair_bot.messages import InboundKind, WebhookRequest
from clair_bot_line.adapter import LineAdapter, create
from clair_bot_line.handles import ReplyHandle
from clair_bot_line.payloads import inbound

SAMPLES = Path(__file__).parents[3] / "shared/platform-samples/line"
NO_SAMPLES = "the recorded webhooks are not at ../shared/platform-samples/line"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=NO_SAMPLES)


@pytest.fixture
async def line() -> AsyncIterator[LineHarness]:
    async with line_harness() as harness:
        yield harness


def samples() -> list[Any]:
    files = sorted((SAMPLES / "line-bot-sdk-python").glob("[0-9]*.json"))
    return [pytest.param(file, id=file.stem) for file in files] or [pytest.param(None, marks=pytest.mark.skip(reason=NO_SAMPLES))]


# recorded webhooks

EXPECTED = {
    "message-text": InboundKind.TEXT,
    "message-image": InboundKind.MEDIA,
    "message-video": InboundKind.MEDIA,
    "message-audio": InboundKind.MEDIA,
    "message-location": InboundKind.MEDIA,
    "message-sticker": InboundKind.MEDIA,
    "message-file": InboundKind.MEDIA,
    "follow": InboundKind.JOINED,
    "join": InboundKind.JOINED,
    "unfollow": InboundKind.LEFT,
    "leave": InboundKind.LEFT,
    "postback": InboundKind.ACTION,
    "unsend": InboundKind.WITHDRAWN,
    "messageEdited-text": InboundKind.EDITED,
}


@pytest.mark.parametrize("file", samples())
async def test_recorded_webhooks(line: LineHarness, file: Path) -> None:
    content = json.loads(file.read_bytes())
    for number, event in enumerate(content["events"]):
        event["webhookEventId"] = f"{file.stem}-{number}"
    result = await line.adapter.receive(line.proved(json.dumps(content).encode()))
    assert result.status == 200
    expected = EXPECTED.get(file.stem.split("-", 1)[1].rsplit("-", 1)[0])
    assert [message.kind for message in result.messages] == ([expected] if expected else [])
    assert [message.event_ids for message in result.messages] == ([(f"{file.stem}-0",)] if expected else [])
    assert len(result.messages) + result.ignored == 1


@needs_samples
async def test_all_recorded_events_in_one_webhook(line: LineHarness) -> None:
    body = (SAMPLES / "line-bot-sdk-python/all-28-events-one-webhook.json").read_bytes()
    result = await line.adapter.receive(line.proved(body))
    assert (result.status, len(result.messages), result.ignored) == (200, 21, 7)
    assert {message.event_ids for message in result.messages} == {("testwebhookeventid",)}  # repeated ids: the inbox counts them once


# the door


@needs_samples
async def test_the_documented_signature() -> None:
    vector = json.loads((SAMPLES / "signature_vector.json").read_bytes())
    adapter = LineAdapter(secret=vector["channel_secret"], token="x")
    request = WebhookRequest(headers={"x-line-signature": vector["expected"]}, body=vector["body"].encode(), received_at=NOW)
    assert (await adapter.receive(request)).status == 200
    assert line_webhooks.signature(vector["channel_secret"], vector["body"].encode()) == vector["expected"]


async def test_the_sdk_agrees_on_signatures(line: LineHarness) -> None:
    validator = importlib.import_module("linebot.v3.webhook").SignatureValidator  # slow to load, and untyped
    headers, body = line.standin.webhook(line.standin.text_event("日本語🍎", event="1"))
    assert validator(line.standin.secret).validate(body.decode(), headers["x-line-signature"])


async def test_one_changed_byte_is_refused(line: LineHarness) -> None:
    request = line.text("一", event="1")
    changed = WebhookRequest(headers=request.headers, body=request.body + b" ", received_at=NOW)
    assert (await line.adapter.receive(changed)).status == 401


async def test_the_consoles_verification(line: LineHarness) -> None:
    result = await line.adapter.receive(line.request())
    assert (result.status, result.messages, result.ignored) == (200, (), 0)


@pytest.mark.parametrize("body", [b"x", b'{"events": {}}', b'{"events": null}', b'{"destination": "U"}', b'\xef\xbb\xbf{"events": []}'])
async def test_no_events_is_400(line: LineHarness, body: bytes) -> None:
    assert (await line.adapter.receive(line.proved(body))).status == 400


# malformed members


def broken() -> list[Any]:
    text = {"type": "message", "source": {"type": "user", "userId": USER}, "message": {"type": "text", "id": "1", "text": "x"}}
    return [
        *(3, None, "x", [], {}),
        {name: value for name, value in text.items() if name != "type"},
        {name: value for name, value in text.items() if name != "source"},
        {**text, "source": {"type": "square", "squareId": "S1"}},
        {**text, "source": {"type": "group"}},
        {**text, "source": "U1"},
        {**text, "type": ["message"]},
        {**text, "message": {"type": "hologram", "id": "1"}},
        {**text, "message": {"type": "text", "id": "1"}},
        {**text, "message": {"type": ["text"], "id": "1"}},
        {**text, "message": None},
        {**text, "mode": "standby"},
        {**text, "type": "postback", "postback": {"data": None}},
        {**text, "type": "unsend", "unsend": {}},
        {**text, "type": "messageEdited", "message": {"type": "text", "text": "番号なし"}},
        {**text, "type": "memberJoined", "joined": {}},
    ]


@pytest.mark.parametrize("bad", broken())
async def test_a_broken_member_costs_nobody(line: LineHarness, bad: Any) -> None:
    good = line.standin.text_event("聞いています", event="good")
    if bad == {}:
        bad = {"type": None}
    messages = await line.heard(good, bad, line.standin.follow_event(event="other"), strict=False)
    assert [message.kind for message in messages] == [InboundKind.TEXT, InboundKind.JOINED]


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "sleepy"},
        {"timestamp": 1462629479859.5},
        {"timestamp": None},
        {"timestamp": 10**30},
        {"timestamp": math.nan},
        {"timestamp": True},
        {"deliveryContext": None},
        {"replyToken": None},
        {"message": {"type": "text", "id": 325708, "text": "質問です"}},
        {"unheard": {"of": 1}},
    ],
)
async def test_odd_but_readable(line: LineHarness, change: dict[str, Any]) -> None:
    (message,) = await line.heard({**line.standin.text_event("質問です", event="1"), **change}, strict=False)
    assert message.text == "質問です"
    assert message.sent_at.tzinfo is not None


async def test_events_without_an_id_keep_one(line: LineHarness) -> None:
    def nameless(event: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in event.items() if name != "webhookEventId"}

    text, press = line.standin.text_event("x", event="1"), line.standin.postback_event("menu", event="2")
    first = await line.heard(nameless(text), nameless(press), strict=False)
    again = await line.heard(nameless(line.standin.redelivered(text)), nameless(line.standin.redelivered(press)), strict=False)
    assert [message.event_ids for message in first] == [message.event_ids for message in again]
    assert len({message.event_ids for message in first}) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["message", "user", USER, "text", "group"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("type", "source", "message", "text", "userId", "id", "mention", "mentionees", "isSelf", "index", "length"),
                    *("timestamp", "contentProvider", "fileName", "fileSize"),
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(event=JSON, message=JSON, kind=st.sampled_from(["message", "messageEdited"]), content=st.sampled_from(["text", "image", "file"]))
def test_no_event_raises(event: Any, message: Any, kind: str, content: str) -> None:
    inbound(event, NOW)
    inbound({"type": kind, "source": {"type": "user", "userId": USER}, "message": message}, NOW)
    if isinstance(message, dict):
        inbound({"type": kind, "source": {"type": "user", "userId": USER}, "message": {**message, "type": content, "id": "1"}}, NOW)


@pytest.mark.parametrize("depth", [100, 400, 480, 900, 960, 5_000, 100_000])
async def test_deep_nesting(line: LineHarness, depth: int) -> None:
    body = line_webhooks.body([line.standin.follow_event(event="1"), {"type": "follow", "source": "DEEP"}])
    result = await line.adapter.receive(line.proved(body.replace(b'"DEEP"', b"[" * depth + b"]" * depth)))
    assert result.status in {200, 400}


async def test_halves_of_surrogates_and_nul_never_come_in(line: LineHarness) -> None:
    body = line_webhooks.body([line.standin.text_event("MARK", event="1")]).replace(b"MARK", rb"a\ud83d\u0000b\ud83c\udf4e")
    result = await line.adapter.receive(line.proved(body))
    assert result.messages[0].text == "a\ufffdb🍎"


# meaning


async def test_several_people_in_one_webhook(line: LineHarness) -> None:
    people = [f"U{number:032d}" for number in range(5)]
    messages = await line.heard(*(line.standin.text_event(f"{user}です", event=user, user=user) for user in people))
    assert [message.address.recipient for message in messages] == people
    assert len({message.event_ids for message in messages}) == 5


@pytest.mark.parametrize("room", [GROUP, "R33333333333333333333333333333333"])
async def test_rooms(line: LineHarness, room: str) -> None:
    plain, mentioned, quoting = await line.heard(
        line.standin.text_event("今日の昼は", event="1", room=room),
        line.standin.text_event("🍎 @国際窓口 食品展は？", event="2", room=room, mention="@国際窓口"),
        line.standin.text_event("解決", event="3", room=room, quoted="777"),
    )
    assert {(one.address.recipient, one.sender, one.direct) for one in (plain, mentioned, quoting)} == {(room, USER, False)}
    assert (plain.addressed, mentioned.addressed, quoting.addressed) == (False, True, False)
    assert mentioned.text == "🍎  食品展は？"
    assert quoting.reply_to == "777"


async def test_a_mention_of_another_is_not_ours(line: LineHarness) -> None:
    event = line.standin.text_event("@佐藤 お願い", event="1", room=GROUP, mention="@佐藤")
    event["message"]["mention"]["mentionees"][0]["isSelf"] = False
    (message,) = await line.heard(event)
    assert (message.addressed, message.text) == (False, "@佐藤 お願い")


@pytest.mark.parametrize("place", [{"index": 99, "length": 5}, {"index": -1, "length": 2}, {"index": "0", "length": 1}, {}])
async def test_a_mention_somewhere_else(line: LineHarness, place: dict[str, Any]) -> None:
    event = line.standin.text_event("食品展", event="1", room=GROUP)
    event["message"]["mention"] = {"mentionees": [{"type": "user", "isSelf": True, **place}, 5]}
    (message,) = await line.heard(event, strict=False)
    assert (message.addressed, message.text) == (True, "食品展")


async def test_people_without_a_name_in_groups(line: LineHarness) -> None:
    (message,) = await line.heard(line.standin.text_event("x", event="1", user="", room=GROUP))
    assert (message.sender, message.address.recipient) == ("", GROUP)


async def test_coming_and_going(line: LineHarness) -> None:
    follow, unfollow, join, leave = await line.heard(
        line.standin.follow_event(event="1"),
        line.standin.unfollow_event(event="2"),
        line.standin.room_event("join", event="3"),
        line.standin.room_event("leave", event="4"),
    )
    assert [one.kind for one in (follow, unfollow, join, leave)] == [*[InboundKind.JOINED, InboundKind.LEFT] * 2]
    assert [one.direct for one in (follow, unfollow, join, leave)] == [True, True, False, False]
    assert follow.reply_handle
    assert not unfollow.reply_handle


async def test_presses_media_and_withdrawals(line: LineHarness) -> None:
    press, sticker, withdrawn = await line.heard(
        line.standin.postback_event("a:i-4-x", event="1", room=GROUP),
        line.standin.media_event("sticker", event="2", packageId="1", stickerId="1", stickerResourceType="STATIC", quoteToken="q"),
        line.standin.unsend_event("325708", event="3"),
    )
    assert (press.kind, press.action, press.addressed, press.direct) == (InboundKind.ACTION, "a:i-4-x", True, False)
    assert (sticker.kind, sticker.text) == (InboundKind.MEDIA, "")
    assert (withdrawn.kind, withdrawn.message_id) == (InboundKind.WITHDRAWN, "325708")


# reply handles


async def test_a_handle_lasts_fifty_seconds(line: LineHarness) -> None:
    handle = ReplyHandle.parse((await line.asked()).reply_handle)
    assert handle is not None
    assert timedelta(seconds=49) < handle.deadline - line.standin.now() <= timedelta(seconds=50)


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 50), (19, 50), (19.5, 20), (21, 0)])
def test_handles_of_redelivered_events(minutes: float, seconds: float) -> None:
    handle = ReplyHandle.issue("t", received_at=NOW, sent_at=NOW - timedelta(minutes=minutes), redelivered=True)
    assert (handle.deadline - NOW if handle else timedelta()) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "t", "t|", "|2026-11-23T03:00:00+00:00", "t|2026-11-23T03:00:00", "t|soon"])
def test_unreadable_handles_are_none(text: str) -> None:
    assert ReplyHandle.parse(text) is None


def test_handles_survive_writing() -> None:
    handle = ReplyHandle(token="a|b", deadline=NOW)
    assert ReplyHandle.parse(str(handle)) == handle


# settings

BOTH = {"LINE_CHANNEL_SECRET": "s", "LINE_CHANNEL_ACCESS_TOKEN": "t"}


def test_off_without_variables() -> None:
    assert create({}) is None
    assert create({"LINE_CHANNEL_SECRET": " ", "LINE_API_URL": "http://127.0.0.1:1"}) is None


def test_on_with_both() -> None:
    adapter = create(BOTH)
    assert adapter is not None
    assert (adapter.name, adapter.listens, adapter.repeats_safely) == ("line", False, True)


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"LINE_CHANNEL_SECRET": ""}, "LINE_CHANNEL_SECRET"),
        ({"LINE_CHANNEL_ACCESS_TOKEN": ""}, "LINE_CHANNEL_ACCESS_TOKEN"),
        ({"LINE_CHANNEL_ACCESS_TOKEN": "a\nb"}, "LINE_CHANNEL_ACCESS_TOKEN"),
        ({"LINE_CHANNEL_SECRET": "秘密"}, "LINE_CHANNEL_SECRET"),
        ({"LINE_API_URL": "api.line.me"}, "LINE_API_URL"),
        ({"LINE_API_URL": "http://[oops"}, "LINE_API_URL"),
        ({"LINE_API_URL": "http://host:99999"}, "LINE_API_URL"),
    ],
)
def test_wrong_settings_name_the_variable(change: dict[str, str], variable: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create({**BOTH, **change})
    assert caught.value.variable == variable
