"""What every inbox does: takes in once, gives out in order, keeps what failed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.samples import ASKER, heard, reading, together, writing

from clair_bot.domain.conversations import InboxEntry
from clair_bot.messages import Address, InboundKind, InboundMessage
from clair_bot.ports import Store


def record(store: Store, *messages: InboundMessage) -> int:
    return writing(store, lambda work: work.inbox.record(messages))


def handled(store: Store, entry_id: int) -> None:
    writing(store, lambda work: work.inbox.done(entry_id))


def pending(store: Store, limit: int = 50) -> list[InboxEntry]:
    return list(reading(store, lambda work: work.inbox.pending(limit)))


def texts(store: Store) -> list[str]:
    return [entry.message.text for entry in pending(store)]


def test_a_message_comes_back_as_it_was(store: Store) -> None:
    message = replace(
        heard("一"), thread="t", reply_to="r", direct=False, moved_to=Address(channel="line", recipient="C2"), reply_handle="h"
    )
    assert record(store, message) == 1
    (entry,) = pending(store)
    assert entry.message == message
    assert (entry.attempts, entry.error) == (0, "")


def test_each_event_id_counts_once(store: Store) -> None:
    first = heard("一", event_ids=("a", "b"))
    again = [replace(first, event_ids=ids) for ids in (("a", "b"), ("b",), ("c", "a"), ("c",), ("a", "a"))]
    assert record(store, first) == 1
    for message in again:
        assert record(store, message) == 0
    assert len(pending(store)) == 1


def test_two_of_one_call_count_once(store: Store) -> None:
    message = heard(event_ids=("a", "a"))
    assert record(store, message, message) == 1


def test_ids_of_two_channels_are_different(store: Store) -> None:
    other = Address(channel="slack", recipient="C1")
    assert record(store, heard(event_ids=("1",)), heard(event_ids=("1",), address=other)) == 2


def test_a_redelivery_after_handling_is_known(store: Store) -> None:
    message = heard()
    record(store, message)
    (entry,) = pending(store)
    handled(store, entry.id)
    assert record(store, message) == 0
    assert pending(store) == []


def test_eight_at_once_record_one(store: Store) -> None:
    message = heard(event_ids=("a", "b"))
    assert sum(together(8, lambda _: record(store, message))) == 1
    assert reading(store, lambda work: work.inbox.counts()) == {"pending": 1}


def test_eight_at_once_with_one_common_id_record_one(store: Store) -> None:
    """Whoever loses still leaves its own ids: the next redelivery is known by any of them."""
    messages = [heard(event_ids=(f"{9 - number}", "common", f"own {number}")) for number in range(8)]
    assert sum(together(8, lambda number: record(store, messages[number]))) == 1
    for number in range(8):
        later = heard(event_ids=(f"own {number}",))
        assert record(store, later) == 0


def test_what_is_new_in_a_call_is_taken_in_beside_what_is_known(store: Store) -> None:
    messages = [heard(str(number), event_ids=(str(number),)) for number in range(5)]
    assert record(store, *messages[1:3]) == 2
    assert record(store, *messages) == 3
    assert record(store, *messages) == 0
    assert reading(store, lambda work: work.inbox.counts()) == {"pending": 5}


def test_eight_at_once_with_overlapping_calls_record_each_once(store: Store) -> None:
    messages = [heard(str(number), event_ids=(str(number), f"also {number}")) for number in range(12)]
    assert sum(together(8, lambda worker: record(store, *messages[worker % 4 : worker % 4 + 9]))) == 12
    assert reading(store, lambda work: work.inbox.counts()) == {"pending": 12}


def test_a_call_is_all_or_nothing(store: Store) -> None:
    naive = replace(heard("二"), sent_at=heard().sent_at.replace(tzinfo=None))
    with pytest.raises(Exception, match="naive"):  # the commit is not reached
        record(store, heard("一"), naive, heard("三"))
    assert pending(store) == []
    assert reading(store, lambda work: work.inbox.counts()) == {}


def test_only_the_earliest_of_a_conversation_is_pending(store: Store) -> None:
    """By the platform's time, whatever order they came in."""
    other = replace(heard("別の人", at=9), address=Address(channel="line", recipient="U2"))
    thread = heard("別の話", at=9, thread="t")
    record(store, heard("三", at=3), heard("一", at=1), heard("二", at=2), other, thread)
    for expected in ("一", "二", "三"):
        assert texts(store) == [expected, "別の人", "別の話"]
        done = pending(store)[0].id
        handled(store, done)
    assert texts(store) == ["別の人", "別の話"]
    assert len(pending(store, 1)) == 1


def test_the_same_moment_keeps_the_order_of_arrival(store: Store) -> None:
    record(store, heard("一"), heard("二"))
    assert texts(store) == ["一"]


def test_one_worker_handles_an_entry(store: Store) -> None:
    record(store, heard())
    (entry,) = pending(store)

    def handle(_: int) -> bool:
        with store.write() as work:
            claimed = work.inbox.claim(entry.id)
            if claimed:
                work.inbox.done(entry.id)
                work.commit()
        return claimed is not None

    assert sum(together(8, handle)) == 1
    assert writing(store, lambda work: work.inbox.claim(entry.id)) is None
    assert writing(store, lambda work: work.inbox.claim(999)) is None


def test_a_claim_that_broke_off_is_free_again(store: Store) -> None:
    record(store, heard())
    (entry,) = pending(store)
    with store.write() as work:
        assert work.inbox.claim(entry.id) == entry
    assert writing(store, lambda work: work.inbox.claim(entry.id)) == entry


def test_a_failed_entry_waits_and_holds_its_conversation(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    record(store, heard("一", at=1), heard("二", at=2))
    (entry,) = pending(store)
    again = clock.now() + timedelta(seconds=10)
    writing(store, lambda work: work.inbox.failed(entry.id, error="KeyError", next_at=again))
    assert pending(store) == []
    clock.advance(10)
    (entry,) = pending(store)
    assert (entry.message.text, entry.attempts, entry.error) == ("一", 1, "KeyError")


def test_what_is_put_aside_lets_the_others_go(store: Store) -> None:
    record(store, heard("毒", at=1), heard("二", at=2))
    (entry,) = pending(store)
    writing(store, lambda work: work.inbox.failed(entry.id, error="x" * 900, next_at=None))
    assert texts(store) == ["二"]
    (aside,) = reading(store, lambda work: work.inbox.set_aside(10))
    assert (aside.message.text, aside.attempts, len(aside.error)) == ("毒", 1, 500)
    assert reading(store, lambda work: work.inbox.counts()) == {"pending": 1, "aside": 1}
    writing(store, lambda work: work.inbox.failed(entry.id, error="late", next_at=None))
    assert reading(store, lambda work: work.inbox.set_aside(10)) == [aside]


def test_hidden_text_is_gone(store: Store) -> None:
    asked, pressed = heard(" 住所は… ", message_id="m"), heard("", kind=InboundKind.ACTION, message_id="m", action="menu")
    record(store, pressed, asked)
    entry_id, text = writing(store, lambda work: work.inbox.hide(ASKER, "m"))
    assert text == "住所は…"
    entry = writing(store, lambda work: work.inbox.claim(entry_id or 0))
    assert entry is not None
    assert entry.message == replace(asked, text="")
    assert writing(store, lambda work: work.inbox.hide(ASKER, "unknown")) == (None, "")
    assert writing(store, lambda work: work.inbox.hide(Address(channel="line", recipient="U2"), "m")) == (None, "")


def test_only_old_and_handled_entries_are_forgotten(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    old, stuck, young = heard("古い"), heard("残る", at=1), heard("若い", at=2)
    record(store, old, stuck)
    (entry,) = pending(store)
    handled(store, entry.id)
    assert writing(store, lambda work: work.inbox.forget(timedelta(days=30))) == 0
    clock.advance(31 * 86_400)
    record(store, young)
    assert writing(store, lambda work: work.inbox.forget(timedelta(days=30))) == 1
    assert reading(store, lambda work: work.inbox.counts()) == {"pending": 2}
    assert [record(store, known) for known in (old, stuck, young)] == [1, 0, 0]


def test_a_forgotten_entrys_id_is_never_used_again(under_test: StoreUnderTest) -> None:
    """The keys of what was answered are made from it."""
    store, clock = under_test.store, under_test.clock
    record(store, heard())
    (entry,) = pending(store)
    handled(store, entry.id)
    clock.advance(1)
    assert writing(store, lambda work: work.inbox.forget(timedelta())) == 1
    record(store, heard())
    assert pending(store)[0].id > entry.id


def test_a_postponed_entry_waits_without_having_failed(under_test: StoreUnderTest) -> None:
    store = under_test.store
    record(store, heard("一"))
    (entry,) = pending(store)
    writing(store, lambda work: work.inbox.postpone(entry.id, under_test.clock.now() + timedelta(seconds=1)))
    assert pending(store) == []
    under_test.clock.advance(1)
    (again,) = pending(store)
    assert (again.id, again.attempts, again.error) == (entry.id, 0, "")
