"""Sending to Slack: faults, look-ups, threads, answers to commands."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackFault, SlackStandIn

from clair_bot.errors import ConfigurationError, DeliveryError
from clair_bot.messages import Address, Button, Card, OutboundMessage
from clair_bot_slack.adapter import SlackAdapter, create

LONG = "".join(f"{number}番目の文です。" for number in range(1_200))


@pytest.fixture
async def standin() -> AsyncIterator[SlackStandIn]:
    made = SlackStandIn()
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


@pytest.fixture
async def adapter(standin: SlackStandIn) -> AsyncIterator[SlackAdapter]:
    made = create(standin.environment)
    assert made is not None
    yield made
    await made.aclose()


def message(text: str = "一度だけ", *, to: str = slack_events.ROOM, **more: Any) -> OutboundMessage:
    return OutboundMessage(to=Address(channel="slack", recipient=to), idempotency_key=str(uuid.uuid4()), paragraphs=(text,), **more)


async def refused(adapter: SlackAdapter, sent: OutboundMessage) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(sent)
    return caught.value


async def test_a_post_is_tagged_and_stays_in_its_thread(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    root = standin.next_ts()
    sent = message(thread=root)
    receipt = await adapter.send(sent)
    ((_, body),) = standin.calls
    assert body["thread_ts"] == root
    assert body["metadata"] == {"event_type": "clair_out", "event_payload": {"outbox_id": sent.idempotency_key, "part": 0}}
    assert body["text"] == "一度だけ"
    assert receipt.message_ids == (standin.messages(slack_events.ROOM)[0]["ts"],)


@pytest.mark.parametrize("fault", [SlackFault.LOST, SlackFault.FATAL])
@pytest.mark.parametrize("thread", ["", "1700000000.000001"])
@pytest.mark.parametrize("page_size", [None, 3])
async def test_what_was_accepted_is_found(
    standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault, thread: str, page_size: int | None
) -> None:
    standin.chatter(slack_events.ROOM, 10, thread=thread)
    standin.page_size = page_size
    standin.fail_next(fault)
    receipt = await adapter.send(message(thread=thread))
    posted = standin.messages(slack_events.ROOM)[-1]
    assert receipt.message_ids == (posted["ts"],)
    assert standin.read(slack_events.ROOM).count("一度だけ") == 1


async def test_a_person_is_looked_up_in_the_direct_chat(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.fail_next(SlackFault.LOST)
    assert (await adapter.send(message(to=slack_events.PERSON))).message_ids
    assert standin.read(slack_events.PERSON) == ["一度だけ"]


@pytest.mark.parametrize("fault", [SlackFault.DROPPED, SlackFault.SERVER_ERROR, SlackFault.GARBAGE, SlackFault.HALF])
async def test_what_may_have_been_accepted_is_not_repeated_at_once(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault) -> None:
    standin.fail_next(fault)
    sent = message()
    error = await refused(adapter, sent)
    assert error.uncertain
    assert not any((error.permanent, error.channel_down))
    assert [method for method, _ in standin.calls].count("chat.postMessage") == 1
    assert (await adapter.send(replace(sent, maybe_sent=True))).message_ids
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


async def test_a_killed_worker_does_not_post_twice(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(LONG)
    whole = await adapter.send(sent)
    assert len(whole.message_ids) > 2
    again = await adapter.send(replace(sent, maybe_sent=True))
    assert again.message_ids == whole.message_ids
    assert len(standin.messages(slack_events.ROOM)) == len(whole.message_ids)


@pytest.mark.parametrize("fault", list(SlackFault)[2:])
async def test_when_the_look_up_fails_it_stays_uncertain(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault) -> None:
    standin.fail_next(SlackFault.LOST)
    standin.fail_next(fault, method="conversations.history", code="missing_scope")
    if fault is SlackFault.DROPPED:
        standin.fail_next(fault, method="conversations.history")  # aiohttp itself repeats a GET on a kept connection once
    error = await refused(adapter, message())
    assert error.uncertain
    assert not any((error.permanent, error.channel_down))
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("channel_not_found", {"permanent", "unreachable"}),
        ("not_in_channel", {"permanent", "unreachable"}),
        ("is_archived", {"permanent", "unreachable"}),
        ("restricted_action_read_only_channel", {"permanent"}),
        ("cannot_reply_to_message", {"permanent"}),
        ("token_revoked", {"channel_down"}),
        ("account_inactive", {"channel_down"}),
        ("invalid_auth", {"channel_down"}),
        ("missing_scope", {"channel_down"}),
        ("ratelimited", {"retry_after"}),
        ("rate_limited", {"retry_after"}),
        ("internal_error", {"uncertain"}),
    ],
)
async def test_refusals_are_classified(standin: SlackStandIn, adapter: SlackAdapter, code: str, flags: set[str]) -> None:
    standin.fail_next(SlackFault.ANY_ERROR, code=code)
    error = await refused(adapter, message())
    assert {name for name in ("permanent", "unreachable", "channel_down", "retry_after", "uncertain") if getattr(error, name)} == flags
    assert standin.read(slack_events.ROOM) == []


async def test_a_limit_names_its_time(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.fail_next(SlackFault.RATE_LIMITED)
    sent = message()
    assert (await refused(adapter, sent)).retry_after == 35
    standin.shift(35)
    await adapter.send(sent)
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


async def test_never_connected_is_a_passing_fault(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.fail_next(SlackFault.REFUSED)
    sent = message()
    error = await refused(adapter, sent)
    assert not any((error.uncertain, error.permanent, error.channel_down))
    await standin.reopen()
    await adapter.send(sent)
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


async def test_a_fault_in_the_middle_goes_on_behind(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(LONG)
    standin.fail_next(SlackFault.RATE_LIMITED)
    assert (await refused(adapter, sent)).parts_sent == 0
    standin.shift(36)
    whole = await adapter.send(sent)
    for number in range(1, len(whole.message_ids)):
        other = message(LONG, to=f"C0OTHER{number}")
        for _ in range(number):
            standin.fail_next(SlackFault.LOST)  # found by the look-up
        standin.fail_next(SlackFault.ANY_ERROR, code="ratelimited")
        error = await refused(adapter, other)
        assert error.parts_sent == number
        await adapter.send(replace(other, parts_sent=error.parts_sent))
        assert standin.read(f"C0OTHER{number}") == standin.read(slack_events.ROOM)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long", "no_text"])
async def test_refused_blocks_go_as_plain_text_once(standin: SlackStandIn, adapter: SlackAdapter, code: str) -> None:
    standin.fail_next(SlackFault.ANY_ERROR, code=code)
    sent = message("<!channel> & *a*", buttons=(Button(label="メニュー", action="menu"),))
    await adapter.send(sent)
    assert standin.read(slack_events.ROOM) == ["<!channel> & *a*\n[メニュー]"]
    assert "blocks" not in standin.messages(slack_events.ROOM)[0]
    standin.fail_next(SlackFault.ANY_ERROR, code=code)
    standin.fail_next(SlackFault.ANY_ERROR, code=code)
    assert (await refused(adapter, sent)).permanent


async def test_an_empty_message_sends_nothing(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    assert (await adapter.send(message(" \n"))).message_ids == ()
    assert standin.calls == []


async def test_only_buttons_is_a_message(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    await adapter.send(message("", buttons=(Button(label="メニュー", action="menu"),)))
    assert standin.read(slack_events.ROOM) == ["[メニュー]"]


# --- answers to commands --------------------------------------------------------------------------------------------------


async def test_a_command_is_answered_where_it_came_from(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (asked,) = (await adapter.receive(standin.command("一覧"))).messages
    receipt = await adapter.send(message(reply_handle=asked.reply_handle))
    assert receipt.message_ids == ()
    assert [method for method, _ in standin.calls] == ["response_url"]
    assert standin.calls[0][1]["response_type"] == "ephemeral"
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


async def test_in_a_direct_chat_the_answer_stays(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (asked,) = (await adapter.receive(standin.command("一覧", channel="D0PERSON", channel_name="directmessage"))).messages
    await adapter.send(message(to="D0PERSON", reply_handle=asked.reply_handle))
    assert standin.calls[0][1]["response_type"] == "in_channel"
    assert standin.read("D0PERSON") == ["一度だけ"]


async def test_a_long_answer_goes_on_as_posts_after_five(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (asked,) = (await adapter.receive(standin.command("一覧"))).messages
    await adapter.send(message(LONG * 3, reply_handle=asked.reply_handle))
    methods = [method for method, _ in standin.calls]
    assert methods.count("response_url") == 5
    assert methods.count("chat.postMessage") >= 1
    assert len("".join(standin.read(slack_events.ROOM)).replace("\n", "")) == len(LONG * 3)


@pytest.mark.parametrize("spoil", ["expired", "used", "deadline", "foreign", "garbage"])
async def test_an_address_that_serves_no_more_becomes_a_post(standin: SlackStandIn, adapter: SlackAdapter, spoil: str) -> None:
    (asked,) = (await adapter.receive(standin.command("一覧"))).messages
    handle = asked.reply_handle
    match spoil:
        case "expired":
            standin.shift(1_801)
        case "used":
            for _ in range(5):
                await adapter.send(message("前", to="C0OTHER", reply_handle=handle))
        case "deadline":
            handle = f"1 {handle.split()[1]}"
        case "foreign":
            handle = f"{handle.split()[0]} https://slack.com.example.invalid/answers/a1"
        case "garbage":
            handle = "x"
    assert (await adapter.send(message(reply_handle=handle))).message_ids
    assert standin.read(slack_events.ROOM)[0] == "一度だけ"


async def test_an_answer_that_may_have_been_shown_is_left_to_people(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (asked,) = (await adapter.receive(standin.command("一覧"))).messages
    standin.fail_next(SlackFault.LOST, method="response_url")
    sent = message(reply_handle=asked.reply_handle)
    assert (await refused(adapter, sent)).uncertain
    assert (await refused(adapter, replace(sent, maybe_sent=True))).uncertain
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


@pytest.mark.parametrize(("fault", "flag"), [(SlackFault.RATE_LIMITED, "retry_after"), (SlackFault.SERVER_ERROR, "uncertain")])
async def test_an_answer_waits(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault, flag: str) -> None:
    (asked,) = (await adapter.receive(standin.command("一覧"))).messages
    standin.fail_next(fault, method="response_url")
    assert getattr(await refused(adapter, message(reply_handle=asked.reply_handle)), flag)


# --- the rest of the port -------------------------------------------------------------------------------------------------


async def test_eyes_show_that_a_message_was_seen(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (said,) = (await adapter.receive(standin.text_event("一"))).messages
    await adapter.acknowledge(said)
    assert standin.reactions == [(slack_events.DIRECT, said.message_id, "eyes")]
    for fault in (SlackFault.DROPPED, SlackFault.ANY_ERROR, SlackFault.RATE_LIMITED):
        standin.fail_next(fault, method="reactions.add", code="already_reacted")
        await adapter.acknowledge(said)
    (talk,) = (await adapter.receive(standin.text_event("雑談", channel="C0ROOM"))).messages
    await adapter.acknowledge(talk)
    assert len(standin.reactions) == 1


async def test_check_names_what_is_missing(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    assert "@clair（国際町、HTTP）" in await adapter.check()
    standin.scopes = "chat:write,commands"
    assert "channels:history" in await adapter.check()
    standin.fail_next(SlackFault.ANY_ERROR, method="auth.test", code="invalid_auth")
    with pytest.raises(DeliveryError) as caught:
        await adapter.check()
    assert caught.value.channel_down


@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb"}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb 1", "SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb", "SLACK_SIGNING_SECRET": "鍵"}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_BOT_TOKEN": "xoxb", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "slack.com"}, "SLACK_API_URL"),
    ],
)
def test_wrong_settings_name_their_variable(environment: dict[str, str], variable: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create(environment)
    assert caught.value.variable == variable


def test_no_settings_no_adapter() -> None:
    assert create({}) is None
    assert create({"SLACK_API_URL": "http://x/api/", "SLACK_BOT_TOKEN": " "}) is None


@pytest.mark.parametrize(("more", "listens"), [({"SLACK_SIGNING_SECRET": "s"}, False), ({"SLACK_APP_TOKEN": "x"}, True)])
async def test_the_way_in(more: dict[str, str], *, listens: bool) -> None:
    adapter = create({"SLACK_BOT_TOKEN": "xoxb", **more})
    assert adapter is not None
    assert adapter.listens is listens
    both = create({"SLACK_BOT_TOKEN": "xoxb", "SLACK_SIGNING_SECRET": "s", "SLACK_APP_TOKEN": "x"})
    assert both is not None
    assert not both.listens
    await both.listen(_nobody)


async def _nobody(_messages: object) -> None:
    raise AssertionError


async def test_proxies_of_the_environment_do_not_catch_loopback(
    standin: SlackStandIn, adapter: SlackAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    await adapter.send(message())
    assert standin.read(slack_events.ROOM) == ["一度だけ"]


async def test_words_never_reach_the_log(standin: SlackStandIn, adapter: SlackAdapter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = "外に出ない言葉"
    await adapter.receive(standin.text_event(secret))
    await adapter.send(message(secret, card=Card(title=secret, blocks=())))
    standin.fail_next(SlackFault.LOST)
    await adapter.send(message(secret))
    assert secret not in caplog.text
    assert json.dumps(secret) not in caplog.text
    assert standin.bot_token not in caplog.text
