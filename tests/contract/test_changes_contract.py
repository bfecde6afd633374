"""What every store does with changes of what was sent, and of what people had written."""

from dataclasses import replace
from datetime import timedelta

from tests.conftest import StoreUnderTest
from tests.contract.samples import ASKER, FREE, ROOM, a_ticket, heard, opened, reading, said, somebody, together, writing

from clair_bot.domain.deliveries import Delivery, DeliveryState, Fate
from clair_bot.domain.desks import Urgency
from clair_bot.domain.tickets import IN_HAND, Move, Rating, Ticket, TicketState
from clair_bot.errors import DeliveryError
from clair_bot.messages import Receipt
from clair_bot.ports import Store, UnitOfWork
from clair_bot.testing.clocks import START


def put(store: Store, text: str, *, replaces: int | None = None) -> int:
    return writing(store, lambda work: work.outbox.put(said(text, to=ROOM), replaces=replaces))


def claim(store: Store) -> list[Delivery]:
    return list(writing(store, lambda work: work.outbox.claim("slack", 10, FREE)))


def send(store: Store, *ids: str) -> Delivery:
    (delivery,) = claim(store)
    writing(store, lambda work: work.outbox.sent(delivery, Receipt(message_ids=ids)))
    return delivery


def test_a_change_carries_the_ids_of_what_it_changes(store: Store) -> None:
    card = put(store, "カード")
    send(store, "m1", "m2")
    put(store, "新しいカード", replaces=card)
    change = send(store, "m1", "m2", "m3")
    assert (change.replaces, change.message.replaces) == (card, ("m1", "m2"))
    put(store, "さらに新しいカード", replaces=card)
    (again,) = claim(store)
    assert again.message.replaces == ("m1", "m2", "m3")
    assert reading(store, lambda work: work.outbox.ours(ROOM, "m3"))


def test_of_changes_that_wait_only_the_last_is_sent(store: Store) -> None:
    card = put(store, "カード")
    send(store, "m1")
    for text in ("一", "二", "三"):
        put(store, text, replaces=card)
    (change,) = claim(store)
    assert change.message.paragraphs == ("三",)
    assert reading(store, lambda work: work.outbox.counts()) == {"sent": 1, "sending": 1, "cancelled": 2}


def test_a_change_of_what_never_arrived_is_dropped(store: Store) -> None:
    card = put(store, "カード")
    (delivery,) = claim(store)
    writing(store, lambda work: work.outbox.unsent(delivery, DeliveryError("gone", permanent=True), Fate(state=DeliveryState.FAILED)))
    put(store, "新しいカード", replaces=card)
    assert claim(store) == []
    assert reading(store, lambda work: work.outbox.counts()) == {"failed": 1, "cancelled": 1}


def test_a_change_waits_for_what_it_changes(under_test: StoreUnderTest) -> None:
    store = under_test.store
    card = put(store, "カード")
    (delivery,) = claim(store)
    later = Fate(state=DeliveryState.QUEUED, next_at=START + timedelta(seconds=30))
    writing(store, lambda work: work.outbox.unsent(delivery, DeliveryError("server error"), later))
    put(store, "新しいカード", replaces=card)
    assert claim(store) == []
    under_test.clock.advance(31)
    send(store, "m1")
    assert [change.message.replaces for change in claim(store)] == [("m1",)]


def test_a_message_that_was_corrected_reads_as_it_does_now(store: Store) -> None:
    message = heard("食品店")
    writing(store, lambda work: work.inbox.record([message]))
    assert reading(store, lambda work: work.inbox.holds(ASKER, message.message_id))
    assert not reading(store, lambda work: work.inbox.holds(ROOM, message.message_id))
    assert writing(store, lambda work: work.inbox.correct(ASKER, message.message_id, "食品展"))[1] == "食品店"
    assert writing(store, lambda work: work.inbox.correct(ASKER, "other", "食品展")) == (None, "")
    assert [entry.message.text for entry in reading(store, lambda work: work.inbox.pending(5))] == ["食品展"]


def moved(store: Store, ticket: Ticket, move: Move, becomes: Ticket | None = None, **more: str) -> Ticket:
    found = writing(store, lambda work: work.tickets.move(ticket, move, actor="slack:U9", becomes=becomes, **more))
    assert found
    return found


def test_a_move_stores_what_else_changes(store: Store) -> None:
    ticket = opened(store)
    becomes = replace(
        ticket,
        assignee=4,
        urgency=Urgency.URGENT,
        organisation="○○市",
        country="米国",
        deadline=START.date(),
        tried="電話した",
        confidential=True,
        snoozed_until=START,
        answer_due=START,
        resolution_due=START,
        answered_at=START,
        resolved_at=START,
        merged_into=3,
        rating=Rating.GOOD,
        desk_key="NY",
        desk=ASKER,
        question="訂正後",
    )
    assert moved(store, ticket, Move.ASSIGN, becomes) == replace(becomes, state=TicketState.ASSIGNED)
    assert reading(store, lambda work: work.tickets.get(ticket.id)) == replace(becomes, state=TicketState.ASSIGNED)


def test_what_somebody_has_in_hand_is_not_open(store: Store) -> None:
    ticket = opened(store)
    waiting = moved(store, ticket, Move.REPLY, replace(ticket, assignee=4))
    assert moved(store, waiting, Move.ADD).state is TicketState.ASSIGNED
    assert reading(store, lambda work: work.tickets.loads()) == {4: 1}


def test_twenty_who_lock_and_claim_at_once(store: Store) -> None:
    ticket = opened(store)

    def claim_it(work: UnitOfWork, number: int) -> bool:
        found = work.tickets.lock(ticket.id)
        return bool(found and work.tickets.move(found, Move.CLAIM, actor=f"advisor:{number}", becomes=replace(found, assignee=number)))

    results = together(20, lambda number: writing(store, lambda work: claim_it(work, number)))
    assert sum(results) == 1
    found = reading(store, lambda work: work.tickets.get(ticket.id))
    assert found
    assert found.assignee == results.index(True)


def test_tickets_are_listed_by_what_is_asked(store: Store) -> None:
    with store.write() as work:
        late, calm, other = (a_ticket(work, work.conversations.get(somebody(), "")) for _ in range(3))
        late = work.tickets.place(replace(late, answer_due=START + timedelta(hours=1)))
        calm = work.tickets.place(replace(calm, resolution_due=START + timedelta(hours=2)))
        done = work.tickets.move(other, Move.CANCEL, actor="asker")
        mine = work.tickets.move(calm, Move.CLAIM, actor="x", becomes=replace(calm, assignee=7))
        work.commit()
    assert done
    assert mine

    def numbers(**filters: object) -> list[int]:
        found = reading(store, lambda work: work.tickets.listed(**{"states": IN_HAND, **filters}))  # type: ignore[arg-type]
        return [ticket.id for ticket in found]

    assert numbers() == [late.id, calm.id]
    assert numbers(assignee=7) == [calm.id]
    assert numbers(unassigned=True) == [late.id]
    assert numbers(due_before=START + timedelta(minutes=90)) == [late.id]
    assert numbers(desks=["NY"]) == numbers(opened_before=START) == []
    assert numbers(desks=["I"], opened_from=START, limit=1) == [late.id]
    assert numbers(states=[TicketState.CANCELLED]) == [done.id]
    assert reading(store, lambda work: work.tickets.count(states=IN_HAND, desks=["I"])) == 2


def test_words_of_answered_tickets_without_the_confidential_ones(store: Store) -> None:
    plain, secret, live = (opened(store, asker=somebody()) for _ in range(3))
    moved(store, plain, Move.RESOLVE)
    moved(store, secret, Move.RESOLVE, replace(secret, confidential=True))
    assert reading(store, lambda work: work.tickets.finished_terms(9)) == [(plain.id, ("食品", "展"))]
    assert live.state is TicketState.OPEN


def test_merged_tickets_are_found_by_their_target(store: Store) -> None:
    target, merged = opened(store), opened(store, asker=somebody())
    after = moved(store, merged, Move.MERGE, replace(merged, merged_into=target.id))
    assert reading(store, lambda work: work.tickets.merged_into(target.id)) == [after]
    moved(store, after, Move.ADD, replace(after, merged_into=None))
    assert reading(store, lambda work: work.tickets.merged_into(target.id)) == []


def test_what_came_with_a_message_is_found_and_rewritten(store: Store) -> None:
    ticket = opened(store)
    moved(store, ticket, Move.NOTE, text="前例なし", source="slack:C1/9", template="受領")
    event = reading(store, lambda work: work.tickets.written("slack:C1/9"))
    assert event
    assert (event.ticket_id, event.text, event.template) == (ticket.id, "前例なし", "受領")
    writing(store, lambda work: work.tickets.rewrite("slack:C1/9", "前例あり"))
    assert [one.text for one in reading(store, lambda work: work.tickets.history(ticket.id))] == ["食品展に出したい", "前例あり"]
    assert reading(store, lambda work: work.tickets.written("")) is None
    assert reading(store, lambda work: work.tickets.templates()) == {"受領": 1}


def test_a_card_is_remembered(store: Store) -> None:
    ticket = opened(store)
    assert writing(store, lambda work: work.tickets.show(ticket, 12)).card == 12
    found = reading(store, lambda work: work.tickets.get(ticket.id))
    assert found
    assert found.card == 12
