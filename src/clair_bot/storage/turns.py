"""Turns: threads of one process write one after the other, in the order in which they came."""

from collections import deque
from threading import Lock
from types import TracebackType


class Turns:
    """A lock that is fair: whoever writes much waits behind whoever came meanwhile, and a webhook is never passed over."""

    def __init__(self) -> None:
        """Nobody's turn."""
        self._guard = Lock()
        self._waiting: deque[Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        """Wait for our turn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            ours = Lock()
            ours.acquire()
            self._waiting.append(ours)
        ours.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Hand the turn on."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
