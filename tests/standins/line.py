"""A LINE that remembers: friends, reply tokens, retry keys, a quota; on loopback, in a thread of its own.

Any thread or process reaches it at ``url``; the methods below may be called from any thread. Every exchange is held against LINE's own
specification and its documented limits: what does not hold stands in ``violations``, and the test must fail.
"""

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from aiohttp import web
from tests.standins import line_spec, line_spec_limits, line_webhooks
from tests.standins.line_contents import Content
from tests.standins.line_sending import Sending
from tests.standins.line_server import Server, break_off, respond
from tests.standins.line_wire import FAULTS, UNAUTHORIZED, Answer, Request, Token, refusal

Json = dict[str, Any]

USER = "U11111111111111111111111111111111"
SECRET = "line-secret"
TOKEN = "line-token"
GROUP = "C22222222222222222222222222222222"

_REPLY = "/v2/bot/message/reply"
_PUSH = "/v2/bot/message/push"
_MULTICAST = "/v2/bot/message/multicast"
_LOADING = "/v2/bot/chat/loading/start"
_INFO = "/v2/bot/info"
_QUOTA = "/v2/bot/message/quota"
_CONSUMPTION = "/v2/bot/message/quota/consumption"


class LineStandIn(Sending):
    """The platform as the adapter sees it, and as people see it."""

    def __init__(self, *, secret: str = SECRET, token: str = TOKEN, quota: int | None = None) -> None:
        """Begin with nobody but ``USER`` and ``GROUP``, who can be written to; ``quota`` is the number of pushes in a month."""
        super().__init__(quota=quota)
        self.secret = secret
        self.token = token
        self.judged = line_spec.available()
        """False: exchanges are not held against LINE's specification, which is what takes time, but still against its limits."""
        self.latency = 0.0
        """Seconds between what a request does and its answer."""
        self.requests: list[Request] = []
        self.loading: list[str] = []
        self.members[GROUP] = 4
        self._known = {USER, GROUP}
        self._tokens: dict[str, Token] = {}
        self._faults: deque[str] = deque()
        self._server = Server(self._serve)

    # its life

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        await asyncio.to_thread(self.open)

    async def stop(self) -> None:
        """Close everything."""
        await asyncio.to_thread(self.close)

    def open(self) -> None:
        """Start without an event loop of one's own."""
        self._server.open()

    def close(self) -> None:
        """Stop without an event loop of one's own."""
        self._server.close()

    @property
    def url(self) -> str:
        """The value for ``LINE_API_URL``."""
        return self._server.url

    def shut_door(self) -> None:
        """Refuse connections from now on, and drop those that are open."""
        self._server.shut_door()

    def open_door(self) -> None:
        """Listen again, on the same port."""
        self._server.open_door()

    # what the test does to it

    def fail_next(self, *faults: str) -> None:
        """Let the next requests meet these, one each.

        ``lost response`` (accepted, then the connection breaks), ``dropped`` (the connection breaks before), ``rate limited``, ``monthly
        limit``, ``server error``, ``html``, ``garbage`` (200 with a page), ``unauthorized``, ``forbidden``, ``bad request``, ``redirect``
        (to a foreign host), ``slow`` (accepted, no answer for 30 s).
        """
        with self._lock:
            self._faults.extend(faults)

    # what people can see

    def sent_to(self, path: str) -> list[Request]:
        """Return the requests to an endpoint, ``push``, ``multicast`` or ``reply``."""
        with self._lock:
            return [request for request in self.requests if request.path.endswith(f"/{path}")]

    # what people do

    def text_event(self, text: str, *, event: str, user: str = USER, room: str = "", mention: str = "", quoted: str = "") -> Json:
        """Return the event of a person who wrote something. The same ``event``: the same message again."""
        message = line_webhooks.text_message(text, self._message_id(event), mention=mention, quoted=quoted)
        return self._event("message", event, user=user, room=room, message=message)

    def media_event(self, kind: str, *, event: str, user: str = USER, room: str = "", **content: Any) -> Json:
        """Return the event of a person who sent something else than text."""
        return self._event("message", event, user=user, room=room, message={"type": kind, "id": self._message_id(event), **content})

    def edited_event(self, text: str, *, of: str, event: str, user: str = USER, room: str = GROUP, mention: str = "") -> Json:
        """Return the event of a person who corrected the message that came with the event ``of``; in groups only."""
        message = line_webhooks.text_message(text, self._message_id(of), mention=mention)
        return self._event("messageEdited", event, user=user, room=room, message=message)

    def image_event(self, data: bytes, *, event: str, room: str = "", **content: Any) -> Json:
        """Return the event of a person who sent a picture, which can be fetched from now on."""
        with self._lock:
            self.contents.kept[self._message_id(event)] = Content(data=data, media_type="image/jpeg", **content)
        return self._event("message", event, user=USER, room=room, message=line_webhooks.image_message(self._message_id(event)))

    def file_event(self, name: str, data: bytes, *, event: str, room: str = "", **content: Any) -> Json:
        """Return the event of a person who sent a document, which can be fetched from now on."""
        message = line_webhooks.file_message(name, len(data), self._message_id(event))
        with self._lock:
            self.contents.kept[message["id"]] = Content(data=data, **{"media_type": "application/octet-stream", **content})
        return self._event("message", event, user=USER, room=room, message=message)

    def content_of(self, event: Json) -> Content:
        """Return what can be fetched of an event."""
        return self.contents.kept[event["message"]["id"]]

    def postback_event(self, data: str, *, event: str, user: str = USER, room: str = "") -> Json:
        """Return the event of a pressed button."""
        return self._event("postback", event, user=user, room=room, postback={"data": data})

    def follow_event(self, *, event: str, user: str = USER) -> Json:
        """Let a person befriend or unblock the bot."""
        with self._lock:
            self.blocked.discard(user)
        return self._event("follow", event, user=user, follow={"isUnblocked": False})

    def unfollow_event(self, *, event: str, user: str = USER) -> Json:
        """Let a person block the bot."""
        self.block(user)
        return self._event("unfollow", event, user=user, answerable=False)

    def room_event(self, kind: str, *, event: str, room: str = GROUP) -> Json:
        """Let the bot ``join`` or ``leave`` a room."""
        with self._lock:
            self._known.discard(room)
        return self._event(kind, event, user="", room=room, answerable=kind == "join", knows=kind == "join")

    def unsend_event(self, message_id: str, *, event: str, user: str = USER, room: str = "") -> Json:
        """Let a person take a message back."""
        return self._event("unsend", event, user=user, room=room, answerable=False, unsend={"messageId": message_id})

    def redelivered(self, event: Json) -> Json:
        """Return the event as LINE sends it again: the same ids; its token is good for another minute, if unused."""
        with self._lock:
            token = self._tokens.get(event.get("replyToken", ""))
            if token is not None:
                token.redelivered, token.issued_at = True, self.now()
        return line_webhooks.redelivered(event)

    def webhook(self, *events: Any, strict: bool = True) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a signed webhook. ``strict=False`` for events that LINE's specification does not know."""
        content = line_webhooks.body(list(events))
        if strict and line_spec.available():
            self.violations += [f"webhook: {fault}" for fault in line_spec.webhook_faults(content)]
        return self.signed(content), content

    def signed(self, content: bytes) -> dict[str, str]:
        """Return the headers of a webhook with this body."""
        return line_webhooks.headers(self.secret, content)

    def _event(
        self, kind: str, name: str, *, user: str, room: str = "", answerable: bool = True, knows: bool = True, **content: Any
    ) -> Json:
        with self._lock:
            if knows:
                self._known |= {place for place in (user, room) if place}
            now = self.now()
            token = hashlib.sha256(f"{self.secret}{name}{user}{room}".encode()).hexdigest()[:32] if answerable else ""
            if token:
                self._tokens.setdefault(token, Token(place=room or user, issued_at=now, event_at=now))
            stamp = self._tokens[token].event_at if token else now
            return line_webhooks.frame(kind, name, timestamp=int(stamp.timestamp() * 1000), user=user, room=room, token=token, **content)

    def _message_id(self, name: str) -> str:
        return str(400_000_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]))

    # the API

    async def _serve(self, incoming: web.Request) -> web.StreamResponse:
        request = Request(method=incoming.method, path=incoming.path, headers=dict(incoming.headers), body=await incoming.read())
        with self._lock:
            self.requests.append(request)
            fault = self._faults.popleft() if self._faults else ""
            answer = FAULTS.get(fault) or self._answer(request)
        if fault in {"lost response", "dropped"}:
            break_off(incoming)
        if fault == "slow":
            await asyncio.sleep(30)
        if self.latency:
            await asyncio.sleep(self.latency)
        if answer.text is None and answer.status != 404 and self.judged:
            faults = line_spec.response_faults(request.method, request.path, answer.status, answer.body, answer.media_type)
            self.violations += [f"answer of {request.path}: {found}" for found in faults]
        return await respond(incoming, answer)

    def _answer(self, request: Request) -> Answer:
        reads = self.contents.asked(request.method, request.path)
        handler = self._content if reads else self._handlers().get((request.method, request.path))
        if handler is None:
            self.violations.append(f"unknown endpoint {request.method} {request.path}")
            return refusal(404, "Not found")
        if self.judged:
            faults = line_spec.request_faults(request.method, request.path, request.headers, request.body)
            self.violations += [f"{request.path}: {fault}" for fault in faults]
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, UNAUTHORIZED)
        return handler(request)

    def _handlers(self) -> dict[tuple[str, str], Callable[[Request], Answer]]:
        return {
            ("POST", _REPLY): self._reply,
            ("POST", _PUSH): self._push,
            ("POST", _MULTICAST): self._multicast,
            ("POST", _LOADING): self._show_loading,
            ("GET", _INFO): self._info,
            ("GET", _QUOTA): self._tell_quota,
            ("GET", _CONSUMPTION): self._tell_consumption,
        }

    def _content(self, request: Request) -> Answer:
        return self.contents.answer(request.path)

    def _reply(self, request: Request) -> Answer:
        body = request.json
        if request.headers.get("X-Line-Retry-Key"):  # "The retry key can't be used with the reply endpoint": 400
            self.violations.append("a retry key on a reply")
            return refusal(400, "The request contains an invalid header: X-Line-Retry-Key")
        if refused := self._refuse(body["messages"]):
            return refused
        token = self._tokens.get(body["replyToken"])
        if token is None or token.used or not self._good(token):
            return refusal(400, "Invalid reply token")
        token.used = True
        return Answer(status=200, content={"sentMessages": self._deliver({token.place} - self.blocked, body["messages"])})

    def _good(self, token: Token) -> bool:
        """Within a minute of its (last) webhook; after a redelivery at most 20 minutes after the event."""
        age = self.now() - token.issued_at
        return age <= timedelta(seconds=60) and not (token.redelivered and self.now() - token.event_at > timedelta(minutes=20))

    def _show_loading(self, request: Request) -> Answer:
        body = request.json
        self.violations += (faults := line_spec_limits.loading_faults(body))
        if faults or not body["chatId"].startswith("U"):  # "only in one-on-one chats"
            return refusal(400, "The property, 'chatId' or 'loadingSeconds', in the request body is invalid")
        self.loading.append(body["chatId"])
        return Answer(status=202, content={})

    def _info(self, _: Request) -> Answer:
        about = {"userId": line_webhooks.DESTINATION, "basicId": "@216ruxyz", "displayName": "国際業務の窓口"}
        return Answer(status=200, content={**about, "chatMode": "bot", "markAsReadMode": "auto"})


@contextlib.contextmanager
def running(**settings: Any) -> Iterator[LineStandIn]:
    """Run a stand-in for a block of code that has no event loop."""
    standin = LineStandIn(**settings)
    standin.open()
    try:
        yield standin
    finally:
        standin.close()
