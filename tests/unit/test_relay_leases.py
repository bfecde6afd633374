"""What a dead sender left, what a stopping one finishes, and what the desk hears of replies that did not arrive."""

import asyncio

import pytest
from tests.unit.senders import CANCELLED, FAILED, QUEUED, SENDING, SENT, UNCERTAIN, Office, SlowAdapter, until
from tests.unit.stores import OutageStore, SlowStore

from clair_bot.domain.deliveries import LEASE
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address

DESK = Address(channel="slack", recipient="C0DESK")
LAPSED = LEASE.total_seconds() + 1


@pytest.fixture
async def office() -> Office:
    return Office()


async def test_what_a_dead_sender_left_is_repeated_where_that_is_safe(office: Office) -> None:
    office.put()
    office.claim()
    async with office.open():
        await office.quiet()
        assert (office.states(), office.attempted()) == ([SENDING], [])
        office.later(LAPSED)
        await office.settled(SENT)
    assert [message.maybe_sent for message in office.adapter.attempts] == [True]


async def test_what_a_dead_sender_left_is_left_to_a_person_where_it_is_not(office: Office) -> None:
    office.adapter.repeats_safely = False
    office.put("一")
    office.put("二")
    office.claim()
    async with office.open():
        office.later(LAPSED)
        await office.settled(UNCERTAIN, SENT)
    assert office.attempted() == ["二"]


async def test_a_relay_that_starts_late_finds_it_at_once(office: Office) -> None:
    office.put()
    office.claim()
    office.later(LAPSED)
    async with office.open():
        await office.settled(SENT)


# what the desk hears


@pytest.mark.parametrize(
    ("error", "state", "sentence"),
    [
        (DeliveryError("no such user", permanent=True), FAILED, "お届けできませんでした（no such user）"),
        (DeliveryError("blocked", unreachable=True), FAILED, "お届けできませんでした（blocked）"),
        (DeliveryError("connection lost", uncertain=True), UNCERTAIN, "届いたかどうか確認できません（connection lost）"),
        (DeliveryError("monthly limit", retry_after=1e6), QUEUED, "お届けが遅れます（monthly limit）"),
    ],
)
async def test_the_desk_hears_of_a_reply_that_did_not_arrive(office: Office, error: DeliveryError, state: str, sentence: str) -> None:
    office.adapter.repeats_safely = False
    number = office.ticket(DESK)
    office.put("お答えします。", ticket_id=number)
    office.adapter.fail_next(error)
    async with office.open():
        await until(lambda: office.states() == [state] and len(office.adapter.attempts) == 1)
    (heard,) = office.heard_by(DESK)
    assert sentence in heard
    assert heard.startswith(f"受付番号{number}: ")
    (notice,) = [row for row in office.store.state.deliveries.values() if row.delivery.message.to == DESK]
    assert notice.delivery.ticket_id == number  # so that it hangs on the ticket's card


async def test_the_desk_hears_of_a_reply_whose_sender_died(office: Office) -> None:
    office.adapter.repeats_safely = False
    office.put("お答えします。", ticket_id=office.ticket(DESK))
    office.claim()
    async with office.open():
        office.later(LAPSED)
        await office.settled(UNCERTAIN)
        office.later(LAPSED)
        await office.quiet()
    (heard,) = office.heard_by(DESK)
    assert "届いたかどうか確認できません" in heard


async def test_the_desk_hears_nothing_of_a_reply_that_is_repeated(office: Office) -> None:
    office.put("お答えします。", ticket_id=office.ticket(DESK))
    office.claim()
    async with office.open():
        office.later(LAPSED)
        await office.settled(SENT)
    assert office.heard_by(DESK) == []


@pytest.mark.parametrize("error", [DeliveryError("server error"), DeliveryError("too many", retry_after=35)])
async def test_the_desk_hears_nothing_of_what_passes(office: Office, error: DeliveryError) -> None:
    office.put("お答えします。", ticket_id=office.ticket(DESK))
    office.adapter.fail_next(error)
    async with office.open():
        await until(lambda: len(office.adapter.attempts) == 1 and office.states() == [QUEUED])
        office.later(60)
        await office.settled(SENT)
    assert office.heard_by(DESK) == []


async def test_a_desk_is_not_told_of_itself_nor_of_what_belongs_to_no_ticket(office: Office) -> None:
    room = Address(channel="line", recipient="U1")
    office.put("カード", ticket_id=office.ticket(room))
    office.put("答え", to="U2")
    for _ in range(2):
        office.adapter.fail_next(DeliveryError("no", permanent=True))
    async with office.open():
        await office.settled(FAILED, FAILED)
    assert len(office.store.state.deliveries) == 2


async def test_one_bad_end_is_told_once(office: Office) -> None:
    """Two replies to somebody who has blocked us: the second is not even tried."""
    number = office.ticket(DESK)
    office.put("一", ticket_id=number)
    office.put("二", ticket_id=number)
    office.adapter.fail_next(DeliveryError("blocked", unreachable=True))
    async with office.open():
        await office.settled(FAILED, CANCELLED)
    assert len(office.heard_by(DESK)) == 1


# a graceful stop


async def test_a_stop_finishes_what_is_under_way() -> None:
    office = Office(adapter=SlowAdapter("line"))
    for number in range(3):
        office.put(to=f"U{number}")
    office.put("それは次に")
    running = asyncio.create_task(office.relay.run())
    await until(lambda: len(office.adapter.attempts) == 3)
    running.cancel()
    await asyncio.sleep(0.02)
    assert not running.done()
    office.adapter.gate.set()  # type: ignore[attr-defined]
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert office.states() == [SENT, SENT, SENT, QUEUED]


async def test_a_stop_in_the_middle_of_a_claim_sends_what_was_claimed() -> None:
    """It would lie there as if its sender had died, and be uncertain where nothing is repeated."""
    office = Office(store=SlowStore)
    office.adapter.repeats_safely = False
    store = office.store
    assert isinstance(store, SlowStore)
    office.put()
    running = asyncio.create_task(office.relay.run())
    await asyncio.sleep(0)
    store.committing.clear()
    store.gate.clear()
    assert await asyncio.to_thread(store.committing.wait, 5)
    running.cancel()
    await asyncio.sleep(0.02)
    store.gate.set()
    await asyncio.gather(running, return_exceptions=True)
    assert office.states() == [SENT]


async def test_a_stop_without_a_database_ends_all_the_same() -> None:
    office = Office(adapter=SlowAdapter("line"), store=OutageStore)
    assert isinstance(office.store, OutageStore)
    office.put()
    running = asyncio.create_task(office.relay.run())
    await until(lambda: len(office.adapter.attempts) == 1)
    office.store.away = True
    office.adapter.gate.set()  # type: ignore[attr-defined]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert office.states() == [SENDING]  # found by its lease


async def test_a_stop_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clair_bot.services.relay._DRAIN_SECONDS", 0.02)
    office = Office(adapter=SlowAdapter("line"))
    office.put()
    async with asyncio.timeout(2):
        async with office.open():
            await until(lambda: len(office.adapter.attempts) == 1)
    assert office.states() == [SENDING]
    for task in list(office.relay._under_way):
        task.cancel()
