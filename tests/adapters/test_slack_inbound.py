"""What Slack sends becomes our words: events, commands, buttons, and everything that is none of our business."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackStandIn

from clair_bot.messages import InboundKind, InboundMessage, WebhookRequest, WebhookResult
from clair_bot_slack import markup, signatures
from clair_bot_slack.adapter import SlackAdapter, create


@pytest.fixture
def standin() -> SlackStandIn:
    """Only made, never started: receiving calls nobody."""
    return SlackStandIn()


@pytest.fixture
def adapter(standin: SlackStandIn) -> SlackAdapter:
    made = create({**standin.environment, "SLACK_API_URL": "http://127.0.0.1:9/api/"})
    assert made is not None
    return made


async def heard(adapter: SlackAdapter, request: WebhookRequest) -> InboundMessage:
    result = await adapter.receive(request)
    assert result.status == 200
    assert result.ignored == 0
    (message,) = result.messages
    return message


async def ignored(adapter: SlackAdapter, request: WebhookRequest) -> None:
    assert await adapter.receive(request) == WebhookResult(ignored=1)


# --- proof of origin ------------------------------------------------------------------------------------------------------


def test_the_sdk_signs_alike() -> None:
    from slack_sdk.signature import SignatureVerifier

    assert SignatureVerifier("s").generate_signature(timestamp="1", body="é本文") == signatures.signature("s", "1", "é本文".encode())


@pytest.mark.parametrize(("age", "status"), [(0, 200), (299, 200), (301, 401), (-299, 200), (-301, 401)])
async def test_old_and_future_requests_are_refused(standin: SlackStandIn, adapter: SlackAdapter, age: float, status: int) -> None:
    request = standin.signed(standin.text_event("一").body, age=age)
    assert (await adapter.receive(request)).status == status


@pytest.mark.parametrize("stamp", ["abc", "", "-1", "1e3", "1" * 400, "１２３", "12.5", " 1"])
async def test_timestamps_that_are_no_numbers_are_refused(standin: SlackStandIn, adapter: SlackAdapter, stamp: str) -> None:
    request = standin.text_event("一")
    headers = {**request.headers, "x-slack-request-timestamp": stamp}
    assert (await adapter.receive(WebhookRequest(headers=headers, body=request.body, received_at=request.received_at))).status == 401


async def test_one_changed_byte_is_refused(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    request = standin.text_event("一")
    bad = WebhookRequest(headers=request.headers, body=request.body + b" ", received_at=request.received_at)
    assert (await adapter.receive(bad)).status == 401


async def test_socket_mode_takes_no_requests(standin: SlackStandIn) -> None:
    adapter = create({"SLACK_BOT_TOKEN": "xoxb", "SLACK_APP_TOKEN": "xapp"})
    assert adapter is not None
    assert adapter.listens
    standin.signing_secret = ""
    assert (await adapter.receive(standin.text_event("一"))).status == 401


async def test_the_challenge_is_answered_only_when_signed(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    request = standin.signed(b'{"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRN"}')
    result = await adapter.receive(request)
    assert result.status == 200
    assert json.loads(result.body) == {"challenge": "3eZbrw1aBm2rZgRN"}
    assert result.content_type.startswith("application/json")
    assert not result.messages
    unsigned = WebhookRequest(headers={"content-type": "application/json"}, body=request.body, received_at=request.received_at)
    assert (await adapter.receive(unsigned)).status == 401


# --- what people say ------------------------------------------------------------------------------------------------------


async def test_a_direct_message(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    message = await heard(adapter, standin.text_event("A & B <c> の件", event="7"))
    assert message.text == "A & B <c> の件"
    assert message.event_ids == ("EvT7", "T0TOWN:D0PERSON:1700000007.000100")
    assert message.sent_at == datetime.fromtimestamp(1_700_000_007, UTC) + timedelta(microseconds=100)
    assert (message.thread, message.reply_to, message.direct, message.addressed) == ("", "", True, True)


async def test_a_mention_comes_twice_and_is_understood_alike(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    copies = [await heard(adapter, request) for request in standin.mention_pair("姉妹都市について")]
    first, second = copies
    assert set(first.event_ids) & set(second.event_ids) == {f"T0TOWN:C0ROOM:{first.message_id}"}
    for copy in copies:
        assert copy.text == "姉妹都市について"
        assert copy.addressed
        assert not copy.direct
        assert copy.thread == copy.message_id
        assert copy.reply_to == ""


async def test_talk_in_a_room_is_heard_but_not_ours(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    message = await heard(adapter, standin.text_event("お昼どうする", channel="C0ROOM"))
    assert not message.addressed
    assert not message.direct


async def test_an_advisors_reply_in_our_thread(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    root, ts = standin.next_ts(), standin.next_ts()
    said = slack_events.said("解決", ts=ts, channel="C0DESK", thread=root, parent=slack_events.BOT_USER)
    message = await heard(adapter, standin.signed_event(said))
    assert (message.thread, message.reply_to, message.addressed) == (root, root, True)


async def test_a_thread_in_a_direct_chat(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    root = standin.next_ts()
    message = await heard(adapter, standin.signed_event(slack_events.said("続き", ts=standin.next_ts(), thread=root)))
    assert (message.thread, message.reply_to) == (root, root)


async def test_a_bare_mention_asks_for_help(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    assert (await heard(adapter, standin.mention_pair("")[1])).text == "help"


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
async def test_these_subtypes_are_speech(standin: SlackStandIn, adapter: SlackAdapter, subtype: str) -> None:
    event = slack_events.said("資料です", ts=standin.next_ts(), subtype=subtype) | (
        {"files": [{"id": "F1"}]} if subtype == "file_share" else {}
    )
    message = await heard(adapter, standin.signed_event(event))
    assert message.kind is (InboundKind.MEDIA if subtype == "file_share" else InboundKind.TEXT)
    assert message.text == "資料です"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<@U0CLAIR> &lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("割当 <@U0SATO|佐藤>", "割当 @U0SATO"),
        ("<#C1|general> と <#C2>", "#general と #C2"),
        ("<!here> <!subteam^S1|@国際班> <!date^1^{date}|昨日>", "@here @国際班 昨日"),
        ("<https://example.jp/a?b=1&amp;c=2>", "https://example.jp/a?b=1&c=2"),
        ("<http://example.jp|example.jp>", "example.jp"),
        ("<mailto:a@example.jp|a@example.jp>", "a@example.jp"),
        ("<https://example.jp|こちら>", "こちら (https://example.jp)"),
        (":smile: *太字*", ":smile: *太字*"),
        ("<@U0CLAIR>　計画  ", "計画"),
    ],
)
def test_inbound_text_is_unescaped(raw: str, text: str) -> None:
    assert markup.plain(raw, bots={"U0CLAIR"}) == text


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": "B1"},
        {"subtype": "bot_message"},
        {"user": slack_events.BOT_USER},
        {"subtype": "message_changed", "message": {"text": "新"}, "previous_message": {"text": "旧", "user": "U1", "ts": "1.0"}},
        {"subtype": "channel_join"},
        {"subtype": "never_seen"},
        {"user": None},
        {"user": 3},
        {"channel": None},
    ],
)
async def test_what_is_no_question_is_counted(standin: SlackStandIn, adapter: SlackAdapter, change: dict[str, Any]) -> None:
    await ignored(adapter, standin.signed_event(slack_events.said("一", ts=standin.next_ts()) | change))


async def test_a_deleted_message_is_withdrawn(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    message = await heard(adapter, standin.signed_event(slack_events.deleted("1700000000.000100", at=standin.next_ts())))
    assert (message.kind, message.message_id, message.text) == (InboundKind.WITHDRAWN, "1700000000.000100", "")


async def test_a_deleted_root_of_a_thread_is_withdrawn(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    event = slack_events.deleted("1700000000.000100", at=standin.next_ts()) | {
        "subtype": "message_changed",
        "message": {"subtype": "tombstone"},
    }
    assert (await heard(adapter, standin.signed_event(event))).kind is InboundKind.WITHDRAWN


async def test_our_own_deleted_message_is_ignored(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    await ignored(adapter, standin.signed_event(slack_events.deleted("1.0", user=slack_events.BOT_USER, at=standin.next_ts())))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "member_joined_channel", "user": slack_events.BOT_USER, "channel": "C1", "inviter": "U2"}, InboundKind.JOINED),
        ({"type": "member_left_channel", "user": slack_events.BOT_USER, "channel": "C1"}, InboundKind.LEFT),
        ({"type": "channel_left", "channel": "C1", "actor_id": "U2"}, InboundKind.LEFT),
        ({"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "C2"}, InboundKind.MOVED),
    ],
)
async def test_rooms_that_we_enter_and_leave(
    standin: SlackStandIn, adapter: SlackAdapter, event: dict[str, Any], kind: InboundKind
) -> None:
    message = await heard(adapter, standin.signed_event(event))
    assert message.kind is kind
    assert str(message.address) == "slack:C1"
    assert (str(message.moved_to) == "slack:C2") is (kind is InboundKind.MOVED)


@pytest.mark.parametrize("kind", ["tokens_revoked", "app_uninstalled", "member_joined_channel", "app_home_opened", "reaction_added", "x"])
async def test_other_events_are_counted(standin: SlackStandIn, adapter: SlackAdapter, kind: str) -> None:
    await ignored(adapter, standin.signed_event({"type": kind, "user": "U1", "channel": "C1"}))


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "app_rate_limited", "token": "x", "team_id": "T1", "minute_rate_limited": 1, "api_app_id": "A1"}',
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": 3, "event_id": []}',
        b'{"type": "event_callback", "event": {"type": {}}, "authorizations": 3}',
        b'{"type": "event_callback", "event": {"type": "message", "channel": "C1", "user": "U1", "text": "a"}}',
        b'{"type": "block_actions", "actions": [3]}',
        b'{"type": "block_actions", "actions": [{"action_id": "a"}], "channel": 5, "user": "U1"}',
        b'{"type": "interactive_message", "actions": 0, "callback_id": "x"}',
        b'{"type": "never", "team": 3, "user": 4, "channel": 5, "view": [], "response_urls": 3}',
    ],
)
async def test_strange_frames_are_counted(standin: SlackStandIn, adapter: SlackAdapter, body: bytes) -> None:
    await ignored(adapter, standin.signed(body))


async def test_odd_members_do_not_cost_a_message(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    frame = standin.frame(slack_events.said("届く", ts=standin.next_ts()))
    frame |= {"authorizations": {"x": 1}, "enterprise": 3, "team": ["T"], "event_time": "x", "is_ext_shared_channel": True}
    frame["event"] |= {"files": "none", "thread_ts": 5, "blocks": 0, "subtype": None, "event_ts": 1.5}
    assert (await heard(adapter, standin.signed(json.dumps(frame).encode()))).text == "届く"


async def test_nul_and_half_characters_are_taken_out(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    message = await heard(adapter, standin.signed_event(slack_events.said("a\0b\ud800c", ts=standin.next_ts())))
    assert message.text.encode() == b"ab?c"


async def test_retries_carry_the_same_ids_and_count(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    request = standin.text_event("一")
    first = await heard(adapter, request)
    for number in (1, 2, 3):
        assert (await heard(adapter, standin.retried(request, number))).event_ids == first.event_ids


async def test_many_at_once_are_kept_apart(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    requests = [standin.text_event(str(number), event=str(number)) for number in range(50)]
    began = time.perf_counter()
    messages = [result.messages[0].text for result in await asyncio.gather(*map(adapter.receive, requests))]
    assert messages == [str(number) for number in range(50)]
    assert time.perf_counter() - began < 2


# --- commands and buttons -------------------------------------------------------------------------------------------------


async def test_a_command(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    request = standin.command("姉妹都市 &amp; 友好都市")
    message = await heard(adapter, request)
    assert message.kind is InboundKind.TEXT
    assert message.text == "姉妹都市 & 友好都市"
    assert (message.addressed, message.direct, message.thread, message.message_id) == (True, False, "", "")
    deadline, url = message.reply_handle.split(" ")
    assert int(deadline) == int(request.received_at.timestamp()) + 1_800
    assert "/answers/" in url
    assert (await adapter.receive(request)).body == b""
    assert (await heard(adapter, request)).event_ids == message.event_ids


async def test_an_empty_command_asks_for_help(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    message = await heard(adapter, standin.command("  ", channel="D0PERSON", channel_name="directmessage"))
    assert message.text == "help"
    assert message.direct


async def test_the_check_of_our_certificate_is_ignored(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    await ignored(adapter, standin.signed_form(b"ssl_check=1&token=x"))


async def test_a_button(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await heard(adapter, standin.press("human", message_ts="1700000000.000100"))
    again = await heard(adapter, standin.press("human", message_ts="1700000000.000100"))
    assert (first.kind, first.action, first.message_id) == (InboundKind.ACTION, "human", "1700000000.000100")
    assert (first.direct, first.thread, first.reply_handle) == (True, "", "")
    assert first.event_ids != again.event_ids


async def test_a_button_in_a_room_is_answered_in_its_thread(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    assert (await heard(adapter, standin.press("x", message_ts="17.2", channel="C1"))).thread == "17.2"
    assert (await heard(adapter, standin.press("x", message_ts="17.2", channel="C1", thread="17.1"))).thread == "17.1"


async def test_a_button_that_only_one_person_sees_is_answered_to_that_person(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    message = await heard(adapter, standin.press("x", message_ts="17.2", channel="C1", ephemeral=True))
    assert message.thread == ""
    assert "/answers/" in message.reply_handle
