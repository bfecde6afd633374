"""The relay: empties the outbox, one loop per channel, within the platform's limits."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from clair_bot.domain.bulletins import BulletinStatus
from clair_bot.domain.deliveries import BATCHES, LEASE, LONGEST_HOLD, SHORT_LEASE, Delivery, DeliveryState, Fate, Priority, fate_after
from clair_bot.errors import DeliveryError, StorageError
from clair_bot.messages import OutboundMessage, Receipt
from clair_bot.ports import ChannelAdapter, Clock, Store, UnitOfWork
from clair_bot.services.bulletins import presence
from clair_bot.services.desk.arrivals import not_arrived
from clair_bot.services.wakers import Waker

CONCURRENCY = 20
"""Sends of one channel under way at once in one process."""
GATHER_SECONDS = 0.02
"""How long what was put or sent at about the same time is gathered, so that one transaction serves it all."""
POLL_SECONDS = 0.3
"""How soon work of another process is noticed."""
_SEND_SECONDS = LEASE.total_seconds() - 5
_DRAIN_SECONDS = 8.0
"""How long a stopping process waits for what is under way; what is not finished then is found by its lease."""
_NAMESPACE = uuid.UUID("0b7c6a52-4d0e-4d8e-8d4e-6a2f6a1c7e90")

log = structlog.get_logger()


Halt = Callable[[UnitOfWork, int, str], None]
"""Pauses a bulletin for a reason, inside a transaction."""


def _nobody_halts(work: UnitOfWork, bulletin_id: int, reason: str) -> None:
    """Where there are no bulletins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A delivery and what came of sending it."""

    delivery: Delivery
    result: Receipt | DeliveryError


class Relay:
    """Sends the deliveries of one channel."""

    def __init__(self, *, store: Store, adapter: ChannelAdapter, clock: Clock, waker: Waker, halt: Halt = _nobody_halts) -> None:
        """Work with these; ``waker`` tells that something was put into the outbox, ``halt`` stops a bulletin and tells people."""
        self._store = store
        self._adapter = adapter
        self._clock = clock
        self._waker = waker
        self._halt = halt
        self._under_way: dict[asyncio.Task[None], Delivery] = {}
        self._finished: list[Attempt] = []
        self._recovered_at = 0.0
        self._kept_at = 0.0
        self._quiet_until = clock.now()
        self._lease = SHORT_LEASE if adapter.repeats_safely else LEASE

    async def run(self) -> None:
        """Send until cancelled; what is under way then is finished and written down."""
        try:
            while True:
                moved = await self._step()
                if not moved:
                    await self._waker.wait(POLL_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            await asyncio.shield(self._drain())

    async def _step(self) -> bool:
        going_on = asyncio.create_task(self._go_on())
        try:
            moved = await asyncio.shield(going_on)
        except asyncio.CancelledError:
            with contextlib.suppress(StorageError):
                await going_on  # what is being claimed at this moment is sent before we stop
            raise
        except StorageError:
            await asyncio.sleep(1)
            return False
        return moved

    async def _go_on(self) -> bool:
        finished, self._finished = self._finished, []
        try:
            claimed = await asyncio.to_thread(self._exchange, finished, list(self._under_way.values()))
        except StorageError:
            self._finished = finished + self._finished  # written down when the database is back
            raise
        for delivery in claimed:
            task = asyncio.create_task(self._send(delivery))
            self._under_way[task] = delivery
            task.add_done_callback(self._under_way.pop)
        return bool(claimed or finished)

    async def _drain(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_DRAIN_SECONDS)
        if self._finished:
            await asyncio.to_thread(self._exchange, self._finished, None)

    async def _send(self, delivery: Delivery) -> None:
        result: Receipt | DeliveryError
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._await_slot(delivery)
                result = await self._call(delivery)
        except StorageError:
            result = DeliveryError("files cannot be read")  # before anything was sent: again later
        except TimeoutError:
            result = DeliveryError("timeout", uncertain=True)
        except DeliveryError as error:
            result = error
        except Exception as error:  # noqa: BLE001  # a message that breaks its adapter must not stop the channel (R14)
            log.error("delivery.broken", delivery=delivery.id, error=type(error).__name__)  # noqa: TRY400  # a trace may hold message text
            result = DeliveryError(f"broken: {type(error).__name__}", permanent=True)
        self._finished.append(Attempt(delivery=delivery, result=result))
        self._waker.wake()

    async def _await_slot(self, delivery: Delivery) -> None:
        """Wait until the rate lets it go, and not at all when the platform has asked for silence in the meantime."""
        if delivery.not_before:
            await asyncio.sleep(max((delivery.not_before - self._clock.now()).total_seconds(), 0))
        silence = (self._quiet_until - self._clock.now()).total_seconds()
        if silence > 0:
            raise DeliveryError("waits for the platform", retry_after=silence)

    async def _call(self, delivery: Delivery) -> Receipt:
        if delivery.members is not None:  # a digest has a line for each of its bulletins, and names everybody once all the same
            return await self._adapter.send_many(delivery.message, tuple(dict.fromkeys(delivery.members)))
        message = await self._filled(delivery.message)
        if not self._adapter.repeats_safely:  # what may have arrived is never repeated by itself: a person wants it again
            message = replace(message, maybe_sent=False)
        return await self._adapter.send(message)

    async def _filled(self, message: OutboundMessage) -> OutboundMessage:
        """Return the message with the bytes of its files: they never lie in the outbox. What is gone by now is named in words."""
        if not message.files:
            return message
        contents = await asyncio.to_thread(self._contents, message)
        files = (replace(file, content=content) for file, content in zip(message.files, contents, strict=True))
        return replace(message, files=tuple(files))

    def _contents(self, message: OutboundMessage) -> list[bytes]:
        with self._store.read() as work:
            return [work.attachments.content(file.id) or b"" for file in message.files]

    def _exchange(self, finished: Sequence[Attempt], under_way: Sequence[Delivery] | None) -> Sequence[Delivery]:
        """Write down what became of earlier sends and take the next, in one transaction; None under way: take nothing."""
        keep = self._to_keep(under_way or ())
        if not (finished or keep or self._anything_due()):
            return []
        with self._store.write() as work:
            for attempt in finished:
                self._settle(work, attempt)
            work.outbox.keep(keep, self._lease)
            claimed = self._claim(work, under_way) if under_way is not None else []
            sendable = [delivery for delivery in claimed if self._can_send(work, delivery)]
            work.commit()
        return sendable

    def _claim(self, work: UnitOfWork, under_way: Sequence[Delivery]) -> Sequence[Delivery]:
        free = CONCURRENCY - len(under_way)
        batches = BATCHES - sum(delivery.members is not None for delivery in under_way)
        if free <= 0:
            return []
        return work.outbox.claim(self._adapter.name, free, self._adapter.limits, lease=self._lease, batches=max(batches, 0))

    def _to_keep(self, under_way: Sequence[Delivery]) -> list[int]:
        """Return whose lease is to be renewed: where it is short, about three times in its course."""
        now = self._clock.now().timestamp()
        if self._lease is LEASE or not under_way or now - self._kept_at < self._lease.total_seconds() / 3:
            return []
        self._kept_at = now
        return [delivery.id for delivery in under_way]

    def _can_send(self, work: UnitOfWork, delivery: Delivery) -> bool:
        """A change of what was sent is dropped where the platform cannot edit: what happened was said in words as well."""
        if delivery.replaces is None or self._adapter.edits:
            return True
        work.outbox.unsent(delivery, DeliveryError("cannot be edited"), Fate(state=DeliveryState.CANCELLED))
        return False

    def _anything_due(self) -> bool:
        now = self._clock.now()
        if now.timestamp() - self._recovered_at > self._lease.total_seconds() / 3:
            self._recovered_at = now.timestamp()
            self._recover()
        with self._store.read() as work:
            due = work.outbox.next_due(self._adapter.name)
        return due is not None and due <= now

    def _recover(self) -> None:
        with self._store.write() as work:
            recovered = work.outbox.recover(self._adapter.name, repeats_safely=self._adapter.repeats_safely)
            for delivery in recovered:
                if delivery.state is DeliveryState.UNCERTAIN:
                    self._tell_desk(work, delivery, delivery.error, delivery.state)
                _leave_cancelled(work, delivery)
            work.commit()
        if recovered:
            log.warning("deliveries.recovered", channel=self._adapter.name, count=len(recovered))

    def _settle(self, work: UnitOfWork, attempt: Attempt) -> None:
        delivery, result = attempt.delivery, attempt.result
        if isinstance(result, Receipt):
            work.outbox.sent(delivery, result)
            if result.moved_to:
                work.conversations.move(delivery.message.to, result.moved_to)
                presence.move(work, delivery.message.to, result.moved_to)
            return
        if (result.permanent or result.unreachable) and delivery.members is not None and work.ledger.split(delivery):
            _leave_cancelled(work, delivery)
            return  # one of them may be the reason: the others get it
        fate = fate_after(result, attempts=delivery.attempts, now=self._clock.now(), repeats_safely=self._adapter.repeats_safely)
        work.outbox.unsent(delivery, result, fate)
        _leave_cancelled(work, delivery)
        log.warning("delivery.unsent", delivery=delivery.id, channel=self._adapter.name, state=fate.state, attempts=delivery.attempts)
        quota = result.retry_after is not None and result.retry_after > LONGEST_HOLD.total_seconds()
        if result.retry_after is not None and not quota:
            self._quiet_until = max(self._quiet_until, self._clock.now() + timedelta(seconds=result.retry_after))
            work.channels.pause(self._adapter.name, self._quiet_until)
        if result.channel_down:
            work.channels.report(self._adapter.name, result.reason)
        if result.unreachable:
            work.outbox.cancel(delivery.message.to)
            presence.suspend(work, delivery.message.to, reason=result.reason, now=self._clock.now())
        if quota and delivery.bulletin_id:
            self._halt(work, delivery.bulletin_id, result.reason)
        if quota or fate.state is not DeliveryState.QUEUED:
            self._tell_desk(work, delivery, result.reason, fate.state)

    @staticmethod
    def _tell_desk(work: UnitOfWork, delivery: Delivery, reason: str, state: DeliveryState) -> None:
        """An advisor who answered must hear that the answer did not arrive, or may not have, or not soon."""
        ticket = work.tickets.get(delivery.ticket_id) if delivery.ticket_id else None
        if ticket is None or ticket.desk is None or delivery.message.to != ticket.asker or ticket.desk == ticket.asker:
            return
        content = not_arrived(ticket.id, reason, state)
        key = str(uuid.uuid5(_NAMESPACE, f"undelivered:{delivery.id}"))
        notice = OutboundMessage(to=ticket.desk, idempotency_key=key, paragraphs=content.paragraphs)
        work.outbox.put(notice, priority=Priority.DESK, ticket_id=ticket.id)


def _leave_cancelled(work: UnitOfWork, delivery: Delivery) -> None:
    """Put nothing back that belongs to a bulletin which was cancelled while it was under way: it would wait there for ever."""
    bulletin = work.bulletins.get(delivery.bulletin_id) if delivery.bulletin_id else None
    if bulletin and bulletin.status is BulletinStatus.CANCELLED:
        work.ledger.cancel(bulletin.id)
