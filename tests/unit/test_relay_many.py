"""Deliveries to many: nobody twice, nobody who has left, the one who is refused alone, and at the rate that the platform takes."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.newsrooms import APPROVER, EDITOR, Newsroom, document, office_update
from tests.unit.senders import QUEUED, SENDING, SENT, Office, SlowAdapter, until

from clair_bot.bootstrap import SystemClock
from clair_bot.domain.bulletins import BulletinKind, BulletinStatus, LedgerState
from clair_bot.domain.deliveries import SHORT_LEASE, Priority
from clair_bot.domain.subscriptions import ConsentAction, Frequency, SubscriberState, Topic
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.ports import RateLimits
from clair_bot.services.bulletins import control, timing
from clair_bot.services.relay import Relay
from clair_bot.services.wakers import Waker
from clair_bot.testing.adapters import FakeAdapter
from clair_bot.testing.memory import MemoryStore


class PickyAdapter(FakeAdapter):
    """Its platform refuses a call for one bad id, or refuses every call."""

    def __init__(self, *bad: str, nothing: bool = False) -> None:
        super().__init__(name="many")
        self.batch = 500
        self._bad, self._nothing = set(bad), nothing

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:
        assert 0 < len(recipients) <= self.batch
        if self._nothing or self._bad & set(recipients):
            self.attempts.append(message)
            raise DeliveryError("invalid recipient", permanent=True)
        return await super().send_many(message, recipients)


class TimedAdapter(FakeAdapter):
    """Remembers when it was asked."""

    def __init__(self, limits: RateLimits) -> None:
        super().__init__(name="line", limits=limits)
        self.times: list[float] = []

    async def send(self, message: OutboundMessage) -> Receipt:
        self.times.append(asyncio.get_running_loop().time())
        return await super().send(message)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def picky(room: Newsroom, *bad: str, nothing: bool = False) -> PickyAdapter:
    """Let the platform of ``many`` be picky."""
    adapter = room.adapters["many"] = PickyAdapter(*bad, nothing=nothing)
    room.many = adapter
    return adapter


def reached(room: Newsroom) -> list[str]:
    """Return who was named in calls that were accepted, in order of names."""
    return sorted(name for _, names in room.many.multicasts.values() for name in names)


# batches


def test_one_bad_id_of_five_hundred_is_found_and_fails_alone(room: Newsroom) -> None:
    adapter = picky(room, "many-321")
    room.readers(500, "many")
    number = room.released(document())
    room.publish()
    room.deliver(rounds=40)
    assert [line.address for line in room.lines(number, LedgerState.FAILED)] == ["many:many-321"]
    assert reached(room) == sorted(f"many-{reader}" for reader in range(500) if reader != 321)
    assert len(adapter.attempts) == 19
    room.publish()
    assert (room.bulletin(number).status, room.counts(number)) == (
        BulletinStatus.SENT,
        {LedgerState.SENT: 499, LedgerState.FAILED: 1},
    )


def test_a_message_that_is_refused_for_all_stops_after_some_dozens_of_calls(room: Newsroom) -> None:
    """And not after each of two thousand readers has been tried."""
    adapter = picky(room, nothing=True)
    room.readers(2_000, "many")
    number = room.released(document())
    room.publish()
    while room.bulletin(number).status is BulletinStatus.SENDING:
        room.deliver(rounds=1)
        room.publish()
    assert room.bulletin(number).status is BulletinStatus.PAUSED
    assert len(adapter.attempts) < 100
    assert room.counts(number)[LedgerState.FAILED] < 20


def test_a_batch_that_nobody_could_be_reached_in_is_halved_too(room: Newsroom) -> None:
    room.readers(4, "many")
    number = room.released(document())
    room.publish()
    room.many.fail_next(DeliveryError("gone", unreachable=True))
    room.deliver()
    assert room.counts(number) == {LedgerState.SENT: 4}


def test_a_batch_that_may_have_arrived_is_repeated_without_who_has_left(room: Newsroom) -> None:
    room.readers(5, "many")
    number = room.released(document())
    room.publish()
    room.many.fail_next(DeliveryError("connection lost", uncertain=True))
    room.deliver(rounds=1)
    assert room.counts(number) == {LedgerState.QUEUED: 5}
    room.leaves("many-2", channel="many")
    room.later(seconds=2)
    room.deliver()
    first, second = room.many.attempts
    assert (first.idempotency_key, first.maybe_sent, second.maybe_sent) == (second.idempotency_key, False, True)
    assert reached(room) == ["many-0", "many-1", "many-3", "many-4"]
    assert room.counts(number) == {LedgerState.SENT: 4, LedgerState.CANCELLED: 1}


def test_a_batch_that_nobody_wants_any_more_is_dropped(room: Newsroom) -> None:
    room.readers(3, "many")
    number = room.released(document())
    room.publish()
    for reader in range(3):
        room.leaves(f"many-{reader}", channel="many")
    room.run()
    assert room.many.attempts == []
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.SENT, {LedgerState.CANCELLED: 3})


def test_a_digest_of_several_bulletins_names_everybody_once(room: Newsroom) -> None:
    picky(room)
    room.readers(300, "many", topics=frozenset({Topic.NEWSLETTER, Topic.LONDON}), frequency=Frequency.WEEKLY, digest_at=room.clock.now())
    numbers = [room.released(written) for written in (document(), office_update())]
    while room.step():
        pass
    while room.digests.run_due():
        pass
    room.deliver()
    assert reached(room) == sorted(f"many-{reader}" for reader in range(300))
    assert [room.counts(number) for number in numbers] == [{LedgerState.SENT: 300}] * 2


def test_a_late_refusal_does_not_halve_what_another_process_has_at_hand(room: Newsroom) -> None:
    room.readers(4, "many")
    number = room.released(document())
    room.publish()

    def claim() -> Any:
        with room.store.write() as work:
            (delivery,) = work.outbox.claim("many", 5, room.many.limits, lease=SHORT_LEASE)
            work.commit()
        return delivery

    stalled = claim()
    room.later(seconds=7)
    with room.store.write() as work:
        work.outbox.recover("many", repeats_safely=True)
        work.commit()
    claim()
    with room.store.write() as work:
        assert not work.ledger.split(stalled)
        work.commit()
    assert room.counts(number) == {LedgerState.SENDING: 4}


# what goes first


def test_an_emergency_overtakes_what_waits(room: Newsroom) -> None:
    """Also in the queue of those for whom another bulletin waits."""
    room.readers(30)
    slow = room.released(document(title="ふつうの号"))
    room.publish()
    room.approved(document(kind=BulletinKind.EMERGENCY, title="大雪"))
    room.release()
    room.publish()
    room.deliver()
    titles = [message.issue.title for message in room.chat.attempts if message.issue and message.to.recipient.startswith("chat-")]
    assert titles == ["大雪"] * 30 + ["ふつうの号"] * 30
    assert room.counts(slow) == {LedgerState.SENT: 30}


def test_a_reply_goes_before_ten_thousand_that_wait(room: Newsroom) -> None:
    room.readers(10_000)
    number = room.released(document())
    room.publish()
    room.deliver()  # the test is out of the way
    room.chat.limits = RateLimits(per_second=28.5, burst=1, per_recipient_seconds=0)
    room.later(seconds=1)
    before = len(room.chat.attempts)
    with room.store.write() as work:
        to = Address(channel="chat", recipient="chat-9999")  # for whom a bulletin waits as well
        reply = OutboundMessage(to=to, idempotency_key="reply", paragraphs=("お答えします。",))
        work.outbox.put(reply, priority=Priority.REPLY)
        work.commit()
    room.deliver(rounds=1)
    assert [message.idempotency_key == "reply" for message in room.chat.attempts[before:]] == [True] + [False] * 8
    assert room.counts(number)[LedgerState.QUEUED] > 9_000


# at the platform's rate


async def test_thirty_messages_are_spread_evenly() -> None:
    adapter = TimedAdapter(RateLimits(per_second=28.5, burst=1, per_recipient_seconds=0))
    store = MemoryStore(SystemClock())
    _put(store, 30)
    running = asyncio.create_task(Relay(store=store, adapter=adapter, clock=SystemClock(), waker=Waker()).run())
    await until(lambda: len(adapter.accepted) == 30)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    times = adapter.times
    assert 0.9 < times[-1] - times[0] < 2.5
    spans = [later - earlier for earlier, later in zip(times, times[8:], strict=False)]
    assert min(spans) > 8 / 28.5 * 0.6  # nowhere eight in a heap
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) < 0.5


async def test_a_429_stops_what_waits_for_its_slot() -> None:
    adapter = TimedAdapter(RateLimits(per_second=10, burst=1, per_recipient_seconds=0))
    adapter.fail_next(DeliveryError("too many", retry_after=0.6))
    store = MemoryStore(SystemClock())
    _put(store, 3)
    running = asyncio.create_task(Relay(store=store, adapter=adapter, clock=SystemClock(), waker=Waker()).run())
    await until(lambda: len(adapter.accepted) == 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    first, second, *_ = adapter.times
    assert len(adapter.times) == 4
    assert second - first > 0.5


def _put(store: MemoryStore, count: int) -> None:
    with store.write() as work:
        for number in range(count):
            to = Address(channel="line", recipient=f"U{number}")
            message = OutboundMessage(to=to, idempotency_key=f"key {number}", paragraphs=("お知らせ",))
            work.outbox.put(message, priority=Priority.BULLETIN)
        work.commit()


# leases


async def test_a_lease_is_renewed_while_a_slow_send_lasts() -> None:
    adapter = SlowAdapter("line")
    office = Office(adapter=adapter)
    office.put()
    async with office.open():
        await until(lambda: len(adapter.attempts) == 1)
        other = asyncio.create_task(office.another().run())
        for _ in range(8):
            office.later(3)
            await office.quiet()
            await office.quiet()
            assert office.states() == [SENDING]
        adapter.gate.set()
        await office.settled(SENT)
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
    assert [(message.maybe_sent, message.parts_sent) for message in adapter.attempts] == [(False, 0)]


async def test_what_died_is_found_soon_where_that_is_safe() -> None:
    office = Office()
    office.put()
    with office.store.write() as work:
        work.outbox.claim("line", 1, office.adapter.limits, lease=SHORT_LEASE)
        work.commit()
    async with office.open():
        office.later(SHORT_LEASE / timedelta(seconds=1) - 1)
        await office.quiet()
        assert office.states() == [SENDING]
        office.later(3)
        await office.settled(SENT)
    assert [message.maybe_sent for message in office.adapter.attempts] == [True]


# who has gone, and what was cancelled


def test_who_cannot_be_reached_is_suspended_and_nothing_more_waits(room: Newsroom) -> None:
    reader = room.reader("hanako", Topic.NEWSLETTER, Topic.LONDON)
    room.reader("taro")
    first, second = room.released(document(title="一号")), room.released(document(title="二号"))
    room.publish()
    room.chat.fail_next(DeliveryError("test"))  # the test of the first bulletin
    room.chat.fail_next(DeliveryError("blocked", unreachable=True))
    room.deliver()
    assert room.counts(first) == {LedgerState.FAILED: 1, LedgerState.SENT: 1}
    assert room.counts(second) == {LedgerState.CANCELLED: 1, LedgerState.SENT: 1}
    with room.store.read() as work:
        found = work.subscribers.get(reader.id)
        consents = [line.action for line in work.subscribers.consents(reader.id)]
    assert found
    assert (found.state, found.reason) == (SubscriberState.UNREACHABLE, "blocked")
    assert consents == [ConsentAction.SUBSCRIBED, ConsentAction.SUSPENDED]
    assert room.counts(room.sent(document(title="三号"))) == {LedgerState.SENT: 1}
    assert "配信先が0人です" in room.refused(control.submit, EDITOR, room.does(control.create, EDITOR, office_update()).bulletin.id)


def test_who_blocks_us_in_a_chat_leaves_the_batch_that_waits(room: Newsroom) -> None:
    room.readers(3, "many")
    number = room.released(document())
    room.publish()
    room.does(control.pause, EDITOR, number)
    with room.store.write() as work:
        to = Address(channel="many", recipient="many-1")
        work.outbox.put(OutboundMessage(to=to, idempotency_key="reply", paragraphs=("お答えします。",)))
        work.commit()
    room.many.fail_next(DeliveryError("blocked", unreachable=True))
    room.deliver()
    room.does(control.resume, EDITOR, number)
    room.deliver()
    assert reached(room) == ["many-0", "many-2"]
    assert room.counts(number) == {LedgerState.SENT: 2, LedgerState.CANCELLED: 1}


@pytest.mark.parametrize("error", [DeliveryError("busy"), DeliveryError("refused", permanent=True)])
def test_what_is_under_way_when_its_bulletin_is_cancelled_does_not_wait_for_ever(room: Newsroom, error: DeliveryError) -> None:
    number = 0

    class Cancelling(FakeAdapter):
        async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:
            await asyncio.to_thread(room.does, control.cancel, EDITOR, number)
            raise error

    adapter = room.adapters["many"] = Cancelling(name="many")
    adapter.batch = 500
    room.readers(4, "many")
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "now")
    room.run()
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.CANCELLED, {LedgerState.CANCELLED: 4})
    with room.store.read() as work:
        assert QUEUED not in work.outbox.counts()


def test_a_month_that_is_used_up_pauses_the_bulletin_and_tells_people(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.readers(600, "many")
    room.many.fail_next(DeliveryError("monthly limit", retry_after=10 * 86_400))
    number = room.sent(document())
    assert (room.bulletin(number).status, room.bulletin(number).reason) == (BulletinStatus.PAUSED, "monthly limit")
    assert any("一時停止しました。monthly limit" in text for text in room.words())
    room.does(control.resume, APPROVER, number)  # the quota was raised
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 600}
