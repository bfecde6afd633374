"""Webhooks under load, beside a bare ASGI app: ``uv run python benchmarks/webhooks.py [--requests 600] [--in-flight 20] [--rate 50]``.

The product runs as ``clair-bot serve`` on an SQLite file, the bare app as its own process with the same server settings; it checks
the same signature and answers 200. Every question comes from another person; the questions are those of ``knowledge/questions.jsonl``
that have an expected answer. Three loads:

- acknowledgements: so many requests in flight, the next one goes when one has been *acknowledged*. This is saturation: the product
  answers the questions at the same time, and falls behind. No bar, but the ratio to the bare app.
- questions: so many questions in flight end to end, the next one is asked when one has been *answered*. The bars are read here.
- arrivals: so many questions a second, whether or not the earlier ones have been answered.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loopback import ROOT, SECRET, Line, Platform, Question, environment, line_question, process, ready, run

ACKNOWLEDGED_BAR = 50.0
ANSWERED_BAR = 250.0
"""Milliseconds at the 95th percentile."""
WARM_UP = 100


@dataclass(kw_only=True)
class Figures:
    """What one load measured: seconds."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    lasted: float = 0.0

    def __str__(self) -> str:
        parts = [f"{len(self.acknowledged) / self.lasted:7.1f}/s", f"acknowledged {spread(self.acknowledged)}"]
        return "  ".join([*parts, *([f"answered {spread(self.answered)}"] if self.answered else [])])


def percentile(values: Sequence[float], share: float) -> float:
    """Return milliseconds."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000


def spread(values: Sequence[float]) -> str:
    return f"p50 {percentile(values, 0.5):7.2f}  p95 {percentile(values, 0.95):7.2f}  max {percentile(values, 1):7.2f} ms"


def texts() -> list[str]:
    lines = (ROOT / "knowledge" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [question["question"] for question in map(json.loads, lines) if question["expect"]]


def people() -> Iterator[Question]:
    """Return endless questions, each of somebody new."""
    asked = texts()
    number = 0
    while True:
        number += 1
        yield line_question(number, asked[number % len(asked)])


class Load:
    """Asks a server on loopback."""

    def __init__(self, port: int, platform: Platform | None = None) -> None:
        self._port = port
        self._platform = platform

    async def closed(self, questions: Sequence[Question], in_flight: int, *, until_answered: bool) -> Figures:
        """Keep so many in flight."""
        figures, waiting = Figures(), iter(questions)

        async def one() -> None:
            line = Line(self._port)
            for question in waiting:
                await self._ask(line, question, figures, time.perf_counter(), until_answered=until_answered)
            line.close()

        started = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(in_flight)))
        figures.lasted = time.perf_counter() - started
        return figures

    async def open(self, questions: Sequence[Question], rate: float) -> Figures:
        """Ask so many a second; times count from the moment at which a question was due."""
        figures, free, under_way = Figures(), [Line(self._port) for _ in range(20)], []
        started = time.perf_counter()
        for number, question in enumerate(questions):
            due = started + number / rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            line = free.pop() if free else Line(self._port)
            asking = asyncio.create_task(self._ask(line, question, figures, due, until_answered=True, back=free))
            under_way.append(asking)
        await asyncio.gather(*under_way)
        figures.lasted = time.perf_counter() - started
        for line in free:
            line.close()
        return figures

    async def _ask(
        self, line: Line, question: Question, figures: Figures, since: float, *, until_answered: bool, back: list[Line] | None = None
    ) -> None:
        status = await line.send(question.wire)
        figures.acknowledged.append(time.perf_counter() - since)
        if back is not None:
            back.append(line)
        if status != 200:
            raise SystemExit(f"answered {status}")
        if until_answered and self._platform is not None:
            figures.answered.append(await asyncio.wait_for(self._platform.reply_to(question.token), 60) - since)


def bare() -> None:
    """Serve the bare app: the same server, the same signature, nothing else."""
    import base64
    import hashlib
    import hmac

    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def webhook(request: Request) -> Response:
        expected = base64.b64encode(hmac.new(SECRET.encode(), await request.body(), hashlib.sha256).digest()).decode()
        return Response(status_code=200 if hmac.compare_digest(expected, request.headers["x-line-signature"]) else 401)

    app = Starlette(routes=[Route("/webhooks/line", webhook, methods=["POST"])])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", access_log=False, limit_concurrency=1_000, server_header=False, date_header=True
    )
    socket = config.bind_socket()
    print(f"http://127.0.0.1:{socket.getsockname()[1]}", file=sys.stderr, flush=True)
    uvicorn.Server(config).run(sockets=[socket])


def floors(folder: Path) -> None:
    """Print what nobody gets below: this disk, one transaction, reading a question."""
    from clair_bot.retrieval.evaluation import open_analyser
    from clair_bot.retrieval.retriever import open_retriever

    def timed(work: Callable[[int], object], times: int) -> list[float]:
        found = []
        for number in range(times):
            started = time.perf_counter()
            work(number)
            found.append(time.perf_counter() - started)
        return found

    with (folder / "floor").open("wb") as file:

        def synced(_number: int) -> None:
            file.write(b"0" * 4096)
            file.flush()
            os.fsync(file.fileno())

        print(f"  one write of 4 KiB with fsync        {spread(timed(synced, 300))}")
    with contextlib.closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE row (text)")
        found = timed(lambda _number: database.execute("INSERT INTO row VALUES (?)", ("x" * 500,)), 300)
        print(f"  one durable SQLite transaction       {spread(found)}")
    cache = folder.parent / "cache"
    retriever, asked = open_retriever(ROOT / "knowledge", cache), texts()
    analyser = open_analyser(ROOT / "knowledge", cache)
    retriever.search(asked[0])
    print(f"  tokenising a question                {spread(timed(lambda number: analyser.terms(asked[number % len(asked)]), 300))}")
    print(f"  searching, tokenising included       {spread(timed(lambda number: retriever.search(asked[number % len(asked)]), 300))}")


async def measure(arguments: argparse.Namespace, folder: Path) -> bool:
    asking = people()

    def questions(count: int) -> list[Question]:
        return [next(asking) for _ in range(count)]

    async with Platform().running() as platform:
        variables = environment(folder, platform.url, folder.parent / "cache")
        await run(["-m", "clair_bot", "db", "upgrade"], variables)
        async with (
            process([__file__, "--bare"], variables) as (_, bare_port),
            process(["-m", "clair_bot", "serve", "--port", "0"], variables) as (_, port),
        ):
            await ready(port, "/healthz")
            product, bare_app = Load(port, platform), Load(bare_port)
            first = await product.closed(questions(1), 1, until_answered=True)
            print(f"  the first question after the start   {spread(first.answered)}")
            alone = await product.closed(questions(50), 1, until_answered=True)
            print(f"  one question at a time               {alone}")
            for load in (product, bare_app):
                await load.closed(questions(WARM_UP), arguments.in_flight, until_answered=True)

            async def saturated(load: Load) -> Figures:
                asked = questions(arguments.requests)
                figures = await load.closed(asked, arguments.in_flight, until_answered=False)
                if load is product:
                    await asyncio.gather(*(platform.reply_to(question.token) for question in asked))
                return figures

            theirs, ours = await saturated(bare_app), await saturated(product)
            print(f"Acknowledgements, {arguments.in_flight} in flight, the next one when one has been acknowledged (saturation)")
            print(f"  bare app   {theirs}")
            print(f"  clair-bot  {ours}")
            print(
                f"  clair-bot/bare: p95 {percentile(ours.acknowledged, 0.95) / percentile(theirs.acknowledged, 0.95):.1f} x,"
                f" throughput {theirs.lasted / ours.lasted:.2f} x (the product stores, searches and replies meanwhile)"
            )
            asked = await product.closed(questions(arguments.requests), arguments.in_flight, until_answered=True)
            print(f"Questions, {arguments.in_flight} in flight end to end, the next one when one has been answered (the bars)")
            print(f"  clair-bot  {asked}")
            arriving = await product.open(questions(arguments.requests), arguments.rate)
            print(f"Arrivals, {arguments.rate:g} questions a second, whether or not the earlier ones have been answered")
            print(f"  clair-bot  {arriving}")
    print(f"{len(platform.replied)} replies, {platform.articles} of them with an article, {platform.twice} twice")
    met = [
        judged("acknowledged, p95", percentile(asked.acknowledged, 0.95), ACKNOWLEDGED_BAR),
        judged("question to delivered, p95", percentile(asked.answered, 0.95), ANSWERED_BAR),
    ]
    return all(met) and not platform.twice


def judged(name: str, figure: float, bar: float) -> bool:
    print(f"{name}: {figure:.1f} ms, bar {bar:.0f} ms, {figure / bar:.2f} x: {'met' if figure < bar else 'MISSED'}")
    return figure < bar


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--in-flight", type=int, default=20)
    parser.add_argument("--rate", type=float, default=50.0, help="questions a second of the arrivals")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare:
        bare()
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "house"
        folder.mkdir()
        print(f"Floor ({os.cpu_count()} cores, which product, platforms and client share; lean platforms, not the tests' stand-ins)")
        floors(folder)
        if not asyncio.run(measure(arguments, folder)):
            sys.exit(1)


if __name__ == "__main__":
    main()
