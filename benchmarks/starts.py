"""How soon the commands are there, and how much memory a web process takes: ``uv run python benchmarks/starts.py``. Medians of five.

The memory is that of ``clair-bot web`` with all three channels, between loopback platforms, after so many webhooks were taken in and
answered by its dispatcher; sending belongs to a worker.
"""

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from loopback import Line, Platform, environment, line_question, process, ready, run, slack_question, telegram_question

RUNS = 5
WEBHOOKS = 200
BARS = {"--help": 0.5, "ask, index cached": 1.5, "serve until /healthz and /readyz": 4.0}
MEMORY_BAR = 300
QUESTION = "姉妹都市提携の手順を教えてください"


async def served(variables: Mapping[str, str]) -> float:
    """Return the seconds until a process that runs everything is ready."""
    started = time.perf_counter()
    async with process(["-m", "clair_bot", "serve", "--port", "0"], variables) as (_, port):
        await ready(port, "/healthz")
        return await ready(port, "/readyz") - started


async def memory(variables: Mapping[str, str]) -> tuple[float, float, float]:
    """Return the megabytes of a web process when it is ready, and after the webhooks: resident then, and at most."""
    async with process(["-m", "clair_bot", "web", "--port", "0"], variables) as (pid, port):
        await ready(port, "/readyz")
        before = _status(pid, "VmRSS")
        line, channels = Line(port), itertools.cycle((line_question, slack_question, telegram_question))
        for number in range(1, WEBHOOKS + 1):
            question = next(channels)(number, QUESTION)
            status = await line.send(question.wire)
            if status != 200:
                raise SystemExit(f"{question.token}: answered {status}")
        await asyncio.sleep(3)  # what acknowledges loads the platforms' SDKs
        line.close()
        return before, _status(pid, "VmRSS"), _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    return int(Path(f"/proc/{pid}/status").read_text(encoding="ascii").split(f"{name}:")[1].split()[0]) / 1024


async def median(measure: Callable[[], Awaitable[float]]) -> float:
    return statistics.median([await measure() for _ in range(RUNS)])


async def measure(folder: Path) -> bool:
    async with Platform().running() as platform:
        variables = environment(folder, platform.url, folder / "cache")
        asking = ["-m", "clair_bot", "ask", QUESTION]
        print(f"ask, nothing cached (compiles the office dictionary, fits the index)  {await run(asking, variables):.2f} s")
        await run(["-m", "clair_bot", "db", "upgrade"], variables)
        figures = {
            "--help": await median(lambda: run(["-m", "clair_bot", "--help"], variables)),
            "ask, index cached": await median(lambda: run(asking, variables)),
            "serve until /healthz and /readyz": await median(lambda: served(variables)),
        }
        before, after, most = await memory(variables)
    for name, seconds in figures.items():
        print(f"{name:<34} {seconds:5.2f} s   bar {BARS[name]:.1f} s   {seconds / BARS[name]:.2f} x")
    print(
        f"web, three channels, {WEBHOOKS} webhooks      {after:5.0f} MB  bar {MEMORY_BAR} MB  {after / MEMORY_BAR:.2f} x"
        f"  (ready {before:.0f} MB, at most {most:.0f} MB)"
    )
    return after < MEMORY_BAR and all(seconds < BARS[name] for name, seconds in figures.items())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if not asyncio.run(measure(Path(folder))):
            sys.exit(1)


if __name__ == "__main__":
    main()
