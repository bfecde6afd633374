"""Reading bodies: limits on size and on time, and what a webhook answers."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.types import Message
from tests.unit.chats import Chat
from tests.unit.stores import OutageStore

from clair_bot.bootstrap import Application
from clair_bot.ports import ChannelAdapter
from clair_bot.services.intake import Intake
from clair_bot.services.wakers import Waker
from clair_bot.testing.adapters import PROOF, FakeAdapter
from clair_bot.web import bodies
from clair_bot.web.bodies import BODY_LIMIT, BodyRefused, read_body
from clair_bot.web.metrics import Metrics
from clair_bot.web.webhooks import Webhooks


def request(chunks: Iterable[bytes], *, channel: str = "fake", endless: bool = False, **headers: str) -> Request:
    """Return a request that brings these chunks; ``endless``: and then nothing more."""
    waiting = iter(chunks)

    async def receive() -> Message:
        chunk = next(waiting, None)
        if chunk is None and endless:
            await asyncio.sleep(60)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b"", "path_params": {"channel": channel}}
    return Request(scope, receive)


def once(body: bytes, **more: Any) -> Request:
    return request([body, b""], **more)


async def status(made: Request, limit: int = 10) -> int:
    with pytest.raises(BodyRefused) as refused:
        await read_body(made, limit)
    return refused.value.status


async def test_a_body_is_read_whole() -> None:
    assert await read_body(request([b"ab", b"cd", b""])) == b"abcd"
    assert await read_body(once(b"x" * 10), 10) == b"x" * 10
    assert await read_body(once(b"x" * BODY_LIMIT)) == b"x" * BODY_LIMIT


async def test_too_much_is_refused_announced_or_not() -> None:
    assert await status(once(b"x" * 11)) == 413
    assert await status(request([b"x" * 6, b"x" * 6], endless=True)) == 413
    assert await status(once(b"", content_length="11")) == 413
    assert await status(once(b"", content_length="9" * 5_000)) == 413


@pytest.mark.parametrize("announced", ["10", "0", "-5", "x", "²", "1e9", ""])
async def test_what_is_announced_is_not_believed_further(announced: str) -> None:
    headers = [(b"content-length", announced.encode())]
    made = once(b"x" * 10)
    made.scope["headers"] = headers
    assert await read_body(made, 10) == b"x" * 10


async def test_too_slow_and_broken_off_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.02)
    assert await status(request([b"x"], endless=True)) == 408
    assert await status(request([b"x"])) == 408


# the webhook around it


@dataclass(kw_only=True)
class House:
    """What a webhook needs of an application."""

    chat: Chat
    adapter: FakeAdapter = field(default_factory=FakeAdapter)

    def __post_init__(self) -> None:
        self.adapters: dict[str, ChannelAdapter] = {"fake": self.adapter}
        self.clock = self.chat.clock
        self.store = self.chat.store
        self.intake = Intake(self.chat.store, self.chat.desks)
        self.inbox_waker = Waker()
        self.metrics = Metrics(self.chat.store)
        self.webhooks = Webhooks(cast("Application", self), self.metrics)

    async def post(self, body: object, *, secret: str | None = None, channel: str = "fake") -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        made = once(raw, channel=channel, **{PROOF.replace("-", "_"): secret or "secret"})
        response = await self.webhooks.receive(made)
        if response.background:
            await response.background()
        return response.status_code


async def test_what_is_proved_is_stored_and_acknowledged() -> None:
    house = House(chat=Chat())
    assert await house.post({"event": "1", "sender": "p", "text": "質問"}) == 200
    assert await house.post({"event": "1", "sender": "p", "text": "質問"}) == 200
    assert [row.entry.message.text for row in house.store.state.received.values()] == ["質問"]
    assert {message.text for message in house.adapter.acknowledged} == {"質問"}


@pytest.mark.parametrize("more", [{"kind": "left"}, {"kind": "joined"}, {"kind": "withdrawn"}, {"room": "r"}])
async def test_only_what_people_said_to_us_is_acknowledged(more: dict[str, str]) -> None:
    house = House(chat=Chat())
    assert await house.post({"event": "1", "sender": "p", "text": "雑談", **more}) == 200
    assert house.adapter.acknowledged == []


async def test_what_is_not_proved_or_not_readable_is_not_stored() -> None:
    house = House(chat=Chat())
    assert await house.post({"event": "1", "sender": "p"}, secret="another") == 401
    assert await house.post(b"{oops") == 400
    assert await house.post(b"x" * (BODY_LIMIT + 1)) == 413
    assert await house.post({"event": "1", "sender": "p"}, channel="fax") == 404
    assert await house.post({"event": "1", "sender": "p", "kind": "waved"}) == 200
    assert house.store.state.received == {}
    counted = house.metrics.render().decode()
    assert {name: f'status="{name}"' in counted for name in ("200", "400", "401", "413", "404")} == {
        "200": True,
        "400": True,
        "401": True,
        "413": True,
        "404": False,  # anybody can make up names
    }


async def test_a_database_that_is_away_makes_the_platform_send_again() -> None:
    house = House(chat=Chat(store=OutageStore))
    assert isinstance(house.store, OutageStore)
    house.store.away = True
    made = once(json.dumps({"event": "1", "sender": "p", "text": "質問"}).encode(), **{PROOF.replace("-", "_"): "secret"})
    response = await house.webhooks.receive(made)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert (house.adapter.acknowledged, response.background) == ([], None)
    assert "clair_database_up 0.0" in house.metrics.render().decode()
    house.store.away = False
    assert await house.post({"event": "1", "sender": "p", "text": "質問"}) == 200
    assert "clair_database_up 1.0" in house.metrics.render().decode()
