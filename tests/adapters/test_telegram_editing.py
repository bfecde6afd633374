"""Corrections in both directions: what people change, and what we change of what we had said."""

import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn, Trouble
from tests.standins.telegram_files import Upload, png
from tests.standins.telegram_people import GROUP, PERSON, USERNAME

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Button, File, InboundKind, InboundMessage, OutboundMessage, WebhookRequest
from clair_bot_telegram.adapter import TelegramAdapter

BUTTONS = (Button(label="メニュー", action="menu"),)
SAID = OutboundMessage(to=Address(channel="telegram", recipient=str(PERSON)), idempotency_key="k", paragraphs=("旧",), buttons=BUTTONS)
PICTURE = File(id=1, name="図.png", media_type="image/png", size=200, content=png())
PAPER = File(id=2, name="要綱.pdf", media_type="application/pdf", size=8, content=b"%PDF-1.7")


def long(letters: str) -> tuple[str, ...]:
    """One message for each letter."""
    return tuple(letter * 3000 for letter in letters)


@pytest.fixture
async def standin() -> AsyncIterator[TelegramStandIn]:
    started = await TelegramStandIn().start()
    yield started
    await started.stop()
    assert started.violations == []


@pytest.fixture
async def adapter(standin: TelegramStandIn) -> AsyncIterator[TelegramAdapter]:
    made = TelegramAdapter(token=TOKEN, secret=SECRET, api_url=standin.url)
    made._learn(USERNAME)
    yield made
    await made.aclose()


async def received(adapter: TelegramAdapter, standin: TelegramStandIn, update: object) -> tuple[InboundMessage, ...]:
    request = WebhookRequest(headers=standin.proof(), body=json.dumps(update).encode(), received_at=datetime.now(UTC))
    result = await adapter.receive(request)
    assert (result.status, len(result.messages) + result.ignored) == (200, 1)
    return result.messages


async def fault(adapter: TelegramAdapter, message: OutboundMessage) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(message)
    assert TOKEN not in repr(caught.value)
    return caught.value


def methods(standin: TelegramStandIn) -> list[str]:
    return [call.method for call in standin.calls]


# --- what people change


@pytest.mark.parametrize("chat", [PERSON, GROUP])
async def test_an_edit_is_like_what_was_said(adapter: TelegramAdapter, standin: TelegramStandIn, chat: int) -> None:
    first = standin.text("はじめ", chat=chat, thread=500 if chat == GROUP else None)
    (said,) = await received(adapter, standin, first)
    (edited,) = await received(adapter, standin, standin.edit(int(said.message_id), f"@{USERNAME} 食品展は?", chat=chat))
    assert edited.kind is InboundKind.EDITED
    assert (edited.text, edited.addressed) == ("食品展は?", True)
    assert edited.reply_handle == ""
    same = ("address", "sender", "sent_at", "message_id", "reply_to", "thread", "direct", "language_hint")
    assert [getattr(edited, name) for name in same] == [getattr(said, name) for name in same]


async def test_every_edit_counts_for_itself(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    (said,) = await received(adapter, standin, standin.text("一"))
    one, two = standin.edit(1, "二"), standin.edit(1, "三")
    (second,), (third,) = await received(adapter, standin, one), await received(adapter, standin, two)
    ids = [*said.event_ids, *second.event_ids, *third.event_ids]
    assert len(set(ids)) == len(ids)
    (again,) = await received(adapter, standin, one)
    assert again.event_ids == second.event_ids


async def test_a_reply_that_is_corrected_still_replies(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    receipt = await adapter.send(dataclasses.replace(SAID, to=Address(channel="telegram", recipient=str(GROUP))))
    reply = standin.text("回答", chat=GROUP, reply_to=int(receipt.message_ids[0]))["message"]["message_id"]
    (edited,) = await received(adapter, standin, standin.edit(reply, "回答の訂正", chat=GROUP))
    assert (edited.text, edited.reply_to, edited.addressed) == ("回答の訂正", receipt.message_ids[0], True)


async def test_a_caption_is_corrected(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    number = standin.picture(png(), caption="これは?")["message"]["message_id"]
    (edited,) = await received(adapter, standin, standin.edit(number, "これは何ですか"))
    assert (edited.kind, edited.text, edited.attachments) == (InboundKind.EDITED, "これは何ですか", ())


async def test_what_changes_without_words_is_none(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    place = standin.media("location")["message"]["message_id"]
    moved = standin.change(place, location={"latitude": 35.7, "longitude": 139.8, "live_period": 60})
    assert await received(adapter, standin, moved) == ()
    picture = standin.picture(png())["message"]["message_id"]
    assert await received(adapter, standin, standin.change(picture)) == ()


async def test_privacy_mode_keeps_edits_from_us_as_well(standin: TelegramStandIn) -> None:
    number = standin.text("質問", chat=GROUP)["message"]["message_id"]
    standin.say(standin.edit(number, "別の質問", chat=GROUP))
    assert standin.updates.waiting == []
    standin.say(standin.edit(number, "/menu", chat=GROUP))
    assert len(standin.updates.waiting) == 1


# --- what we change


async def test_an_edit_changes_the_words_and_takes_the_buttons_away(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    assert adapter.edits
    before = await adapter.send(SAID)
    changed = dataclasses.replace(SAID, paragraphs=("新 <b>",), buttons=(), replaces=before.message_ids, reply_to="1", thread="3")
    assert (await adapter.send(changed)).message_ids == before.message_ids
    assert standin.read(PERSON) == ["新 <b>"]
    await adapter.send(dataclasses.replace(changed, buttons=BUTTONS))
    assert standin.read(PERSON) == ["新 <b>\nメニュー"]
    assert methods(standin) == ["sendMessage", "editMessageText", "editMessageText"]


async def test_the_same_again_is_done(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(SAID)
    assert (await adapter.send(dataclasses.replace(SAID, replaces=before.message_ids))).message_ids == before.message_ids
    assert standin.calls[-1].status == 400
    assert standin.read(PERSON) == ["旧\nメニュー"]


async def test_what_is_gone_or_not_ours_is_left_and_the_rest_is_changed(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(dataclasses.replace(SAID, paragraphs=long("一二")))
    del standin.chats[PERSON].messages[int(before.message_ids[0])]
    theirs = str(standin.text("質問")["message"]["message_id"])
    ids = (before.message_ids[0], theirs, before.message_ids[1], "no id")
    receipt = await adapter.send(dataclasses.replace(SAID, paragraphs=long("甲乙丙丁"), replaces=ids))
    assert receipt.message_ids == ids
    assert [shown[0] for shown in standin.read(PERSON)] == ["丙"]
    assert standin.chats[PERSON].messages[int(theirs)]["text"] == "質問"


async def test_more_parts_than_before_are_sent_behind(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(SAID)
    receipt = await adapter.send(dataclasses.replace(SAID, paragraphs=long("一二三"), replaces=before.message_ids))
    assert receipt.message_ids[:1] == before.message_ids
    assert [message["message_id"] for message in standin.sent(PERSON)] == [int(found) for found in receipt.message_ids]
    assert [(shown[0], "メニュー" in shown) for shown in standin.read(PERSON)] == [("一", False), ("二", False), ("三", True)]


async def test_fewer_parts_than_before_leave_the_rest(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(dataclasses.replace(SAID, paragraphs=long("一二三"), buttons=()))
    receipt = await adapter.send(dataclasses.replace(SAID, replaces=before.message_ids))
    assert receipt.message_ids == before.message_ids[:1]
    assert [shown[:1] for shown in standin.read(PERSON)] == ["旧", "二", "三"]
    assert "メニュー" in standin.read(PERSON)[0]


@pytest.mark.parametrize(
    ("trouble", "flags"),
    [
        (Trouble.REFUSED, set()),
        (Trouble.LOST_RESPONSE, set()),
        (Trouble.GARBAGE, set()),
        (Trouble.SERVER_ERROR, set()),
        (Trouble.BAD_GATEWAY, set()),
        (Trouble.RATE_LIMITED, {"retry_after"}),
        (Trouble.BLOCKED, {"permanent", "unreachable"}),
        (Trouble.TOKEN_REVOKED, {"channel_down"}),
    ],
)
async def test_an_edit_that_breaks_off_may_be_repeated(
    standin: TelegramStandIn, adapter: TelegramAdapter, trouble: Trouble, flags: set[str]
) -> None:
    before = await adapter.send(SAID)
    changed = dataclasses.replace(SAID, paragraphs=("新",), replaces=before.message_ids)
    standin.fail_next(trouble, method="editMessageText", seconds=35 if trouble is Trouble.RATE_LIMITED else 0.05)
    error = await fault(adapter, changed)
    named = ("permanent", "uncertain", "unreachable", "channel_down", "retry_after")
    assert {name for name in named if getattr(error, name)} == flags
    standin.clock.shift(40)
    if trouble is not Trouble.REFUSED:
        assert (await adapter.send(dataclasses.replace(changed, maybe_sent=True))).message_ids == before.message_ids
        assert standin.read(PERSON) == ["新\nメニュー"]
    assert standin.too_early == []


async def test_it_goes_on_behind_what_was_changed(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(dataclasses.replace(SAID, paragraphs=long("一二")))
    changed = dataclasses.replace(SAID, paragraphs=long("甲乙丙"), replaces=before.message_ids)
    standin.fail_next(Trouble.LOST_RESPONSE)
    error = await fault(adapter, changed)
    assert (error.parts_sent, error.uncertain) == (2, True)  # a new message at the end, and nobody knows
    assert (await fault(adapter, dataclasses.replace(changed, maybe_sent=True, parts_sent=2))).uncertain
    receipt = await adapter.send(dataclasses.replace(changed, parts_sent=1))
    assert receipt.message_ids[:2] == before.message_ids
    assert len(receipt.message_ids) == 3


async def test_unreadable_markup_is_changed_plain(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(SAID)
    standin.fail_next(Trouble.CANNOT_PARSE, method="editMessageText")
    await adapter.send(dataclasses.replace(SAID, paragraphs=("a < b",), replaces=before.message_ids))
    assert standin.read(PERSON) == ["a < b\nメニュー"]


async def test_a_group_that_moved_has_lost_what_could_be_changed(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    room = dataclasses.replace(SAID, to=Address(channel="telegram", recipient=str(GROUP)))
    before = await adapter.send(room)
    standin.migrate(-1_000_000_000_888)
    receipt = await adapter.send(dataclasses.replace(room, paragraphs=long("一二"), replaces=before.message_ids))
    assert receipt.moved_to == Address(channel="telegram", recipient="-1000000000888")
    assert [shown[0] for shown in standin.read(-1_000_000_000_888)] == ["二"]


async def test_files_take_the_place_of_texts_and_files(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(dataclasses.replace(SAID, paragraphs=long("一二"), files=(PAPER,), buttons=()))
    receipt = await adapter.send(dataclasses.replace(SAID, files=(PICTURE, PAPER), replaces=before.message_ids))
    assert receipt.message_ids == before.message_ids
    assert standin.read(PERSON) == ["旧\nメニュー", "🖼\n図.png", "📄 要綱.pdf"]
    assert standin.files.of(standin.sent(PERSON)[1]) == Upload(name="図.png", media_type="image/png", content=png())


async def test_a_text_never_takes_the_place_of_a_file_and_is_said_anew(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    before = await adapter.send(dataclasses.replace(SAID, files=(PAPER,)))
    changed = dataclasses.replace(SAID, paragraphs=long("一二"), replaces=before.message_ids, buttons=())
    receipt = await adapter.send(changed)
    assert (receipt.message_ids[0], receipt.message_ids[1] in before.message_ids) == (before.message_ids[0], False)
    assert [shown[0] for shown in standin.read(PERSON)] == ["一", "📄", "二"]
    assert (await fault(adapter, dataclasses.replace(changed, maybe_sent=True))).uncertain
    assert len(standin.read(PERSON)) == 3
