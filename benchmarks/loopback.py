"""What the benchmarks of processes share: lean loopback platforms, a client that keeps its connections, and the product as a process.

The stand-ins of the tests check every exchange against the platforms' specifications, which takes longer than the product itself. This
one only reads a request, looks for LINE's reply token in it and answers; it and the client share one event loop, and so one clock.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SECRET, SIGNING_SECRET, WEBHOOK_SECRET = "line-secret", "slack-secret", "telegram-secret"
_ME = {"id": 1, "is_bot": True, "first_name": "CLAIR", "username": "clair_bot"}
_SENT = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
_LINE_ID = itertools.count(1)


def environment(folder: Path, platform: str, cache: Path) -> dict[str, str]:
    """Return the variables of the product with all three channels, between loopback platforms."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/clair.db",
        "CLAIR_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
        "CLAIR_CACHE_DIR": str(cache),
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": "token",
        "LINE_API_URL": platform,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{platform}/slack/",
        "TELEGRAM_BOT_TOKEN": "1:token",
        "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "TELEGRAM_API_URL": platform,
        "CLAIR_DESK": "slack:C0DESK",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A webhook, ready to be sent."""

    token: str
    wire: bytes


def line_question(number: int, text: str) -> Question:
    """Return what LINE sends when a person who was not seen before asks something."""
    token = f"{number:032x}"
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": int(time.time() * 1000),
        "source": {"type": "user", "userId": f"U{number:032x}"},
        "webhookEventId": f"01{number:024d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": token,
        "message": {"type": "text", "id": f"4{number:017d}", "text": text, "quoteToken": "q"},
    }
    body = json.dumps({"destination": "U" + "0" * 32, "events": [event]}, ensure_ascii=False).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return Question(token=token, wire=post("/webhooks/line", body, {"x-line-signature": signature}))


def slack_question(number: int, text: str) -> Question:
    """Return what Slack sends when somebody new writes to the bot."""
    now = int(time.time())
    event = {
        "type": "message",
        "channel": f"D{number:010d}",
        "channel_type": "im",
        "user": f"U{number:010d}",
        "text": text,
        "ts": f"{now}.{number:06d}",
    }
    frame = {
        "type": "event_callback",
        "team_id": "T1",
        "api_app_id": "A1",
        "event_id": f"Ev{number:010d}",
        "event_time": now,
        "event": event,
    }
    body = json.dumps(frame, ensure_ascii=False).encode()
    signature = hmac.new(SIGNING_SECRET.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": str(now), "x-slack-signature": f"v0={signature}"}
    return Question(token=f"slack {number}", wire=post("/webhooks/slack", body, headers))


def telegram_question(number: int, text: str) -> Question:
    """Return what Telegram sends when somebody new writes to the bot."""
    person = {"id": number, "is_bot": False, "first_name": "職員"}
    message = {"message_id": number, "date": int(time.time()), "chat": {"id": number, "type": "private"}, "from": person, "text": text}
    body = json.dumps({"update_id": number, "message": message}, ensure_ascii=False).encode()
    headers = {"x-telegram-bot-api-secret-token": WEBHOOK_SECRET}
    return Question(token=f"telegram {number}", wire=post("/webhooks/telegram", body, headers))


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a request as it goes over the wire."""
    lines = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(body)), **headers}
    return (f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode() + body


class Platform:
    """Slack, LINE and Telegram, as far as the product needs them to be content."""

    def __init__(self) -> None:
        self.url = ""
        self.replied: dict[str, float] = {}
        self.articles = 0
        self.twice = 0
        self._awaited: dict[str, asyncio.Future[float]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Platform"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    async def reply_to(self, token: str) -> float:
        """Return when the reply came, as ``time.perf_counter``."""
        if token not in self.replied:
            self._awaited[token] = asyncio.get_running_loop().create_future()
            await self._awaited[token]
            del self._awaited[token]
        return self.replied[token]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                content = json.dumps(self._answer(head.split(b" ", 2)[1], body)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content) + content)
        writer.close()

    def _answer(self, path: bytes, body: bytes) -> Any:
        if path == b"/v2/bot/message/reply":
            self._take(json.loads(body))
        if path == b"/v2/bot/message/quota":
            return {"type": "none"}
        if path.startswith(b"/v2/bot/message/"):
            return {"sentMessages": [{"id": str(next(_LINE_ID)), "quoteToken": "q"}]}
        if path.startswith(b"/v2/bot/"):
            return {"userId": "U" + "0" * 32, "basicId": "@1", "displayName": "CLAIR", "chatMode": "bot", "markAsReadMode": "auto"}
        if path.startswith(b"/slack/"):
            return {"ok": True, "ts": f"{next(_LINE_ID)}.000001", "channel": "C0DESK", "user": "clair", "team": "CLAIR", "messages": []}
        return {"ok": True, "result": _ME if path.endswith(b"getme") else _SENT}

    def _take(self, reply: Any) -> None:
        token = reply["replyToken"]
        self.twice += token in self.replied
        self.replied[token] = time.perf_counter()
        self.articles += any(message["type"] == "flex" for message in reply["messages"])
        if token in self._awaited:
            self._awaited[token].set_result(0.0)


class Line:
    """One connection to a server, kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, wire: bytes) -> int:
        """Send a request, read the answer to its end, and return its status."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(wire)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


@contextlib.asynccontextmanager
async def process(command: Sequence[str], variables: Mapping[str, str], *, log: bool = False) -> AsyncIterator[tuple[int, int]]:
    """Run a server that prints its address as the first line of its errors; yield its process id and its port."""
    child = await asyncio.create_subprocess_exec(sys.executable, *command, env=dict(variables), stderr=asyncio.subprocess.PIPE)
    assert child.stderr is not None
    reading = None
    try:
        first = (await asyncio.wait_for(child.stderr.readline(), 60)).decode()
        if not first.startswith("http://"):
            raise SystemExit(first + (await child.stderr.read()).decode())
        reading = asyncio.create_task(_drain(child.stderr, log=log))
        yield child.pid, int(first.rsplit(":", 1)[1])
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()
        if reading:
            await reading


async def _drain(stream: asyncio.StreamReader, *, log: bool) -> None:
    while line := await stream.readline():
        if log or b'"error"' in line or b'"critical"' in line:
            sys.stderr.buffer.write(line)


async def run(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Run a command to its end; return how long it took."""
    started = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=dict(variables), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await child.communicate()
    if child.returncode:
        raise SystemExit(errors.decode())
    return time.perf_counter() - started


async def ready(port: int, path: str, *, seconds: float = 60.0) -> float:
    """Wait until a path answers 200; return when."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        line = Line(port)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await line.send(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()) == 200:
                line.close()
                return time.perf_counter()
        line.close()
        await asyncio.sleep(0.01)
    raise SystemExit(f"{path} is not ready after {seconds} s")
