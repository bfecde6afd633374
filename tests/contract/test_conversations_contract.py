"""What every store remembers of conversations and inquiries, and what becomes of both when a room moves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.contract.samples import ASKER, FREE, ROOM, opened, reading, said, together, writing

from clair_bot.domain.articles import Search
from clair_bot.domain.conversations import Conversation, Language, Outcome
from clair_bot.messages import Address, Receipt
from clair_bot.ports import Store, UnitOfWork
from clair_bot.testing.clocks import START

OLD, NEW, NEWER = (Address(channel="telegram", recipient=recipient) for recipient in ("-1", "-1001", "-1002"))
NOTHING = Search(question="", terms=(), hits=())


def conversation(store: Store, address: Address = ASKER, thread: str = "") -> Conversation:
    return writing(store, lambda work: work.conversations.get(address, thread))


def move(store: Store, old: Address, new: Address) -> None:
    writing(store, lambda work: work.conversations.move(old, new))


def moved(store: Store, address: Address) -> Address:
    return reading(store, lambda work: work.conversations.moved(address))


def send(store: Store, to: Address, *message_ids: str, ticket_id: int | None = None) -> int:
    def put_and_send(work: UnitOfWork) -> int:
        delivery_id = work.outbox.put(said(to=to), ticket_id=ticket_id)
        (delivery,) = work.outbox.claim(to.channel, 1, FREE)
        work.outbox.sent(delivery, Receipt(message_ids=message_ids))
        return delivery_id

    return writing(store, put_and_send)


def test_the_same_place_is_the_same_conversation(store: Store) -> None:
    assert not reading(store, lambda work: work.conversations.known(ASKER, ""))
    first = conversation(store)
    assert first == Conversation(id=first.id, address=ASKER, thread="")
    assert conversation(store) == first
    assert reading(store, lambda work: work.conversations.known(ASKER, ""))
    assert not reading(store, lambda work: work.conversations.known(ASKER, "t"))
    assert len({first.id, conversation(store, thread="t").id, conversation(store, ROOM).id}) == 3


def test_two_at_once_get_one_conversation(store: Store) -> None:
    assert len(set(together(2, lambda _: conversation(store).id))) == 1


def test_what_was_put_is_remembered(store: Store) -> None:
    first = conversation(store, thread="t")
    changed = replace(
        first,
        language=Language.EASY,
        question="質問",
        inquiry_id=7,
        offered=("a:1", "a:2"),
        offered_until=START + timedelta(hours=1),
        article_id="i-1-x",
        aside=True,
    )
    writing(store, lambda work: work.conversations.put(changed))
    assert conversation(store, thread="t") == changed
    assert reading(store, lambda work: work.conversations.by_id(first.id)) == changed
    writing(store, lambda work: work.conversations.put(first))
    assert conversation(store, thread="t") == first


def test_what_was_put_is_seen_in_the_same_transaction(store: Store) -> None:
    with store.write() as work:
        first = work.conversations.get(ASKER, "")
        work.conversations.put(replace(first, question="質問"))
        assert work.conversations.get(ASKER, "").question == "質問"
        assert work.conversations.by_id(first.id).question == "質問"


def test_a_conversation_that_is_not_there_is_a_mistake(store: Store) -> None:
    with pytest.raises(LookupError):
        reading(store, lambda work: work.conversations.by_id(999))


def test_rooms_move_on_and_back(store: Store) -> None:
    assert moved(store, OLD) == OLD
    move(store, OLD, NEW)
    move(store, NEW, NEWER)
    assert moved(store, OLD) == moved(store, NEW) == moved(store, NEWER) == NEWER
    move(store, NEWER, NEW)
    assert moved(store, OLD) == moved(store, NEW) == moved(store, NEWER) == NEW
    assert moved(store, Address(channel="line", recipient=OLD.recipient)).recipient == OLD.recipient


def test_everything_follows_a_room(store: Store) -> None:
    first = conversation(store, OLD, "t")
    ticket = opened(store, desk=OLD)
    sent = send(store, OLD, "1", ticket_id=ticket.id)
    waiting = writing(store, lambda work: work.outbox.put(said(to=OLD)))
    for _ in range(2):  # the platform may tell twice
        move(store, OLD, NEW)
    assert reading(store, lambda work: work.conversations.by_id(first.id)).address == NEW
    assert not reading(store, lambda work: work.conversations.known(OLD, "t"))
    assert reading(store, lambda work: work.outbox.ours(NEW, "1"))
    assert [delivery.id for delivery in reading(store, lambda work: work.outbox.read(NEW))] == [sent]
    assert reading(store, lambda work: work.tickets.behind(NEW, "1")) == replace(ticket, desk=NEW)
    (delivery,) = writing(store, lambda work: work.outbox.claim("telegram", 1, FREE))
    assert (delivery.id, delivery.message.to) == (waiting, NEW)


def test_an_asker_who_moved_is_found_through_the_ticket(store: Store) -> None:
    ticket = opened(store, asker=OLD)
    with store.write() as work:
        assert work.tickets.get(ticket.id) == ticket
        work.conversations.move(OLD, NEW)
        assert work.tickets.get(ticket.id) == replace(ticket, asker=NEW)
        work.commit()
    assert reading(store, lambda work: work.tickets.get(ticket.id)) == replace(ticket, asker=NEW)


def test_who_spoke_in_the_new_room_first_loses_nothing(store: Store) -> None:
    """A group that was upgraded may speak before we hear of it, and its messages count from 1 again."""
    ticket = opened(store, asker=OLD)
    send(store, OLD, "1")
    send(store, OLD, "2")
    here = conversation(store, NEW)
    send(store, NEW, "1")
    move(store, OLD, NEW)
    assert conversation(store, NEW) == here
    assert reading(store, lambda work: work.tickets.live(here.id)) == replace(ticket, conversation_id=here.id, asker=NEW)
    assert [reading(store, lambda work: work.outbox.ours(NEW, "1")), reading(store, lambda work: work.outbox.ours(NEW, "2"))] == [
        True,
        True,
    ]
    assert len(reading(store, lambda work: work.outbox.read(NEW))) == 3


def test_a_move_to_where_it_is_changes_nothing(store: Store) -> None:
    first = conversation(store, OLD)
    move(store, OLD, OLD)
    assert conversation(store, OLD) == first
    assert moved(store, OLD) == OLD


def test_what_is_said_of_a_conversation_that_was_merged_is_dropped(store: Store) -> None:
    left, here = conversation(store, OLD), conversation(store, NEW)
    move(store, OLD, NEW)
    writing(store, lambda work: work.conversations.put(replace(left, question="質問")))
    assert conversation(store, NEW) == here


def test_inquiries_are_counted_and_hidden(store: Store) -> None:
    asker = conversation(store).id

    def ask(outcome: Outcome, entry_id: int) -> int:
        def add(work: UnitOfWork) -> int:
            return work.inquiries.add(
                conversation_id=asker, entry_id=entry_id, question="質問", language="ja", outcome=outcome, search=NOTHING
            )

        return writing(store, add)

    ids = [ask(Outcome.ANSWERED, 1), ask(Outcome.ANSWERED, 2), ask(Outcome.REFUSED, 3)]
    assert ids == sorted(set(ids))
    assert reading(store, lambda work: work.inquiries.counts()) == {"answered": 2, "refused": 1}
    writing(store, lambda work: work.inquiries.correct(2, ""))
    assert reading(store, lambda work: work.inquiries.counts()) == {"answered": 2, "refused": 1}


def test_inquiries_follow_their_conversation(store: Store) -> None:
    """Nothing stands in the way of the move."""
    left = conversation(store, OLD).id
    conversation(store, NEW)

    def add(work: UnitOfWork) -> int:
        return work.inquiries.add(conversation_id=left, entry_id=1, question="質問", language="ja", outcome=Outcome.CHOICES, search=NOTHING)

    writing(store, add)
    move(store, OLD, NEW)
    assert reading(store, lambda work: work.inquiries.counts()) == {"choices": 1}
