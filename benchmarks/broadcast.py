"""Bulletins to many: ``uv run python benchmarks/broadcast.py [--readers 100000] [--only line|ledger|telegram|webhooks]``.

- line: a worker sends one bulletin to so many LINE recipients; the peer is a bare loop with LINE's own SDK that makes the same multicasts
  one after the other. The platform answers after 50 ms, and for comparison at once. Bar: twice the loop's time.
- ledger: lines and deliveries written per second, for multicasts and one by one; the floor is the same rows inserted with SQLite's
  own driver, no index but the primary key. Bar: 10,000 rows a second.
- telegram: messages a second as the platform sees them, three workers together; in no second more than 30. Bar: 28 to 30.
- webhooks: 50 webhooks in flight while a bulletin goes to 10,000. Bar: acknowledged within 300 ms at the 95th percentile, 2 s at most.

Platforms are loopback stand-ins that only count. Everything runs on SQLite in a temporary folder.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from pathlib import Path

from loopback import ROOT, environment, line_question, process, ready
from loopback import Platform as Webhooks
from webhooks import Load, percentile, texts

sys.path.insert(0, str(ROOT))

from tests.chaos.broadcasts import Broadcast, Workers, recipient
from tests.chaos.platforms import Platform

BATCH = 500
LINE_TOKEN = "token"  # noqa: S105  # of a stand-in


async def settled(broadcast: Broadcast) -> float:
    """Return when the last line of the ledger had its end."""
    while not await asyncio.to_thread(broadcast.finished):  # noqa: ASYNC110  # it changes in another process
        await asyncio.sleep(0.05)
    finished = time.perf_counter()
    assert broadcast.settled()
    return finished


async def to_line(readers: int, folder: Path) -> None:
    """Compare a worker with a bare loop, on a platform that answers at once and on one as far away as LINE is."""
    for latency in (0.05, 0.0):
        broadcast = Broadcast(f"sqlite:///{folder}/line{latency}.db", "line", readers)
        platform = Platform(1, latency=latency)
        async with platform.running():
            async with Workers(broadcast, platform, folder, count=1).running():
                await asyncio.sleep(8)  # it has loaded what it needs
                started = time.perf_counter()
                broadcast.release()
                taken = await settled(broadcast) - started
            calls, twice = platform.calls, sum(count > 1 for count in platform.got.values())
            bare = await bare_loop(platform, readers)
        ratio = f"{taken:.2f} s; bare loop {bare:.2f} s; ratio {taken / bare:.2f} (bar 2)"
        print(f"line: {readers:,} recipients, {calls} calls, answered after {latency * 1000:.0f} ms: {ratio}; twice: {twice}")


async def bare_loop(platform: Platform, readers: int) -> float:
    """Return how long LINE's SDK takes for the same calls, one after the other."""
    from linebot.v3.messaging import AsyncApiClient, AsyncMessagingApi, Configuration, MulticastRequest

    configuration = Configuration(access_token=LINE_TOKEN, host=f"http://127.0.0.1:{platform.ports[0]}")
    started = time.perf_counter()
    async with AsyncApiClient(configuration) as client:
        api = AsyncMessagingApi(client)
        for first in range(1, readers + 1, BATCH):
            people = [recipient("line", number) for number in range(first, min(first + BATCH, readers + 1))]
            await api.multicast(MulticastRequest.from_dict({"to": people, "messages": platform.said}), _request_timeout=10)
    return time.perf_counter() - started


async def ledger(readers: int, folder: Path) -> None:
    """Measure how fast lines and deliveries are written."""
    from clair_bot.services.bulletins.publishing import Publisher
    from clair_bot.testing.adapters import FakeAdapter

    floor = bare_rows(readers, folder / "floor.db")
    for channel, batch in (("line", BATCH), ("telegram", 1)):
        broadcast = Broadcast(f"sqlite:///{folder}/ledger-{channel}.db", channel, readers)
        adapter = FakeAdapter(name=channel)
        adapter.batch = batch
        publisher = Publisher(store=broadcast.store, adapters={channel: adapter}, settings=broadcast.settings, clock=broadcast.clock)
        broadcast.release()
        started = time.perf_counter()
        while await publisher.run_once():
            pass
        taken = time.perf_counter() - started
        assert sum(broadcast.counts().values()) == readers
        print(f"ledger: {channel}, batches of {batch}: {readers / taken:,.0f} rows/s (bar 10,000); the driver alone {floor:,.0f} rows/s")


def bare_rows(readers: int, path: Path) -> float:
    """Return how many rows a second SQLite's driver inserts, two thousand in one transaction."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    columns = "bulletin_id, subscriber_id, recipient, delivery_id, state"
    connection.execute(f"CREATE TABLE recipient ({columns}, PRIMARY KEY (bulletin_id, subscriber_id))")
    started = time.perf_counter()
    for first in range(0, readers, 2_000):
        connection.execute("BEGIN IMMEDIATE")
        rows = ((1, number, recipient("line", number), 1, "") for number in range(first, first + 2_000))
        connection.executemany("INSERT INTO recipient VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    return readers / (time.perf_counter() - started)


async def to_telegram(readers: int, folder: Path) -> None:
    """Measure the rate as the platform sees it."""
    broadcast = Broadcast(f"sqlite:///{folder}/telegram.db", "telegram", readers)
    platform = Platform(3, latency=0.05)
    async with platform.running(), Workers(broadcast, platform, folder, count=3).running():
        await asyncio.sleep(8)
        broadcast.release()
        await settled(broadcast)
    times = platform.taken_at
    most = max(bisect_right(times, at + 1.0) - place for place, at in enumerate(times))
    print(f"telegram: {(len(times) - 1) / (times[-1] - times[0]):.2f} messages/s over {times[-1] - times[0]:.0f} s (bar 28 to 30)")
    print(f"          at most {most} within any second (bar 30), more than once: {sum(count > 1 for count in platform.got.values())}")


async def with_webhooks(folder: Path) -> None:
    """Measure acknowledgements while a bulletin goes out from the same process."""
    cache = folder / "cache"
    async with Webhooks().running() as platform:
        variables = environment(folder, platform.url, cache)
        broadcast = Broadcast(variables["DATABASE_URL"], "line", 10_000)
        asked = texts()
        questions = [line_question(1_000_000 + number, asked[number % len(asked)]) for number in range(1_000)]
        async with process(("-m", "clair_bot", "serve", "--port", "0"), variables) as (_, port):
            await ready(port, "/readyz")
            load = Load(port, platform)
            await load.closed(questions[:100], 5, until_answered=True)
            alone = await load.closed(questions[100:500], 50, until_answered=False)
            broadcast.release()
            during = await load.closed(questions[500:], 50, until_answered=False)
            under_way = not broadcast.settled()
            await settled(broadcast)
    for name, figures in (("alone", alone), ("during a bulletin", during)):
        told = (percentile(figures.acknowledged, share) for share in (0.5, 0.95, 1))
        print("webhooks {:18} p50 {:6.1f}  p95 {:6.1f}  max {:6.1f} ms (bars 300 and 2,000)".format(name, *told))
    print(f"webhooks: the bulletin was {'still' if under_way else 'no longer'} under way when the last was acknowledged")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--only", choices=["line", "ledger", "telegram", "webhooks"])
    arguments = parser.parse_args()
    parts: dict[str, Callable[[Path], Awaitable[None]]] = {
        "line": lambda folder: to_line(arguments.readers, folder),
        "ledger": lambda folder: ledger(arguments.readers, folder),
        "telegram": lambda folder: to_telegram(900, folder),
        "webhooks": with_webhooks,
    }

    async def everything() -> None:
        for name, part in parts.items():
            if arguments.only in {None, name}:
                with tempfile.TemporaryDirectory() as folder:
                    await part(Path(folder))

    asyncio.run(everything())


if __name__ == "__main__":
    main()
