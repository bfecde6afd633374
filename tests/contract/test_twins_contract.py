"""What every store does where a database and its twin in memory could part: repeats, blanks, strange texts, crowds."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.samples import ASKER, FREE, ROOM, a_ticket, heard, opened, reading, said, somebody, together, writing

from clair_bot.domain.advisors import Role
from clair_bot.domain.deliveries import Delivery, DeliveryState
from clair_bot.domain.tickets import IN_HAND, MOVES, Move, Ticket, TicketState
from clair_bot.messages import Address, Attachment, Receipt
from clair_bot.ports import Store, UnitOfWork
from clair_bot.testing.clocks import START

STRANGE, CLEAN = "前\x00後\ud800", "前後?"


def stored(store: Store, ticket: Ticket) -> Ticket:
    found = reading(store, lambda work: work.tickets.get(ticket.id))
    assert found
    return found


def sent(store: Store, text: str, *message_ids: str, replaces: int | None = None, ticket_id: int | None = None) -> Delivery:
    def put_and_send(work: UnitOfWork) -> Delivery:
        work.outbox.put(said(text, to=ROOM), replaces=replaces, ticket_id=ticket_id)
        (delivery,) = work.outbox.claim("slack", 1, FREE)
        work.outbox.sent(delivery, Receipt(message_ids=message_ids))
        return delivery

    return writing(store, put_and_send)


def test_a_change_that_is_put_again_is_not_cancelled_by_itself(store: Store) -> None:
    card, change = sent(store, "カード", "m1"), said("新しいカード", to=ROOM)
    first, again = (writing(store, lambda work: work.outbox.put(change, replaces=card.id)) for _ in range(2))
    assert first == again
    assert [found.id for found in writing(store, lambda work: work.outbox.claim("slack", 5, FREE))] == [first]
    writing(store, lambda work: work.outbox.put(change, replaces=card.id))
    assert reading(store, lambda work: work.outbox.counts()) == {"sent": 1, "sending": 1}


def test_a_change_under_way_and_changes_of_others_stay(store: Store) -> None:
    one, other = sent(store, "一", "m1"), sent(store, "二", "m2")
    writing(store, lambda work: work.outbox.put(said("変更", to=ROOM), replaces=one.id))
    writing(store, lambda work: work.outbox.claim("slack", 1, FREE))
    for card in (one, other):
        writing(store, lambda work, card=card: work.outbox.put(said("変更", to=ROOM), replaces=card.id))  # type: ignore[misc]
    assert reading(store, lambda work: work.outbox.counts()) == {"sent": 2, "sending": 1, "queued": 2}


def test_what_was_changed_has_the_ids_and_its_change_none(store: Store) -> None:
    ticket = opened(store)
    card = sent(store, "カード", "m1", ticket_id=ticket.id)
    change = sent(store, "新しいカード", "m1", "m2", replaces=card.id, ticket_id=ticket.id)
    read = reading(store, lambda work: work.outbox.read(ROOM))
    assert [(found.id, found.replaces, found.message_ids) for found in read] == [(card.id, None, ("m1", "m2")), (change.id, card.id, ())]
    assert [found.message.replaces for found in read] == [(), ("m1", "m2")]
    assert [reading(store, lambda work, number=number: work.tickets.behind(ROOM, number)) for number in ("m1", "m2")] == [ticket] * 2  # type: ignore[misc]
    sent(store, "別のカード", "m9", ticket_id=ticket.id)
    last = reading(store, lambda work: work.outbox.read(ROOM))[-1]
    assert last.message.reply_to == "m1"


def test_a_change_that_is_recovered_still_knows_what_it_changes(under_test: StoreUnderTest) -> None:
    store = under_test.store
    card = sent(store, "カード", "m1")
    writing(store, lambda work: work.outbox.put(said("変更", to=ROOM), replaces=card.id))
    writing(store, lambda work: work.outbox.claim("slack", 1, FREE))
    under_test.clock.advance(60)
    (found,) = writing(store, lambda work: work.outbox.recover("slack", repeats_safely=True))
    assert (found.state, found.replaces, found.message.replaces) == (DeliveryState.QUEUED, card.id, ("m1",))


@pytest.mark.parametrize(("state", "move"), sorted(MOVES))
def test_what_somebody_has_stays_in_their_hand(under_test: StoreUnderTest, state: TicketState, move: Move) -> None:
    store, ticket = under_test.store, opened(under_test.store)
    under_test.set_state(ticket.id, state)
    before = stored(store, ticket)
    after = writing(store, lambda work: work.tickets.move(before, move, actor="x", becomes=replace(before, assignee=4)))
    assert after
    expected = TicketState.ASSIGNED if MOVES[state, move] is TicketState.OPEN else MOVES[state, move]
    assert (after.state, after.assignee, stored(store, ticket)) == (expected, 4, after)


def test_the_state_of_what_it_becomes_decides_nothing(store: Store) -> None:
    ticket = opened(store)
    becomes = replace(ticket, state=TicketState.CLOSED, conversation_id=99, asker=ROOM, opened_at=START + timedelta(days=1), follows=3)
    writing(store, lambda work: work.tickets.move(ticket, Move.NOTE, actor="x", becomes=becomes))
    assert stored(store, ticket) == replace(ticket, follows=3)


def test_an_empty_text_that_was_taken_back_hides_nothing(store: Store) -> None:
    """A picture without a caption is taken back: the words of the question stay findable."""
    ticket = opened(store)
    writing(store, lambda work: work.tickets.move(ticket, Move.RESOLVE, actor="x"))
    writing(store, lambda work: work.tickets.hide(ticket.conversation_id, ""))
    assert reading(store, lambda work: work.tickets.finished_terms(5)) == [(ticket.id, ("食品", "展"))]


def test_what_was_tried_is_hidden_with_the_question(store: Store) -> None:
    ticket = opened(store)
    tried = writing(store, lambda work: work.tickets.move(ticket, Move.DETAIL, actor="asker", becomes=replace(ticket, tried="電話した")))
    assert tried
    writing(store, lambda work: work.tickets.hide(ticket.conversation_id, "電話した"))
    assert stored(store, ticket) == ticket
    writing(store, lambda work: work.tickets.hide(ticket.conversation_id, ticket.question))
    writing(store, lambda work: work.tickets.move(replace(ticket, question=""), Move.RESOLVE, actor="x"))
    assert reading(store, lambda work: work.tickets.finished_terms(5)) == []


def test_words_come_newest_first_and_no_more_than_asked(store: Store) -> None:
    tickets = [opened(store, asker=somebody()) for _ in range(3)]
    for ticket in tickets:
        writing(store, lambda work, ticket=ticket: work.tickets.move(ticket, Move.RESOLVE, actor="x"))  # type: ignore[misc]
    assert [number for number, _ in reading(store, lambda work: work.tickets.finished_terms(2))] == [tickets[2].id, tickets[1].id]


def test_those_due_first_come_first_and_those_never_due_last(store: Store) -> None:
    dues = [None, 3.0, 1.000001, 1, None, 2]
    with store.write() as work:
        for seconds in dues:
            ticket = a_ticket(work, work.conversations.get(somebody(), ""))
            due = None if seconds is None else START + timedelta(seconds=seconds)
            answer, resolution = (due, START + timedelta(days=9)) if seconds != 2 else (None, due)
            work.tickets.place(replace(ticket, answer_due=answer, resolution_due=resolution if due else None))
        work.commit()
    assert [ticket.id for ticket in reading(store, lambda work: work.tickets.listed(states=IN_HAND))] == [4, 3, 6, 2, 1, 5]
    late = reading(store, lambda work: work.tickets.listed(states=IN_HAND, due_before=START + timedelta(seconds=2)))
    assert [ticket.id for ticket in late] == [4, 3]
    assert reading(store, lambda work: [work.tickets.listed(states=[]), work.tickets.listed(states=IN_HAND, desks=[])]) == [[], []]
    assert reading(store, lambda work: (work.tickets.count(states=[]), work.tickets.count(states=IN_HAND))) == (0, 6)


@pytest.mark.parametrize("way", ["lock", "live", "behind", "merged_into"])
def test_what_is_read_for_changing_is_changed_by_one_at_a_time(store: Store, way: str) -> None:
    """Nothing that one of twenty wrote is lost to another, although no state stands in the way."""
    target, ticket = opened(store, asker=somebody()), opened(store)
    sent(store, "カード", "m1", ticket_id=ticket.id)
    if way == "merged_into":
        merged = replace(ticket, merged_into=target.id)
        writing(store, lambda work: work.tickets.move(ticket, Move.MERGE, actor="x", becomes=merged))
    ways: dict[str, Callable[[UnitOfWork], Ticket | None]] = {
        "lock": lambda work: work.tickets.lock(ticket.id),
        "live": lambda work: work.tickets.live(ticket.conversation_id),
        "behind": lambda work: work.tickets.behind(ROOM, "m1"),
        "merged_into": lambda work: next(iter(work.tickets.merged_into(target.id))),
    }

    def add_one(work: UnitOfWork) -> None:
        found = ways[way](work)
        assert found
        assert work.tickets.move(found, Move.CORRECT, actor="asker", becomes=replace(found, tried=f"{found.tried}一"))

    together(20, lambda _: writing(store, add_one))
    assert stored(store, ticket).tried == "一" * 20
    assert len(reading(store, lambda work: work.tickets.history(ticket.id))) == 21 + (way == "merged_into")


def test_loads_are_of_tickets_in_hand(under_test: StoreUnderTest) -> None:
    store = under_test.store
    for state, assignee in itertools.product(TicketState, (4, 5, None)):
        ticket = opened(store, asker=somebody())
        writing(
            store,
            lambda work, ticket=ticket, assignee=assignee: work.tickets.move(  # type: ignore[misc]
                ticket, Move.NOTE, actor="x", becomes=replace(ticket, assignee=assignee)
            ),
        )
        under_test.set_state(ticket.id, state)
    assert reading(store, lambda work: work.tickets.loads()) == {4: len(IN_HAND), 5: len(IN_HAND)}


def test_a_correction_is_seen_in_the_same_transaction(store: Store) -> None:
    message = heard("食品店")
    with store.write() as work:
        work.inbox.record([message])
        assert work.inbox.correct(ASKER, message.message_id, "食品展")[1] == "食品店"
        assert [entry.message.text for entry in work.inbox.pending(5)] == ["食品展"]
        work.inbox.hide(ASKER, message.message_id)
        assert [entry.message.text for entry in work.inbox.pending(5)] == [""]


def test_strange_texts_about_tickets_are_stored_without_harm(store: Store) -> None:
    """S13: NUL and lone surrogates."""
    with store.write() as work:
        conversation = work.conversations.get(ASKER, "")
        ticket = a_ticket(work, conversation, question=STRANGE, terms=(STRANGE,), candidates=[(STRANGE, 0.5)], country=STRANGE)
        assert (ticket.question, ticket.country) == (CLEAN, CLEAN)
        becomes = replace(ticket, tried=STRANGE, organisation=STRANGE)
        work.tickets.move(ticket, Move.NOTE, actor=STRANGE, text=STRANGE, becomes=becomes, source=STRANGE, template=STRANGE)
        event = work.tickets.written(STRANGE)
        assert event
        assert (event.actor, event.text, event.source, event.template) == (CLEAN,) * 4
        work.tickets.rewrite(STRANGE, f"{STRANGE}新")
        found = work.tickets.get(ticket.id)
        assert found
        assert (found.tried, found.organisation) == (CLEAN, CLEAN)
        work.tickets.hide(conversation.id, f"{STRANGE}新")
        work.tickets.hide(conversation.id, STRANGE)
        assert [one.text for one in work.tickets.history(ticket.id)] == ["", ""]
        hidden = work.tickets.get(ticket.id)
        assert hidden
        assert (hidden.question, hidden.tried) == ("", "")
        work.tickets.behind(Address(channel="line", recipient=STRANGE), STRANGE)
        work.tickets.listed(states=IN_HAND, desks=[STRANGE])
        work.commit()


def test_strange_texts_of_people_and_files_are_stored_without_harm(store: Store) -> None:
    place = Address(channel="line", recipient=STRANGE)
    file = Attachment(handle=STRANGE, name=STRANGE * 200, media_type=STRANGE * 100)
    ticket = opened(store)
    with store.write() as work:
        advisor = work.advisors.add(name=STRANGE, address=place, desks=[STRANGE], roles=[Role.ADVISOR], capacity=1)
        assert (advisor.name, [one.recipient for one in advisor.addresses]) == (CLEAN, [CLEAN])
        assert work.advisors.at(place) == work.advisors.named(STRANGE) == advisor
        work.advisors.remove(advisor.id)
        assert work.advisors.name(advisor.id) == CLEAN
        number = work.attachments.add(ticket_id=ticket.id, channel="line", to_desk=False, file=file, token=STRANGE)
        (wanted,) = work.attachments.claim(["line"], 1)
        assert (wanted.file.handle, wanted.token, len(wanted.file.name) <= 200, len(wanted.file.media_type) <= 100) == (
            CLEAN,
            CLEAN,
            True,
            True,
        )
        work.attachments.ready(number, name=STRANGE, media_type=STRANGE, content=b"\x00\xff")
        assert work.attachments.opened(number, STRANGE) == (CLEAN, CLEAN, b"\x00\xff")
        work.attachments.refused(number, STRANGE)
        work.sealed.put(ticket_id=ticket.id, token=STRANGE, code_hash="h", text=STRANGE, expires_at=START + timedelta(1))
        assert work.sealed.open(STRANGE, "h") == (ticket.id, CLEAN)
        work.commit()


def test_what_is_said_of_nobody_and_nothing_does_no_harm(store: Store) -> None:
    with store.write() as work:
        work.advisors.remove(99)
        work.advisors.assigned(99)
        work.advisors.back(99, START.date())
        work.attachments.again(99, START)
        work.attachments.ready(99, name="", media_type="", content=b"")
        work.attachments.refused(99, "")
        assert not work.reminders.take(99)
        assert work.tickets.lock(99) is None
        assert (work.tickets.merged_into(99), work.reminders.planned(99)) == ([], [])
        work.tickets.rewrite("slack:C1/1", "x")
        work.commit()


def test_eight_claim_files_at_once_and_none_is_fetched_twice(store: Store) -> None:
    ticket = opened(store)
    with store.write() as work:
        for number in range(20):
            work.attachments.add(ticket_id=ticket.id, channel="line", to_desk=True, file=Attachment(handle=f"{number}"), token="t")
        work.commit()
    rounds = together(8, lambda _: [len(found) for found in [writing(store, lambda work: work.attachments.claim(["line"], 2))]])
    assert max(map(max, rounds)) <= 2
    rest = writing(store, lambda work: work.attachments.claim(["line"], 50))
    assert sum(map(sum, rounds)) + len(rest) == 20
    assert {one.attempts for one in rest} <= {1}


def test_of_eight_at_once_one_reads_a_sealed_text(store: Store) -> None:
    ticket = opened(store)
    far = datetime(2027, 1, 1, tzinfo=UTC)
    writing(store, lambda work: work.sealed.put(ticket_id=ticket.id, token="t", code_hash="h", text="秘密", expires_at=far))
    found = together(8, lambda _: writing(store, lambda work: work.sealed.open("t", "h")))
    assert sorted(found, key=bool) == [*[None] * 7, (ticket.id, "秘密")]


def test_eight_who_guess_at_once_have_five_guesses(store: Store) -> None:
    ticket = opened(store)
    far = datetime(2027, 1, 1, tzinfo=UTC)
    writing(store, lambda work: work.sealed.put(ticket_id=ticket.id, token="t", code_hash="h", text="秘密", expires_at=far))
    together(8, lambda _: writing(store, lambda work: work.sealed.open("t", "wrong")))
    assert writing(store, lambda work: work.sealed.open("t", "h")) is None
