"""Corrections, both ways: what people change, and what we put in an earlier post's place."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackFault, SlackStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Button, File, InboundKind, OutboundMessage, WebhookResult
from clair_bot_slack.adapter import SlackAdapter, create

ROOM = slack_events.ROOM
SAID, LATER = "1700000000.000100", "1700000060.000200"
LONG = "".join(f"{number}番目の文です。" for number in range(700))
BUTTON = (Button(label="引き受ける", action="take"),)


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


# --- what people change ---------------------------------------------------------------------------------------------------


def corrected(text: str = "新しい文", *, before: str = "古い文", at: str = LATER, **more: Any) -> dict[str, Any]:
    return slack_events.changed(text, before=before, ts=SAID, at=at, **more)


async def test_a_corrected_message(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (message,) = (await adapter.receive(standin.signed_event(corrected("A &amp; B"), event_id="EvE1"))).messages
    assert (message.kind, message.text, message.message_id) == (InboundKind.EDITED, "A & B", SAID)
    assert (message.address, message.sender) == (Address(channel="slack", recipient=slack_events.DIRECT), slack_events.PERSON)
    assert (message.thread, message.reply_to, message.direct, message.addressed) == ("", "", True, True)
    assert message.event_ids == ("EvE1", f"T0TOWN:D0PERSON:{SAID}:edited:{LATER}")
    assert message.sent_at == datetime.fromtimestamp(1_700_000_060, UTC) + timedelta(microseconds=200)
    assert (message.reply_handle, message.attachments) == ("", ())


async def test_each_correction_counts(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    said = (await adapter.receive(standin.text_event("古い文", event="0"))).messages[0]
    first = (await adapter.receive(standin.signed_event(corrected()))).messages[0]
    second = (await adapter.receive(standin.signed_event(corrected("三つ目", before="新しい文", at="1700000061.000000")))).messages[0]
    assert said.message_id == first.message_id == second.message_id
    assert not set(said.event_ids) & set(first.event_ids)
    assert not set(first.event_ids) & set(second.event_ids)
    assert first.sent_at < second.sent_at


@pytest.mark.parametrize(
    ("more", "addressed", "thread", "reply_to"),
    [
        ({"channel": "C0ROOM"}, False, SAID, ""),
        ({"channel": "C0ROOM", "text": "<@U0CLAIR> 新しい文"}, True, SAID, ""),
        ({"channel": "C0DESK", "thread": "1690000000.000001", "parent": "U0CLAIR"}, True, "1690000000.000001", "1690000000.000001"),
        ({"channel": "C0DESK", "thread": "1690000000.000001", "parent": "U0OTHER"}, False, "1690000000.000001", "1690000000.000001"),
    ],
)
async def test_corrections_in_rooms(
    standin: SlackStandIn, adapter: SlackAdapter, more: dict[str, Any], *, addressed: bool, thread: str, reply_to: str
) -> None:
    (message,) = (await adapter.receive(standin.signed_event(corrected(**more)))).messages
    assert (message.kind, message.text, message.direct) == (InboundKind.EDITED, "新しい文", False)
    assert (message.addressed, message.thread, message.reply_to) == (addressed, thread, reply_to)


async def test_a_changed_caption_is_a_correction(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    event = corrected()
    event["message"] |= {"subtype": "file_share", "files": [standin.attach("a.png", b"\x89PNG")]}
    (message,) = (await adapter.receive(standin.signed_event(event))).messages
    assert (message.kind, message.text, message.attachments) == (InboundKind.EDITED, "新しい文", ())


def _without_edited(event: dict[str, Any]) -> None:
    del event["message"]["edited"]


def _tombstone_of_a_bot(event: dict[str, Any]) -> None:
    event["message"] = {"subtype": "tombstone", "text": "This message was deleted."}
    event["previous_message"]["bot_id"] = "B1"


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (corrected("https://example.jp", before="https://example.jp"), None),  # a link was unfurled
        (corrected(), _without_edited),
        (corrected(), _tombstone_of_a_bot),
        (corrected(user=slack_events.BOT_USER), None),
        (corrected(user=""), None),
        (corrected(), {"message": {"bot_id": "B1"}}),
        (corrected(), {"message": {"subtype": "bot_message"}}),
        (corrected(), {"message": {"edited": True}}),
        (corrected(), {"message": {"user": 3}}),
        (corrected(), {"message": {"ts": None}, "previous_message": {"ts": 5}}),
        (corrected(), {"message": 3}),
        (corrected(), {"channel": None}),
    ],
)
async def test_what_is_no_correction_is_counted(standin: SlackStandIn, adapter: SlackAdapter, event: dict[str, Any], change: Any) -> None:
    event = {**event, "message": dict(event["message"]), "previous_message": dict(event["previous_message"])}
    if callable(change):
        change(event)
    for name, value in change.items() if isinstance(change, dict) else ():
        event[name] = {**event[name], **value} if isinstance(value, dict) else value
    assert await adapter.receive(standin.signed_event(event)) == WebhookResult(ignored=1)


@pytest.mark.parametrize("spoil", [{"previous_message": 3}, {"event_ts": 1.5, "ts": None}, {"channel_type": []}])
async def test_odd_members_do_not_cost_a_correction(standin: SlackStandIn, adapter: SlackAdapter, spoil: dict[str, Any]) -> None:
    (message,) = (await adapter.receive(standin.signed_event(corrected() | spoil))).messages
    assert (message.kind, message.text) == (InboundKind.EDITED, "新しい文")


# --- what we change -------------------------------------------------------------------------------------------------------


def message(text: str = "受け付けました", *, to: str = ROOM, **more: Any) -> OutboundMessage:
    return OutboundMessage(to=Address(channel="slack", recipient=to), idempotency_key=str(uuid.uuid4()), paragraphs=(text,), **more)


def methods(standin: SlackStandIn) -> list[str]:
    return [method for method, _ in standin.calls]


async def refused(adapter: SlackAdapter, sent: OutboundMessage) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(sent)
    return caught.value


async def test_it_says_that_it_edits(adapter: SlackAdapter) -> None:
    assert adapter.edits


async def test_an_edit_shows_the_new_words_and_buttons(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(buttons=BUTTON))
    again = await adapter.send(message("担当が決まりました", replaces=first.message_ids, buttons=(Button(label="閉じる", action="close"),)))
    assert again == first
    assert standin.read(ROOM) == ["担当が決まりました\n[閉じる]"]
    assert methods(standin) == ["chat.postMessage", "chat.update"]


async def test_an_edit_without_buttons_takes_them_away(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(buttons=BUTTON))
    assert standin.read(ROOM) == ["受け付けました\n[引き受ける]"]
    await adapter.send(message(replaces=first.message_ids))
    assert standin.read(ROOM) == ["受け付けました"]


async def test_a_person_is_edited_in_the_direct_chat(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(to=slack_events.PERSON))
    await adapter.send(message("直しました", to=slack_events.PERSON, replaces=first.message_ids))
    assert standin.read(slack_events.PERSON) == ["直しました"]


async def test_the_same_again_is_no_fault(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message())
    for _ in range(2):
        assert await adapter.send(message(replaces=first.message_ids, maybe_sent=True)) == first
    assert standin.read(ROOM) == ["受け付けました"]


async def test_more_parts_than_before_are_sent_anew(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    root = standin.next_ts()
    first = await adapter.send(message(thread=root))
    again = await adapter.send(message(LONG, thread=root, replaces=first.message_ids))
    assert len(again.message_ids) > 1
    assert again.message_ids[0] == first.message_ids[0]
    assert list(again.message_ids) == [shown["ts"] for shown in standin.messages(ROOM)]
    assert {shown["thread_ts"] for shown in standin.messages(ROOM)} == {root}
    assert "".join(standin.read(ROOM)).replace("\n", "") == LONG


async def test_fewer_parts_than_before_leave_the_rest(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(LONG))
    before = standin.read(ROOM)
    again = await adapter.send(message("短くなりました", replaces=first.message_ids))
    assert again.message_ids == first.message_ids[:1]
    assert standin.read(ROOM) == ["短くなりました", *before[1:]]


@pytest.mark.parametrize("how", ["erased", "too old", "someone else's", "edit_window_closed"])
async def test_what_cannot_be_edited_any_more_is_left(standin: SlackStandIn, adapter: SlackAdapter, how: str) -> None:
    first = await adapter.send(message())
    match how:
        case "erased":
            standin.erase(ROOM, first.message_ids[0])
        case "too old":
            standin.edit_window = 60
            standin.shift(61)
        case "someone else's":
            standin.messages(ROOM)[0]["user"] = slack_events.PERSON
        case code:
            standin.fail_next(SlackFault.ANY_ERROR, method="chat.update", code=code)
    before = standin.read(ROOM)
    assert await adapter.send(message("直しました", replaces=first.message_ids)) == first
    assert standin.read(ROOM) == before
    assert methods(standin) == ["chat.postMessage", "chat.update"]


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("channel_not_found", {"permanent", "unreachable"}),
        ("token_revoked", {"channel_down"}),
        ("ratelimited", {"retry_after"}),
        ("fatal_error", {"uncertain"}),
        ("block_mismatch", {"permanent"}),
    ],
)
async def test_refused_edits_are_classified(standin: SlackStandIn, adapter: SlackAdapter, code: str, flags: set[str]) -> None:
    first = await adapter.send(message())
    standin.fail_next(SlackFault.ANY_ERROR, method="chat.update", code=code)
    error = await refused(adapter, message("直しました", replaces=first.message_ids))
    assert {name for name in ("permanent", "unreachable", "channel_down", "retry_after", "uncertain") if getattr(error, name)} == flags


async def test_a_limited_edit_waits(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message())
    standin.fail_next(SlackFault.RATE_LIMITED, method="chat.update")
    sent = message("直しました", replaces=first.message_ids)
    assert (await refused(adapter, sent)).retry_after == 35
    standin.shift(35)
    assert await adapter.send(sent) == first
    assert standin.read(ROOM) == ["直しました"]


@pytest.mark.parametrize("fault", [SlackFault.LOST, SlackFault.DROPPED, SlackFault.SERVER_ERROR])
async def test_a_broken_edit_is_repeated_without_a_look(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault) -> None:
    first = await adapter.send(message())
    standin.fail_next(fault, method="chat.update")
    sent = message("直しました", replaces=first.message_ids)
    assert (await refused(adapter, sent)).uncertain
    assert await adapter.send(replace(sent, maybe_sent=True)) == first
    assert standin.read(ROOM) == ["直しました"]
    assert methods(standin) == ["chat.postMessage", "chat.update", "chat.update"]


@pytest.mark.parametrize("fault", [SlackFault.LOST, SlackFault.DROPPED])
async def test_new_parts_of_an_edit_are_never_sent_twice(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault) -> None:
    first = await adapter.send(message())
    sent = message(LONG, replaces=first.message_ids)
    standin.fail_next(fault)
    if fault is SlackFault.LOST:
        standin.fail_next(SlackFault.SERVER_ERROR, method="conversations.history")
    error = await refused(adapter, sent)
    assert (error.uncertain, error.parts_sent) == (True, 1)
    again = await adapter.send(replace(sent, maybe_sent=True, parts_sent=1))
    assert again.message_ids[0] == first.message_ids[0]
    assert "".join(standin.read(ROOM)).replace("\n", "") == LONG
    assert list(again.message_ids) == [shown["ts"] for shown in standin.messages(ROOM)]


async def test_refused_blocks_of_an_edit_go_as_plain_text(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(buttons=BUTTON))
    standin.fail_next(SlackFault.ANY_ERROR, method="chat.update", code="invalid_blocks")
    await adapter.send(message("<b> & 直しました", replaces=first.message_ids))
    assert standin.read(ROOM) == ["<b> & 直しました"]
    assert standin.messages(ROOM)[0]["blocks"] == []


async def test_an_edited_post_keeps_its_tag(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message()
    first = await adapter.send(sent)
    await adapter.send(message("直しました", replaces=first.message_ids))
    assert await adapter.send(replace(sent, maybe_sent=True)) == first
    assert standin.read(ROOM) == ["直しました"]


async def test_files_keep_their_place_in_an_edit(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    files = (File(id=1, name="案内.pdf", media_type="application/pdf", size=4, content=b"%PDF"),)
    first = await adapter.send(message(files=files))
    edited = await adapter.send(message("直しました", files=files, replaces=first.message_ids))
    assert edited == first
    assert standin.read(ROOM) == ["直しました", "📎 案内.pdf"]
    longer = await adapter.send(message(LONG, files=files, replaces=first.message_ids))
    assert longer.message_ids[0] == first.message_ids[0]
    assert longer.message_ids[-1] == first.message_ids[1]
    assert standin.read(ROOM).count("📎 案内.pdf") == 1


async def test_a_file_takes_no_posts_place(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(LONG))
    assert len(first.message_ids) > 1
    files = (File(id=1, name="案内.pdf", media_type="application/pdf", size=4, content=b"%PDF"),)
    again = await adapter.send(message("直しました", files=files, replaces=first.message_ids))
    assert again.message_ids == (first.message_ids[0], standin.messages(ROOM)[-1]["files"][0]["id"])
    assert standin.read(ROOM)[-1] == "📎 案内.pdf"
