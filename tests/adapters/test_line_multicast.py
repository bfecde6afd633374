"""One call to many people: what it carries, what each answer means for it, and the month's quota."""

import dataclasses
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from tests.adapters.test_line_standin import post
from tests.standins import line_spec
from tests.standins.line import GROUP, USER, LineStandIn, running
from tests.standins.line_harness import LineHarness, line_harness
from tests.standins.line_issues import crowded, newsletter, sent
from tests.standins.line_wire import Answer

from clair_bot.errors import DeliveryError
from clair_bot.messages import Button, OutboundMessage, Receipt
from clair_bot.ports import Quota
from clair_bot_line import gateway
from clair_bot_line.rendering import render

PEOPLE = [f"U{number:032x}" for number in range(500)]
STRANGER = "U" + "9" * 32
STOP = Button(label="配信停止", action="bulletins:stop")
TEXT = {"type": "text", "text": "こんにちは"}
MULTICAST = "/v2/bot/message/multicast"


@pytest.fixture
async def line() -> AsyncIterator[LineHarness]:
    async with line_harness() as harness:
        harness.standin.know(*PEOPLE)
        yield harness


@pytest.fixture
def standin() -> Any:
    """A stand-in whose violations are wanted."""
    with running() as standin:
        standin.know(*PEOPLE)
        yield standin


def bulletin(**more: Any) -> OutboundMessage:
    message = sent(newsletter(), idempotency_key=str(uuid.uuid4()), buttons=(STOP,))
    return dataclasses.replace(message, **more)


async def refused(line: LineHarness, message: OutboundMessage, people: Sequence[str] = PEOPLE) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await line.adapter.send_many(message, people)
    return caught.value


def flags(error: DeliveryError) -> set[str]:
    names = ("uncertain", "permanent", "channel_down", "unreachable")
    return {name for name in names if getattr(error, name)}


def keys(line: LineHarness) -> list[str]:
    return [request.headers["X-Line-Retry-Key"] for request in line.standin.sent_to("multicast")]


def reached(standin: LineStandIn) -> set[int]:
    """How often each of the people was reached."""
    return {standin.deliveries[person] for person in PEOPLE}


# the call


async def test_five_hundred_people_in_one_call(line: LineHarness) -> None:
    assert line.adapter.batch == len(PEOPLE)
    assert await line.adapter.send_many(said := bulletin(), PEOPLE) == Receipt()
    assert line.calls() == ["multicast"]
    assert reached(line.standin) == {1}
    assert line.standin.payloads(PEOPLE[0]) == line.standin.payloads(PEOPLE[-1])
    assert len(line.standin.payloads(PEOPLE[0])) == len(render(said))
    assert line.standin.used_quota == 500
    assert "配信停止" in line.standin.delivered(PEOPLE[0])[-1]


async def test_the_largest_bulletin_goes_in_one_call(line: LineHarness) -> None:
    await line.adapter.send_many(sent(crowded(title=60, summary=400), paragraphs=("試し送りです。",), buttons=(STOP,)), PEOPLE)
    assert line.calls() == ["multicast"]
    assert len(line.standin.payloads(PEOPLE[0])) <= 5


async def test_the_people_are_named_once_each(line: LineHarness) -> None:
    await line.adapter.send_many(bulletin(), [USER, PEOPLE[0], USER])
    assert line.standin.sent_to("multicast")[0].json["to"] == [USER, PEOPLE[0]]


async def test_each_call_has_a_time_limit(line: LineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_CALL_SECONDS", 0.5)
    said = bulletin()
    line.standin.fail_next("slow")
    assert flags(await refused(line, said)) == set()
    await line.adapter.send_many(dataclasses.replace(said, maybe_sent=True), PEOPLE)  # it had been accepted: 409
    assert reached(line.standin) == {1}


async def test_an_old_reply_handle_is_not_used(line: LineHarness) -> None:
    asked = await line.asked()
    await line.adapter.send_many(bulletin(reply_handle=asked.reply_handle), PEOPLE)
    assert line.calls() == ["multicast"]


@pytest.mark.parametrize(
    "people", [[], [GROUP], [USER, "R" + "3" * 32], ["U123"], [USER + "\n"], [f"U{number:032x}" for number in range(501)]]
)
async def test_only_people_and_no_more_than_five_hundred(line: LineHarness, people: list[str]) -> None:
    assert flags(await refused(line, bulletin(), people)) == {"permanent"}
    assert line.calls() == []


@pytest.mark.parametrize(("recipient", "together"), [(USER, True), (GROUP, False), ("R" + "3" * 32, False), ("", False)])
async def test_it_tells_who_can_be_written_to_together(line: LineHarness, recipient: str, together: bool) -> None:  # noqa: FBT001
    assert line.adapter.takes_together(recipient) is together


async def test_what_does_not_fit_into_one_call_is_permanent(line: LineHarness) -> None:
    assert flags(await refused(line, bulletin(paragraphs=("あ" * 30_000,)))) == {"permanent"}
    assert line.calls() == []


async def test_nothing_to_say_is_not_sent(line: LineHarness) -> None:
    await line.adapter.send_many(bulletin(issue=None, buttons=()), PEOPLE)
    assert line.calls() == []


# keys


@pytest.mark.parametrize("fault", ["lost response", "dropped", "server error", "html", "garbage"])
async def test_whatever_becomes_of_an_attempt_a_repetition_counts_once(line: LineHarness, fault: str) -> None:
    said = bulletin()
    line.standin.fail_next(fault)
    assert flags(await refused(line, said)) == set()
    assert await line.adapter.send_many(dataclasses.replace(said, maybe_sent=True), PEOPLE) == Receipt()
    assert len(set(keys(line))) == 1
    assert len({request.body for request in line.standin.sent_to("multicast")}) == 1
    assert reached(line.standin) == {1}
    assert line.standin.used_quota == 500


async def test_those_who_left_in_the_meantime_change_nothing(line: LineHarness) -> None:
    said = bulletin()
    line.standin.fail_next("lost response")
    await refused(line, said)
    assert await line.adapter.send_many(dataclasses.replace(said, maybe_sent=True), PEOPLE[10:]) == Receipt()
    assert reached(line.standin) == {1}


async def test_never_connected_may_be_repeated(line: LineHarness) -> None:
    line.standin.shut_door()
    said = bulletin()
    assert flags(await refused(line, said)) == set()
    line.standin.open_door()
    await line.adapter.send_many(said, PEOPLE)
    assert reached(line.standin) == {1}


async def test_each_delivery_has_its_own_key(line: LineHarness) -> None:
    for part in (PEOPLE[:250], PEOPLE[250:]):
        await line.adapter.send_many(bulletin(), part)
    assert len(set(keys(line))) == 2
    assert all(str(uuid.UUID(key)) == key for key in keys(line))
    assert reached(line.standin) == {1}


# refusals


async def test_a_refused_look_goes_in_plain_words_with_a_key_of_its_own(line: LineHarness) -> None:
    line.standin.fail_next("bad request")
    said = bulletin()
    await line.adapter.send_many(said, PEOPLE)
    assert len(set(keys(line))) == 2
    assert line.standin.payloads(PEOPLE[0]) == [part.plain for part in render(said)]
    line.standin.fail_next("bad request")
    await line.adapter.send_many(dataclasses.replace(said, maybe_sent=True), PEOPLE)
    assert reached(line.standin) == {1}


async def test_a_call_that_stays_refused_is_permanent(line: LineHarness) -> None:
    line.standin.fail_next("bad request", "bad request")
    assert flags(await refused(line, bulletin())) == {"permanent"}
    assert reached(line.standin) == {0}


async def test_one_unknown_id_spoils_the_call(line: LineHarness) -> None:
    people = [*PEOPLE[:2], STRANGER]
    assert flags(await refused(line, bulletin(), people)) == {"permanent"}
    for person in people[:2]:
        await line.adapter.send_many(bulletin(), [person])
        assert line.standin.deliveries[person] == 1
    assert line.standin.used_quota == 2


async def test_or_unknown_ids_are_passed_over(line: LineHarness) -> None:
    line.standin.skips_strangers = True
    await line.adapter.send_many(bulletin(), [*PEOPLE[:2], STRANGER])
    assert (line.standin.deliveries[PEOPLE[0]], line.standin.deliveries[STRANGER], line.standin.used_quota) == (1, 0, 2)


async def test_those_who_blocked_us_are_passed_over(line: LineHarness) -> None:
    line.standin.block(PEOPLE[0])
    await line.adapter.send_many(bulletin(), PEOPLE[:3])
    assert line.standin.delivered(PEOPLE[0]) == []
    assert line.standin.used_quota == 2


async def test_rate_limits_wait(line: LineHarness) -> None:
    line.standin.fail_next("rate limited")
    error = await refused(line, said := bulletin())
    assert error.retry_after == 5
    assert flags(error) == set()
    await line.adapter.send_many(said, PEOPLE)
    assert reached(line.standin) == {1}


async def test_the_monthly_limit_waits_for_the_next_month(line: LineHarness) -> None:
    line.standin.quota = 600
    await line.adapter.send_many(bulletin(), PEOPLE)
    error = await refused(line, bulletin())
    assert "monthly limit" in error.reason
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 31 * 86_400
    assert flags(error) == set()
    assert line.standin.used_quota == 500  # all or nobody


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
async def test_our_own_authorisation_is_nobody_elses_fault(line: LineHarness, fault: str) -> None:
    line.standin.fail_next(fault)
    assert flags(await refused(line, bulletin())) == {"channel_down"}


async def test_errors_name_nobody(line: LineHarness) -> None:
    line.standin.fail_next("bad request", "bad request")
    error = await refused(line, bulletin())
    assert not any(person in error.reason for person in PEOPLE)
    assert line.standin.token not in error.reason


# the quota


async def test_the_quota_is_what_line_says(line: LineHarness) -> None:
    assert await line.adapter.quota() is None
    line.standin.quota = 5_000
    await line.adapter.send_many(bulletin(), PEOPLE)
    assert await line.adapter.quota() == Quota(limit=5_000, used=500)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (["server error"], set()),
        (["", "server error"], set()),
        (["garbage"], set()),
        (["", "html"], set()),
        (["rate limited"], set()),
        (["unauthorized"], {"channel_down"}),
        (["", "forbidden"], {"channel_down"}),
    ],
)
async def test_a_quota_that_is_not_told_is_no_quota(line: LineHarness, faults: list[str], expected: set[str]) -> None:
    line.standin.quota = 5_000
    line.standin.fail_next(*faults)
    with pytest.raises(DeliveryError) as caught:
        await line.adapter.quota()
    assert flags(caught.value) == expected


async def test_a_quota_nobody_answers_for_is_a_fault(line: LineHarness) -> None:
    line.standin.shut_door()
    with pytest.raises(DeliveryError, match="no answer"):
        await line.adapter.quota()


async def test_a_limit_without_a_number_is_a_fault(line: LineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.standin, "_tell_quota", lambda _: Answer(status=200, content={"type": "limited"}))
    with pytest.raises(DeliveryError, match="unreadable"):
        await line.adapter.quota()


async def test_the_rate_stays_below_that_of_multicasts(line: LineHarness) -> None:
    limits = line.adapter.limits
    assert limits.per_second + limits.burst < 200


# the stand-in itself


def multicast(standin: LineStandIn, *messages: Any, key: str, to: Sequence[str]) -> tuple[int, dict[str, Any], dict[str, str]]:
    return post(standin, MULTICAST, {"to": list(to), "messages": messages}, **{"X-Line-Retry-Key": key})


def test_it_tells_no_ids_and_remembers_the_key(standin: LineStandIn) -> None:
    key = str(uuid.uuid4())
    status, content, headers = multicast(standin, TEXT, key=key, to=PEOPLE[:3])
    again, refusal, told = multicast(standin, TEXT, key=key, to=PEOPLE[:3])
    assert (status, content, again) == (200, {}, 409)
    assert "sentMessages" not in refusal
    assert told["x-line-accepted-request-id"] == headers["x-line-request-id"]
    assert standin.deliveries[PEOPLE[0]] == 1
    assert standin.violations == []
    standin.advance(seconds=24 * 3_600 + 1)
    assert multicast(standin, TEXT, key=key, to=PEOPLE[:3])[0] == 200  # forgotten after a day


def test_it_bites_at_another_body_with_a_used_key(standin: LineStandIn) -> None:
    key = str(uuid.uuid4())
    multicast(standin, TEXT, key=key, to=PEOPLE[:3])
    assert multicast(standin, {**TEXT, "text": "別"}, key=key, to=PEOPLE[:3])[0] == 400
    assert multicast(standin, TEXT, key=key, to=PEOPLE[:4])[0] == 400
    assert len(standin.violations) == 2
    assert standin.deliveries[PEOPLE[3]] == 0


def test_it_bites_at_rooms_and_missing_keys(standin: LineStandIn) -> None:
    assert multicast(standin, TEXT, key=str(uuid.uuid4()), to=[USER, GROUP])[0] == 400
    assert post(standin, MULTICAST, {"to": [USER], "messages": [TEXT]})[0] == 200
    assert len(standin.violations) == 2


@pytest.mark.parametrize(
    "contents",
    [
        {"type": "carousel", "contents": []},
        {"type": "carousel", "contents": ["bubble"] * 13},
        {"type": "carousel", "contents": ["bubble", {"size": "kilo"}]},
        {"type": "carousel", "contents": [{"body": {"type": "box", "layout": "vertical", "contents": []}}]},
        {"type": "carousel", "contents": [{"hero": {"type": "image", "url": "http://example.jp/a.jpg"}}]},
        {"type": "carousel", "contents": [{"hero": {"type": "image", "url": "https://example.jp/a b.jpg"}}]},
        {"type": "carousel", "contents": [{"heroes": {}}]},
        {"type": "carousel", "contents": [{"footer": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": ""}]}}]},
        {"type": "carousel", "contents": ["あ" * 1_700] * 6},
        {"type": "carousel", "contents": ["あ" * 5_000]},
    ],
)
def test_it_bites_at_carousels(standin: LineStandIn, contents: dict[str, Any]) -> None:
    message = {"type": "flex", "altText": "題", "contents": {**contents, "contents": [bubble(one) for one in contents["contents"]]}}
    assert multicast(standin, message, key=str(uuid.uuid4()), to=[USER])[0] == 400
    assert standin.violations != []


def bubble(what: Any) -> dict[str, Any]:
    """A bubble with this text, or with these other blocks."""
    more = what if isinstance(what, dict) else {}
    text = what if isinstance(what, str) else "題"
    return {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": text}]}, **more}


@pytest.mark.skipif(not line_spec.available(), reason=line_spec.ABSENT)
def test_it_can_do_without_the_specification(standin: LineStandIn) -> None:
    multicast(standin, TEXT, key="no-uuid", to=[USER])
    assert len(standin.violations) == 1
    standin.judged = False
    multicast(standin, TEXT, key="none-either", to=[USER])
    assert len(standin.violations) == 1


async def test_it_can_take_its_time(line: LineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_CALL_SECONDS", 0.3)
    line.standin.latency = 0.6
    assert flags(await refused(line, bulletin())) == set()
    assert reached(line.standin) == {1}  # accepted before it was answered
