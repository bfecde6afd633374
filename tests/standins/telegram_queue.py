"""How the stand-in of Telegram brings updates: by webhook, in order per chat and with its retries, or by getUpdates."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from tests.standins.telegram_people import ShiftedClock

DAY = 24 * 3600.0
DEFAULT_UPDATES = frozenset({"message", "edited_message", "channel_post", "callback_query", "my_chat_member", "poll_answer"})
TERMINATED = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class Conflict(Exception):
    """409 for a poller."""


@dataclass(kw_only=True)
class Waiting:
    """An update that was not yet taken."""

    update: Mapping[str, Any]
    chat: int
    made_at: float
    due_at: float
    attempts: int = 0


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One webhook request, as the platform saw it end."""

    update_id: int
    status: int
    """0 when no answer came."""
    at: float


class Updates:
    """The queue of one bot."""

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock
        self.waiting: list[Waiting] = []
        self.attempts: list[Attempt] = []
        self.allowed: frozenset[str] = DEFAULT_UPDATES
        self.webhook_url = ""
        self.webhook_secret = ""
        self.offsets: list[int | None] = []
        """The offset of every getUpdates, for the tests."""
        self._arrived = asyncio.Event()
        self._poller: asyncio.Event | None = None

    def put(self, update: Mapping[str, Any]) -> None:
        """Take in an update, if the bot wants its kind."""
        kinds = update.keys() - {"update_id"}
        if kinds and not kinds & self.allowed:
            return
        now = self._clock.now()
        self.waiting.append(Waiting(update=update, chat=_chat_of(update), made_at=now, due_at=now))
        self._arrived.set()

    async def poll(self, *, offset: int | None, limit: int, timeout: float) -> list[Mapping[str, Any]]:
        """Serve getUpdates: forget what is below the offset, then wait for something to give.

        Raises:
            Conflict: A webhook is set, or a younger poller came.
        """
        self.offsets.append(offset)
        if self.webhook_url:
            raise Conflict(WEBHOOK_ACTIVE)
        if offset is not None:
            ids = [item.update["update_id"] for item in self.waiting]
            confirmed = ids.index(offset) if offset in ids else sum(found < offset for found in ids)
            del self.waiting[:confirmed]
        superseded = self._supersede()
        if not self.waiting:
            await self._wait(superseded, min(timeout, 50))
        if superseded.is_set():
            raise Conflict(TERMINATED)
        self._poller = None
        return [item.update for item in self.waiting[: max(1, min(limit, 100))]]

    def _supersede(self) -> asyncio.Event:
        if self._poller is not None:
            self._poller.set()
        self._poller = asyncio.Event()
        return self._poller

    async def _wait(self, superseded: asyncio.Event, timeout: float) -> None:
        self._arrived.clear()
        waits = [asyncio.ensure_future(self._arrived.wait()), asyncio.ensure_future(superseded.wait())]
        _, pending = await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()

    async def pump(self) -> list[Attempt]:
        """Send every webhook that is due, chats side by side, each chat in order; return the attempts made."""
        before = len(self.attempts)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            await asyncio.gather(*(self._pump_chat(session, chat) for chat in dict.fromkeys(item.chat for item in self.waiting)))
        return self.attempts[before:]

    async def _pump_chat(self, session: aiohttp.ClientSession, chat: int) -> None:
        while self.webhook_url and (item := next((item for item in self.waiting if item.chat == chat), None)):
            now = self._clock.now()
            if now - item.made_at > DAY:  # "An update dies 24 h after the message's date"
                self.waiting.remove(item)
            elif item.due_at > now:
                return
            else:
                await self._attempt(session, item)

    async def _attempt(self, session: aiohttp.ClientSession, item: Waiting) -> None:
        headers = {"Content-Type": "application/json", **secret_header(self.webhook_secret)}
        status, wait = 0, 0.0
        try:
            async with session.post(self.webhook_url, data=encode(item.update), headers=headers, allow_redirects=False) as response:
                status, wait = response.status, _retry_after(response.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError):
            pass
        self.attempts.append(Attempt(update_id=item.update["update_id"], status=status, at=self._clock.now()))
        if 200 <= status < 300:
            self.waiting.remove(item)
            return
        item.attempts += 1
        item.due_at = self._clock.now() + (wait or retry_pause(item.attempts))


def retry_pause(attempts: int) -> float:
    """Return the pause behind the n-th failure: none, then 2, 4, 8 … s, capped at a random 60 to 120 s."""
    if attempts == 1:
        return 0
    grown = 2.0 ** (attempts - 1)
    return grown if grown < 60 else random.uniform(60, 120)


def encode(update: Mapping[str, Any]) -> bytes:
    """Return the body of a webhook, escaped as the platform escapes it."""
    return json.dumps(update).encode()


def secret_header(secret: str) -> dict[str, str]:
    """Return the header that proves the origin."""
    return {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}


def _retry_after(value: str) -> float:
    return min(float(value), 3600) if value.isdecimal() else 0


def _chat_of(update: Mapping[str, Any]) -> int:
    looks: tuple[Callable[[], Any], ...] = (
        lambda: update["message"]["chat"]["id"],
        lambda: update["edited_message"]["chat"]["id"],
        lambda: update["callback_query"]["message"]["chat"]["id"],
        lambda: update["my_chat_member"]["chat"]["id"],
    )
    for look in looks:
        try:
            return int(look())
        except (LookupError, TypeError, ValueError):
            continue
    return 0
