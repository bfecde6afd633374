"""``clair-bot doctor``, ``channel list`` and ``db upgrade``: what is in order, and what is not."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.commands import Result, Shell

SLACK = {"SLACK_SIGNING_SECRET": "s" * 32, "SLACK_BOT_TOKEN": "xoxb-1-2-abc"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(tmp_path: Path, cache: Path, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """With a migrated database."""
    shell = Shell(tmp_path, cache, monkeypatch)
    shell.set(DATABASE_URL=sqlite_database)
    return shell


def statuses(result: Result) -> dict[str, str]:
    return {finding["part"]: finding["status"] for finding in result.document["findings"]}


def test_a_doctor_finds_everything_in_order(shell: Shell) -> None:
    shell.set(**SLACK, CLAIR_DESK="slack:C0DESK")
    assert shell.run("advisor", "add", "slack:U1", "--name", "佐藤", "--roles", "advisor,supervisor").status == 0
    result = shell.run("doctor", "--json")
    assert (result.status, result.document["status"]) == (0, "ok")
    assert set(statuses(result).values()) == {"ok"}
    assert all(set(finding) == {"part", "status", "text"} for finding in result.document["findings"])
    assert "xoxb" not in result.out


def test_a_room_in_which_nobody_is_registered_is_a_failure(shell: Shell) -> None:
    """Tickets would lie there, and nobody in particular would answer for them."""
    shell.set(**SLACK, CLAIR_DESK="slack:C0DESK")
    result = shell.run("doctor", "--json")
    assert (result.status, statuses(result)["相談員"], statuses(result)["相談窓口"]) == (1, "broken", "ok")
    shell.run("advisor", "add", "slack:U1", "--name", "佐藤", "--areas", "IV")
    result = shell.run("doctor", "--json")
    assert (result.status, statuses(result)["相談員"]) == (1, "broken")  # nobody answers for the other desks
    shell.run("advisor", "add", "slack:U2", "--name", "鈴木", "--areas", "base")
    result = shell.run("doctor", "--json")
    assert (result.status, statuses(result)["相談員"], statuses(result)["監督者"]) == (0, "ok", "warning")


def test_what_is_only_missing_is_a_warning(shell: Shell) -> None:
    result = shell.run("doctor", "--json")
    assert result.status == 0
    assert {part for part, status in statuses(result).items() if status == "warning"} == {"チャンネル", "相談窓口"}


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"DATABASE_URL": "sqlite:///empty.db"}, "データベース"),
        ({"CLAIR_DESK": "slack:C0DESK"}, "相談窓口"),
        ({"CLAIR_KNOWLEDGE_DIR": "."}, "知識ベース"),
        ({"PORT": "x"}, "設定"),
        ({"SLACK_BOT_TOKEN": "xoxb-1-2-abc"}, "チャンネル"),
    ],
)
def test_what_is_needed_and_broken_is_a_failure(
    shell: Shell, variables: dict[str, str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = shell.folder / "empty"
    place.mkdir()
    monkeypatch.chdir(place)
    shell.set(**variables)
    result = shell.run("doctor", "--json")
    assert (result.status, result.document["status"], result.err) == (1, "broken", "")
    assert statuses(result)[part] == "broken"
    result = shell.run("doctor")
    assert result.status == 1
    assert f"[異常] {part}" in result.out
    assert len(result.err.splitlines()) == 1


def test_channels_as_json(shell: Shell) -> None:
    def channels() -> list[dict[str, Any]]:
        result = shell.run("channel", "list", "--json")
        assert (result.status, result.err, set(result.document)) == (0, "", {"channels"})
        found: list[dict[str, Any]] = result.document["channels"]
        return found

    off = {"on": False, "way": None}
    assert channels() == [{"name": name, **off} for name in ("line", "mail", "slack", "telegram")]
    shell.set(**SLACK, TELEGRAM_BOT_TOKEN="123456:" + "a" * 35)
    assert channels() == [
        {"name": "line", **off},
        {"name": "mail", **off},
        {"name": "slack", "on": True, "way": "webhook"},
        {"name": "telegram", "on": True, "way": "listen"},
    ]


def test_channels_for_people(shell: Shell) -> None:
    shell.set(**SLACK)
    assert shell.run("channel", "list").out.splitlines() == [
        "line\t使わない（未設定）",
        "mail\t使わない（未設定）",
        "slack\t使う（Webhook）",
        "telegram\t使わない（未設定）",
    ]


def test_a_channel_that_is_not_set_up_cannot_be_checked(shell: Shell) -> None:
    result = shell.run("channel", "check", "line")
    assert (result.status, result.out) == (1, "")
    assert len(result.err.splitlines()) == 1


def test_a_database_is_brought_up_to_date_again_and_again(shell: Shell, tmp_path: Path) -> None:
    shell.set(DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    for expected in ("にしました（前: なし）", "です。"):
        result = shell.run("db", "upgrade")
        assert result.status == 0
        assert expected in result.out
    assert statuses(shell.run("doctor", "--json"))["データベース"] == "ok"


@pytest.mark.parametrize("command", ["serve", "web", "worker", "clock"])
def test_a_process_without_its_tables_says_what_to_do(shell: Shell, tmp_path: Path, command: str) -> None:
    shell.set(DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    result = shell.run(command)
    assert (result.status, result.out) == (1, "")
    assert "clair-bot db upgrade を実行してください" in result.err
    assert len(result.err.splitlines()) == 1


COMMANDS = [
    (),
    ("demo",),
    ("serve",),
    ("web",),
    ("worker",),
    ("clock",),
    ("doctor",),
    ("ask",),
    ("search",),
    ("db", "upgrade"),
    ("channel", "list"),
    ("channel", "check"),
    ("eval", "retrieval"),
]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_explains_itself(shell: Shell, words: tuple[str, ...]) -> None:
    result = shell.run(*words, "--help")
    assert (result.status, result.err) == (0, "")
    assert "--help" in result.out
