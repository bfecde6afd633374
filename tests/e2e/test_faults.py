"""Crashes, outages, forgeries: nothing lost, nothing twice, nobody in."""

import asyncio
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from tests.e2e.houses import House, Town, eventually, houses
from tests.standins.line import USER
from tests.standins.telegram import Trouble

from clair_bot.bootstrap import bootstrap
from clair_bot.messages import WebhookRequest
from clair_bot.settings import read_settings

QUESTION = "日本ふるさと名産食品展とは何ですか"
CHANNELS = ("slack", "line", "telegram")


async def test_a_message_taken_in_by_a_process_that_died_is_answered_by_the_next(tmp_path: Path, town: Town) -> None:
    """Kill -9 right behind the inbox's commit: what that leaves is exactly an inbox row."""
    async with houses(tmp_path, town, start=False) as house:
        application = bootstrap(read_settings(house.environment))
        headers, body = town.says("line", QUESTION, event="1")
        request = WebhookRequest(headers=headers, body=body, received_at=application.clock.now())
        result = await application.adapters["line"].receive(request)
        assert application.intake.record(result.messages) == 1
        application.store.engine.dispose()
        await house.start()
        await eventually(lambda: town.reads("line"), what="the answer")
        assert await house.post("line", (headers, body)) == 200
        await asyncio.sleep(0.5)
        assert len([text for text in town.reads("line") if "食品展" in text]) >= 1
        assert house.rows("SELECT count(*) FROM delivery") == [(1,)]


async def test_kill_9_between_commit_and_send_loses_nothing(house: House, town: Town) -> None:
    town.line.shut_door()
    assert await house.post("line", town.says("line", QUESTION, event="1")) == 200
    await eventually(lambda: house.rows("SELECT state FROM delivery"), what="a delivery")
    await house.kill()
    town.line.open_door()
    await house.start()
    await eventually(lambda: town.reads("line"), what="the answer", seconds=60)
    await asyncio.sleep(0.5)
    assert house.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("sent", 1)]


async def test_kill_9_again_and_again_answers_everybody_once(house: House, town: Town) -> None:
    people = [f"U{number:032x}" for number in range(40)]
    waiting = {person: town.line.webhook(town.line.text_event("メニュー", event=f"e{person}", user=person)) for person in people}
    for _ in range(4):
        posts = [asyncio.create_task(house.post("line", request)) for request in waiting.values()]
        await asyncio.sleep(0.12)
        await house.kill()
        results = await asyncio.gather(*posts, return_exceptions=True)
        waiting = {person: request for (person, request), status in zip(waiting.items(), results, strict=True) if status != 200}
        await house.start()
    for request in waiting.values():
        assert await house.post("line", request) == 200
    await eventually(lambda: all(town.line.delivered(person) for person in people), what="an answer for everybody", seconds=90)
    await asyncio.sleep(1)
    uncertain = house.rows("SELECT count(*) FROM delivery WHERE state = 'uncertain'")
    assert uncertain == [(0,)]
    assert {person: sum("分野をお選び" in text for text in town.line.delivered(person)) for person in people} == dict.fromkeys(people, 1)


async def test_platforms_unreachable_at_start(tmp_path: Path, town: Town) -> None:
    """R20: the web is ready, the channel is listed as degraded, and it recovers by itself."""
    town.line.shut_door()
    async with houses(tmp_path, town, start=False) as house:
        started = time.monotonic()
        await house.start()
        assert time.monotonic() - started < 15
        await eventually(lambda: _channel(house, "line", "degraded"), what="the channel is degraded")
        status, readiness = await house.get("/readyz")
        assert (status, readiness["status"]) == (200, "ready")
        assert await house.post("line", town.says("line", QUESTION, event="1")) == 200
        assert await house.post("telegram", town.says("telegram", QUESTION, event="1")) == 200
        await eventually(lambda: town.reads("telegram"), what="others go on")
        town.line.open_door()
        await eventually(lambda: _channel(house, "line", "ok"), what="the channel works again", seconds=40)
        await eventually(lambda: town.reads("line"), what="the answer", seconds=40)


async def _channel(house: House, name: str, state: str) -> bool:
    _, readiness = await house.get("/readyz")
    return bool(readiness["channels"][name]["status"] == state)


async def test_a_429_is_obeyed(house: House, town: Town) -> None:
    town.telegram.fail_next(Trouble.RATE_LIMITED, seconds=2)
    await house.post("telegram", town.says("telegram", QUESTION, event="1"))
    await eventually(lambda: town.reads("telegram"), what="the answer, later")
    assert town.telegram.too_early == []


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_must_not_come_in(house: House, town: Town, channel: str) -> None:
    """Forged, stale, malformed, oversized, unknown: a status each, and nothing stored."""
    headers, body = town.says(channel, QUESTION, event="1")
    proof = {"slack": "x-slack-signature", "line": "x-line-signature", "telegram": "x-telegram-bot-api-secret-token"}[channel]
    headers = {name.lower(): value for name, value in headers.items()}
    assert await house.post(channel, ({**headers, proof: "v0=" + "0" * 64}, body)) == 401
    assert await house.post(channel, ({name: value for name, value in headers.items() if name != proof}, body)) == 401
    oops = b"{oops"
    signed = {
        "slack": lambda: dict(town.slack.signed(oops).headers),
        "line": lambda: town.line.signed(oops),
        "telegram": town.telegram.proof,
    }[channel]()
    assert await house.post(channel, (signed, oops)) == 400
    assert await _oversized(house, channel) == 413
    assert await house.post("fax", (headers, body)) == 404
    if channel == "slack":
        old = town.slack.signed(body, age=301)
        assert await house.post(channel, (old.headers, old.body)) == 401
        unknown = town.slack.signed(json.dumps({"type": "event_callback", "event": {"type": "new_thing"}, "event_id": "E1"}).encode())
        assert await house.post(channel, (unknown.headers, unknown.body)) == 200
    for table in ("inbox", "inbox_key", "delivery", "conversation"):
        assert house.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608


async def _oversized(house: House, channel: str) -> int:
    """Announce a large body, send only its beginning, and return the status that comes back without the rest."""
    url = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"POST /webhooks/{channel} HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-length: 1500000\r\n\r\n".encode() + b"x" * 1_000)
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return int(line.split()[1])


async def test_an_endless_body_is_cut_off(house: House) -> None:
    async def endless() -> object:
        while True:
            yield b"x" * 65_536

    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(house.url + "/webhooks/line", data=endless()) as response:
                assert response.status == 413
        except aiohttp.ClientConnectionError:
            pass  # closed on us: as good
    assert (await house.get("/healthz"))[0] == 200


async def test_batches_with_a_broken_member_keep_the_others(house: House, town: Town) -> None:
    good = town.line.text_event("メニュー", event="1")
    await house.post("line", town.line.webhook({"type": "message"}, 7, {**good, "webhookEventId": "w2"}, strict=False))
    await eventually(lambda: town.line.delivered(USER), what="the good one's answer")
