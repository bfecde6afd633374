"""How soon the commands are there and how much memory a web process takes: ``uv run python benchmarks/starts.py``. Median of five."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "clair_bot"]
RUNS = 5
BARS = {"--help": 0.5, "ask, index cached": 1.5, "serve until ready": 4.0}
MEMORY_BAR = 300
QUESTION = "姉妹都市提携の手順を教えてください"


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/clair.db",
        "CLAIR_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
        "CLAIR_CACHE_DIR": str(folder / "cache"),
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "LINE_CHANNEL_SECRET": "s",
        "LINE_CHANNEL_ACCESS_TOKEN": "t",
        "LINE_API_URL": "http://127.0.0.1:9",
        "TELEGRAM_BOT_TOKEN": "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "TELEGRAM_WEBHOOK_SECRET": "s",
        "TELEGRAM_API_URL": "http://127.0.0.1:9",
    }


def timed(words: list[str], settings: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([*COMMAND, *words], env=settings, check=True, capture_output=True)
    return time.perf_counter() - start


def ready(settings: dict[str, str], command: str) -> tuple[float, float]:
    """Return the seconds until /readyz says 200, and the megabytes then."""
    start = time.perf_counter()
    with subprocess.Popen([*COMMAND, command, "--port", "0"], env=settings, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = next(line.strip() for line in process.stderr if line.startswith("http://"))
        while not answers(f"{url}/readyz"):
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        process.terminate()
        process.stderr.read()
    return seconds, int(status.split("VmRSS:")[1].split()[0]) / 1024


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = environment(Path(folder))
        print(f"ask, nothing cached (compiles the office dictionary once)  {timed(['ask', QUESTION], settings):.2f} s")
        subprocess.run([*COMMAND, "db", "upgrade"], env=settings, check=True, capture_output=True)
        figures = {
            "--help": statistics.median(timed(["--help"], settings) for _ in range(RUNS)),
            "ask, index cached": statistics.median(timed(["ask", QUESTION], settings) for _ in range(RUNS)),
            "serve until ready": statistics.median(ready(settings, "serve")[0] for _ in range(RUNS)),
        }
        memory = ready(settings, "web")[1]
    missed = memory >= MEMORY_BAR
    for name, seconds in figures.items():
        missed |= seconds >= BARS[name]
        print(f"{name:<20} {seconds:5.2f} s   bar {BARS[name]:.1f} s   {seconds / BARS[name]:.2f} x")
    print(f"{'web process':<20} {memory:5.0f} MB  bar {MEMORY_BAR} MB  {memory / MEMORY_BAR:.2f} x")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
