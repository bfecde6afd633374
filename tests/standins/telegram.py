"""A stateful stand-in of Telegram's Bot API on loopback. Every exchange is checked against the specification of others."""

import asyncio
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web
from tests.standins.telegram_downloads import FileServer
from tests.standins.telegram_edits import Edits
from tests.standins.telegram_files import Upload
from tests.standins.telegram_people import SECRET, TOKEN, USERNAME, ShiftedClock, shown
from tests.standins.telegram_queue import encode, secret_header
from tests.standins.telegram_refusals import Refusal
from tests.standins.telegram_spec import decode, specification
from tests.standins.telegram_updates import reaches_a_private_bot

__all__ = ["SECRET", "TOKEN", "USERNAME", "Call", "TelegramStandIn", "Trouble"]


_SENDING = frozenset({"sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageMedia"})
_LARGEST_REQUEST = 60 << 20


class Trouble(StrEnum):
    """What can be made to happen to a call."""

    REFUSED = "refused"  # nobody listens for a moment
    LOST_RESPONSE = "lost response"  # done, and the connection breaks before the answer
    RATE_LIMITED = "rate limited"  # 429, and 429 again for whoever comes too early
    SERVER_ERROR = "server error"  # 500, in JSON
    BAD_GATEWAY = "bad gateway"  # 502, a page of HTML from something in between
    GARBAGE = "garbage"  # done, but the answer is no JSON
    SILENT = "silent"  # done, but the answer takes ``seconds``
    BLOCKED = "blocked"  # 403
    TOKEN_REVOKED = "token revoked"  # 401
    CANNOT_PARSE = "cannot parse"  # 400, whatever the markup, while there is a parse mode


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as it came."""

    method: str
    parameters: Mapping[str, Any]
    at: float
    """Monotonic seconds."""
    status: int
    """0 when the answer was lost."""


class TelegramStandIn(Edits):
    """One bot, its people and groups. ``url`` is what TELEGRAM_API_URL takes."""

    def __init__(self, *, token: str = TOKEN, secret: str = SECRET, privacy: bool = True) -> None:
        super().__init__(ShiftedClock(), [], privacy=privacy)
        self.token = token
        self.secret = secret
        self.calls: list[Call] = []
        self.too_early: list[Call] = []
        """Calls that came before a 429's time was over."""
        self.url = ""
        self.file_server = FileServer()
        self._troubles: list[tuple[str, Trouble, float]] = []
        self._quiet_until = 0.0
        self._pumping: asyncio.Task[None] | None = None

    # --- life

    async def start(self, *, pump_every: float | None = None) -> "TelegramStandIn":
        """Listen on a free port; with ``pump_every``, webhooks go out by themselves."""
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.*}", self._download)
        self._loop = asyncio.get_running_loop()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._open(0)
        if pump_every is not None:
            self._pumping = asyncio.create_task(self._pump_for_ever(pump_every))
        return self

    async def stop(self) -> None:
        """Close everything."""
        if self._pumping:
            self._pumping.cancel()
            await asyncio.wait([self._pumping])
        await self._runner.cleanup()

    async def _open(self, port: int) -> None:
        listener = socket.create_server(("127.0.0.1", port))
        port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._site = web.SockSite(self._runner, listener)
        await self._site.start()

    async def _pump_for_ever(self, pause: float) -> None:
        while True:
            await self.updates.pump()
            await asyncio.sleep(pause)

    # --- what tests do

    def fail_next(self, trouble: Trouble, *, method: str = "sendMessage", seconds: float = 35, times: int = 1) -> None:
        """Let the next calls of a method meet this trouble. REFUSED closes the door for ``seconds`` (at most 0.5) at once."""
        if trouble is Trouble.REFUSED:
            self._loop.call_soon_threadsafe(self._refuse, min(seconds, 0.5)) if not self._here() else self._refuse(min(seconds, 0.5))
            return
        self._troubles += [(method, trouble, seconds)] * times

    def say(self, update: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put an update on its way to the bot, unless privacy mode keeps it from there."""
        if not (self.privacy and not reaches_a_private_bot(update)):
            self.updates.put(update)
        return update

    def webhook(self, update: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
        """Return headers (lower case) and body of the request that brings this update."""
        return self.proof(), encode(update)

    def proof(self) -> dict[str, str]:
        """Return the headers of every webhook."""
        headers = {"Content-Type": "application/json", **secret_header(self.secret)}
        return {name.lower(): value for name, value in headers.items()}

    def read(self, chat: int) -> list[str]:
        """Return what people in this chat can read of the bot, one entry per message, labels of buttons below."""
        return [shown(message) for message in self.chats[chat].from_bot()]

    def sent(self, chat: int) -> list[dict[str, Any]]:
        """Return the bot's messages as Message objects."""
        return self.chats[chat].from_bot()

    # --- the doors

    def _here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _refuse(self, seconds: float) -> None:
        port = int(self.url.rpartition(":")[2])
        server = self._site._server
        assert server is not None
        server.close()
        for connection in list(self._runner.server.connections if self._runner.server else []):
            connection.force_close()
        self._loop.call_later(seconds, lambda: setattr(self, "_reopening", asyncio.ensure_future(self._open(port))))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        return await self.file_server.answer(request, self.files.at(request.match_info["path"]))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"].lower()
        method, serve = self.methods().get(name, (request.match_info["method"], _unknown))
        parameters = await _parameters(request, method, self.attached)
        trouble, seconds = self._trouble(method)
        try:
            self._authorise(request.match_info["token"], trouble)
            self._before(method, parameters, trouble, seconds)
            result = serve(parameters)
            result = await result if asyncio.iscoroutine(result) else result
        except Refusal as refusal:
            return self._refused(method, parameters, refusal, html=trouble is Trouble.BAD_GATEWAY)
        spec = specification()
        self.violations += spec.result_faults(method, result) if spec else []
        if trouble is Trouble.SILENT:
            await asyncio.sleep(seconds)
        return self._answered(request, method, parameters, result, trouble)

    def _answered(
        self, request: web.Request, method: str, parameters: dict[str, Any], result: Any, trouble: Trouble | None
    ) -> web.StreamResponse:
        lost = trouble is Trouble.LOST_RESPONSE
        self.calls.append(Call(method=method, parameters=parameters, at=time.monotonic(), status=0 if lost else 200))
        if lost and request.transport is not None:
            request.transport.abort()
        if trouble is Trouble.GARBAGE:
            return web.Response(text="<html>ok</html>", content_type="text/html")
        return web.json_response({"ok": True, "result": result})

    def _refused(self, method: str, parameters: dict[str, Any], refusal: Refusal, *, html: bool) -> web.Response:
        call = Call(method=method, parameters=parameters, at=time.monotonic(), status=refusal.status)
        self.calls.append(call)
        if html:
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        body = {"ok": False, "error_code": refusal.status, "description": refusal.description}
        headers = {"Retry-After": str(refusal.parameters["retry_after"])} if "retry_after" in refusal.parameters else {}
        return web.json_response(
            body | ({"parameters": refusal.parameters} if refusal.parameters else {}), status=refusal.status, headers=headers
        )

    def _trouble(self, method: str) -> tuple[Trouble | None, float]:
        for index, (name, trouble, seconds) in enumerate(self._troubles):
            if name == method:
                del self._troubles[index]
                return trouble, seconds
        return None, 0

    def _authorise(self, token: str, trouble: Trouble | None) -> None:
        if token != self.token or trouble is Trouble.TOKEN_REVOKED:
            raise Refusal(401, "Unauthorized")

    def _before(self, method: str, parameters: Mapping[str, Any], trouble: Trouble | None, seconds: float) -> None:
        """Check the request, and answer for a trouble that comes before the work."""
        spec = specification()
        self.violations += spec.request_faults(method, parameters) if spec else []
        if trouble is Trouble.RATE_LIMITED:
            self._quiet_until = self.clock.now() + seconds
            raise Refusal(429, f"Too Many Requests: retry after {seconds:g}", retry_after=int(seconds))
        left = self._quiet_until - self.clock.now()
        if left > 0 and method in _SENDING:
            self.too_early.append(Call(method=method, parameters=parameters, at=time.monotonic(), status=429))
            raise Refusal(429, f"Too Many Requests: retry after {left:.0f}", retry_after=int(left) + 1)
        if trouble in {Trouble.SERVER_ERROR, Trouble.BAD_GATEWAY}:
            raise Refusal(500, "Internal Server Error")
        if trouble is Trouble.BLOCKED:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if trouble is Trouble.CANNOT_PARSE and parameters.get("parse_mode"):
            raise Refusal(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0')


def _unknown(_: Mapping[str, Any]) -> None:
    raise Refusal(404, "Not Found")


async def _parameters(request: web.Request, method: str, attached: dict[str, Upload]) -> dict[str, Any]:
    """Merge query and form (decoded by the specification's types) or JSON, as the platform accepts all three.

    A file under a parameter's name is its value; under another, a parameter names it as ``attach://``.
    """
    found = decode(method, dict(request.query))
    if request.content_type == "application/json":
        body = await request.read()
        return found | (json.loads(body) if body else {})
    form = await request.post()
    for name, value in form.items():
        if isinstance(value, web.FileField):
            with value.file as file:
                upload = Upload(name=value.filename, media_type=value.content_type, content=file.read())
            (found if name in {"photo", "document"} else attached)[name] = upload
    return found | decode(method, {name: value for name, value in form.items() if isinstance(value, str)})
