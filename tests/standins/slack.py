"""A town's Slack workspace on loopback: it remembers, refuses, forgets to answer, and checks every request."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web
from tests.standins import slack_events, slack_spec
from tests.standins.slack_files import SlackFiles
from tests.standins.slack_screen import shown
from tests.standins.slack_socket_mode import SlackSocketMode

RESPONSE_URL_SECONDS = 1_800
RESPONSE_URL_USES = 5
SCOPES = (
    "app_mentions:read,channels:history,chat:write,commands,files:read,files:write,groups:history,im:history,im:write,mpim:history,"
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


class SlackStandIn(SlackFiles, SlackSocketMode):
    """The workspace. Its public attributes and methods may be used from any thread; the HTTP side runs in the loop of ``start``."""

    def __init__(self) -> None:
        super().__init__()
        self.bot_token = "xoxb-1-test"
        self.app_token = "xapp-1-test"
        self.scopes = SCOPES
        self.edit_window: float | None = None
        self.shares_late = False
        self._unshared: list[tuple[str, dict[str, Any]]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.reactions: list[tuple[str, str, str]] = []
        self.app_token_refused = False
        self.page_size: int | None = None
        self.gone_pictures: set[str] = set()
        self._conversations: defaultdict[str, _Conversation] = defaultdict(_Conversation)
        self._closed_to_us: dict[str, str] = {}
        self._faults: defaultdict[str, list[tuple[SlackFault, str]]] = defaultdict(list)
        self._limited_until: dict[str, float] = {}
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0

    # --- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        app = web.Application(client_max_size=50_000_000)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.post("/answers/{key}", self._answer),
                web.post("/upload/v1/{key}", self._upload),
                web.get("/files-pri/{key}/{name}", self._download),
                web.get("/socket/{ticket}", self.socket),
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
        await self.cut_sockets()
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

    def say(self, channel: str, text: str, **more: Any) -> None:
        """Let a person write in a channel."""
        self._store(channel, {"text": text, "user": slack_events.PERSON, "bot_id": "", **more})

    def erase(self, channel: str, ts: str) -> None:
        """Delete a message."""
        messages = self.messages(channel)
        messages[:] = [message for message in messages if message["ts"] != ts]

    def settle(self) -> None:
        """Finish what Slack does in the background: show the files that were shared."""
        for channel, content in self._unshared:
            self._store(channel, content)
        self._unshared.clear()

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
        if method == "files.getUploadURLExternal":
            self.violations += slack_spec.upload(arguments, content_type=request.content_type)
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
            "chat.update": self._update,
            "files.getUploadURLExternal": self.upload_place,
            "files.completeUploadExternal": self._complete,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "conversations.open": lambda found: {"ok": True, "channel": {"id": _channel(found["users"])}},
            "reactions.add": self._react,
            "apps.connections.open": self.ticket,
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

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        wrong = list(slack_spec.post(arguments))
        self.violations += wrong
        if wrong:
            return {"ok": False, "error": "invalid_arguments"}
        channel = arguments["channel"]
        if code := self._closed_to_us.get(channel):
            return {"ok": False, "error": code}
        if gone := self._unfetched(arguments):
            return gone
        message = self._store(_channel(channel), {key: value for key, value in arguments.items() if key != "channel"})
        return {"ok": True, "channel": _channel(channel), "ts": message["ts"], "message": message}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        wrong = list(slack_spec.update(arguments))
        self.violations += wrong
        if wrong:
            return {"ok": False, "error": "invalid_arguments"}
        channel, ts = arguments["channel"], arguments["ts"]
        message = next((message for message in self.messages(channel) if message["ts"] == ts), None)
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        if message["user"] != slack_events.BOT_USER:
            return {"ok": False, "error": "cant_update_message"}
        if self.edit_window is not None and self.now() - float(ts) > self.edit_window:
            return {"ok": False, "error": "edit_window_closed"}
        if gone := self._unfetched(arguments):
            return gone
        # The tag stays: metadata is kept unless the call replaces it.
        message |= {"text": arguments["text"], "blocks": arguments["blocks"]}
        return {"ok": True, "channel": channel, "ts": ts, "text": arguments["text"], "message": message}

    def _unfetched(self, arguments: dict[str, Any]) -> dict[str, Any] | None:
        """Refuse a message with a picture that cannot be fetched, as Slack does (python-slack-sdk #1782)."""
        for number, block in enumerate(arguments.get("blocks", ())):
            if block.get("image_url") in self.gone_pictures:
                wrong = f"downloading image failed [json-pointer:/blocks/{number}/image_url]"
                return {"ok": False, "error": "invalid_blocks", "errors": [wrong], "response_metadata": {"messages": [f"[ERROR] {wrong}"]}}
        return None

    def _complete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        wrong = list(slack_spec.complete(arguments))
        self.violations += wrong
        if wrong:
            return {"ok": False, "error": "invalid_arguments"}
        if code := self._closed_to_us.get(arguments["channel_id"]):
            return {"ok": False, "error": code}
        files = self.completed(arguments["files"])
        if files is None:
            return {"ok": False, "error": "file_not_found"}
        thread = {"thread_ts": arguments["thread_ts"]} if "thread_ts" in arguments else {}
        self._unshared.append((arguments["channel_id"], {"text": "", "subtype": "file_share", "upload": True, "files": files, **thread}))
        if not self.shares_late:
            self.settle()
        # Slack shares in the background: what it answers names no message yet.
        return {"ok": True, "files": [{"id": file["id"], "title": file["title"], "mimetype": "", "shares": {}} for file in files]}

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        self.calls.append(("upload", {"key": request.match_info["key"], "size": len(content), "headers": dict(request.headers)}))
        fault, _ = self._faults["upload"].pop(0) if self._faults["upload"] else (None, "")
        if fault not in {None, SlackFault.LOST}:
            return self._broken(request, "upload", fault, "")
        answer = self.take(request, content)
        return _abort(request) if fault is SlackFault.LOST else answer

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(("download", {"path": request.path}))
        fault, _ = self._faults["download"].pop(0) if self._faults["download"] else (None, "")
        if fault is SlackFault.HALF:
            return await self.give_half(request)
        return self.give(request, f"Bearer {self.bot_token}") if fault is None else self._broken(request, "download", fault, "")

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
        if self._unfetched(body):
            return web.Response(text="invalid_blocks", status=400)
        url.uses += 1
        conversation = self._conversations[url.channel]
        shelf = conversation.private if body["response_type"] == "ephemeral" else conversation.messages
        shelf.append({"type": "message", "ts": self.next_ts(), **body})
        return _abort(request) if fault is SlackFault.LOST else web.Response(text="ok")


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
    return merged | {name: json.loads(value) if name in {"blocks", "metadata", "view", "files"} else value for name, value in form.items()}


def _limited(seconds: float) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(max(1, int(seconds)))})


def _abort(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
