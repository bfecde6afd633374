"""A town's Slack workspace on loopback: it remembers, refuses, forgets to answer, and checks every request."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import WSMsgType, web
from tests.standins import slack_events, slack_spec
from tests.standins.slack_requests import SlackRequests
from tests.standins.slack_screen import shown

RESPONSE_URL_SECONDS = 1_800
RESPONSE_URL_USES = 5
SCOPES = (
    "app_mentions:read,channels:history,chat:write,commands,files:read,groups:history,im:history,im:write,mpim:history,"
    "reactions:write,users:read"
)


class SlackFault(StrEnum):
    """What happens to the next call of a method."""

    REFUSED = "refused"  # nobody listens any more, until reopen()
    LOST = "lost"  # accepted, then the line breaks
    DROPPED = "dropped"  # the line breaks before anything is accepted
    RATE_LIMITED = "rate limited"  # 429, Retry-After 35
    SERVER_ERROR = "server error"  # 500 with an HTML page
    GARBAGE = "garbage"  # 200 with a text of some gateway
    HALF = "half"  # 200 with JSON that ends in the middle
    FATAL = "fatal_error"  # documented as: some part may have succeeded; here it had
    ANY_ERROR = "error"  # ok: false with the code that is given along


@dataclass
class _Conversation:
    messages: list[dict[str, Any]] = field(default_factory=list)
    private: list[dict[str, Any]] = field(default_factory=list)


class SlackStandIn(SlackRequests):
    """The workspace. Its public attributes and methods may be used from any thread; the HTTP side runs in the loop of ``start``."""

    def __init__(self) -> None:
        super().__init__()
        self.bot_token = "xoxb-1-test"
        self.app_token = "xapp-1-test"
        self.scopes = SCOPES
        self.violations: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.reactions: list[tuple[str, str, str]] = []
        self.acknowledged: list[str] = []
        self.sent_envelopes: dict[str, dict[str, Any]] = {}
        self.socket_opened = 0
        self.app_token_refused = False
        self.page_size: int | None = None
        self._conversations: defaultdict[str, _Conversation] = defaultdict(_Conversation)
        self._closed_to_us: dict[str, str] = {}
        self._faults: defaultdict[str, list[tuple[SlackFault, str]]] = defaultdict(list)
        self._limited_until: dict[str, float] = {}
        self._tickets: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0

    # --- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.post("/answers/{key}", self._answer),
                web.get("/socket/{ticket}", self._socket),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.reopen()

    async def reopen(self) -> None:
        assert self._runner is not None
        if self._site is not None and self._site in self._runner.sites:
            await self._site.stop()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.origin = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        for socket in list(self._sockets):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The value for SLACK_API_URL."""
        return f"{self.origin}/api/"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of an adapter that speaks HTTP with this workspace."""
        return {"SLACK_API_URL": self.url, "SLACK_BOT_TOKEN": self.bot_token, "SLACK_SIGNING_SECRET": self.signing_secret}

    # --- what people see ------------------------------------------------------------------------------------------------

    def read(self, recipient: str) -> list[str]:
        """Return what stands in a channel or a person's direct chat, one entry a message, as it is shown."""
        conversation = self._conversations[_channel(recipient)]
        return [shown(message) for message in (*conversation.messages, *conversation.private)]

    def messages(self, recipient: str) -> list[dict[str, Any]]:
        """Return the messages themselves; what only one person sees is not among them."""
        return self._conversations[_channel(recipient)].messages

    def chatter(self, channel: str, count: int, *, thread: str = "") -> None:
        """Let people talk."""
        for number in range(count):
            self._store(channel, {"text": f"雑談{number}", **({"thread_ts": thread} if thread else {})})

    def close_channel(self, channel: str, code: str) -> None:
        """Let every post to a channel fail with a code, from now on."""
        self._closed_to_us[channel] = code

    def fail_next(self, fault: SlackFault, *, method: str = "chat.postMessage", code: str = "") -> None:
        """Let the next call of a method meet a fault; several wait in line."""
        if fault is SlackFault.REFUSED:
            assert self._site is not None
            assert self._site._server is not None
            self._site._server.close()
        else:
            self._faults[method].append((fault, code))

    # --- the Web API ----------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method, arguments = request.match_info["method"], await _arguments(request)
        self.calls.append((method, arguments))
        if (waits := self._limited_until.pop(method, 0) - self.now()) > 0:
            self.violations.append(f"{method} was called {waits:.1f} s too early")
            return _limited(waits)
        fault, code = self._faults[method].pop(0) if self._faults[method] else (None, "")
        if fault not in {None, SlackFault.LOST, SlackFault.FATAL}:
            return self._broken(request, method, fault, code)
        answer = self._carry_out(request.headers.get("Authorization", ""), method, arguments)
        if fault is SlackFault.LOST:
            return _abort(request)
        if fault is SlackFault.FATAL:
            answer = {"ok": False, "error": "fatal_error"}
        return web.json_response(answer, headers={"x-oauth-scopes": self.scopes})

    def _broken(self, request: web.Request, method: str, fault: SlackFault | None, code: str) -> web.StreamResponse:
        match fault:
            case SlackFault.RATE_LIMITED:
                self._limited_until[method] = self.now() + 35
                return _limited(35)
            case SlackFault.SERVER_ERROR:
                return web.Response(status=500, text="<html>Server Error</html>", content_type="text/html")
            case SlackFault.GARBAGE:
                return web.Response(text="upstream says hello")
            case SlackFault.HALF:
                return web.Response(text='{"ok": tr', content_type="application/json")
            case SlackFault.ANY_ERROR:
                return web.json_response({"ok": False, "error": code})
        return _abort(request)

    def _carry_out(self, authorization: str, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        token = self.app_token if method == "apps.connections.open" else self.bot_token
        if authorization != f"Bearer {token}" or (self.app_token_refused and token == self.app_token):
            return {"ok": False, "error": "invalid_auth"}
        methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "auth.test": self._who,
            "chat.postMessage": self._post,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "conversations.open": lambda found: {"ok": True, "channel": {"id": _channel(found["users"])}},
            "reactions.add": self._react,
            "apps.connections.open": self._ticket,
        }
        return methods[method](arguments) if method in methods else {"ok": False, "error": "unknown_method"}

    def _who(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {
            "ok": True,
            "url": self.origin,
            "team": "国際町",
            "user": "clair",
            "team_id": slack_events.TEAM,
            "user_id": slack_events.BOT_USER,
        }

    def _react(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.reactions.append((arguments["channel"], arguments["timestamp"], arguments["name"]))
        return {"ok": True}

    def _ticket(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        self._tickets.add(f"t{self._count}")
        return {"ok": True, "url": f"ws://127.0.0.1:{self._port}/socket/t{self._count}"}

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        wrong = list(slack_spec.post(arguments))
        self.violations += wrong
        if wrong:
            return {"ok": False, "error": "invalid_arguments"}
        channel = arguments["channel"]
        if code := self._closed_to_us.get(channel):
            return {"ok": False, "error": code}
        message = self._store(_channel(channel), {key: value for key, value in arguments.items() if key != "channel"})
        return {"ok": True, "channel": _channel(channel), "ts": message["ts"], "message": message}

    def _store(self, channel: str, content: dict[str, Any]) -> dict[str, Any]:
        message = {"type": "message", "user": slack_events.BOT_USER, "bot_id": slack_events.BOT, "ts": self.next_ts(), **content}
        self._conversations[channel].messages.append(message)
        return message

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        root = arguments.get("ts")
        found = [
            message
            for message in self._conversations[arguments["channel"]].messages
            if (root in {message.get("thread_ts"), message["ts"]} if root else message.get("thread_ts") in {None, message["ts"]})
        ]
        if not root:
            found.reverse()
        if str(arguments.get("include_all_metadata")).lower() not in {"1", "true"}:
            found = [{key: value for key, value in message.items() if key != "metadata"} for message in found]
        start, limit = int(arguments.get("cursor") or 0), min(self.page_size or 999, int(arguments.get("limit", 100)))
        more = start + limit < len(found)
        return {
            "ok": True,
            "messages": found[start : start + limit],
            "has_more": more,
            "response_metadata": {"next_cursor": str(start + limit) if more else ""},
        }

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.calls.append(("response_url", body))
        self.violations += slack_spec.answer(body)
        url = self._answers.get(request.match_info["key"])
        fault, _ = self._faults["response_url"].pop(0) if self._faults["response_url"] else (None, "")
        if fault not in {None, SlackFault.LOST}:
            return self._broken(request, "response_url", fault, "")
        if url is None or url.made_at + RESPONSE_URL_SECONDS < self.now():
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if url.uses >= RESPONSE_URL_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        url.uses += 1
        conversation = self._conversations[url.channel]
        shelf = conversation.private if body["response_type"] == "ephemeral" else conversation.messages
        shelf.append({"type": "message", "ts": self.next_ts(), **body})
        return _abort(request) if fault is SlackFault.LOST else web.Response(text="ok")

    # --- Socket Mode ----------------------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["ticket"] not in self._tickets:
            return web.Response(status=403)
        self._tickets.remove(request.match_info["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        self.socket_opened += 1
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._sockets),
                "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18_060},
                "connection_info": {"app_id": slack_events.APP},
            }
        )
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                self.acknowledged.append(json.loads(frame.data)["envelope_id"])
        self._sockets.remove(socket)
        return socket

    async def push(self, payload: Mapping[str, Any], *, kind: str = "events_api", attempt: int = 0, envelope: str = "") -> str:
        """Send an envelope on the newest socket and return its id."""
        self._count += 1
        envelope = envelope or f"00000000-0000-4000-9000-{self._count:012}"
        self.sent_envelopes[envelope] = {"payload": payload, "kind": kind}
        frame = {"envelope_id": envelope, "payload": payload, "type": kind, "accepts_response_payload": kind != "events_api"}
        if kind == "events_api":
            frame |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        await self.until(lambda: self._sockets)
        await self._sockets[-1].send_json(frame)
        return envelope

    async def push_again(self, envelope: str) -> None:
        """Send what was not acknowledged once more."""
        known = self.sent_envelopes[envelope]
        await self.push(known["payload"], kind=known["kind"], attempt=1, envelope=envelope)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Announce that the socket will be closed."""
        await self._sockets[-1].send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    async def cut_sockets(self) -> None:
        """Close all sockets without a word."""
        for socket in list(self._sockets):
            await socket.close()

    async def until(self, condition: Any, seconds: float = 10) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)


def _channel(recipient: str) -> str:
    """Return the direct channel of a person, or the channel itself."""
    return f"D{recipient[1:]}" if recipient.startswith(("U", "W")) else recipient


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Merge query, form and JSON: the SDKs of different languages use each."""
    merged: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = await request.read()
        return merged | (json.loads(body) if body else {})
    form = {name: str(value) for name, value in (await request.post()).items()}
    return merged | {name: json.loads(value) if name in {"blocks", "metadata", "view"} else value for name, value in form.items()}


def _limited(seconds: float) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(max(1, int(seconds)))})


def _abort(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
