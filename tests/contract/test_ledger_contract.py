"""What every ledger does: one line for each recipient of a bulletin, and what became of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import (
    again,
    at,
    claim,
    counts,
    faults,
    held,
    lines,
    mailing,
    moved,
    named,
    queued,
    reader,
    readers,
    sending,
    sent,
    split,
    unsent,
    waiting,
    withdraw,
)
from tests.contract.samples import reading, said, together, writing

from clair_bot.domain.bulletins import Act, BulletinStatus, LedgerState
from clair_bot.domain.deliveries import DeliveryState, Fate, Priority
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

QUEUED, HELD, SENDING, SENT, FAILED, UNCERTAIN, CANCELLED = LedgerState


# queueing


def test_one_by_one_each_gets_their_own(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 3)
    queued(store, bulletin, people)
    assert counts(store, bulletin) == {QUEUED: 3}
    claimed = claim(store)
    assert [one.message.to.recipient for one in claimed] == named(people)
    assert [one.message.unsubscribe for one in claimed] == [f"https://example.test/{one.token}" for one in people]
    assert {(one.message.paragraphs, one.bulletin_id, one.members, one.attempts) for one in claimed} == {
        (("お知らせ",), bulletin.id, None, 1)
    }
    assert len({one.message.idempotency_key for one in claimed}) == 3
    assert counts(store, bulletin) == {SENDING: 3}
    sent(store, *claimed)
    assert counts(store, bulletin) == {SENT: 3}


def test_together_one_delivery_is_for_all(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 5)
    queued(store, bulletin, people, together=True)
    (delivery,) = claim(store)
    assert (delivery.members, delivery.message.to, delivery.bulletin_id) == (
        tuple(named(people)),
        Address(channel="line", recipient=""),
        bulletin.id,
    )
    assert counts(store, bulletin) == {SENDING: 5}
    sent(store, delivery)
    assert counts(store, bulletin) == {SENT: 5}
    assert claim(store) == []


def test_nobody_is_nothing(store: Store) -> None:
    bulletin, one = sending(store), reader(store)
    empty = replace(mailing([one]), members=())
    for words in (empty, replace(empty, together=True)):
        writing(store, lambda work, words=words: work.ledger.queue(bulletin.id, words))  # type: ignore[misc]
        writing(store, lambda work, words=words: work.ledger.digest([bulletin.id], words))  # type: ignore[misc]
    held(store, bulletin, [])
    assert (counts(store, bulletin), claim(store), reading(store, lambda work: work.ledger.is_begun(bulletin.id))) == ({}, [], False)


@pytest.mark.parametrize("as_one", [True, False])
def test_nobody_is_queued_twice_for_a_bulletin(store: Store, as_one: bool) -> None:  # noqa: FBT001
    """All of it is rolled back; and another bulletin may go to the same people."""
    bulletin, other, people = sending(store), sending(store), readers(store, 4)
    queued(store, bulletin, people[:2], together=as_one)
    for twice in (people[1:], people[:2], [people[3], people[0]]):
        with pytest.raises((IntegrityError, ValueError)):
            queued(store, bulletin, twice, together=as_one)
        with pytest.raises((IntegrityError, ValueError)):
            held(store, bulletin, twice)
    assert counts(store, bulletin) == {QUEUED: 2}
    queued(store, other, people, together=as_one)
    assert counts(store, other) == {QUEUED: 4}
    assert dict(reading(store, lambda work: work.outbox.counts())) == {"queued": 2 if as_one else 6}


def test_words_are_stored_once_and_stay_as_they_were_first(store: Store) -> None:
    bulletin, (one, other) = sending(store), readers(store, 2)
    words = mailing([one], key="same")
    changed = replace(mailing([other], key="same"), message=replace(words.message, paragraphs=("別の文",)))
    for each in (words, changed):
        writing(store, lambda work, each=each: work.ledger.queue(bulletin.id, each))  # type: ignore[misc]
    assert {found.message.paragraphs for found in claim(store)} == {("お知らせ",)}


def test_a_bulletin_goes_at_its_time(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    bulletin, (now, later) = sending(store), readers(store, 2)
    queued(store, bulletin, [later], when=START + timedelta(hours=8))
    queued(store, bulletin, [now])
    assert [one.message.to.recipient for one in claim(store)] == named([now])
    assert reading(store, lambda work: work.outbox.next_due("line")) == START + timedelta(hours=8)
    clock.advance(8 * 3600)
    assert [one.message.to.recipient for one in claim(store)] == named([later])


def test_replies_and_desks_go_before_bulletins(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 3)
    queued(store, bulletin, people)
    queued(store, sending(store), people, together=True)
    desk = writing(store, lambda work: work.outbox.put(said(to=Address(channel="line", recipient="room")), priority=Priority.DESK))
    reply = writing(store, lambda work: work.outbox.put(said(to=people[1].address)))
    claimed = claim(store)
    assert [one.id for one in claimed[:2]] == [reply, desk]
    assert [one.message.to.recipient for one in claimed[2:]] == [*named([people[0], people[2]]), ""]


# withdrawing


def test_what_waits_for_somebody_is_withdrawn(store: Store) -> None:
    first, second, third = (sending(store) for _ in range(3))
    one, other = readers(store, 2)
    for bulletin in (first, second):
        queued(store, bulletin, [one, other])
    held(store, third, [one, other])
    assert waiting(store, one) == [first.id, second.id, third.id]
    assert (withdraw(store, one, second), waiting(store, one)) == (1, [first.id, third.id])
    assert (withdraw(store, one), withdraw(store, one), waiting(store, one)) == (2, 0, [])
    assert waiting(store, other) == [first.id, second.id, third.id]
    assert [counts(store, bulletin) for bulletin in (first, second, third)] == [{CANCELLED: 1, QUEUED: 1}] * 2 + [{CANCELLED: 1, HELD: 1}]
    assert [one.message.to.recipient for one in claim(store)] == named([other])
    assert {line.reason for line in lines(store, first, CANCELLED)} == {"unsubscribed"}
    assert withdraw(store, other, at(store, BulletinStatus.DRAFT)) == 0


def test_what_is_being_sent_is_not_withdrawn(store: Store) -> None:
    bulletin, one = sending(store), reader(store)
    queued(store, bulletin, [one])
    (delivery,) = claim(store)
    assert (withdraw(store, one), waiting(store, one), counts(store, bulletin)) == (0, [], {SENDING: 1})
    sent(store, delivery)
    assert (withdraw(store, one), counts(store, bulletin)) == (0, {SENT: 1})


def test_a_batch_goes_without_who_withdrew(store: Store) -> None:
    bulletin, (one, gone, other) = sending(store), readers(store, 3)
    queued(store, bulletin, [one, gone, other], together=True)
    assert withdraw(store, gone) == 1
    assert counts(store, bulletin) == {QUEUED: 2, CANCELLED: 1}
    (delivery,) = claim(store)
    assert delivery.members == tuple(named([one, other]))
    assert withdraw(store, other) == 0
    sent(store, delivery)
    assert counts(store, bulletin) == {SENT: 2, CANCELLED: 1}


def test_who_withdraws_between_two_attempts_is_not_in_the_second(under_test: StoreUnderTest) -> None:
    store, bulletin = under_test.store, sending(under_test.store)
    one, gone = readers(store, 2)
    queued(store, bulletin, [one, gone], together=True)
    (delivery,) = claim(store)
    later = START + timedelta(seconds=2)
    writing(store, lambda work: work.outbox.unsent(delivery, DeliveryError("busy"), Fate(state=DeliveryState.QUEUED, next_at=later)))
    assert withdraw(store, gone) == 1
    under_test.clock.advance(2)
    (second,) = claim(store)
    assert (second.id, second.attempts, second.members) == (delivery.id, 2, tuple(named([one])))


def test_a_batch_that_nobody_wants_is_dropped(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 2)
    queued(store, bulletin, people, together=True)
    for one in people:
        assert withdraw(store, one) == 1
    assert (claim(store), counts(store, bulletin)) == ([], {CANCELLED: 2})
    assert dict(reading(store, lambda work: work.outbox.counts())) == {"cancelled": 1}
    assert not reading(store, lambda work: work.ledger.is_open(bulletin.id))


def test_of_a_crowd_each_withdraws_or_gets_it(store: Store) -> None:
    """What the ledger calls cancelled was not handed out, and what it hands out it does not call cancelled."""
    bulletin, alone = sending(store), readers(store, 24)
    queued(store, bulletin, alone)
    taken: list[str] = []

    def run(number: int) -> None:
        for step in range(6):
            if number % 2:
                taken.extend(one.message.to.recipient for one in claim(store, limit=3))
            else:
                withdraw(store, alone[(number // 2) * 6 + step])

    together(8, run)
    taken += [one.message.to.recipient for one in claim(store)]
    left = {line.address.removeprefix("line:") for line in lines(store, bulletin, CANCELLED)}
    assert (len(taken), left & set(taken)) == (len(set(taken)), set())
    assert left | set(taken) == set(named(alone))


# cancelling and pausing


def test_a_cancelled_bulletin_goes_to_nobody_who_waits(store: Store) -> None:
    bulletin, other, people = sending(store), sending(store), readers(store, 5)
    queued(store, bulletin, people[:2])
    (first, _) = claim(store, limit=2)
    sent(store, first)
    queued(store, bulletin, people[2:4])
    held(store, bulletin, people[4:])
    queued(store, other, people[2:])
    moved(store, bulletin, Act.CANCEL)
    assert [writing(store, lambda work: work.ledger.cancel(bulletin.id)) for _ in range(2)] == [3, 0]
    assert counts(store, bulletin) == {SENT: 1, SENDING: 1, CANCELLED: 3}
    assert {line.reason for line in lines(store, bulletin, CANCELLED)} == {"bulletin cancelled"}
    assert [one.message.to.recipient for one in claim(store)] == named(people[2:])


def test_a_cancelled_batch_counts_each_of_its_members(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 4)
    queued(store, bulletin, people, together=True)
    withdraw(store, people[0])
    assert writing(store, lambda work: work.ledger.cancel(bulletin.id)) == 3
    assert (counts(store, bulletin), claim(store)) == ({CANCELLED: 4}, [])


@pytest.mark.parametrize("as_one", [True, False])
def test_a_paused_bulletin_stays_where_it_is(store: Store, as_one: bool) -> None:  # noqa: FBT001
    bulletin, people = sending(store), readers(store, 3)
    queued(store, bulletin, people, together=as_one)
    paused = moved(store, bulletin, Act.PAUSE)
    assert (claim(store), reading(store, lambda work: work.outbox.next_due("line")), counts(store, bulletin)) == ([], None, {QUEUED: 3})
    moved(store, paused, Act.RESUME)
    assert reading(store, lambda work: work.outbox.next_due("line")) == START
    assert len(claim(store)) == (1 if as_one else 3)


def test_a_paused_bulletin_holds_no_other(store: Store) -> None:
    """An emergency reaches those who wait for what was stopped."""
    stopped, urgent, one = sending(store), sending(store), reader(store)
    queued(store, stopped, [one])
    queued(store, urgent, [one])
    paused = moved(store, stopped, Act.PAUSE)
    (delivery,) = claim(store)
    assert delivery.bulletin_id == urgent.id
    sent(store, delivery)
    moved(store, paused, Act.RESUME)
    assert [found.bulletin_id for found in claim(store)] == [stopped.id]


# again, and halves


def test_lines_that_failed_go_again(under_test: StoreUnderTest) -> None:
    store, bulletin, other = under_test.store, sending(under_test.store), sending(under_test.store)
    people = readers(store, 4)
    queued(store, bulletin, people)
    claimed = claim(store)
    sent(store, claimed[0])
    unsent(store, claimed[1], DeliveryState.FAILED)
    unsent(store, claimed[2], DeliveryState.UNCERTAIN)
    unsent(store, claimed[3], DeliveryState.FAILED, unreachable=True)
    assert (again(store, other, FAILED, UNCERTAIN), faults(store, bulletin)) == (0, (4, 2))
    under_test.clock.advance(60)
    assert again(store, bulletin, UNCERTAIN) == 1
    assert counts(store, bulletin) == {SENT: 1, FAILED: 2, QUEUED: 1}
    (second,) = claim(store)
    assert (second.id, second.attempts, second.error) == (claimed[2].id, 1, "")
    assert again(store, bulletin, FAILED, UNCERTAIN) == 2
    third = claim(store)
    assert [one.id for one in third] == [claimed[1].id, claimed[3].id]
    unsent(store, third[1], DeliveryState.FAILED)
    assert faults(store, bulletin) == (2, 1)


def test_a_batch_that_is_uncertain_goes_again_to_those_who_want_it(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 3)
    queued(store, bulletin, people, together=True)
    withdraw(store, people[2])
    unsent(store, claim(store)[0], DeliveryState.UNCERTAIN)
    assert (counts(store, bulletin), again(store, bulletin, UNCERTAIN)) == ({UNCERTAIN: 2, CANCELLED: 1}, 2)
    (second,) = claim(store)
    assert second.members == tuple(named(people[:2]))


def test_a_batch_is_halved_down_to_the_one_that_is_refused(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 9)
    queued(store, bulletin, people, together=True)
    bad = named(people)[6]
    sizes = []
    while claimed := claim(store):
        for delivery in claimed:
            assert delivery.members
            sizes.append(len(delivery.members))
            if bad not in delivery.members:
                sent(store, delivery)
            elif not split(store, delivery):
                unsent(store, delivery, DeliveryState.FAILED)
    assert sorted(sizes, reverse=True) == [9, 5, 4, 3, 2, 2, 1]
    assert counts(store, bulletin) == {SENT: 8, FAILED: 1}
    assert [line.address for line in lines(store, bulletin, FAILED)] == [f"line:{bad}"]
    assert faults(store, bulletin) == (9, 1)


def test_halves_are_fresh_and_leave_out_who_withdrew(under_test: StoreUnderTest) -> None:
    store, bulletin = under_test.store, sending(under_test.store)
    people = readers(store, 5)
    queued(store, bulletin, people, together=True)
    withdraw(store, people[1])
    (whole,) = claim(store)
    under_test.clock.advance(1)
    assert split(store, whole)
    halves = claim(store)
    assert [half.members for half in halves] == [tuple(named([people[0], people[2]])), tuple(named(people[3:]))]
    assert {(half.attempts, half.error, half.bulletin_id, half.created_at, half.message.maybe_sent) for half in halves} == {
        (1, "", bulletin.id, START + timedelta(seconds=1), False)
    }
    assert len({whole.message.idempotency_key, *(half.message.idempotency_key for half in halves)}) == 3
    assert counts(store, bulletin) == {SENDING: 4, CANCELLED: 1}
    assert not split(store, whole)
    assert dict(reading(store, lambda work: work.outbox.counts())) == {"sending": 2, "cancelled": 1}


def test_one_and_nobody_cannot_be_halved(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 2)
    queued(store, bulletin, people, together=True)
    (delivery,) = claim(store)
    assert split(store, delivery)
    for half in claim(store):
        assert not split(store, half)
    assert counts(store, bulletin) == {SENDING: 2}
