"""Processes of the product that are killed, frozen, let go on and stopped."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
DESK = "slack:C0DESK"
READY = {"worker": b"worker.ready", "clock": b"clock.ready"}
"""What the log says of a process that has begun."""


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return the variables that every process has."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": url,
        "CLAIR_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
        "CLAIR_CACHE_DIR": str(folder / "cache"),
        "CLAIR_DESK": DESK,
    }


class Process:
    """A ``worker`` or a ``clock``."""

    def __init__(self, command: str, process: asyncio.subprocess.Process) -> None:
        self.log = b""
        self._command, self._process = command, process
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: str, variables: Mapping[str, str]) -> "Process":
        """Start one."""
        arguments = (sys.executable, "-m", "clair_bot", command)
        return cls(command, await asyncio.create_subprocess_exec(*arguments, env=dict(variables), stderr=asyncio.subprocess.PIPE))

    async def _read(self) -> None:
        assert self._process.stderr
        while line := await self._process.stderr.readline():
            self.log += line
            if READY[self._command] in line:
                self._ready.set()

    async def until_ready(self) -> "Process":
        """Wait until it has begun."""
        await asyncio.wait_for(self._ready.wait(), 60)
        return self

    @property
    def lives(self) -> bool:
        return self._process.returncode is None

    async def kill(self) -> None:
        """Kill -9."""
        if self.lives:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._gone()

    async def stop(self) -> int:
        """SIGTERM; return the exit status."""
        self._process.terminate()
        return await self._gone()

    async def _gone(self) -> int:
        status = await asyncio.wait_for(self._process.wait(), 30)
        await self._reading
        return status

    def freeze(self) -> None:
        """SIGSTOP: it hangs, and holds what it holds."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self._process.send_signal(signal.SIGCONT)
