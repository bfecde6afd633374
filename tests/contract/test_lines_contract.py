"""What every ledger tells: how many lines are in which state, whose digest they wait for, and how they are written in pieces."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import (
    again,
    as_reader,
    at,
    claim,
    counts,
    digest,
    faults,
    held,
    lines,
    mailing,
    moved,
    named,
    queued,
    reader,
    readers,
    reserved,
    sending,
    sent,
    unsent,
    withdraw,
)
from tests.contract.samples import reading, together, writing

from clair_bot.domain.audiences import Audience, Target
from clair_bot.domain.bulletins import Act, Bulletin, BulletinStatus, LedgerLine, LedgerState
from clair_bot.domain.deliveries import LEASE, DeliveryState
from clair_bot.messages import Receipt
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

QUEUED, HELD, SENDING, SENT, FAILED, UNCERTAIN, CANCELLED = LedgerState


# counting


def test_every_recipient_is_in_exactly_one_state(under_test: StoreUnderTest) -> None:
    store, bulletin = under_test.store, sending(under_test.store)
    single, batched, waits = readers(store, 6), readers(store, 4), readers(store, 2)
    queued(store, bulletin, single)
    queued(store, bulletin, batched, together=True)
    held(store, bulletin, waits)
    claimed = {one.message.to.recipient: one for one in claim(store)}
    alone = [claimed[name] for name in named(single)]
    sent(store, alone[0], claimed[""])
    unsent(store, alone[1], DeliveryState.FAILED)
    unsent(store, alone[2], DeliveryState.UNCERTAIN)
    unsent(store, alone[3], DeliveryState.QUEUED)
    unsent(store, alone[4], DeliveryState.QUEUED)
    withdraw(store, single[3])
    found = counts(store, bulletin)
    assert found == {QUEUED: 1, HELD: 2, SENDING: 1, SENT: 5, FAILED: 1, UNCERTAIN: 1, CANCELLED: 1}
    assert sum(found.values()) == 12
    assert Counter(line.state for line in lines(store, bulletin)) == found
    figures = reading(store, lambda work: work.ledger.figures(bulletin.id))
    assert Counter({state: sum(count for _, of, _, count in figures if of is state) for state in found}) == found


def test_lines_are_read_page_by_page(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 7)
    queued(store, bulletin, [people[number] for number in (6, 0, 5, 1, 4, 2, 3)])
    whole = lines(store, bulletin)
    assert [line.subscriber_id for line in whole] == [one.id for one in people]
    pages: list[LedgerLine] = []
    after = 0
    while page := lines(store, bulletin, after=after, limit=3):
        pages, after = [*pages, *page], page[-1].subscriber_id
    assert pages == whole
    assert whole[0] == LedgerLine(subscriber_id=people[0].id, address=str(people[0].address), state=QUEUED, reason="", at=None)
    assert lines(store, bulletin, SENT) == lines(store, at(store, BulletinStatus.DRAFT)) == []


def test_a_line_says_when_it_arrived_or_why_not(under_test: StoreUnderTest) -> None:
    store, bulletin = under_test.store, sending(under_test.store)
    queued(store, bulletin, readers(store, 2))
    under_test.clock.advance(5)
    first, second = claim(store)
    sent(store, first)
    unsent(store, second, DeliveryState.FAILED)
    assert [(line.at, line.reason) for line in lines(store, bulletin)] == [(START + timedelta(seconds=5), ""), (None, "refused")]


def test_faults_are_not_the_recipients_nor_ours(under_test: StoreUnderTest) -> None:
    store, bulletin = under_test.store, sending(under_test.store)
    queued(store, bulletin, readers(store, 6))
    assert faults(store, bulletin) == (0, 0)
    claimed = claim(store)
    sent(store, claimed[0])
    assert faults(store, bulletin) == (0, 0)
    unsent(store, claimed[1], DeliveryState.FAILED, unreachable=True)
    assert faults(store, bulletin) == (2, 0)
    unsent(store, claimed[2], DeliveryState.FAILED)
    unsent(store, claimed[3], DeliveryState.UNCERTAIN)
    assert faults(store, bulletin) == (4, 2)
    under_test.clock.advance(LEASE.total_seconds() + 1)
    writing(store, lambda work: work.outbox.recover("line", repeats_safely=False))
    assert counts(store, bulletin) == {SENT: 1, FAILED: 2, UNCERTAIN: 3}
    assert faults(store, bulletin) == (6, 2)


def test_a_refused_batch_is_a_fault_for_each_of_its_members(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 4)
    queued(store, bulletin, people, together=True)
    withdraw(store, people[0])
    unsent(store, claim(store)[0], DeliveryState.FAILED)
    assert faults(store, bulletin) == (3, 3)


def test_figures_are_by_channel_state_and_reason(store: Store) -> None:
    bulletin, one, two = sending(store), readers(store, 4), readers(store, 2, "mail")
    queued(store, bulletin, one)
    queued(store, bulletin, two)
    first, second, third, _ = claim(store)
    sent(store, first)
    unsent(store, second, DeliveryState.FAILED)
    unsent(store, third, DeliveryState.FAILED, unreachable=True)
    withdraw(store, two[1])
    assert list(reading(store, lambda work: work.ledger.figures(bulletin.id))) == [
        ("line", FAILED, "blocked", 1),
        ("line", FAILED, "refused", 1),
        ("line", SENDING, "", 1),
        ("line", SENT, "", 1),
        ("mail", CANCELLED, "unsubscribed", 1),
        ("mail", QUEUED, "", 1),
    ]


def test_what_is_still_to_be_sent_is_reserved(store: Store) -> None:
    """Whoever withdrew needs nothing of a quota any more, also in a batch that still waits."""
    bulletin, batch, waits, mail = sending(store), readers(store, 4), readers(store, 3), readers(store, 2, "mail")
    assert reserved(store) == 0
    queued(store, bulletin, batch, together=True)
    held(store, bulletin, waits)
    queued(store, bulletin, mail)
    assert (reserved(store), reserved(store, "mail"), reserved(store, "slack")) == (7, 2, 0)
    withdraw(store, batch[0])
    withdraw(store, waits[0])
    assert reserved(store) == 5
    sent(store, *claim(store))
    assert (reserved(store), reserved(store, "mail")) == (2, 2)
    writing(store, lambda work: work.ledger.cancel(bulletin.id))
    assert (reserved(store), reserved(store, "mail")) == (0, 0)


def test_a_bulletin_is_begun_and_open(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 3)

    def is_so() -> tuple[bool, bool]:
        return reading(store, lambda work: (work.ledger.is_begun(bulletin.id), work.ledger.is_open(bulletin.id)))

    assert is_so() == (False, False)
    held(store, bulletin, people[:1])
    assert is_so() == (True, False)
    queued(store, bulletin, people[1:])
    assert is_so() == (True, True)
    claimed = claim(store)
    assert is_so() == (True, True)
    sent(store, claimed[0])
    unsent(store, claimed[1], DeliveryState.FAILED)
    assert is_so() == (True, False)


def test_nothing_is_known_of_a_bulletin_that_is_not_there(store: Store) -> None:
    nothing = replace(sending(store), id=99)
    assert (counts(store, nothing), faults(store, nothing), lines(store, nothing)) == ({}, (0, 0), [])
    assert again(store, nothing, FAILED) == writing(store, lambda work: work.ledger.cancel(99)) == 0
    assert reading(store, lambda work: work.ledger.figures(99)) == []


# digests


@pytest.mark.parametrize("as_one", [True, False])
def test_held_lines_follow_their_digest(store: Store, as_one: bool) -> None:  # noqa: FBT001
    first, second, other = (sending(store) for _ in range(3))
    people = readers(store, 2)
    for bulletin in (second, first):
        held(store, bulletin, people)
    held(store, other, people[:1])
    assert [list(reading(store, lambda work, one=one: work.ledger.held(one.id))) for one in people] == [  # type: ignore[misc]
        [first.id, second.id, other.id],
        [first.id, second.id],
    ]
    moved(store, first, Act.FINISH)
    digest(store, [first, second], people, together=as_one)
    assert reading(store, lambda work: work.ledger.held(people[0].id)) == [other.id]
    assert counts(store, first) == counts(store, second) == {QUEUED: 2}
    claimed = claim(store)
    assert {one.bulletin_id for one in claimed} == {None}
    sent(store, *claimed)
    assert (counts(store, first), counts(store, second), counts(store, other)) == ({SENT: 2}, {SENT: 2}, {HELD: 1})


def test_a_digest_leaves_what_was_cancelled_meanwhile(store: Store) -> None:
    first, second, one = sending(store), sending(store), reader(store)
    for bulletin in (first, second):
        held(store, bulletin, [one])
    writing(store, lambda work: work.ledger.cancel(first.id))
    digest(store, [first, second], [one])
    assert (counts(store, first), counts(store, second)) == ({CANCELLED: 1}, {QUEUED: 1})


def test_a_digest_that_waits_is_withdrawn_with_its_lines(store: Store) -> None:
    first, second, people = sending(store), sending(store), readers(store, 2)
    for bulletin in (first, second):
        held(store, bulletin, people)
    digest(store, [first, second], people)
    assert withdraw(store, people[0]) == 2
    assert [one.message.to.recipient for one in claim(store)] == named(people[1:])
    assert counts(store, first) == counts(store, second) == {CANCELLED: 1, SENDING: 1}


def test_what_stands_in_a_digest_already_is_told(store: Store) -> None:
    bulletin, (one, other) = sending(store), readers(store, 2)
    held(store, bulletin, [one, other])
    digest(store, [bulletin], [one])
    assert writing(store, lambda work: work.ledger.cancel(bulletin.id)) == 1
    assert counts(store, bulletin) == {QUEUED: 1, CANCELLED: 1}
    assert [found.message.to.recipient for found in claim(store)] == named([one])


def test_a_digest_that_failed_goes_again(store: Store) -> None:
    bulletin, one = sending(store), reader(store)
    held(store, bulletin, [one])
    digest(store, [bulletin], [one])
    unsent(store, claim(store)[0], DeliveryState.FAILED)
    assert (counts(store, bulletin), again(store, bulletin, FAILED)) == ({FAILED: 1}, 1)
    assert [found.message.to.recipient for found in claim(store)] == named([one])


# writing lines in pieces


def expand(store: Store, bulletin: Bulletin, size: int) -> bool:
    """Write the next lines, as every worker does."""
    with store.write() as work:
        after = work.ledger.cursor(bulletin.id)
        if after is None:
            return False
        found = work.subscribers.reached(Target(audience=Audience(), topics=frozenset()), after=after, limit=size)
        if found:
            work.ledger.queue(bulletin.id, mailing(found, key=f"bulletin:{bulletin.id}"))
        work.ledger.advance(bulletin.id, found[-1].id if len(found) == size else None)
        work.commit()
    return True


def test_eight_workers_write_one_line_each(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 41)
    done = list(itertools.chain.from_iterable(together(8, lambda _: [expand(store, bulletin, 4) for _ in range(4)])))
    while expand(store, bulletin, 4):
        done.append(True)
    assert (counts(store, bulletin), sum(done)) == ({QUEUED: 41}, 11)
    assert sorted(one.message.to.recipient for one in claim(store)) == sorted(named(people))


def test_what_a_worker_did_not_finish_is_done_by_another(store: Store) -> None:
    bulletin, people = sending(store), readers(store, 6)
    assert expand(store, bulletin, 4)
    with store.write() as work:  # dies before it commits
        assert work.ledger.cursor(bulletin.id) == people[3].id
        work.ledger.queue(bulletin.id, mailing(people[4:]))
        work.ledger.advance(bulletin.id, None)
    assert [expand(store, bulletin, 4) for _ in range(2)] == [True, False]
    assert counts(store, bulletin) == {QUEUED: 6}


@pytest.mark.parametrize("under_test", ["postgresql"], indirect=True)
def test_who_finds_another_at_it_goes_on_with_something_else(store: Store) -> None:
    bulletin, other = sending(store), sending(store)
    with store.write() as first:
        assert first.ledger.cursor(bulletin.id) == 0
        with store.write() as second:
            assert second.ledger.cursor(bulletin.id) is None
            assert second.ledger.cursor(other.id) == 0
        first.ledger.advance(bulletin.id, 7)
        first.commit()
    assert writing(store, lambda work: work.ledger.cursor(bulletin.id)) == 7


def test_strange_texts_of_lines_are_stored_without_harm(store: Store) -> None:
    """S13: NUL and lone surrogates."""
    strange, bulletin = "前\x00後\ud800", sending(store)
    one, other = reader(store), reader(store)
    there = replace(as_reader(one), recipient=strange)
    writing(store, lambda work: work.ledger.hold(bulletin.id, [there]))
    words = mailing([other])
    words = replace(words, members=(replace(words.members[0], recipient=strange, unsubscribe=strange),))
    writing(store, lambda work: work.ledger.queue(bulletin.id, words))
    assert {line.address for line in lines(store, bulletin)} == {"line:前後?"}
    (delivery,) = claim(store)
    assert (delivery.message.to.recipient, delivery.message.unsubscribe) == ("前後?", "前後?")
    writing(store, lambda work: work.outbox.sent(delivery, Receipt(message_ids=(strange,))))
    assert counts(store, bulletin) == {HELD: 1, SENT: 1}
