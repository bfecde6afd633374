"""A loopback platform with a door for each worker; it takes a message first and answers later."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from tests.chaos.doors import Doors

TELEGRAM_TOKEN = "1:token"
_LINE_BOT = {"userId": "U" + "0" * 32, "basicId": "@1", "displayName": "C", "chatMode": "bot", "markAsReadMode": "auto"}
_TELEGRAM_BOT = {"id": 1, "is_bot": True, "first_name": "C", "username": "clair_bot"}


class Platform(Doors):
    """LINE, Slack and Telegram as far as bulletins go."""

    def __init__(self, doors: int, *, latency: float) -> None:
        super().__init__(doors, latency=latency)
        self.calls = 0
        self.repeats = 0
        """Calls that LINE's retry key made harmless."""
        self.said: list[Any] = []
        """What LINE was given last."""
        self.taken_at: list[float] = []
        self.asked: list[tuple[str, float]] = []
        """Every call that was to send something: its channel and when it came, taken or refused."""
        self.silence: tuple[float, float] | None = None
        """From when until when Telegram has asked for silence."""
        self.ports: list[int] = []
        self._keys: set[str] = set()
        self._posted: dict[str, list[dict[str, Any]]] = {}
        self._silent_for = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Platform"]:
        runners = []
        for door in range(self.count):
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

    def hush(self, seconds: int) -> None:
        """Answer Telegram's next call, and all others for so long, with 429."""
        self._silent_for = seconds

    def posts(self, channel: str) -> list[str]:
        """Return what stands in a channel of Slack."""
        return [str(post["text"]) for post in self._posted.get(channel, [])]

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
            return web.json_response(_LINE_BOT)
        return web.json_response({"ok": True, "result": _TELEGRAM_BOT})

    async def _line(self, door: int, request: web.Request, body: Any) -> web.Response:
        self._note("line")
        key = request.headers.get("X-Line-Retry-Key", "")
        if key in self._keys:
            self.repeats += 1
            await self.wait(door, "line")
            headers = {"x-line-accepted-request-id": "1"}
            return web.json_response({"message": "The retry key is already accepted"}, status=409, headers=headers)
        if key:
            self._keys.add(key)
        to, self.said = body["to"], body["messages"]
        await self._take(door, "line", [to] if isinstance(to, str) else to)
        return web.json_response({"sentMessages": [{"id": str(self.calls), "quoteToken": "q"}]} if isinstance(to, str) else {})

    async def _telegram(self, door: int, request: web.Request, body: bytes) -> web.Response:
        now = self._note("telegram")
        if self._silent_for and self.silence is None:
            self.silence = (now, now + self._silent_for)
        if self.silence and now < self.silence[1]:
            left = max(1, round(self.silence[1] - now))
            said = {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {left}"}
            return web.json_response({**said, "parameters": {"retry_after": left}}, status=429)
        values = await _fields(request, body)
        chat = str(values.get("chat_id"))
        await self._take(door, "telegram", [chat])
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
            self._note("slack")
            metadata = values.get("metadata")
            ts = f"{self.calls + 1}.000001"
            told = {"metadata": json.loads(metadata) if isinstance(metadata, str) else metadata, "text": values.get("text", "")}
            self._posted.setdefault(channel, []).append({"type": "message", "ts": ts, **told})
            await self._take(door, "slack", [channel])
            return web.json_response({**answer, "ts": ts})
        return web.json_response(answer)

    def _note(self, channel: str) -> float:
        now = asyncio.get_running_loop().time()
        self.asked.append((channel, now))
        return now

    async def _take(self, door: int, channel: str, recipients: list[str]) -> None:
        """Count it as arrived, and answer a while later."""
        self.calls += 1
        self.got.update(recipients)
        self.taken_at.append(asyncio.get_running_loop().time())
        await self.wait(door, channel)


def duplicates(doors: Doors) -> Counter[str]:
    """Return who got more than one."""
    return Counter({who: count for who, count in doors.got.items() if count > 1})


async def _fields(request: web.Request, body: bytes) -> dict[str, Any]:
    if request.content_type == "application/json":
        found: dict[str, Any] = json.loads(body)
        return found
    if request.content_type == "multipart/form-data":
        pairs = re.findall(rb'name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', body, re.DOTALL)
        return {name.decode(): value.decode("utf-8", "replace") for name, value in pairs}
    return dict(await request.post())
