"""The whole product as processes of their own, between the platforms' stand-ins and a mail server."""

import asyncio
import contextlib
import io
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from tests.standins import slack_events
from tests.standins.line import USER, LineStandIn
from tests.standins.slack import SlackStandIn
from tests.standins.smtp import SmtpStandIn
from tests.standins.telegram import TelegramStandIn
from tests.standins.telegram_people import GROUP, PERSON

from clair_bot.domain.advisors import Role
from clair_bot.messages import Address
from clair_bot.storage import schema
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import FrozenClock

DESK_ROOM = "C0DESK"
BASE_URL = "https://clair.example.test"
"""Our public address, as it stands in links."""
ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
_MIGRATING = threading.Lock()


class Town:
    """The three platforms with their people, and what the product is told about them."""

    def __init__(self) -> None:
        self.slack = SlackStandIn()
        self.line = LineStandIn()
        self.telegram = TelegramStandIn()
        self.mail = SmtpStandIn()

    async def start(self) -> None:
        await self.slack.start()
        await self.line.start()
        await self.mail.start()
        await self.telegram.start()
        self.telegram.add_chat(PERSON)
        self.telegram.add_chat(GROUP, type="supergroup", name="相談員室")

    async def stop(self) -> None:
        await self.slack.stop()
        await self.line.stop()
        await self.telegram.stop()
        await self.mail.stop()

    @property
    def violations(self) -> list[str]:
        return [*self.slack.violations, *self.line.violations, *self.telegram.violations, *self.mail.violations]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.slack.environment,
            "LINE_CHANNEL_SECRET": self.line.secret,
            "LINE_CHANNEL_ACCESS_TOKEN": self.line.token,
            "LINE_API_URL": self.line.url,
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_WEBHOOK_SECRET": self.telegram.secret,
            "TELEGRAM_API_URL": self.telegram.url,
            "CLAIR_DESK": f"slack:{DESK_ROOM}",
        }

    def mailing(self, rate: int) -> dict[str, str]:
        """Return what a house that also sends mail is told."""
        return {
            "SMTP_URL": self.mail.url(query=f"?rate={rate}"),
            "CLAIR_MAIL_FROM": "クレア メールマガジン <news@clair.example.jp>",
            "CLAIR_BASE_URL": BASE_URL,
        }

    # what people say, as the request that brings it

    def says(self, channel: str, text: str, *, event: str) -> tuple[dict[str, str], bytes]:
        """A person writes in a direct chat. On LINE and Slack the same ``event`` is the same message again."""
        if channel == "slack":
            request = self.slack.text_event(text, event=event)
            return dict(request.headers), request.body
        if channel == "line":
            return self.line.webhook(self.line.text_event(text, event=event))
        return self.telegram.webhook(self.telegram.text(text))

    def reads(self, channel: str) -> list[str]:
        """What the person can read of the bot."""
        if channel == "slack":
            return self.slack.read(slack_events.DIRECT)
        if channel == "line":
            return self.line.delivered(USER)
        return self.telegram.read(PERSON)


class House:
    """One running process of the product."""

    def __init__(self, folder: Path, town: Town, **changes: str) -> None:
        self.folder = folder
        self.database = folder / "clair.db"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "CLAIR_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
            "CLAIR_CACHE_DIR": str(Path(folder).parent / "cache"),
            **town.environment,
            **changes,
        }
        self.url = ""
        self.log = b""
        self.process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Run a command to its end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clair_bot", *words, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), err.decode()

    async def start(self, command: str = "serve") -> None:
        """Start ``serve`` or ``web`` on a free port and wait until it is ready."""
        await self.begin(command)
        await self.until_ready()

    async def begin(self, command: str = "serve") -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clair_bot", command, "--port", "0", env=self.environment, stderr=asyncio.subprocess.PIPE
        )
        assert self.process.stderr is not None
        while not self.url:
            line = await asyncio.wait_for(self.process.stderr.readline(), 30)
            assert line, self.log.decode()
            self.log += line
            if line.startswith(b"http://"):
                self.url = line.decode().strip()
        self._reading = asyncio.create_task(self._keep_log(self.process.stderr))

    async def _keep_log(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.log += line

    async def until_ready(self) -> None:
        await eventually(self._answers, what="/healthz", seconds=30)

    async def _answers(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            return (await self.get("/healthz"))[0] == 200
        return False

    async def get(self, path: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            is_json = "json" in response.headers.get("content-type", "")
            return response.status, await response.json() if is_json else await response.text()

    async def post(self, channel: str, request: tuple[Mapping[str, str], bytes]) -> int:
        headers, body = request
        headers = {name: value for name, value in headers.items() if name.lower() not in {"content-length", "host"}}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/webhooks/{channel}", headers=headers, data=io.BytesIO(body)) as response,
        ):
            return response.status

    async def submit(self, url: str, **fields: str) -> tuple[int, str]:
        """Post a form to one of our public addresses."""
        async with aiohttp.ClientSession() as session, session.post(self.url + url.removeprefix(BASE_URL), data=fields) as response:
            return response.status, await response.text()

    async def kill(self) -> None:
        """Kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self._gone()

    async def stop(self) -> int:
        """SIGTERM; return the exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await self._gone()

    async def _gone(self) -> int:
        assert self.process is not None
        status = await asyncio.wait_for(self.process.wait(), 30)
        if self._reading:
            await self._reading
        self.url = ""
        return status

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the database."""
        url = self.environment["DATABASE_URL"]
        if url.startswith("postgresql"):
            with psycopg.connect(url) as server:
                return server.execute(query.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()


async def eventually(condition: Callable[[], Any], *, what: str, seconds: float = PATIENCE) -> Any:
    """Wait until a condition (plain or async) is true, and return it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()
        value = await value if asyncio.iscoroutine(value) else value
        if value:
            return value
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.02)


async def heard(town: Town, channel: str, count: int = 1) -> list[str]:
    """Wait until the person can read so many messages of the bot."""
    await eventually(lambda: len(town.reads(channel)) >= count, what=f"{count} messages on {channel}")
    return town.reads(channel)


def migrate(url: str) -> None:
    """What ``db upgrade`` does, without starting a process for it. Alembic keeps global state: one at a time in a process."""
    engine = open_engine(url)
    with _MIGRATING:
        schema.upgrade(engine)
    engine.dispose()


def register(house: House, address: str, name: str, roles: Collection[Role] = (Role.ADVISOR,)) -> int:
    """What ``advisor add`` does, without starting a process for it; return the person's number."""
    store = SqlStore(open_engine(house.environment["DATABASE_URL"]), FrozenClock())
    with store.write() as work:
        advisor = work.advisors.add(name=name, address=Address.parse(address), desks=(), roles=frozenset(roles), capacity=10)
        work.commit()
    store.engine.dispose()
    return advisor.id


def remove(house: House, advisor_id: int) -> None:
    """What ``advisor remove`` does to a person who holds nothing."""
    store = SqlStore(open_engine(house.environment["DATABASE_URL"]), FrozenClock())
    with store.write() as work:
        work.advisors.remove(advisor_id)
        work.commit()
    store.engine.dispose()


@contextlib.asynccontextmanager
async def towns() -> AsyncIterator[Town]:
    """A town; afterwards every exchange must have been within the platforms' specifications."""
    town = Town()
    await town.start()
    try:
        yield town
    finally:
        await town.stop()
    assert not town.violations, town.violations


@contextlib.asynccontextmanager
async def houses(folder: Path, town: Town, *, start: bool = True, mail: int = 0, **changes: str) -> AsyncIterator[House]:
    """A house with a migrated database, running; with ``mail``, one that sends so many mails a second at most."""
    house = House(folder, town, **(town.mailing(mail) if mail else {}), **changes)
    await asyncio.to_thread(migrate, house.environment["DATABASE_URL"])
    if start:
        await house.start()
    try:
        yield house
    finally:
        if house.process is not None and house.process.returncode is None:
            await house.stop()
