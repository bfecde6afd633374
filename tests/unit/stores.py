"""Stores in memory that misbehave as databases do: away for a while, slow, or changed by others at the very moment."""

import threading

from clair_bot.errors import StorageUnavailable
from clair_bot.ports import Clock
from clair_bot.testing.memory import MemoryStore, MemoryUnitOfWork


class OutageStore(MemoryStore):
    """Away while it is told to be; or fails at the end of its transactions."""

    away = False
    commits_left = 1_000_000

    def write(self) -> MemoryUnitOfWork:
        self._answer()
        return _OutageWork(self, writes=True)

    def read(self) -> MemoryUnitOfWork:
        self._answer()
        return MemoryUnitOfWork(self, writes=False)

    def _answer(self) -> None:
        if self.away:
            raise StorageUnavailable("away")


class _OutageWork(MemoryUnitOfWork):
    _store: OutageStore

    def commit(self) -> None:
        if self._store.commits_left <= 0:
            raise StorageUnavailable("away")
        self._store.commits_left -= 1
        super().commit()


class SlowStore(MemoryStore):
    """Its commits wait for ``gate`` while that is closed, and tell by ``committing`` that they do."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.gate = threading.Event()
        self.gate.set()
        self.committing = threading.Event()

    def write(self) -> MemoryUnitOfWork:
        return _SlowWork(self, writes=True)


class _SlowWork(MemoryUnitOfWork):
    _store: SlowStore

    def commit(self) -> None:
        self._store.committing.set()
        self._store.gate.wait(10)
        super().commit()
