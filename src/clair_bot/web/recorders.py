"""Group commit: requests that arrive while one transaction is being written share the next."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from clair_bot.errors import StorageError
from clair_bot.messages import InboundMessage
from clair_bot.services.intake import Intake
from clair_bot.services.wakers import Waker


@dataclass(frozen=True, slots=True)
class _Waiting:
    messages: Sequence[InboundMessage]
    stored: asyncio.Future[None]


class Recorder:
    """Stores what webhooks bring. ``record`` returns when the messages are durable."""

    def __init__(self, intake: Intake, waker: Waker) -> None:
        """Store through ``intake``; ``waker`` wakes the dispatcher."""
        self._intake = intake
        self._waker = waker
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def record(self, messages: Sequence[InboundMessage]) -> None:
        """Store the messages of one request, all or nothing.

        Raises:
            StorageError: nothing was stored.
        """
        if not messages:
            return
        waiting = _Waiting(messages, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await waiting.stored

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await self._store(batch)
            self._waker.wake()

    async def _store(self, batch: list[_Waiting]) -> None:
        try:
            await asyncio.to_thread(self._intake.record, [message for waiting in batch for message in waiting.messages])
        except StorageError as error:
            self._finish(batch, error)
        except Exception as error:  # noqa: BLE001  # one request that cannot be stored must not take the others with it
            if len(batch) == 1:
                self._finish(batch, error)
            for waiting in batch if len(batch) > 1 else ():
                await self._store([waiting])
        else:
            self._finish(batch, None)

    @staticmethod
    def _finish(batch: list[_Waiting], error: Exception | None) -> None:
        for waiting in batch:
            if waiting.stored.done():
                continue  # its request was cancelled meanwhile
            if error is None:
                waiting.stored.set_result(None)
            else:
                waiting.stored.set_exception(error)
