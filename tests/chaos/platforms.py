"""A loopback platform that takes a message first and answers later, so that a death falls between the two; a door for each worker."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

TELEGRAM_TOKEN = "1:token"
_LINE_BOT = {"userId": "U" + "0" * 32, "basicId": "@1", "displayName": "C", "chatMode": "bot", "markAsReadMode": "auto"}
_TELEGRAM_BOT = {"id": 1, "is_bot": True, "first_name": "C", "username": "clair_bot"}


class Platform:
    """LINE, Slack and Telegram as far as bulletins go: who got what, how often, and which worker waits for an answer."""

    def __init__(self, doors: int, *, latency: float) -> None:
        self.latency = latency
        self.got: Counter[str] = Counter()
        """How many messages each recipient got, as the person would count them."""
        self.calls = 0
        self.repeats = 0
        """Calls that LINE's retry key made harmless."""
        self.waiting: Counter[int] = Counter()
        """Calls under way at each door."""
        self.said: list[Any] = []
        """What LINE was given last."""
        self.taken_at: list[float] = []
        self.ports: list[int] = []
        self._doors = doors
        self._keys: set[str] = set()
        self._posted: dict[str, list[Any]] = {}
        self._busy = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Platform"]:
        runners = []
        for door in range(self._doors):
            app = web.Application(client_max_size=8 * 2**20)
            app.router.add_route("*", "/{path:.*}", self._handler(door))
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.ports.append(site._server.sockets[0].getsockname()[1])  # type: ignore[union-attr]  # aiohttp offers no other way
            runners.append(runner)
        try:
            yield self
        finally:
            for runner in runners:
                await runner.cleanup()

    async def busy_door(self) -> int:
        """Return a door at which a worker waits for an answer, the one with most calls."""
        while True:
            self._busy.clear()
            if +self.waiting:
                return self.waiting.most_common(1)[0][0]
            await self._busy.wait()

    def _handler(self, door: int) -> Any:
        async def handle(request: web.Request) -> web.Response:
            return await self._answer(door, request)

        return handle

    async def _answer(self, door: int, request: web.Request) -> web.Response:
        body = await request.read()
        path = request.path
        if path.startswith("/v2/bot/message/quota"):
            return web.json_response({"type": "none"})
        if path.startswith("/v2/bot/message/"):
            return await self._line(door, request, json.loads(body))
        if path.startswith("/slack/"):
            return await self._slack(door, path, request, body)
        if path.lower().endswith("/sendmessage"):
            return await self._telegram(door, request, body)
        if path.startswith("/v2/bot/"):
            return web.json_response(
                {"userId": "U" + "0" * 32, "basicId": "@1", "displayName": "C", "chatMode": "bot", "markAsReadMode": "auto"}
            )
        return web.json_response({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "C", "username": "clair_bot"}})

    async def _line(self, door: int, request: web.Request, body: Any) -> web.Response:
        key = request.headers.get("X-Line-Retry-Key", "")
        if key in self._keys:
            self.repeats += 1
            await self._wait(door)
            headers = {"x-line-accepted-request-id": "1"}
            return web.json_response({"message": "The retry key is already accepted"}, status=409, headers=headers)
        if key:
            self._keys.add(key)
        to, self.said = body["to"], body["messages"]
        await self._take(door, [to] if isinstance(to, str) else to)
        return web.json_response({"sentMessages": [{"id": str(self.calls), "quoteToken": "q"}]} if isinstance(to, str) else {})

    async def _telegram(self, door: int, request: web.Request, body: bytes) -> web.Response:
        values = await _fields(request, body)
        chat = str(values.get("chat_id"))
        await self._take(door, [chat])
        sent = {"message_id": self.calls, "date": 1, "chat": {"id": int(chat), "type": "private"}, "text": "x"}
        return web.json_response({"ok": True, "result": sent})

    async def _slack(self, door: int, path: str, request: web.Request, body: bytes) -> web.Response:
        """Post and show what was posted: a worker looks before it repeats."""
        values = await _fields(request, body) if request.method == "POST" else dict(request.query)
        channel = str(values.get("channel", ""))
        answer = {"ok": True, "channel": channel, "user": "clair", "team": "CLAIR", "user_id": "U1", "team_id": "T1"}
        if path.endswith("conversations.history"):
            return web.json_response({**answer, "messages": self._posted.get(channel, []), "has_more": False})
        if path.endswith("chat.postMessage"):
            metadata = values.get("metadata")
            ts = f"{self.calls + 1}.000001"
            post = {"type": "message", "ts": ts, "metadata": json.loads(metadata) if isinstance(metadata, str) else metadata}
            self._posted.setdefault(channel, []).append(post)
            await self._take(door, [channel])
            return web.json_response({**answer, "ts": ts})
        return web.json_response(answer)

    async def _take(self, door: int, recipients: list[str]) -> None:
        """Count it as arrived, and answer a while later."""
        self.calls += 1
        self.got.update(recipients)
        self.taken_at.append(asyncio.get_running_loop().time())
        await self._wait(door)

    async def _wait(self, door: int) -> None:
        self.waiting[door] += 1
        self._busy.set()
        try:
            await asyncio.sleep(self.latency)
        finally:
            self.waiting[door] -= 1


async def _fields(request: web.Request, body: bytes) -> dict[str, Any]:
    if request.content_type == "application/json":
        found: dict[str, Any] = json.loads(body)
        return found
    if request.content_type == "multipart/form-data":
        pairs = re.findall(rb'name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', body, re.DOTALL)
        return {name.decode(): value.decode("utf-8", "replace") for name, value in pairs}
    return dict(await request.post())
