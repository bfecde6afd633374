"""What every claim does: hands out slots no faster than allowed, replies first, for as long as their lease, and few to many at once."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import claim, counts, moved, named, queued, reader, readers, sending, sent
from tests.contract.samples import ASKER, FREE, ROOM, reading, said, somebody, together, writing

from clair_bot.domain.bulletins import Act, LedgerState
from clair_bot.domain.deliveries import LEASE, SHORT_LEASE, Delivery, DeliveryState, Priority
from clair_bot.domain.pacing import HORIZON
from clair_bot.messages import Address, Receipt
from clair_bot.ports import RateLimits, Store
from clair_bot.testing.clocks import START


def put(store: Store, to: Address | None = None, priority: Priority = Priority.REPLY) -> int:
    return writing(store, lambda work: work.outbox.put(said(to=to or somebody()), priority=priority))


def fill(store: Store, count: int) -> None:
    with store.write() as work:
        for _ in range(count):
            work.outbox.put(said(to=somebody()))
        work.commit()


def claimed(store: Store, limits: RateLimits = FREE) -> list[int]:
    return [delivery.id for delivery in claim(store, limits)]


def states(store: Store) -> dict[str, int]:
    return dict(reading(store, lambda work: work.outbox.counts()))


def seconds(deliveries: Sequence[Delivery]) -> list[float]:
    """Return their slots, in seconds after the clock's start."""
    return [round((one.not_before - START).total_seconds(), 6) for one in deliveries if one.not_before]


# slots


def test_slots_lie_evenly_behind_the_burst_up_to_the_horizon(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    limits = RateLimits(per_second=10, burst=3, per_recipient_seconds=0)
    fill(store, 40)
    assert seconds(claim(store, limits)) == [0, 0, 0, 0.1, 0.2, 0.3]
    assert claim(store, limits) == []
    clock.advance(0.1)
    assert seconds(claim(store, limits)) == [0.4]
    clock.advance(0.25)
    assert seconds(claim(store, limits)) == [0.5, 0.6]
    clock.advance(60)
    assert seconds(claim(store, limits)) == [60.35, 60.35, 60.35, 60.45, 60.55, 60.65]


def test_a_loop_that_comes_late_loses_nothing_of_the_rate(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    limits = RateLimits(per_second=20, burst=1, per_recipient_seconds=0)
    fill(store, 80)
    went: list[float] = []
    for _ in range(10):
        went += seconds(claim(store, limits))
        clock.advance(0.3)
    assert went == [round(place * 0.05, 6) for place in range(len(went))]
    assert went[-1] == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(("per_second", "burst"), [(4, 3), (25, 30), (0.5, 2), (7, 1)])
def test_over_no_stretch_of_time_are_there_more_slots_than_allowed(under_test: StoreUnderTest, per_second: float, burst: int) -> None:
    store, clock = under_test.store, under_test.clock
    limits = RateLimits(per_second=per_second, burst=burst, per_recipient_seconds=0)
    chance = random.Random(f"{per_second}/{burst}")
    fill(store, 150)
    went: list[datetime] = []
    for _ in range(40):
        now = clock.now()
        found = [one.not_before for one in claim(store, limits, limit=chance.choice((1, 3, 50))) if one.not_before]
        assert all(now <= place <= now + HORIZON for place in found)
        went += found
        clock.advance(chance.choice((0, 0.02, 0.11, 0.31, 1.7)))
    assert went == sorted(went)
    grain = 0.01  # slots are stored in whole microseconds
    for first, last in itertools.combinations(range(len(went)), 2):
        assert last - first + 1 <= burst + per_second * (went[last] - went[first]).total_seconds() + grain
    assert len(went) > burst


@pytest.mark.parametrize("per_second", [0.3, 3, 7, 25, 30, 1_000])
def test_no_rate_starves(under_test: StoreUnderTest, per_second: float) -> None:
    """Times are stored in microseconds; what rounding takes must not stop a channel."""
    store, clock = under_test.store, under_test.clock
    limits = RateLimits(per_second=per_second, burst=1, per_recipient_seconds=0)
    for _ in range(5):
        put(store)
        assert len(claim(store, limits)) == 1
        clock.advance(1 / per_second)


def test_the_limit_is_kept(store: Store) -> None:
    for _ in range(3):
        put(store)
    assert claim(store, limit=0) == []
    assert [len(claim(store, limit=2)), len(claim(store, limit=2)), len(claim(store, limit=2))] == [2, 1, 0]


def test_eight_claim_at_once_within_the_rate(store: Store) -> None:
    with store.write() as work:
        for _ in range(20):
            work.outbox.put(said(to=somebody()))
        work.commit()
    limits = RateLimits(per_second=1, burst=6, per_recipient_seconds=0)
    assert sum(together(8, lambda _: len(claim(store, limits, limit=2)))) == 6


def test_eight_claim_at_once_and_nothing_goes_twice(store: Store) -> None:
    """Nor two to one recipient, nor more than the rate allows. The channel is new to all of them."""
    people = [somebody() for _ in range(5)]
    with store.write() as work:
        for person in people * 4:
            work.outbox.put(said(to=person))
        work.commit()

    def rounds(_: int) -> list[Delivery]:
        return list(itertools.chain.from_iterable(claim(store, limit=2) for _ in range(3)))

    taken = list(itertools.chain.from_iterable(together(8, rounds)))
    assert sorted(delivery.message.to for delivery in taken) == sorted(people)
    assert states(store) == {"sending": 5, "queued": 15}
    for expected in (10, 15, 20):
        with store.write() as work:
            for delivery in taken:
                work.outbox.sent(delivery, Receipt())
            work.commit()
        taken = list(itertools.chain.from_iterable(together(8, rounds)))
        assert len({delivery.id for delivery in taken}) == len({delivery.message.to for delivery in taken}) == len(taken) == 5
        assert states(store).get("queued", 0) == 20 - expected


def test_nothing_goes_while_a_channel_pauses(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    line, slack = put(store, ASKER), put(store, ROOM)
    with store.write() as work:
        work.outbox.claim("line", 0, FREE)
        work.channels.pause("line", clock.now() + timedelta(seconds=35))
        assert work.outbox.claim("line", 5, FREE) == []  # the pause counts from the same transaction on
        work.commit()
    assert [delivery.id for delivery in claim(store, channel="slack")] == [slack]
    clock.advance(34.9)
    assert claimed(store) == []
    clock.advance(0.1)
    assert claimed(store) == [line]


def test_one_recipient_is_given_a_pause(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    slow = replace(FREE, per_recipient_seconds=1.5)
    put(store, ASKER)
    second = put(store, ASKER)
    (first,) = claim(store, slow)
    sent(store, first)
    clock.advance(1.4)
    other = put(store)
    assert claimed(store, slow) == [other]
    clock.advance(0.1)
    assert claimed(store, slow) == [second]


# whose turn it is


def test_what_was_due_first_goes_first_among_equals(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    late, early = sending(store), sending(store)
    theirs, mine = readers(store, 2), readers(store, 2)
    queued(store, late, theirs, when=START + timedelta(seconds=9))
    queued(store, early, mine, when=START + timedelta(seconds=1))
    clock.advance(10)
    reply = put(store)
    first = claim(store, limit=3)
    assert first[0].id == reply
    assert [one.message.to.recipient for one in first[1:]] == named(mine)
    assert [one.message.to.recipient for one in claim(store)] == named(theirs)


def test_one_readers_bulletins_come_in_the_order_of_their_release(under_test: StoreUnderTest) -> None:
    """Also when an earlier one was given a later time; only what waits for very long holds no other."""
    store, clock = under_test.store, under_test.clock
    first, second, third, one = sending(store), sending(store), sending(store), reader(store)
    queued(store, first, [one], when=START + timedelta(hours=2))
    queued(store, second, [one])
    assert claim(store) == []
    clock.advance(2 * 3600)
    for bulletin in (first, second):
        (delivery,) = claim(store)
        assert delivery.bulletin_id == bulletin.id
        sent(store, delivery)
    far = reader(store)
    queued(store, first, [far], when=clock.now() + timedelta(days=2))
    queued(store, third, [far])
    assert [found.bulletin_id for found in claim(store)] == [third.id]


def test_a_room_rests_between_bulletins_and_a_person_does_not(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    limits = replace(FREE, per_recipient_seconds=1, room_mark="-", per_room_seconds=4)
    room, person = (reader(store, address=Address(channel="line", recipient=recipient)) for recipient in ("-100", "100"))
    for _ in range(2):
        queued(store, sending(store), [room, person])
    sent(store, *claim(store, limits))
    assert claim(store, limits) == []
    clock.advance(1.1)
    assert [one.message.to.recipient for one in claim(store, limits)] == ["100"]
    reply = put(store, room.address)
    (answer,) = claim(store, limits)
    assert answer.id == reply
    sent(store, answer)
    clock.advance(3.9)
    assert claim(store, limits) == []
    clock.advance(0.2)
    assert [one.message.to.recipient for one in claim(store, limits)] == ["-100"]


def test_without_a_mark_no_room_rests(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    room = reader(store, address=Address(channel="line", recipient="-100"))
    for _ in range(2):
        queued(store, sending(store), [room])
    limits = replace(FREE, per_room_seconds=4)
    sent(store, *claim(store, limits))
    clock.advance(0.1)
    assert len(claim(store, limits)) == 1


# to many


def test_only_so_many_batches_are_taken(under_test: StoreUnderTest) -> None:
    store, bulletin = under_test.store, sending(under_test.store)
    batches = [readers(store, 2) for _ in range(6)]
    for people in batches:
        queued(store, bulletin, people, together=True)
    reply = put(store)
    first = claim(store, batches=2)
    assert [one.members for one in first] == [None, tuple(named(batches[0])), tuple(named(batches[1]))]
    assert first[0].id == reply
    assert claim(store, batches=0) == []
    assert [one.members for one in claim(store)] == [tuple(named(people)) for people in batches[2:]]


def test_batches_that_may_not_go_leave_their_place_to_others(store: Store) -> None:
    """Neither those of a bulletin that is paused, nor those that are not due."""
    paused, later, bulletin, people = sending(store), sending(store), sending(store), readers(store, 2)
    queued(store, paused, people, together=True)
    queued(store, later, people, together=True, when=START + timedelta(seconds=1))
    queued(store, bulletin, people, together=True)
    moved(store, paused, Act.PAUSE)
    assert [one.bulletin_id for one in claim(store, batches=1)] == [bulletin.id]


def test_a_batch_takes_one_slot(store: Store) -> None:
    bulletin = sending(store)
    limits = RateLimits(per_second=1, burst=2, per_recipient_seconds=0)
    for _ in range(3):
        queued(store, bulletin, readers(store, 3), together=True)
    assert [len(one.members or ()) for one in claim(store, limits)] == [3, 3]


def test_what_nobody_wants_any_more_takes_no_slot(store: Store) -> None:
    bulletin = sending(store)
    limits = RateLimits(per_second=1, burst=2, per_recipient_seconds=0)
    gone = reader(store)
    queued(store, bulletin, [gone], together=True)
    writing(store, lambda work: work.ledger.withdraw(gone.id))
    assert claim(store, limits) == []
    fill(store, 3)
    assert len(claim(store, limits)) == 2


# leases


def test_a_lease_is_as_long_as_it_was_taken_for(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    short, long = put(store), put(store)
    writing(store, lambda work: work.outbox.claim("line", 1, FREE, lease=SHORT_LEASE))
    claim(store)

    def recovered() -> list[int]:
        return [found.id for found in writing(store, lambda work: work.outbox.recover("line", repeats_safely=False))]

    clock.advance(SHORT_LEASE.total_seconds())
    assert recovered() == []
    clock.advance(0.001)
    assert recovered() == [short]
    clock.advance((LEASE - SHORT_LEASE).total_seconds())
    assert recovered() == [long]


def test_a_lease_is_kept_while_somebody_is_at_it(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    kept, lost, waits = put(store, ASKER), put(store), put(store, ASKER)
    writing(store, lambda work: work.outbox.claim("line", 5, FREE, lease=SHORT_LEASE))
    for _ in range(3):
        clock.advance(4)
        writing(store, lambda work: work.outbox.keep([kept, waits, 99], SHORT_LEASE))
        recovered = writing(store, lambda work: work.outbox.recover("line", repeats_safely=True))
        assert {found.id for found in recovered} <= {lost}
    assert states(store) == {"sending": 1, "queued": 2}
    clock.advance(6.1)
    assert [found.id for found in writing(store, lambda work: work.outbox.recover("line", repeats_safely=True))] == [kept]
    writing(store, lambda work: work.outbox.keep([kept], SHORT_LEASE))
    writing(store, lambda work: work.outbox.keep([], SHORT_LEASE))
    assert kept in claimed(store)


def test_a_batch_whose_sender_died_goes_again_to_its_members(under_test: StoreUnderTest) -> None:
    store, clock, bulletin = under_test.store, under_test.clock, sending(under_test.store)
    one, gone = readers(store, 2)
    queued(store, bulletin, [one, gone], together=True)
    (first,) = claim(store)
    clock.advance(LEASE.total_seconds() + 1)
    (lapsed,) = writing(store, lambda work: work.outbox.recover("line", repeats_safely=True))
    assert (lapsed.state, lapsed.members, lapsed.message.to.recipient, lapsed.message.maybe_sent) == (DeliveryState.QUEUED, None, "", True)
    writing(store, lambda work: work.ledger.withdraw(gone.id))
    (second,) = claim(store)
    assert (second.id, second.members, second.message.idempotency_key) == (
        first.id,
        tuple(named([one])),
        first.message.idempotency_key,
    )
    assert counts(store, bulletin) == {LedgerState.SENDING: 1, LedgerState.CANCELLED: 1}


def test_eight_claim_batches_and_people_at_once_and_nobody_twice(store: Store) -> None:
    bulletin, alone = sending(store), readers(store, 20)
    batches = [readers(store, 3) for _ in range(8)]
    queued(store, bulletin, alone)
    for people in batches:
        queued(store, bulletin, people, together=True)
    taken = list(
        itertools.chain.from_iterable(together(8, lambda _: [*claim(store, limit=4, batches=1), *claim(store, limit=4, batches=1)]))
    )
    taken += claim(store, batches=8)
    reached = list(itertools.chain.from_iterable(one.members or (one.message.to.recipient,) for one in taken))
    assert sorted(reached) == sorted(named([*alone, *itertools.chain.from_iterable(batches)]))


def test_a_mailbox_holds_what_its_owner_was_sent_alone(store: Store) -> None:
    bulletin, (one, other) = sending(store), readers(store, 2)
    queued(store, bulletin, [one])
    queued(store, bulletin, [other], together=True)
    sent(store, *claim(store))
    assert [len(reading(store, lambda work, to=to.address: work.outbox.read(to))) for to in (one, other)] == [1, 0]  # type: ignore[misc]


def test_who_left_is_sent_no_bulletin(store: Store) -> None:
    bulletin, (gone, other) = sending(store), readers(store, 2)
    queued(store, bulletin, [gone, other])
    assert writing(store, lambda work: work.outbox.cancel(gone.address)) == 1
    assert [one.message.to.recipient for one in claim(store)] == named([other])
    assert counts(store, bulletin) == {LedgerState.CANCELLED: 1, LedgerState.SENDING: 1}
