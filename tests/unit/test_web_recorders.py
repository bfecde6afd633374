"""Group commit: many requests share a transaction, and none suffers for another."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tests.unit.chats import Chat
from tests.unit.senders import until
from tests.unit.stores import OutageStore, SlowStore

from clair_bot.errors import StorageUnavailable
from clair_bot.messages import InboundMessage
from clair_bot.services.intake import Intake
from clair_bot.services.wakers import Waker
from clair_bot.web.recorders import Recorder


class CountingIntake(Intake):
    """Remembers how many messages each of its transactions held; cannot store what says ``毒``."""

    def __init__(self, chat: Chat) -> None:
        super().__init__(chat.store, chat.desks)
        self.transactions: list[int] = []
        self.threads: set[int] = set()

    def record(self, messages: Sequence[InboundMessage]) -> int:
        self.transactions.append(len(messages))
        self.threads.add(threading.get_ident())
        if any("毒" in message.text for message in messages):
            raise ValueError("cannot be stored")
        return super().record(messages)


class Desk:
    """A recorder over a store that can be held back."""

    def __init__(self, chat: Chat | None = None) -> None:
        self.chat = chat or Chat(store=SlowStore)
        self.intake = CountingIntake(self.chat)
        self.waker = Waker()
        self.recorder = Recorder(self.intake, self.waker)

    def bring(self, *texts: str) -> asyncio.Task[None]:
        messages = [self.chat.message(text) for text in texts]
        return asyncio.create_task(self.recorder.record(messages))

    async def hold(self) -> asyncio.Task[None]:
        """Keep the first transaction from ending, so that others gather behind it."""
        store = self.chat.store
        assert isinstance(store, SlowStore)
        store.gate.clear()
        first = self.bring("先頭")
        await until(store.committing.is_set)
        return first

    def release(self) -> None:
        assert isinstance(self.chat.store, SlowStore)
        self.chat.store.gate.set()

    def texts(self) -> list[str]:
        return [row.entry.message.text for row in self.chat.store.state.received.values()]


async def test_a_request_is_stored_when_record_returns() -> None:
    desk = Desk()
    await desk.bring("一", "二")
    assert desk.texts() == ["一", "二"]
    await desk.waker.wait(0.5)
    assert threading.get_ident() not in desk.intake.threads  # the loop goes on meanwhile


async def test_nothing_is_not_stored() -> None:
    desk = Desk()
    await desk.recorder.record([])
    assert desk.intake.transactions == []


async def test_requests_that_wait_share_the_next_transaction() -> None:
    desk = Desk()
    first = await desk.hold()
    others = [desk.bring(f"{number}", f"{number} b") for number in range(20)]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in (first, *others))
    desk.release()
    await asyncio.gather(first, *others)
    assert desk.intake.transactions == [1, 40]
    assert len(desk.texts()) == 41


async def test_one_bad_request_does_not_take_others_with_it() -> None:
    desk = Desk()
    first = await desk.hold()
    good, bad, fine = desk.bring("よい"), desk.bring("一", "毒"), desk.bring("これも")
    await asyncio.sleep(0)
    desk.release()
    results = await asyncio.gather(first, good, bad, fine, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), type(None), ValueError, type(None)]
    assert desk.texts() == ["先頭", "よい", "これも"]  # a request is stored all or not at all


async def test_a_bad_request_alone_is_told_once() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match="cannot be stored"):
        await desk.bring("毒")
    assert desk.intake.transactions == [1]
    await desk.bring("よい")
    assert desk.texts() == ["よい"]


async def test_a_request_that_was_cancelled_harms_nobody() -> None:
    desk = Desk()
    first = await desk.hold()
    gone, stays = desk.bring("行った"), desk.bring("残った")
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    desk.release()
    await asyncio.gather(first, stays)
    assert gone.cancelled()
    assert desk.texts() == ["先頭", "行った", "残った"]  # the platform sends it again, and it counts once
    await desk.bring("続き")


async def test_a_database_that_is_away_is_told_to_all_and_is_asked_again() -> None:
    desk = Desk(Chat(store=OutageStore))
    store = desk.chat.store
    assert isinstance(store, OutageStore)
    store.away = True
    results = await asyncio.gather(*(desk.bring(f"{number}") for number in range(5)), return_exceptions=True)
    assert {type(result) for result in results} == {StorageUnavailable}
    assert sum(desk.intake.transactions) == 5  # not tried one by one
    store.away = False
    await desk.bring("戻った")
    assert desk.texts() == ["戻った"]
