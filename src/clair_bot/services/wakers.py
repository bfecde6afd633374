"""Waking loops of the same process, from any thread."""

import asyncio


class Waker:
    """An event that wakes one loop; a wake that comes too early is not lost."""

    def __init__(self) -> None:
        """Sleep."""
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Wake the waiting loop, from any thread."""
        if self._loop is None or self._loop.is_closed():
            self._event.set()
        else:
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> None:
        """Sleep until woken, at most so long."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()
