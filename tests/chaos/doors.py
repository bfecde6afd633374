"""Doors: which worker waits for which answer. What was taken is answered a while later, so that a death falls between the two."""

import asyncio
from collections import Counter


class Doors:
    """Everybody who waits, and what everybody got."""

    def __init__(self, count: int, *, latency: float) -> None:
        self.count = count
        self.latency = latency
        self.got: Counter[str] = Counter()
        """How many messages each recipient got, as the person would count them."""
        self._waiting: Counter[tuple[int, str]] = Counter()
        self._busy = asyncio.Event()

    async def wait(self, door: int, channel: str) -> None:
        """Let a call wait for its answer."""
        self._waiting[door, channel] += 1
        self._busy.set()
        try:
            await asyncio.sleep(self.latency)
        finally:
            self._waiting[door, channel] -= 1

    def under_way(self, door: int) -> Counter[str]:
        """Return how many calls of each channel wait at a door."""
        return Counter({channel: count for (place, channel), count in self._waiting.items() if place == door and count > 0})

    async def busy_door(self, channel: str) -> int:
        """Return the door at which most calls of a channel wait, as soon as there is one."""
        while True:
            self._busy.clear()
            calls = {door: count for door in range(self.count) if (count := self._waiting[door, channel]) > 0}
            if calls:
                return max(calls, key=lambda door: calls[door])
            await self._busy.wait()
