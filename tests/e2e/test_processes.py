"""Commands and processes as an administrator starts them."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from tests.e2e.houses import ROOT, House, Town, eventually, migrate

from clair_bot.storage.schema import HEAD


def _house(tmp_path: Path, town: Town, **changes: str) -> House:
    return House(tmp_path, town, **changes)


async def test_a_database_that_is_not_migrated_is_said_so(tmp_path: Path, town: Town) -> None:
    house = _house(tmp_path, town)
    for command in (("serve", "--port", "0"), ("worker",), ("clock",), ("web", "--port", "0")):
        status, out, err = await house.command(*command)
        assert status == 1, command
        assert err.strip() == "データベースがまだ用意されていません。clair-bot db upgrade を実行してください。"
        assert not out
    status, out, _ = await house.command("doctor", "--json")
    assert status == 1
    assert "clair-bot db upgrade" in out


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("PORT", "eighty"),
        ("CLAIR_KNOWLEDGE_DIR", "/nowhere"),
        ("CLAIR_DESK", "slack"),
        ("CLAIR_DESK_IV", "nothing"),
        ("CLAIR_TIMEZONE", "Mars/Base"),
        ("CLAIR_SIMULATOR", "maybe"),
        ("LINE_CHANNEL_SECRET", ""),
        ("SLACK_BOT_TOKEN", ""),
        ("TELEGRAM_BOT_TOKEN", "nonsense"),
        ("LINE_CHANNEL_ACCESS_TOKEN_FILE", "/nowhere"),
    ],
)
async def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path: Path, town: Town, variable: str, value: str) -> None:
    house = _house(tmp_path, town, **{variable: value})
    if variable != "DATABASE_URL":
        await asyncio.to_thread(migrate, house.environment["DATABASE_URL"])
    status, out, err = await house.command("serve", "--port", "0")
    assert status == 1
    assert err.startswith(variable), err
    assert len(err.strip().splitlines()) == 1
    assert not out


async def test_upgrade_doctor_and_channels(tmp_path: Path, town: Town) -> None:
    house = _house(tmp_path, town)
    assert (await house.command("db", "upgrade"))[0] == 0
    status, out, _ = await house.command("db", "upgrade")
    assert status == 0
    assert f"版 {HEAD} です" in out
    status, out, _ = await house.command("doctor")
    assert (status, "相談員が登録されていません" in out) == (1, True)
    assert (await house.command("advisor", "add", "slack:U0ADVISOR", "--name", "佐藤"))[0] == 0
    status, out, err = await house.command("doctor", "--json")
    assert status == 0, out + err
    assert json.loads(out)["status"] == "ok"
    status, out, _ = await house.command("channel", "list", "--json")
    states = {row["name"]: row["on"] for row in json.loads(out)["channels"]}
    assert states == {"line": True, "mail": False, "slack": True, "telegram": True}
    for channel in ("line", "slack", "telegram"):
        status, out, err = await house.command("channel", "check", channel)
        assert status == 0, err
        assert out.strip()
    town.line.shut_door()
    status, out, err = await house.command("channel", "check", "line")
    assert status == 1
    assert len(err.strip().splitlines()) == 1


async def test_the_procfile_runs_under_honcho(tmp_path: Path, town: Town) -> None:
    """Release, then web, worker and clock as processes of their own; a question is answered; SIGTERM ends all."""
    house = _house(tmp_path, town)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scripts = Path(sys.executable).parent
    environment = {**house.environment, "PORT": str(port), "PATH": f"{scripts}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    honcho = [str(scripts / "honcho"), "-f", str(ROOT / "Procfile"), "-d", str(ROOT)]
    release = await asyncio.create_subprocess_exec(*honcho, "run", "clair-bot", "db", "upgrade", env=environment)
    assert await release.wait() == 0
    process = await asyncio.create_subprocess_exec(*honcho, "start", "web", "worker", "clock", env=environment, start_new_session=True)
    try:
        house.url = f"http://127.0.0.1:{port}"
        await house.until_ready()
        assert await house.post("telegram", town.says("telegram", "メニュー", event="1")) == 200
        await eventually(lambda: town.reads("telegram"), what="an answer from the worker")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 20)


async def test_the_demo_tells_its_story_without_keys(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "clair_bot",
        "demo",
        "--script",
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    story = out.decode()
    for words in ("出典", "受付番号", "相談員からの回答です", "解決としました", "終わり"):
        assert words in story
