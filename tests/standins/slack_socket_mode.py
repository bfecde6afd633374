"""Socket Mode of a workspace: one-use addresses, envelopes, acknowledgements."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web
from tests.standins import slack_events
from tests.standins.slack_requests import SlackRequests


class SlackSocketMode(SlackRequests):
    """The sockets that apps hold open."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.sent_envelopes: dict[str, dict[str, Any]] = {}
        self.socket_opened = 0
        self._tickets: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []

    def ticket(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        self._tickets.add(f"t{self._count}")
        return {"ok": True, "url": f"{self.origin.replace('http', 'ws', 1)}/socket/t{self._count}"}

    async def socket(self, request: web.Request) -> web.StreamResponse:
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
