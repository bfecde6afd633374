"""What every outbox does: gives each delivery to one sender, in order, no faster than allowed, and keeps its fate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.samples import ASKER, FREE, ROOM, opened, reading, said, somebody, together, writing

from clair_bot.domain.deliveries import LEASE, Delivery, DeliveryState, Fate, Priority
from clair_bot.errors import DeliveryError
from clair_bot.messages import Block, BlockKind, Button, Card, Choice, OutboundMessage, Receipt, Source
from clair_bot.ports import RateLimits, Store, UnitOfWork
from clair_bot.testing.clocks import START

PASSING = DeliveryError("server error")


def put(store: Store, message: OutboundMessage, priority: Priority = Priority.REPLY, ticket_id: int | None = None) -> int:
    return writing(store, lambda work: work.outbox.put(message, priority=priority, ticket_id=ticket_id))


def claim(store: Store, limits: RateLimits = FREE, *, limit: int = 50, channel: str = "line") -> list[Delivery]:
    return list(writing(store, lambda work: work.outbox.claim(channel, limit, limits)))


def claimed(store: Store, limits: RateLimits = FREE) -> list[int]:
    return [delivery.id for delivery in claim(store, limits)]


def sent(store: Store, delivery: Delivery, *message_ids: str) -> None:
    writing(store, lambda work: work.outbox.sent(delivery, Receipt(message_ids=message_ids)))


def unsent(store: Store, delivery: Delivery, error: DeliveryError, fate: Fate) -> None:
    writing(store, lambda work: work.outbox.unsent(delivery, error, fate))


def recover(store: Store, *, repeats_safely: bool) -> int:
    return len(writing(store, lambda work: work.outbox.recover("line", repeats_safely=repeats_safely)))


def counts(store: Store) -> dict[str, int]:
    return dict(reading(store, lambda work: work.outbox.counts()))


def due(store: Store) -> float | None:
    """Return in how many seconds after the clock's start the next delivery is due."""
    when = reading(store, lambda work: work.outbox.next_due("line"))
    return None if when is None else (when - START).total_seconds()


def test_a_message_comes_out_as_it_went_in(store: Store) -> None:
    message = replace(
        said("一", "二"),
        card=Card(
            title="題",
            blocks=(Block(kind=BlockKind.ITEM, text="項目"),),
            sources=(Source(title="出典", url=None, as_of="2026-11"),),
            note="担当",
        ),
        choices=(Choice(title="記事", action="a:1"),),
        buttons=(Button(label="相談", action="human"),),
        language="easy",
        thread="t",
        reply_to="m",
        reply_handle="h",
        unsubscribe="https://example.test/u",
    )
    delivery_id = put(store, message)
    (delivery,) = claim(store)
    assert delivery == Delivery(
        id=delivery_id, message=message, state=DeliveryState.SENDING, attempts=1, not_before=START, created_at=START
    )


def test_a_key_counts_once(store: Store) -> None:
    message = said("一")
    first = put(store, message)
    assert put(store, replace(message, paragraphs=("二",))) == first
    (delivery,) = claim(store)
    sent(store, delivery, "1")
    assert put(store, message) == first
    assert counts(store) == {"sent": 1}


def test_eight_at_once_with_one_key_queue_one(store: Store) -> None:
    message = said()
    assert len(set(together(8, lambda _: put(store, message)))) == 1
    assert counts(store) == {"queued": 1}


def test_what_is_for_a_room_that_moved_goes_where_it_is(store: Store) -> None:
    old, new = somebody(), somebody()
    writing(store, lambda work: work.conversations.move(old, new))
    put(store, said(to=old))
    assert [delivery.message.to for delivery in claim(store)] == [new]


def test_replies_go_before_desks_and_bulletins(store: Store) -> None:
    ids = {priority: put(store, said(to=somebody()), priority) for priority in reversed(Priority)}
    second = put(store, said(to=somebody()), Priority.REPLY)
    assert claimed(store) == [ids[Priority.REPLY], second, ids[Priority.DESK], ids[Priority.BULLETIN]]


def test_each_channel_has_its_own(store: Store) -> None:
    put(store, said(to=ROOM))
    assert claimed(store) == []
    assert len(claim(store, channel="slack")) == 1


def test_one_recipients_deliveries_go_one_after_the_other(store: Store) -> None:
    ids = [put(store, said()) for _ in range(3)]
    for expected in ids:
        (delivery,) = claim(store)
        assert delivery.id == expected
        assert claim(store) == []
        sent(store, delivery)
    assert claim(store) == []


def test_one_recipients_reply_goes_before_a_bulletin_and_never_beside_it(store: Store) -> None:
    bulletin = put(store, said(), Priority.BULLETIN)
    reply = put(store, said(), Priority.REPLY)
    (first,) = claim(store)
    assert first.id == reply
    sent(store, first)
    assert claimed(store) == [bulletin]


def test_a_delivery_that_waits_holds_those_behind_it(under_test: StoreUnderTest) -> None:
    """Nobody reads the second half of an answer first."""
    store, clock = under_test.store, under_test.clock
    first = put(store, said())
    put(store, said())
    (delivery,) = claim(store)
    unsent(store, delivery, PASSING, Fate(state=DeliveryState.QUEUED, next_at=clock.now() + timedelta(seconds=4)))
    assert (claimed(store), due(store)) == ([], 0)
    clock.advance(4)
    assert claimed(store) == [first]


def test_a_delivery_that_waits_for_a_quota_holds_no_other(under_test: StoreUnderTest) -> None:
    """Free replies still go while pushed messages wait for the next month."""
    store, clock = under_test.store, under_test.clock
    put(store, said())
    (pushed,) = claim(store)
    unsent(store, pushed, PASSING, Fate(state=DeliveryState.QUEUED, next_at=clock.now() + timedelta(days=20)))
    reply = put(store, said())
    assert claimed(store) == [reply]


def test_a_receipt_is_kept(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    put(store, said())
    (delivery,) = claim(store)
    assert not reading(store, lambda work: work.outbox.ours(ASKER, "1"))
    clock.advance(2)
    sent(store, delivery, "2", "1")
    (read,) = reading(store, lambda work: work.outbox.read(ASKER))
    assert read == replace(delivery, state=DeliveryState.SENT, not_before=None, sent_at=clock.now(), message_ids=("2", "1"))
    assert reading(store, lambda work: work.outbox.ours(ASKER, "1"))
    assert not reading(store, lambda work: work.outbox.ours(somebody(), "1"))


def test_a_receipt_from_a_new_address_is_kept_there(store: Store) -> None:
    new = somebody()
    put(store, said())
    (delivery,) = claim(store)
    writing(store, lambda work: work.outbox.sent(delivery, Receipt(message_ids=("1",), moved_to=new)))
    assert reading(store, lambda work: work.outbox.ours(new, "1"))
    assert [found.message.to for found in reading(store, lambda work: work.outbox.read(new))] == [new]


def test_a_mailbox_is_read_on(store: Store) -> None:
    ids = [put(store, said(f"{number}")) for number in range(3)]
    for _ in range(2):
        sent(store, claim(store)[0])

    def texts(after: int, limit: int = 200) -> Sequence[str]:
        return [found.message.paragraphs[0] for found in reading(store, lambda work: work.outbox.read(ASKER, after=after, limit=limit))]

    assert (texts(0), texts(ids[0]), texts(0, 1), texts(ids[1])) == (["0", "1"], ["1"], ["0"], [])


def test_a_mailbox_is_read_in_the_order_of_sending(under_test: StoreUnderTest) -> None:
    """What waited is not missed by somebody who has read later messages already."""
    store, clock = under_test.store, under_test.clock
    bulletin = put(store, said("配信"), Priority.BULLETIN)
    reply = put(store, said("答え"))
    for _ in range(2):
        sent(store, claim(store)[0])
        clock.advance(1)

    def ids(after: int = 0, limit: int = 200) -> list[int]:
        return [found.id for found in reading(store, lambda work: work.outbox.read(ASKER, after=after, limit=limit))]

    assert (ids(), ids(reply), ids(bulletin), ids(limit=1)) == ([reply, bulletin], [bulletin], [], [reply])
    for unknown in (-1, 999, 2**63 - 1):
        assert ids(unknown) == [reply, bulletin]
    waiting = put(store, said("まだ"))
    assert ids(waiting) == [reply, bulletin]


def test_a_failed_attempt_is_kept(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    put(store, said())
    (delivery,) = claim(store)
    error = DeliveryError("x" * 900, uncertain=True, parts_sent=2)
    unsent(store, delivery, error, Fate(state=DeliveryState.QUEUED, next_at=clock.now() + timedelta(seconds=2)))
    assert (claim(store), due(store)) == ([], 2)
    clock.advance(2)
    (again,) = claim(store)
    assert (again.attempts, again.error, again.message.maybe_sent, again.message.parts_sent) == (2, "x" * 300, True, 2)
    unsent(store, again, PASSING, Fate(state=DeliveryState.QUEUED))
    (third,) = claim(store)
    assert (third.attempts, third.message.maybe_sent, third.message.parts_sent) == (3, True, 2)


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.UNCERTAIN])
def test_a_delivery_that_ended_lets_the_next_one_go(store: Store, state: DeliveryState) -> None:
    put(store, said())
    second = put(store, said())
    unsent(store, claim(store)[0], PASSING, Fate(state=state))
    assert counts(store) == {state.value: 1, "queued": 1}
    assert claimed(store) == [second]


@pytest.mark.parametrize("repeats_safely", [True, False])
def test_what_a_dead_sender_left_is_recovered(under_test: StoreUnderTest, repeats_safely: bool) -> None:  # noqa: FBT001
    store, clock = under_test.store, under_test.clock
    left = put(store, said())
    other = put(store, said(to=somebody()))
    claim(store)
    clock.advance(LEASE.total_seconds())
    assert recover(store, repeats_safely=repeats_safely) == 0
    clock.advance(0.001)
    assert writing(store, lambda work: work.outbox.recover("slack", repeats_safely=repeats_safely)) == []
    recovered = writing(store, lambda work: work.outbox.recover("line", repeats_safely=repeats_safely))
    state = DeliveryState.QUEUED if repeats_safely else DeliveryState.UNCERTAIN
    assert [(found.id, found.state, found.error) for found in recovered] == [(ids, state, "sender died") for ids in (left, other)]
    assert recover(store, repeats_safely=repeats_safely) == 0
    if repeats_safely:
        first, _ = claim(store)
        assert (first.id, first.attempts, first.message.maybe_sent, first.error) == (left, 2, True, "sender died")
    else:
        assert claim(store) == []
        assert counts(store) == {"uncertain": 2}


def test_a_sender_taken_for_dead_spoils_no_later_attempt(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    put(store, said())
    (slow,) = claim(store)
    clock.advance(LEASE.total_seconds() + 1)
    recover(store, repeats_safely=True)
    (second,) = claim(store)
    unsent(store, slow, PASSING, Fate(state=DeliveryState.QUEUED))
    assert (counts(store), claim(store)) == ({"sending": 1}, [])
    sent(store, second, "1")
    unsent(store, slow, PASSING, Fate(state=DeliveryState.FAILED))
    assert counts(store) == {"sent": 1}


def test_a_late_receipt_counts(under_test: StoreUnderTest) -> None:
    """It was delivered, whatever we thought of its sender."""
    store, clock = under_test.store, under_test.clock
    put(store, said())
    (slow,) = claim(store)
    clock.advance(LEASE.total_seconds() + 1)
    recover(store, repeats_safely=False)
    sent(store, slow, "1")
    assert counts(store) == {"sent": 1}


def test_what_waits_for_somebody_who_left_is_cancelled(store: Store) -> None:
    other = put(store, said(to=somebody()))
    put(store, said())
    under_way = claim(store)
    for _ in range(2):
        put(store, said())
    assert writing(store, lambda work: work.outbox.cancel(ASKER)) == 2
    assert writing(store, lambda work: work.outbox.cancel(ASKER)) == 0
    assert counts(store) == {"sending": 2, "cancelled": 2}
    assert other in {delivery.id for delivery in under_way}


def test_a_tickets_messages_hang_on_its_first_in_the_desks_room(store: Store) -> None:
    ticket = opened(store)
    put(store, said("返信", to=ASKER), ticket_id=ticket.id)
    sent(store, claim(store)[0], "elsewhere")
    put(store, said("カード", to=ROOM), ticket_id=ticket.id)
    for number, explicit in enumerate(("", "", "own")):
        put(store, said(f"追記{number}", to=ROOM, reply_to=explicit), ticket_id=ticket.id)
    put(store, said("他の話", to=ROOM))

    def send_next(message_ids: tuple[str, ...]) -> str:
        (delivery,) = claim(store, channel="slack")
        sent(store, delivery, *message_ids)
        return delivery.message.reply_to

    assert [send_next(ids) for ids in (("root", "second part"), ("a",), ("b",), ("c",), ("d",))] == ["", "root", "root", "own", ""]
    put(store, said("返信", to=ASKER), ticket_id=ticket.id)
    assert claim(store)[0].message.reply_to == ""


def test_the_next_due_delivery_is_the_earliest(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    assert due(store) is None
    put(store, said(to=ROOM))
    assert due(store) is None
    put(store, said())
    (delivery,) = claim(store)
    assert due(store) is None
    unsent(store, delivery, PASSING, Fate(state=DeliveryState.QUEUED, next_at=clock.now() + timedelta(seconds=8)))
    assert due(store) == 8
    clock.advance(3)
    put(store, said(to=somebody()))
    assert due(store) == 3


def test_a_delivery_is_claimed_in_the_transaction_that_put_it(store: Store) -> None:
    def both(work: UnitOfWork) -> Sequence[Delivery]:
        work.outbox.put(said("一"))
        return work.outbox.claim("line", 5, FREE)

    assert [delivery.message.paragraphs for delivery in writing(store, both)] == [("一",)]


def test_what_was_taken_back_is_blank_in_what_was_said_about_its_ticket(store: Store) -> None:
    ticket = opened(store, question="取り消す質問")
    card = Card(title="受付番号1", blocks=(Block(kind=BlockKind.PARAGRAPH, text="取り消す質問"), Block(kind=BlockKind.ITEM, text="残る")))
    put(store, replace(said("取り消す質問", "残る", to=ROOM), card=card), ticket_id=ticket.id)
    put(store, said("取り消す質問", to=somebody()))
    writing(store, lambda work: work.outbox.hide(ticket.conversation_id, "取り消す質問"))
    about, other = claim(store, channel="slack")[0].message, claim(store)[0].message
    assert about.paragraphs == ("", "残る")
    assert about.card is not None
    assert [block.text for block in about.card.blocks] == ["", "残る"]
    assert other.paragraphs == ("取り消す質問",)


def test_a_chat_is_unsettled_while_something_may_have_reached_it(store: Store) -> None:
    def unsettled() -> bool:
        return reading(store, lambda work: work.outbox.unsettled(ASKER))

    put(store, said())
    assert not unsettled()
    (delivery,) = claim(store)
    assert unsettled()
    unsent(store, delivery, DeliveryError("broke off", uncertain=True), Fate(state=DeliveryState.QUEUED, next_at=START))
    assert unsettled()
    (again,) = claim(store)
    sent(store, again, "m1")
    assert not unsettled()
