"""A post office with a door for each worker: a mail is kept at its final dot, and answered a while later."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from tests.chaos.doors import Doors
from tests.standins.smtp import SmtpStandIn, _Conversation


class _Late(_Conversation):
    """One connection, whose worker may be dead before it hears that its mail was kept."""

    def __init__(self, door: "_Door") -> None:
        super().__init__(door)
        self._door = door

    async def push(self, status: Any) -> None:
        if str(status).endswith("Ok: queued"):
            await self._door.doors.wait(self._door.number, "mail")
        await super().push(status)


class _Door(SmtpStandIn):
    """The server that one worker knows."""

    def __init__(self, number: int, doors: Doors) -> None:
        super().__init__()
        self.number, self.doors = number, doors

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Late(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]


class PostOffice:
    """Mail servers that tell the platform's doors who waits at them."""

    def __init__(self, doors: Doors) -> None:
        self._doors = [_Door(number, doors) for number in range(doors.count)]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["PostOffice"]:
        for door in self._doors:
            await door.start()
        try:
            yield self
        finally:
            for door in self._doors:
                await door.stop()

    def url(self, door: int) -> str:
        """Return the value of ``SMTP_URL`` for a worker."""
        return self._doors[door].url(query="?rate=20&connections=8")

    @property
    def violations(self) -> list[str]:
        return [fault for door in self._doors for fault in door.violations]

    def kept(self) -> Counter[tuple[str, str]]:
        """Return how many mails there are of each recipient and Message-ID."""
        return Counter((mail.recipient, str(mail.message["Message-ID"])) for door in self._doors for mail in door.kept)
