"""``clair-bot ticket``: every command by every kind of person, and what is seen of what."""

import contextlib
import os
import pwd
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from tests.unit.commands import Library, Shell
from tests.unit.halls import NOW, QUESTION, ROOM, Hall

from clair_bot.cli.tickets import app
from clair_bot.domain.tickets import TicketState
from clair_bot.messages import Address

ASKER = Address(channel="web", recipient="asker1")
OPERATOR = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
LINE = {
    *("id", "state", "desk", "desk_name", "area", "office", "urgency", "assignee", "confidential", "question"),
    *("opened_at", "answer_due", "resolution_due", "overdue", "snoozed_until"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def staffed_file(tmp_path_factory: pytest.TempPathFactory, library: Library, sqlite_template: Path) -> Path:
    """A database in which the staff is registered, for copying: three commands that would otherwise run before each test."""
    folder = tmp_path_factory.mktemp("staffed")
    database, copy = folder / "clair.db", folder / "staffed.db"
    database.write_bytes(sqlite_template.read_bytes())
    with pytest.MonkeyPatch.context() as patch, _hall(Shell(folder, library, patch), f"sqlite:///{database}") as hall:
        hall.staff()
    with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)  # with what may lie beside the file
    return copy


@pytest.fixture
def hall(tmp_path: Path, library: Library, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    with _hall(Shell(tmp_path, library, monkeypatch), sqlite_database) as hall:
        yield hall


@pytest.fixture
def staffed(tmp_path: Path, library: Library, staffed_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    """A hall with its staff."""
    database = tmp_path / "staffed.db"
    database.write_bytes(staffed_file.read_bytes())
    with _hall(Shell(tmp_path, library, monkeypatch), f"sqlite:///{database}") as hall:
        yield hall


@contextlib.contextmanager
def _hall(shell: Shell, url: str) -> Iterator[Hall]:
    hall = Hall(shell, url)
    with time_machine.travel(NOW, tick=False):
        yield hall
    hall.store.engine.dispose()


_GIVEN: dict[str, tuple[tuple[str, ...], ...]] = {
    "release": (("assign", "1", "佐藤"),),
    "reopen": (("resolve", "1"),),
    "wake": (("snooze", "1", "3d"),),
    "draft": (("reply", "1", "お答えします。"),),
}
"""What happened to ticket 1 before."""
_WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "show": ((), "assigned"),
    "claim": ((), "assigned"),
    "release": ((), "open"),
    "resolve": ((), "resolved"),
    "reopen": ((), "open"),
    "assign": (("佐藤",), "assigned"),
    "transfer": (("NY", "米国の件"), "open"),
    "note": (("前例なし",), "open"),
    "reply": (("お答えします。",), "waiting"),
    "snooze": (("3d",), "open"),
    "wake": ((), "open"),
    "priority": (("urgent",), "open"),
    "seal": ((), "open"),
    "merge": (("2",), "merged"),
    "draft": ((), "waiting"),
}
"""What follows the number, and the state afterwards."""
_PERSONS = {"": True, "佐藤": True, "鈴木": False, "高橋": False, "だれか": False}
"""The operator, of the desk, of another desk, no advisor, nobody."""


def test_every_command_on_a_ticket_has_an_entry() -> None:
    assert {command.name or command.callback.__name__ for command in app.registered_commands if command.callback} == {*_WORDS, "list"}


@pytest.mark.parametrize("person", _PERSONS)
@pytest.mark.parametrize("command", _WORDS)
def test_who_may_do_what(staffed: Hall, command: str, person: str) -> None:
    staffed.open()
    staffed.open()
    for words in _GIVEN.get(command, ()):
        staffed.done("ticket", *words)
    before, queued = staffed.history(1), staffed.queued()
    rest, state = _WORDS[command]
    words = ("ticket", command, "1", *rest, *(("--as", person) if person else ()))
    if not _PERSONS[person] or (command == "claim" and not person):  # the operator is nobody who could have a ticket in hand
        staffed.refused(*words)
        assert (staffed.history(1), staffed.queued()) == (before, queued)
        return
    staffed.done(*words)
    if command == "show":
        assert staffed.history(1) == before
        return
    assert staffed.state(1) == state
    assert len(staffed.history(1)) == len(before) + 1
    assert staffed.history(1)[-1].actor == ("advisor:1" if person else OPERATOR)


@pytest.mark.parametrize(("person", "may"), [("slack:U1", True), ("slack:U2", False), ("slack:U8", False)])
def test_a_person_is_named_by_address_as_well(staffed: Hall, person: str, *, may: bool) -> None:
    staffed.open()
    (staffed.done if may else staffed.refused)("ticket", "claim", "1", "--as", person)


@pytest.mark.parametrize("command", [name for name in _WORDS if name not in {"show", "draft"}])
def test_what_changes_something_as_json(staffed: Hall, command: str) -> None:
    staffed.open()
    staffed.open()
    for words in _GIVEN.get(command, ()):
        staffed.done("ticket", *words)
    rest, state = _WORDS[command]
    document = staffed.done("ticket", command, "1", *rest, "--as", "佐藤", "--json").document
    assert (set(document), document["id"], document["state"]) == ({"id", "state", "assignee"}, 1, state)
    assert document["assignee"] == ("佐藤" if command in {"claim", "assign", "reply"} else None)


@pytest.mark.parametrize(
    "words",
    [
        ("release", "1"),
        ("reopen", "1"),
        ("wake", "1"),
        ("draft", "1"),
        ("assign", "1", "だれか"),
        ("assign", "1", "鈴木"),
        ("transfer", "1", "ROM"),
        ("transfer", "1", "IV"),
        ("note", "1", " "),
        ("reply", "1", ""),
        ("snooze", "1", "いつか"),
        ("snooze", "1", "100d"),
        ("merge", "1", "1"),
        ("merge", "1", "99"),
        *((command, "99", *rest) for command, (rest, _) in _WORDS.items()),
    ],
)
def test_what_is_refused_changes_nothing(staffed: Hall, words: tuple[str, ...]) -> None:
    staffed.open()
    before, queued = staffed.history(1), staffed.queued()
    staffed.refused("ticket", *words)
    assert (staffed.history(1), staffed.queued(), staffed.state(1)) == (before, queued, TicketState.OPEN)


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("show", "x"),
        ("show", "0"),
        ("claim", str(2**31)),
        ("priority", "1", "soon"),
        ("list", "--state", "lost"),
        ("list", "--mine"),
        ("list", "--mine", "--unassigned", "--as", "佐藤"),
        ("list", "--all", "--state", "open"),
    ],
)
def test_wrong_usage_is_2(hall: Hall, words: tuple[str, ...]) -> None:
    hall.refused("ticket", *words, status=2)


def test_an_answer_reaches_the_outbox_each_time(hall: Hall) -> None:
    hall.open()
    for _ in range(2):
        hall.done("ticket", "reply", "1", "お答えします。")
    assert hall.said(ASKER).count("お答えします。") == 2
    hall.done("ticket", "note", "1", "前例なし")
    assert "前例なし" not in hall.said(ASKER) + hall.said(ROOM)


def test_a_list(staffed: Hall) -> None:
    for _ in range(4):
        staffed.open()
    staffed.done("ticket", "claim", "1", "--as", "佐藤")
    staffed.done("ticket", "resolve", "2")
    staffed.done("ticket", "transfer", "3", "NY")

    def numbers(*words: str) -> list[int]:
        document = staffed.done("ticket", "list", *words, "--json").document
        assert document["count"] == len(document["tickets"])
        assert all(set(line) == LINE for line in document["tickets"])
        return sorted(line["id"] for line in document["tickets"])

    assert numbers() == [1, 3, 4]
    assert numbers("--all") == [1, 2, 3, 4]
    assert numbers("--mine", "--as", "佐藤") == [1]
    assert numbers("--as", "佐藤") == [1, 4]
    assert numbers("--as", "鈴木") == []
    assert numbers("--unassigned") == [3, 4]
    assert numbers("--desk", "NY") == numbers("--desk", "ニューヨーク") == [3]
    assert numbers("--state", "resolved") == [2]
    assert numbers("--overdue") == []
    with time_machine.travel("2026-12-24 00:00Z", tick=False):
        assert numbers("--overdue", "--desk", "IV") == [1, 4]
    staffed.refused("ticket", "list", "--desk", "NY", "--as", "佐藤")
    staffed.refused("ticket", "list", "--desk", "ROM")
    staffed.refused("ticket", "list", "--as", "だれか")


def test_a_list_for_people_holds_everything(hall: Hall) -> None:
    for _ in range(25):
        hall.open()
    out = hall.done("ticket", "list").out
    assert "対応中の相談: 25件" in out
    assert all(f"受付番号{number}　" in out for number in range(1, 26))
    assert "該当する相談はありません" in hall.done("ticket", "list", "--state", "closed").out


def test_what_is_masked_is_shown_in_full_only_on_the_record(hall: Hall) -> None:
    hall.open("電話 03-1234-5678 に")
    for words in ((), ("--json",)):
        assert "03-1234-5678" not in hall.done("ticket", "show", "1", *words).out
    assert [event.move for event in hall.history(1)] == ["open"]
    for words in ((), ("--json",)):
        assert "03-1234-5678" in hall.done("ticket", "show", "1", "--full", *words).out
    assert [(event.move, event.actor) for event in hall.history(1)[1:]] == [("read", OPERATOR)] * 2


def test_what_is_confidential_is_shown_only_on_the_record(staffed: Hall) -> None:
    staffed.open(confidential=True)
    staffed.done("ticket", "note", "1", "秘密のメモ")
    for words in (("show", "1"), ("show", "1", "--json"), ("list",), ("list", "--json")):
        out = staffed.done("ticket", *words).out
        assert QUESTION not in out
        assert "秘密のメモ" not in out
    staffed.refused("ticket", "show", "1", "--full", "--as", "鈴木")
    document = staffed.done("ticket", "show", "1", "--full", "--json", "--as", "佐藤").document
    assert document["question"] == QUESTION
    assert [(event["move"], event["text"]) for event in document["history"]] == [("open", QUESTION), ("note", "秘密のメモ"), ("read", "")]
    assert document["history"][-1]["actor_name"] == "佐藤"


def test_a_history_is_words_for_people_and_values_for_scripts(staffed: Hall) -> None:
    staffed.open()
    staffed.open()
    moves = (
        ("claim", "1", "--as", "佐藤"),
        ("snooze", "1", "3d"),
        ("priority", "1", "urgent"),
        ("note", "1", "一行目\n二行目"),
        ("merge", "1", "2"),
    )
    for words in moves:
        staffed.done("ticket", *words)
    out = staffed.done("ticket", "show", "1").out
    who = OPERATOR.removeprefix("cli:")
    for line in (
        "担当（佐藤）\n",
        f"保留（{who}）11月27日（金）09:00まで\n",
        f"優先度（{who}）至急\n",
        f"メモ（{who}）一行目\n    二行目\n",
        f"統合（{who}）受付番号2\n",
    ):
        assert line in out
    values = [event["text"] for event in staffed.done("ticket", "show", "1", "--json").document["history"][1:]]
    assert values == ["佐藤", "2026-11-27T09:00:00+09:00", "urgent", "一行目\n二行目", "2"]


def test_who_has_a_ticket_is_not_given_it_again(staffed: Hall) -> None:
    staffed.open()
    staffed.done("ticket", "claim", "1", "--as", "佐藤")
    before, queued = staffed.history(1), staffed.queued()
    assert "すでに佐藤さんが担当しています。" in staffed.refused("ticket", "assign", "1", "佐藤")
    assert (staffed.history(1), staffed.queued()) == (before, queued)


def test_control_characters_do_not_reach_the_terminal(hall: Hall) -> None:
    hall.open("赤い\x1b[31m字")
    for words in (("show", "1"), ("list",)):
        assert "\x1b" not in hall.done("ticket", *words).out


def test_a_draft_into_a_file(hall: Hall, tmp_path: Path) -> None:
    hall.open()
    hall.done("ticket", "reply", "1", "お答えします。")
    file = tmp_path / "draft.md"
    assert hall.done("ticket", "draft", "1", "--to", str(file), "--json").document == {
        "id": 1,
        "state": "waiting",
        "assignee": None,
        "file": str(file),
    }
    text = file.read_text(encoding="utf-8")
    assert text.startswith("---\n")
    assert "お答えします。" in hall.done("ticket", "draft", "1", "--json").document["draft"]
    before = hall.history(1)
    for place in (file, tmp_path / "nowhere" / "draft.md"):
        hall.refused("ticket", "draft", "1", "--to", str(place))
    assert (file.read_text(encoding="utf-8"), hall.history(1)) == (text, before)


def test_a_database_without_tables_is_one_sentence(hall: Hall, tmp_path: Path) -> None:
    hall.shell.set(DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    for words in (("ticket", "list"), ("ticket", "release", "1"), ("advisor", "list"), ("report", "monthly")):
        assert "clair-bot db upgrade" in hall.refused(*words)
