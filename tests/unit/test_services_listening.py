"""Listening: in one process at a time, acknowledged only when stored; and watching whether a channel works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.unit.chats import ASKER, Chat
from tests.unit.senders import until
from tests.unit.stores import OutageStore

from clair_bot.errors import DeliveryError, StorageUnavailable
from clair_bot.messages import InboundKind
from clair_bot.ports import Deliver
from clair_bot.services import listening
from clair_bot.services.listening import Listener, watch
from clair_bot.services.wakers import Waker
from clair_bot.testing.adapters import FakeAdapter
from clair_bot.testing.memory import MemoryStore


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become hundredths; the lease is the clock's, which stands still."""
    for name in ("_RENEW_SECONDS", "_PAUSE_SECONDS", "_WATCH_SECONDS", "_CHECK_SECONDS"):
        monkeypatch.setattr(listening, name, 0.02)


class RefusedAdapter(FakeAdapter):
    """Its platform refuses the token, again and again."""

    calls = 0

    async def listen(self, deliver: Deliver) -> None:
        self.calls += 1
        raise DeliveryError("token revoked", channel_down=True)


class RepeatingAdapter(FakeAdapter):
    """Hands a message on until it is stored, as platforms do."""

    refused = 0

    async def listen(self, deliver: Deliver) -> None:
        message = await self._spoken.get()
        while True:
            try:
                await deliver([message])
            except StorageUnavailable:
                self.refused += 1
                await asyncio.sleep(0.005)
            else:
                break
        await asyncio.sleep(60)


class Ears:
    """A listener on an adapter, with the store behind it."""

    def __init__(self, adapter: FakeAdapter | None = None, *, chat: Chat | None = None, leases: MemoryStore | None = None) -> None:
        self.chat = chat or Chat()
        self.adapter = adapter or FakeAdapter(name="line", listens=True)
        self.waker = Waker()
        store = leases or self.chat.store
        self.listener = Listener(store=store, adapter=self.adapter, intake=self.chat.intake, waker=self.waker)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.listener.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def texts(self) -> list[str]:
        return [row.entry.message.text for row in self.chat.store.state.received.values()]


async def test_what_is_heard_is_stored_acknowledged_and_wakes_the_dispatcher() -> None:
    ears = Ears()
    message = ears.chat.message("質問")
    async with ears.open():
        ears.adapter.speak(message)
        await ears.waker.wait(5)
        assert ears.texts() == ["質問"]
        await until(lambda: ears.adapter.acknowledged == [message])


async def test_only_what_people_said_to_us_is_acknowledged() -> None:
    ears = Ears()
    said = [
        ears.chat.message("質問"),
        ears.chat.message(kind=InboundKind.ACTION, action="menu"),
        ears.chat.message("雑談", direct=False, addressed=False),
        ears.chat.message(kind=InboundKind.LEFT),
        ears.chat.message(kind=InboundKind.WITHDRAWN),
    ]
    async with ears.open():
        for message in said:
            ears.adapter.speak(message)
        await until(lambda: len(ears.texts()) == 4)
        await asyncio.sleep(0.03)
    assert ears.adapter.acknowledged == said[:2]


async def test_of_two_processes_one_listens() -> None:
    chat = Chat()
    first, second = Ears(chat=chat), Ears(chat=chat)
    async with first.open():
        first.adapter.speak(chat.message("一"))
        await until(lambda: first.texts() == ["一"])
        async with second.open():
            second.adapter.speak(chat.message("二"))
            await asyncio.sleep(0.1)
            assert second.texts() == ["一"]
            chat.clock.advance(10)  # the first one keeps its lease
            await asyncio.sleep(0.1)
            chat.clock.advance(10)
            await asyncio.sleep(0.1)
            assert second.texts() == ["一"]


async def test_the_other_takes_over_when_the_lease_lapses() -> None:
    chat = Chat()
    first, second = Ears(chat=chat), Ears(chat=chat)
    async with first.open():
        first.adapter.speak(chat.message("一"))
        await until(lambda: first.texts() == ["一"])
    async with second.open():
        second.adapter.speak(chat.message("二"))
        await asyncio.sleep(0.1)
        assert second.texts() == ["一"]
        chat.clock.advance(16)
        await until(lambda: second.texts() == ["一", "二"])
        async with first.open():  # it has come back, and waits
            first.adapter.speak(chat.message("三"))
            await asyncio.sleep(0.1)
            assert second.texts() == ["一", "二"]


async def test_each_channel_is_listened_to_by_itself() -> None:
    chat = Chat()
    line, slack = Ears(chat=chat), Ears(FakeAdapter(name="slack", listens=True), chat=chat)
    async with line.open(), slack.open():
        line.adapter.speak(chat.message("一"))
        slack.adapter.speak(chat.message("二", address=replace(ASKER, channel="slack")))
        await until(lambda: sorted(line.texts()) == ["一", "二"])


async def test_whoever_loses_the_lease_stops_listening() -> None:
    ears = Ears(chat=Chat(store=OutageStore))
    store = ears.chat.store
    assert isinstance(store, OutageStore)
    async with ears.open():
        ears.adapter.speak(ears.chat.message("一"))
        await until(lambda: ears.texts() == ["一"])
        store.away = True
        await asyncio.sleep(0.1)
        ears.adapter.speak(ears.chat.message("二"))
        await asyncio.sleep(0.05)
        assert ears.texts() == ["一"]
        store.away = False
        await until(lambda: ears.texts() == ["一", "二"])


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again() -> None:
    adapter, chat = RepeatingAdapter(name="line", listens=True), Chat(store=OutageStore)
    ears = Ears(adapter, chat=chat, leases=MemoryStore(chat.clock))
    assert isinstance(chat.store, OutageStore)
    message = chat.message("質問")
    async with ears.open():
        chat.store.commits_left = 0
        adapter.speak(message)
        await until(lambda: adapter.refused > 0)
        assert (ears.texts(), adapter.acknowledged) == ([], [])
        chat.store.commits_left = 1_000
        await until(lambda: adapter.acknowledged == [message])
    assert ears.texts() == ["質問"]


async def test_a_platform_that_refuses_us_is_asked_again() -> None:
    adapter = RefusedAdapter(name="line", listens=True)
    async with Ears(adapter).open():
        await until(lambda: adapter.calls > 2)


# watching


class ChangingAdapter(FakeAdapter):
    """Answers, refuses, or does not answer, as it is told."""

    state = "ok"

    async def check(self) -> str:
        if self.state == "slow":
            await asyncio.sleep(60)
        if self.state != "ok":
            raise DeliveryError(self.state)
        return "ok"


async def test_a_channel_that_fails_is_written_down_until_it_works_again() -> None:
    chat, adapter = Chat(store=OutageStore), ChangingAdapter(name="line")
    store = chat.store
    assert isinstance(store, OutageStore)

    def state() -> str | None:
        with store.read() as work:
            return work.channels.states().get("line")

    task = asyncio.create_task(watch(adapter, store))
    await until(lambda: state() == "")
    adapter.state = "token revoked"
    await until(lambda: state() == "token revoked")
    store.away = True
    adapter.state = "slow"
    await asyncio.sleep(0.1)
    store.away = False
    await until(lambda: state() == "timeout")
    adapter.state = "ok"
    await until(lambda: state() == "")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
