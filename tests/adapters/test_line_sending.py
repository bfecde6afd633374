"""Reply or push, keys, limits, and each fault that LINE or the network can have."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.standins.line import GROUP, USER
from tests.standins.line_harness import LineHarness, line_harness

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Block, BlockKind, Button, Card, InboundKind, InboundMessage, OutboundMessage, Source
from clair_bot_line import gateway
from clair_bot_line.issues import TEXT_UNITS
from clair_bot_line.rendering import CALL_MESSAGES, render

LONG = "".join(f"{number:05d}番目の文です。" for number in range(3_400))  # over seven texts: two calls
CARD = Card(
    title="食品展に出展するには",
    blocks=(Block(kind=BlockKind.PARAGRAPH, text="経済交流課にご相談ください。"),),
    sources=(Source(title="フラッシュ", url="https://example.jp/食品?a=1", as_of="2024-12-11"),),
)


@pytest.fixture
async def line() -> AsyncIterator[LineHarness]:
    async with line_harness() as harness:
        yield harness


async def refused(line: LineHarness, message: OutboundMessage) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await line.adapter.send(message)
    return caught.value


def flags(error: DeliveryError) -> set[str]:
    names = ("uncertain", "permanent", "channel_down", "unreachable")
    return {name for name in names if getattr(error, name)}


# the way


async def test_a_fresh_question_is_answered_by_reply(line: LineHarness) -> None:
    receipt = await line.adapter.send(line.answer(await line.asked(), "お答えします。"))
    assert line.calls() == ["reply"]
    assert "X-Line-Retry-Key" not in line.standin.requests[0].headers
    assert line.standin.used_quota == 0
    assert len(receipt.message_ids) == 1


async def test_an_old_question_is_answered_by_push(line: LineHarness) -> None:
    asked = await line.asked()
    line.standin.advance(seconds=51)
    await line.adapter.send(line.answer(asked, "お待たせしました。"))
    assert line.calls() == ["push"]


async def test_a_used_token_is_followed_by_push(line: LineHarness) -> None:
    asked = await line.asked()
    await line.adapter.send(line.answer(asked, "一つ目"))
    await line.adapter.send(line.answer(asked, "二つ目"))
    assert line.calls() == ["reply", "reply", "push"]
    assert line.delivered(asked.address) == ["一つ目", "二つ目"]


async def test_an_unreadable_handle_means_push(line: LineHarness) -> None:
    await line.adapter.send(dataclasses.replace(line.answer(None, "x"), reply_handle="gone"))
    assert line.calls() == ["push"]


@pytest.mark.parametrize(("minutes", "way"), [(19, ["reply"]), (21, ["push"])])
async def test_redelivered_questions(line: LineHarness, minutes: int, way: list[str]) -> None:
    event = line.standin.text_event("届きましたか", event="1")
    line.standin.advance(seconds=minutes * 60)
    (asked,) = await line.heard(line.standin.redelivered(event))
    await line.adapter.send(line.answer(asked, "届きました。"))
    assert line.calls() == way


async def test_groups_are_answered(line: LineHarness) -> None:
    (asked,) = await line.heard(line.standin.text_event("@窓 x", event="1", room=GROUP, mention="@窓"))
    await line.adapter.send(line.answer(asked, "お答えします。"))
    await line.adapter.send(line.answer(dataclasses.replace(asked, reply_handle=""), "もう一つ"))
    assert line.delivered(asked.address) == ["お答えします。", "もう一つ"]
    assert line.standin.used_quota == 4  # a push into a group counts its members


async def test_nothing_to_say_is_not_sent(line: LineHarness) -> None:
    assert (await line.adapter.send(line.answer(None, " ", ""))).message_ids == ()
    assert line.calls() == []


# several calls


async def test_more_than_five_messages_need_two_calls(line: LineHarness) -> None:
    asked = await line.asked()
    receipt = await line.adapter.send(line.answer(asked, LONG))
    assert line.calls() == ["reply", "push"]
    assert len(receipt.message_ids) == len(line.delivered(asked.address)) > CALL_MESSAGES
    assert "".join(line.delivered(asked.address)) == LONG


async def test_a_broken_delivery_goes_on_behind_what_was_accepted(line: LineHarness) -> None:
    asked = await line.asked()
    answer = line.answer(asked, LONG)
    line.standin.fail_next("", "server error")
    error = await refused(line, answer)
    assert (error.parts_sent, error.uncertain, error.permanent) == (5, False, False)
    await line.adapter.send(dataclasses.replace(answer, parts_sent=error.parts_sent))
    assert line.calls() == ["reply", "push", "push"]
    assert "".join(line.delivered(asked.address)) == LONG
    keys = {request.headers["X-Line-Retry-Key"] for request in line.standin.sent_to("push")}
    assert len(keys) == 1


async def test_each_call_has_its_own_key(line: LineHarness) -> None:
    await line.adapter.send(line.answer(None, LONG))
    keys = [request.headers["X-Line-Retry-Key"] for request in line.standin.sent_to("push")]
    assert len(set(keys)) == 2
    assert all(str(uuid.UUID(key)) == key for key in keys)


# lost answers


async def test_a_lost_push_is_repeated_with_the_same_key_and_body(line: LineHarness) -> None:
    said = dataclasses.replace(line.answer(None, "一度だけ"), card=CARD, buttons=(Button(label="はい", action="yes"),))
    line.standin.fail_next("lost response")
    error = await refused(line, said)
    assert flags(error) == set()
    receipt = await line.adapter.send(dataclasses.replace(said, maybe_sent=True))
    first, second = line.standin.sent_to("push")
    assert (first.body, first.headers["X-Line-Retry-Key"]) == (second.body, second.headers["X-Line-Retry-Key"])
    assert len(line.delivered(said.to)) == 2
    assert len(receipt.message_ids) == 2  # 409 tells the ids of the accepted request


@pytest.mark.parametrize("fault", ["server error", "html", "garbage", "dropped", "lost response"])
async def test_an_unclear_push_is_a_passing_fault(line: LineHarness, fault: str) -> None:
    said = line.answer(None, "一度だけ")
    line.standin.fail_next(fault)
    error = await refused(line, said)
    assert flags(error) == set()
    await line.adapter.send(said)
    assert line.delivered(said.to) == ["一度だけ"]


async def test_a_lost_reply_is_uncertain_and_never_pushed(line: LineHarness) -> None:
    asked = await line.asked()
    said = line.answer(asked, "一度だけ")
    line.standin.fail_next("lost response")
    assert (await refused(line, said)).uncertain
    assert (await refused(line, dataclasses.replace(said, maybe_sent=True))).uncertain
    assert set(line.calls()) == {"reply"}
    assert line.delivered(asked.address) == ["一度だけ"]


@pytest.mark.parametrize("fault", ["server error", "html", "garbage", "dropped"])
async def test_a_reply_that_was_not_accepted_gets_through_at_once(line: LineHarness, fault: str) -> None:
    asked = await line.asked()
    line.standin.fail_next(fault)
    await line.adapter.send(line.answer(asked, "一度だけ"))
    assert line.calls() == ["reply", "reply"]
    assert line.delivered(asked.address) == ["一度だけ"]


async def test_a_reply_that_broke_off_is_tried_once_more(line: LineHarness) -> None:
    asked = await line.asked()
    said = line.answer(asked, "一度だけ")
    line.standin.fail_next("dropped", "dropped")
    assert (await refused(line, said)).uncertain
    await line.adapter.send(dataclasses.replace(said, maybe_sent=True))
    assert line.calls() == ["reply"] * 3
    assert line.delivered(asked.address) == ["一度だけ"]


async def test_a_broken_reply_with_an_old_token_stays_uncertain(line: LineHarness) -> None:
    said = line.answer(await line.asked(), "一度だけ", maybe_sent=True)
    line.standin.advance(seconds=51)
    assert (await refused(line, said)).uncertain
    assert line.calls() == []


async def test_a_refused_connection_does_not_make_a_broken_reply_certain(line: LineHarness) -> None:
    said = line.answer(await line.asked(), "一度だけ", maybe_sent=True)
    line.standin.shut_door()
    assert (await refused(line, said)).uncertain


async def test_never_connected_may_be_repeated(line: LineHarness) -> None:
    asked = await line.asked()
    line.standin.shut_door()
    error = await refused(line, line.answer(asked, "一度だけ"))
    assert flags(error) == set()
    line.standin.open_door()
    await line.adapter.send(line.answer(asked, "一度だけ"))
    assert line.delivered(asked.address) == ["一度だけ"]


async def test_silence_ends(line: LineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_CALL_SECONDS", 0.5)
    asked = await line.asked()
    line.standin.fail_next("slow", "slow")
    assert (await refused(line, line.answer(asked, "一度だけ"))).uncertain
    error = await refused(line, said := line.answer(None, "もう一度"))
    assert not error.uncertain
    await line.adapter.send(said)
    assert line.delivered(asked.address) == ["一度だけ", "もう一度"]


# refusals


async def test_rate_limits_wait(line: LineHarness) -> None:
    asked = await line.asked()
    for message in (line.answer(None, "x"), line.answer(asked, "x")):
        line.standin.fail_next("rate limited")
        error = await refused(line, message)
        assert error.retry_after is not None
        assert 1 <= error.retry_after <= 60
        assert flags(error) == set()


@pytest.mark.parametrize(
    ("now", "days"),
    [("2026-11-23T03:00:00+00:00", 7.5), ("2026-12-31T14:59:59+00:00", 1 / 86_400), ("2026-12-31T15:00:00+00:00", 31)],
)
async def test_the_monthly_limit_lasts_until_next_month(now: str, days: float) -> None:
    async with line_harness(quota=1) as line:
        await line.adapter.send(line.answer(None, "一通目"))
        line.standin.shift = datetime.fromisoformat(now) - datetime.now(UTC)
        error = await refused(line, line.answer(None, "二通目"))
        assert error.retry_after == pytest.approx(days * 86_400, abs=2)
        assert "monthly limit" in error.reason
        assert flags(error) == set()
        await line.adapter.send(line.answer(await line.asked(), "返信は無料"))
        assert line.delivered(line.recipient()) == ["一通目", "返信は無料"]


async def test_strangers_are_permanent(line: LineHarness) -> None:
    stranger = Address(channel="line", recipient="U99999999999999999999999999999999")
    error = await refused(line, dataclasses.replace(line.answer(None, "x"), to=stranger, card=CARD))
    assert flags(error) == {"permanent"}


async def test_the_blocked_are_counted_as_sent(line: LineHarness) -> None:
    line.standin.block(USER)
    assert len((await line.adapter.send(line.answer(None, "x"))).message_ids) == 1
    assert line.delivered(line.recipient()) == []
    assert line.standin.used_quota == 0


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
async def test_a_lost_authorisation_is_the_channels(line: LineHarness, fault: str) -> None:
    asked = await line.asked()
    for message in (line.answer(None, "x"), line.answer(asked, "x")):
        line.standin.fail_next(fault)
        error = await refused(line, message)
        assert flags(error) == {"channel_down"}


async def test_a_refused_look_goes_as_plain_text(line: LineHarness) -> None:
    said = dataclasses.replace(line.answer(None, "次の記事です。"), card=CARD, buttons=(Button(label="相談員に聞く", action="human"),))
    line.standin.fail_next("bad request")
    await line.adapter.send(said)
    rich, plain = line.standin.sent_to("push")
    assert rich.headers["X-Line-Retry-Key"] != plain.headers["X-Line-Retry-Key"]
    assert {message["type"] for message in plain.json["messages"]} == {"text"}
    shown = "\n".join(line.delivered(said.to))
    for text in (
        "次の記事です。",
        CARD.title,
        "経済交流課に",
        "フラッシュ",
        "2024-12-11",
        "https://example.jp/%E9%A3%9F%E5%93%81?a=1",
        "相談員に聞く",
    ):
        assert text in shown


async def test_a_reply_with_a_refused_look_stays_a_reply(line: LineHarness) -> None:
    said = dataclasses.replace(line.answer(await line.asked()), card=CARD)
    line.standin.fail_next("bad request")
    await line.adapter.send(said)
    assert line.calls() == ["reply", "reply"]
    assert len(line.delivered(said.to)) == 1


async def test_what_is_refused_plainly_too_is_permanent(line: LineHarness) -> None:
    line.standin.fail_next("bad request", "bad request")
    assert (await refused(line, dataclasses.replace(line.answer(None), card=CARD))).permanent
    line.standin.fail_next("bad request")
    assert (await refused(line, line.answer(None, "x"))).permanent
    assert line.calls() == ["push"] * 3


# the rest of the port


async def test_seen_is_shown_in_private_chats(line: LineHarness) -> None:
    asked = await line.asked()
    await line.adapter.acknowledge(asked)
    assert line.standin.loading == [USER]


@pytest.mark.parametrize("change", [{"direct": False}, {"kind": InboundKind.LEFT}, {"kind": InboundKind.MEDIA}])
async def test_seen_is_not_shown_elsewhere(line: LineHarness, change: dict[str, object]) -> None:
    await line.adapter.acknowledge(_changed(await line.asked(), change))
    assert line.calls() == []


def _changed(message: InboundMessage, change: dict[str, object]) -> InboundMessage:
    return dataclasses.replace(message, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", ["server error", "unauthorized", "html", "garbage", "dropped", "bad request", "shut"])
async def test_showing_that_it_was_seen_never_raises(line: LineHarness, fault: str) -> None:
    asked = await line.asked()
    if fault == "shut":
        line.standin.shut_door()
    else:
        line.standin.fail_next(fault)
    await line.adapter.acknowledge(asked)


@pytest.mark.parametrize(("fault", "down"), [("unauthorized", True), ("server error", False), ("html", False), ("dropped", False)])
async def test_a_failing_check_says_so(line: LineHarness, fault: str, *, down: bool) -> None:
    line.standin.fail_next(fault, fault)
    with pytest.raises(DeliveryError) as caught:
        await line.adapter.check()
    assert caught.value.channel_down is down


async def test_check_names_the_bot_and_the_switch(line: LineHarness) -> None:
    said = await line.adapter.check()
    assert "国際業務の窓口" in said
    assert "再送" in said


async def test_many_at_once(line: LineHarness) -> None:
    await asyncio.gather(*(line.adapter.send(line.answer(None, f"{number}")) for number in range(50)))
    assert sorted(line.delivered(line.recipient()), key=int) == [f"{number}" for number in range(50)]


async def test_it_may_be_closed_and_used_again(line: LineHarness) -> None:
    await line.adapter.aclose()
    await line.adapter.send(line.answer(None, "x"))
    await line.adapter.aclose()
    await line.adapter.send(line.answer(None, "y"))
    assert line.delivered(line.recipient()) == ["x", "y"]


async def test_what_arrives_is_what_was_rendered(line: LineHarness) -> None:
    said = dataclasses.replace(line.answer(None, "あ" * TEXT_UNITS), card=CARD, buttons=(Button(label="はい", action="yes"),))
    await line.adapter.send(said)
    assert line.standin.payloads(USER) == [part.rich for part in render(said)]


async def test_events_stay_in_their_minute() -> None:
    async with line_harness() as line:
        asked = await line.asked()
        line.standin.advance(seconds=49)
        await line.adapter.send(line.answer(asked, "間に合いました。"))
        assert line.calls() == ["reply"]
        assert timedelta(seconds=49) <= line.standin.shift
