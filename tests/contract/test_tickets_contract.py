"""What every store does with tickets: the moves that are allowed, and no other."""

import itertools
from datetime import date

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.samples import ASKER, FREE, ROOM, a_ticket, opened, reading, said, somebody, together, writing

from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Office, Urgency
from clair_bot.domain.tickets import LIVE, MOVES, Move, Ticket, TicketState
from clair_bot.messages import Address, Receipt
from clair_bot.ports import Store, UnitOfWork
from clair_bot.testing.clocks import START


def moved(store: Store, ticket: Ticket, move: Move, text: str = "本文") -> Ticket | None:
    return writing(store, lambda work: work.tickets.move(ticket, move, actor="slack:U9", text=text))


def stored(store: Store, ticket: Ticket) -> Ticket:
    found = reading(store, lambda work: work.tickets.get(ticket.id))
    assert found is not None
    return found


def history(store: Store, ticket: Ticket) -> list[tuple[str, str, str]]:
    return [(event.move, event.actor, event.text) for event in reading(store, lambda work: work.tickets.history(ticket.id))]


def test_a_new_ticket_is_whole(store: Store) -> None:
    def open_one(work: UnitOfWork) -> Ticket:
        conversation = work.conversations.get(ASKER, "t")
        return a_ticket(
            work,
            conversation,
            area=Area.III,
            office=Office.PARIS,
            question="任用期間は",
            candidates=[("iii-1-term", 0.4), ("iii-1-x", 0.1)],
            urgency=Urgency.HIGH,
            country="フランス",
            deadline=date(2026, 12, 10),
            follows=7,
        )

    ticket = writing(store, open_one)
    assert ticket == Ticket(
        id=1,
        conversation_id=ticket.conversation_id,
        asker=ASKER,
        asker_thread="t",
        state=TicketState.OPEN,
        question="任用期間は",
        candidates=(("iii-1-term", 0.4), ("iii-1-x", 0.1)),
        opened_at=START,
        desk_key="I",
        desk=ROOM,
        area=Area.III,
        office=Office.PARIS,
        urgency=Urgency.HIGH,
        country="フランス",
        deadline=date(2026, 12, 10),
        follows=7,
    )
    assert stored(store, ticket) == ticket
    assert history(store, ticket) == [("open", "asker", "任用期間は")]
    assert reading(store, lambda work: work.tickets.get(999)) is None


@pytest.mark.parametrize(("state", "move"), list(itertools.product(TicketState, Move)))
def test_moves_are_those_of_the_table(under_test: StoreUnderTest, state: TicketState, move: Move) -> None:
    store = under_test.store
    ticket = opened(store)
    under_test.set_state(ticket.id, state)
    before = stored(store, ticket)
    after = moved(store, before, move)
    allowed = MOVES.get((state, move))
    if allowed is None:
        assert after is None
        assert stored(store, ticket) == before
        assert len(history(store, ticket)) == 1
    else:
        assert after is not None
        assert after.state is allowed
        assert stored(store, ticket) == after
        assert history(store, ticket)[1:] == [(move.value, "slack:U9", "本文")]


@pytest.mark.parametrize("now", sorted(set(TicketState) - {TicketState.OPEN}))
def test_a_state_of_the_past_moves_nothing(under_test: StoreUnderTest, now: TicketState) -> None:
    store = under_test.store
    ticket = opened(store)
    under_test.set_state(ticket.id, now)
    for move in Move:
        assert moved(store, ticket, move) is None
    assert stored(store, ticket).state is now
    assert len(history(store, ticket)) == 1


def test_of_twenty_at_once_one_wins(store: Store) -> None:
    ticket = opened(store)
    results = together(20, lambda number: moved(store, ticket, Move.RESOLVE, f"{number}"))
    (winner,) = [number for number, result in enumerate(results) if result]
    assert history(store, ticket)[1:] == [("resolve", "slack:U9", f"{winner}")]


def test_a_move_is_seen_in_the_same_transaction(store: Store) -> None:
    with store.write() as work:
        conversation = work.conversations.get(ASKER, "")
        ticket = a_ticket(work, conversation, desk=None)
        assert work.tickets.live(conversation.id) == ticket
        work.tickets.move(ticket, Move.CANCEL, actor="asker", text="")
        assert work.tickets.live(conversation.id) is None
        assert [found.state for found in work.tickets.of(conversation.id, 5)] == [TicketState.CANCELLED]


def test_live_is_the_one_that_still_waits(under_test: StoreUnderTest) -> None:
    store = under_test.store
    assert reading(store, lambda work: work.tickets.live(1)) is None
    first = opened(store)
    for state in TicketState:
        under_test.set_state(first.id, state)
        live = reading(store, lambda work: work.tickets.live(first.conversation_id))
        assert (live is not None) == (state in LIVE)
    second = opened(store)
    opened(store, asker=somebody())
    assert reading(store, lambda work: work.tickets.live(first.conversation_id)) == second
    under_test.set_state(first.id, TicketState.WAITING)  # two rooms became one, and each had its own
    assert reading(store, lambda work: work.tickets.live(first.conversation_id)) == second


def test_ones_own_tickets_come_newest_first(store: Store) -> None:
    mine = [opened(store) for _ in range(3)]
    other = opened(store, asker=somebody())
    assert reading(store, lambda work: work.tickets.of(mine[0].conversation_id, 2)) == [mine[2], mine[1]]
    assert reading(store, lambda work: work.tickets.of(other.conversation_id, 9)) == [other]


def test_a_reply_to_one_of_our_messages_finds_its_ticket(store: Store) -> None:
    ticket = opened(store)

    def send(to: Address, *message_ids: str) -> None:
        with store.write() as work:
            work.outbox.put(said(to=to), ticket_id=ticket.id)
            (delivery,) = work.outbox.claim(to.channel, 1, FREE)
            work.outbox.sent(delivery, Receipt(message_ids=message_ids))
            work.commit()

    send(ROOM, "card 1", "card 2")
    send(ASKER, "reply")
    with store.read() as work:
        assert [work.tickets.behind(ROOM, message_id) for message_id in ("card 1", "card 2")] == [ticket, ticket]
        assert work.tickets.behind(ROOM, "other") is None
        assert work.tickets.behind(ASKER, "reply") == ticket


def test_a_question_taken_back_is_gone_from_its_ticket(store: Store) -> None:
    mine, other = opened(store, question="秘密"), opened(store, asker=somebody(), question="秘密")
    moved(store, mine, Move.ADD, "秘密")
    moved(store, stored(store, mine), Move.ADD, "別の話")
    writing(store, lambda work: work.tickets.hide(mine.conversation_id, "秘密"))
    assert stored(store, mine).question == ""
    assert [text for _, _, text in history(store, mine)] == ["", "", "別の話"]
    assert stored(store, other) == other
    assert [text for _, _, text in history(store, other)] == ["秘密"]


def test_tickets_without_a_desk_are_counted_while_they_live(under_test: StoreUnderTest) -> None:
    store = under_test.store
    opened(store)
    lonely = opened(store, desk=None)
    for state in TicketState:
        under_test.set_state(lonely.id, state)
        assert reading(store, lambda work: work.tickets.without_desk()) == (state in LIVE)
