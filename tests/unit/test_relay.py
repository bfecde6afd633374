"""The relay sends in order, and knows what to do with each fault."""

import asyncio

import pytest
from tests.unit.senders import (
    CANCELLED,
    FAILED,
    QUEUED,
    SENDING,
    SENT,
    UNCERTAIN,
    BrokenAdapter,
    MovedAdapter,
    Office,
    SlowAdapter,
    until,
)
from tests.unit.stores import OutageStore

from clair_bot.domain.deliveries import LEASE, MAX_ATTEMPTS, Priority
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address
from clair_bot.ports import RateLimits
from clair_bot.services import relay
from clair_bot.testing.adapters import FakeAdapter

DAY = 86_400.0


@pytest.fixture
async def office() -> Office:
    return Office()


async def test_what_one_person_reads_comes_in_order(office: Office) -> None:
    for number in range(5):
        office.put(f"{number}")
    async with office.open():
        await office.settled(*[SENT] * 5)
    assert office.attempted() == ["0", "1", "2", "3", "4"]


async def test_who_waits_goes_before_desks_and_many(office: Office) -> None:
    office.adapter.limits = RateLimits(per_second=1_000, burst=1, per_recipient_seconds=0)
    for number, priority in enumerate((Priority.BULLETIN, Priority.DESK, Priority.REPLY)):
        office.put(priority.name, to=f"U{number}", priority=priority)
    async with office.open():
        for _ in range(3):
            await office.quiet()
            office.later(1)
        await office.settled(SENT, SENT, SENT)
    assert office.attempted() == ["REPLY", "DESK", "BULLETIN"]


async def test_one_slow_recipient_does_not_hold_the_others() -> None:
    office = Office(adapter=SlowAdapter("line"))
    for number in range(relay.CONCURRENCY + 5):
        office.put(to=f"U{number}")
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == relay.CONCURRENCY)
        await office.quiet()
        assert office.states().count(SENDING) == relay.CONCURRENCY
        office.adapter.gate.set()  # type: ignore[attr-defined]
        await until(lambda: office.states().count(SENT) == relay.CONCURRENCY + 5)


async def test_another_channels_messages_are_left_to_its_own_relay(office: Office) -> None:
    other = Office(adapter=FakeAdapter(name="slack"))
    other.put()
    async with other.open():
        await other.quiet()
    assert other.states() == [QUEUED]


async def test_a_permanent_fault_is_met_once_and_the_next_goes_on(office: Office) -> None:
    office.adapter.fail_next(DeliveryError("no such user", permanent=True))
    office.put("一")
    office.put("二")
    async with office.open():
        await office.settled(FAILED, SENT)
        office.later(DAY)
        await office.quiet()
    assert office.attempted() == ["一", "二"]
    assert office.store.state.deliveries[1].delivery.error == "no such user"


async def test_a_passing_fault_is_tried_again_with_growing_pauses(office: Office) -> None:
    pauses = (2, 4, 8)
    for _ in pauses:
        office.adapter.fail_next(DeliveryError("server error"))
    office.put("一")
    office.put("二")
    async with office.open():
        for attempt, pause in enumerate(pauses, start=1):
            await until(lambda attempt=attempt: len(office.adapter.attempts) == attempt)  # type: ignore[misc]
            await office.settled(QUEUED, QUEUED)
            office.later(pause - 0.001)
            await office.quiet()
            assert len(office.adapter.attempts) == attempt
            office.later(0.001)
        await office.settled(SENT, SENT)
    assert office.attempted() == ["一"] * 4 + ["二"]
    assert len({message.idempotency_key for message in office.adapter.attempts[:4]}) == 1


async def test_a_fault_that_does_not_pass_ends_after_twelve_attempts(office: Office) -> None:
    for _ in range(MAX_ATTEMPTS):
        office.adapter.fail_next(DeliveryError("server error"))
    office.put()
    async with office.open():
        for attempt in range(1, MAX_ATTEMPTS + 1):
            await until(lambda attempt=attempt: len(office.adapter.attempts) == attempt)  # type: ignore[misc]
            await until(lambda: SENDING not in office.states())
            office.later(3_600)
        await office.settled(FAILED)
    assert len(office.adapter.attempts) == MAX_ATTEMPTS


async def test_what_may_have_arrived_is_repeated_where_that_is_safe(office: Office) -> None:
    office.adapter.fail_next(DeliveryError("connection lost", uncertain=True), accepted=True)
    office.put()
    async with office.open():
        await until(lambda: office.states() == [QUEUED] and len(office.adapter.attempts) == 1)
        office.later(2)
        await office.settled(SENT)
    assert [message.maybe_sent for message in office.adapter.attempts] == [False, True]
    assert len(office.adapter.accepted) == 1


async def test_what_may_have_arrived_is_left_to_a_person_where_it_is_not(office: Office) -> None:
    office.adapter.repeats_safely = False
    office.adapter.fail_next(DeliveryError("connection lost", uncertain=True))
    office.put("一")
    office.put("二")
    async with office.open():
        await office.settled(UNCERTAIN, SENT)
        office.later(DAY)
        await office.quiet()
    assert office.attempted() == ["一", "二"]


async def test_parts_that_went_are_not_sent_again(office: Office) -> None:
    office.adapter.fail_next(DeliveryError("server error", parts_sent=2))
    office.put()
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == 1)
        await office.settled(QUEUED)
        office.later(2)
        await office.settled(SENT)
    assert [message.parts_sent for message in office.adapter.attempts] == [0, 2]


async def test_a_429_stops_the_whole_channel_in_every_process(office: Office) -> None:
    office.adapter.fail_next(DeliveryError("too many", retry_after=35))
    office.put("一")
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == 1)
        await office.settled(QUEUED)
        office.put("二", to="U2")
        other = asyncio.create_task(office.another().run())
        office.later(34.9)
        await office.quiet()
        assert office.attempted() == ["一"]
        office.later(0.1)
        await office.settled(SENT, SENT)
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
    assert sorted(office.attempted()) == ["一", "一", "二"]


@pytest.mark.parametrize("seconds", [DAY + 1, 20 * DAY])
async def test_a_quota_holds_one_message_and_not_the_channel(office: Office, seconds: float) -> None:
    """LINE's month: free replies still go, also to the same person."""
    office.adapter.fail_next(DeliveryError("monthly limit", retry_after=seconds))
    office.put("一")
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == 1)
        await office.settled(QUEUED)
        office.put("二", to="U2")
        await office.settled(QUEUED, SENT)
        office.put("三")
        await office.settled(QUEUED, SENT, SENT)
        office.later(seconds)
        await office.settled(SENT, SENT, SENT)


@pytest.mark.parametrize("seconds", [1e12, 1e300, float("inf")])
async def test_a_wait_that_no_calendar_holds_does_not_end_the_relay(office: Office, seconds: float) -> None:
    office.adapter.fail_next(DeliveryError("too many", retry_after=seconds))
    office.put("一")
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == 1)
        office.put("二", to="U2")
        await office.settled(QUEUED, SENT)
        office.later(32 * DAY)
        await office.settled(SENT, SENT)


async def test_a_channel_that_is_down_throws_nothing_away(office: Office) -> None:
    office.put()
    async with office.open():
        for attempt in range(1, MAX_ATTEMPTS + 4):
            office.adapter.fail_next(DeliveryError("token revoked", channel_down=True))
            office.later(60)
            await until(lambda attempt=attempt: len(office.adapter.attempts) == attempt)  # type: ignore[misc]
            await office.settled(QUEUED)
        with office.store.read() as work:
            assert work.channels.states() == {"line": "token revoked"}
        office.later(60)
        await office.settled(SENT)


async def test_nothing_more_goes_to_who_cannot_be_reached(office: Office) -> None:
    office.adapter.fail_next(DeliveryError("blocked", unreachable=True))
    for text in ("一", "二", "三"):
        office.put(text)
    office.put("四", to="U2")
    async with office.open():
        await office.settled(FAILED, CANCELLED, CANCELLED, SENT)
    assert sorted(office.attempted()) == ["一", "四"]


async def test_a_message_that_breaks_its_adapter_does_not_stop_the_channel() -> None:
    """R14."""
    office = Office(adapter=BrokenAdapter(name="line"))
    office.put("毒")
    office.put("よい知らせ")
    async with office.open():
        await office.settled(FAILED, SENT)
        office.later(DAY)
        await office.quiet()
    assert office.attempted() == ["毒", "よい知らせ"]
    assert office.store.state.deliveries[1].delivery.error == "broken: KeyError"


@pytest.mark.parametrize(("repeats_safely", "state"), [(True, QUEUED), (False, UNCERTAIN)])
async def test_a_send_that_takes_too_long_may_have_arrived(monkeypatch: pytest.MonkeyPatch, *, repeats_safely: bool, state: str) -> None:
    monkeypatch.setattr(relay, "_SEND_SECONDS", 0.02)
    office = Office(adapter=SlowAdapter("line"))
    office.adapter.repeats_safely = repeats_safely
    office.put()
    async with office.open():
        await until(lambda: office.states() == [state] and len(office.adapter.attempts) == 1)
    delivery = office.store.state.deliveries[1].delivery
    assert (delivery.error, delivery.message.maybe_sent) == ("timeout", True)


def test_a_send_is_given_up_before_its_lease_ends() -> None:
    assert 0 < relay._SEND_SECONDS < LEASE.total_seconds()


async def test_a_receipt_is_kept_and_a_room_that_moved_is_known() -> None:
    office = Office(adapter=MovedAdapter(name="line"))
    office.put()
    new = Address(channel="line", recipient="-1007")
    async with office.open():
        await office.settled(SENT)
    with office.store.read() as work:
        assert work.outbox.ours(new, "7")
        assert work.conversations.moved(Address(channel="line", recipient="U1")) == new


async def test_a_receipt_is_written_down_when_the_database_is_back() -> None:
    office = Office(adapter=SlowAdapter("line"), store=OutageStore)
    store = office.store
    assert isinstance(store, OutageStore)
    office.put()
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == 1)
        store.away = True
        office.adapter.gate.set()  # type: ignore[attr-defined]
        await until(lambda: len(office.adapter.accepted) == 1)
        await office.quiet()
        assert office.states() == [SENDING]
        store.away = False
        await office.settled(SENT)
    assert len(office.adapter.attempts) == 1
