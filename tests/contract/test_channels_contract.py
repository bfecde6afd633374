"""What every store knows of the channels: states, pauses and leases."""

from datetime import timedelta

from tests.conftest import StoreUnderTest
from tests.contract.samples import FREE, reading, said, together, writing

from clair_bot.ports import Store


def lease(store: Store, holder: str, seconds: float = 15) -> bool:
    return writing(store, lambda work: work.channels.lease("listen:slack", holder, seconds))


def test_states_are_as_reported(store: Store) -> None:
    assert reading(store, lambda work: work.channels.states()) == {}
    for channel, error in (("line", "token revoked"), ("slack", "x" * 900), ("line", "")):
        with store.write() as work:
            work.channels.report(channel, error)
            work.commit()
    assert reading(store, lambda work: work.channels.states()) == {"line": "", "slack": "x" * 300}


def test_a_pause_and_a_report_leave_each_other_alone(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    writing(store, lambda work: work.outbox.put(said()))
    writing(store, lambda work: work.channels.pause("line", clock.now() + timedelta(seconds=5)))
    writing(store, lambda work: work.channels.report("line", "slow"))
    assert writing(store, lambda work: work.outbox.claim("line", 1, FREE)) == []
    writing(store, lambda work: work.channels.pause("line", clock.now()))
    assert reading(store, lambda work: work.channels.states()) == {"line": "slow"}
    assert len(writing(store, lambda work: work.outbox.claim("line", 1, FREE))) == 1


def test_a_lease_is_exclusive_renewable_and_ends(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    assert lease(store, "a")
    assert not lease(store, "b")
    clock.advance(10)
    assert lease(store, "a")
    clock.advance(15)
    assert not lease(store, "b")
    clock.advance(0.001)
    assert lease(store, "b")
    assert not lease(store, "a")
    assert writing(store, lambda work: work.channels.lease("listen:line", "a", 1))


def test_of_eight_at_once_one_takes_the_lease(store: Store) -> None:
    assert sum(together(8, lambda number: lease(store, f"{number}"))) == 1
