"""Adapters that are slow, broken or far away, and a relay at work."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from tests.unit.desks import desks

from clair_bot.domain.deliveries import DeliveryState, Priority
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.services.relay import Relay
from clair_bot.services.wakers import Waker
from clair_bot.testing.adapters import FakeAdapter
from clair_bot.testing.clocks import FrozenClock
from clair_bot.testing.memory import MemoryStore


class SlowAdapter(FakeAdapter):
    """Takes a message when ``gate`` opens."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.gate = asyncio.Event()

    async def send(self, message: OutboundMessage) -> Receipt:
        self.attempts.append(message)
        await self.gate.wait()
        self.attempts.pop()
        return await super().send(message)


class BrokenAdapter(FakeAdapter):
    """Cannot render what says ``毒``."""

    async def send(self, message: OutboundMessage) -> Receipt:
        if "毒" in "".join(message.paragraphs):
            self.attempts.append(message)
            raise KeyError(message.paragraphs)
        return await super().send(message)


class MovedAdapter(FakeAdapter):
    """Its rooms have moved."""

    async def send(self, message: OutboundMessage) -> Receipt:
        await super().send(message)
        return Receipt(message_ids=("7",), moved_to=Address(channel=self.name, recipient="-1007"))


class Office:
    """A relay with its store, clock and adapter."""

    def __init__(self, *, adapter: FakeAdapter | None = None, store: Callable[[FrozenClock], MemoryStore] = MemoryStore) -> None:
        self.clock = FrozenClock()
        self.store = store(self.clock)
        self.adapter = adapter or FakeAdapter(name="line")
        self.waker = Waker()
        self.relay = self.another()

    def another(self) -> Relay:
        """Return a relay as another process has it."""
        return Relay(store=self.store, adapter=self.adapter, clock=self.clock, waker=self.waker)

    def put(self, text: str = "答え", *, to: str = "U1", priority: Priority = Priority.REPLY, ticket_id: int | None = None) -> int:
        """Put a message into the outbox; return its id."""
        number = self.store.state.last_ids.get("delivery", 0) + 1
        message = OutboundMessage(to=Address(channel="line", recipient=to), idempotency_key=f"key {number}", paragraphs=(text,))
        with self.store.write() as work:
            delivery_id = work.outbox.put(message, priority=priority, ticket_id=ticket_id)
            work.commit()
        self.waker.wake()
        return delivery_id

    def claim(self) -> None:
        """Take everything as a sender that dies with it."""
        with self.store.write() as work:
            work.outbox.claim("line", 50, self.adapter.limits)
            work.commit()

    def ticket(self, desk: Address) -> int:
        """Open a ticket; return its number."""
        with self.store.write() as work:
            conversation = work.conversations.get(Address(channel="line", recipient="U1"), "")
            office = desks(desk).of(None, None)
            ticket = work.tickets.open(
                conversation=conversation, desk=office, area=None, office=None, question="質問", terms=(), candidates=()
            )
            work.commit()
        return ticket.id

    def states(self) -> list[str]:
        """Return the states of all deliveries of this channel, by id."""
        rows = self.store.state.deliveries.values()
        return [row.delivery.state.value for row in rows if row.delivery.message.to.channel == "line"]

    def attempted(self) -> list[str]:
        """Return what was tried, in order."""
        return [message.paragraphs[0] for message in self.adapter.attempts]

    def later(self, seconds: float) -> None:
        """Let time pass, and the relay see it."""
        self.clock.advance(seconds)
        self.waker.wake()

    def heard_by(self, desk: Address) -> list[str]:
        """Return what waits for the desk."""
        rows = self.store.state.deliveries.values()
        return [row.delivery.message.paragraphs[0] for row in rows if row.delivery.message.to == desk]

    async def settled(self, *states: str) -> None:
        """Wait until all deliveries of this channel are in these states."""
        await until(lambda: self.states() == list(states))

    async def quiet(self) -> None:
        """Give the relay the time to do what it must not do."""
        self.waker.wake()
        await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Let the relay run; stop it gracefully."""
        task = asyncio.create_task(self.relay.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], bool], *, seconds: float = 5) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


SENT, QUEUED, FAILED = DeliveryState.SENT.value, DeliveryState.QUEUED.value, DeliveryState.FAILED.value
UNCERTAIN, SENDING, CANCELLED = DeliveryState.UNCERTAIN.value, DeliveryState.SENDING.value, DeliveryState.CANCELLED.value
