"""The other way in, for networks that nobody reaches from outside; and watching how the channels are."""

import asyncio
import secrets
from collections.abc import Sequence

import structlog

from clair_bot.errors import DeliveryError, StorageError
from clair_bot.messages import InboundKind, InboundMessage
from clair_bot.ports import ChannelAdapter, Store
from clair_bot.services.intake import Intake
from clair_bot.services.wakers import Waker

_LEASE_SECONDS = 15.0
_RENEW_SECONDS = 5.0
_WATCH_SECONDS = 30.0
_CHECK_SECONDS = 10.0
_PAUSE_SECONDS = 5.0
_SPOKEN = frozenset({InboundKind.TEXT, InboundKind.ACTION})

log = structlog.get_logger()


class Listener:
    """Listens on one channel, in one process at a time: whoever holds the lease."""

    def __init__(self, *, store: Store, adapter: ChannelAdapter, intake: Intake, waker: Waker) -> None:
        """Work with these; ``waker`` wakes the dispatcher."""
        self._store = store
        self._adapter = adapter
        self._intake = intake
        self._waker = waker
        self._holder = secrets.token_hex(8)
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen whenever the lease is ours, until cancelled."""
        while True:
            if await self._take():
                await self._listen_while_held()
            await asyncio.sleep(_RENEW_SECONDS)

    async def _listen_while_held(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            while not listening.done():
                await asyncio.wait({listening}, timeout=_RENEW_SECONDS)
                if not await self._take():
                    return
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            await self._adapter.listen(self._deliver)
        except DeliveryError as error:
            log.error("channel.refused", channel=self._adapter.name, reason=error.reason)  # noqa: TRY400  # no trace: it may hold a token
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _deliver(self, messages: Sequence[InboundMessage]) -> None:
        await asyncio.to_thread(self._intake.record, messages)
        self._waker.wake()
        for message in messages:
            if message.addressed and message.kind in _SPOKEN:
                task = asyncio.create_task(self._adapter.acknowledge(message))
                self._acknowledging.add(task)
                task.add_done_callback(self._acknowledging.discard)

    async def _take(self) -> bool:
        return await asyncio.to_thread(self._lease)

    def _lease(self) -> bool:
        try:
            with self._store.write() as work:
                held = work.channels.lease(f"listen:{self._adapter.name}", self._holder, _LEASE_SECONDS)
                work.commit()
        except StorageError:
            return False
        return held


async def watch(adapter: ChannelAdapter, store: Store) -> None:
    """Ask the platform every half minute who we are, and write down whether it answers, until cancelled."""
    while True:
        error = await _ask(adapter)
        try:
            await asyncio.to_thread(_report, store, adapter.name, error)
        except StorageError:
            log.warning("channel.unreported", channel=adapter.name)
        await asyncio.sleep(_WATCH_SECONDS if not error else _PAUSE_SECONDS)


async def _ask(adapter: ChannelAdapter) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await adapter.check()
    except TimeoutError:
        return "timeout"
    except DeliveryError as error:
        return error.reason or "refused"
    return ""


def _report(store: Store, channel: str, error: str) -> None:
    with store.read() as work:
        if work.channels.states().get(channel) == error:
            return
    with store.write() as work:
        work.channels.report(channel, error)
        work.commit()
    log.info("channel.state", channel=channel, works=not error)
