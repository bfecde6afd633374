"""``clair-bot ticket``: every command by every kind of person, and what is seen of what."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from tests.unit.commands import Shell
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
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def hall(tmp_path: Path, cache: Path, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    hall = Hall(Shell(tmp_path, cache, monkeypatch), sqlite_database)
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
def test_who_may_do_what(hall: Hall, command: str, person: str) -> None:
    hall.staff()
    hall.open()
    hall.open()
    for words in _GIVEN.get(command, ()):
        hall.done("ticket", *words)
    before, queued = hall.history(1), hall.queued()
    rest, state = _WORDS[command]
    words = ("ticket", command, "1", *rest, *(("--as", person) if person else ()))
    if not _PERSONS[person] or (command == "claim" and not person):  # the operator is nobody who could have a ticket in hand
        hall.refused(*words)
        assert (hall.history(1), hall.queued()) == (before, queued)
        return
    hall.done(*words)
    if command == "show":
        assert hall.history(1) == before
        return
    assert hall.state(1) == state
    assert len(hall.history(1)) == len(before) + 1
    assert hall.history(1)[-1].actor == ("advisor:1" if person else OPERATOR)


@pytest.mark.parametrize(("person", "may"), [("slack:U1", True), ("slack:U2", False), ("slack:U8", False)])
def test_a_person_is_named_by_address_as_well(hall: Hall, person: str, *, may: bool) -> None:
    hall.staff()
    hall.open()
    (hall.done if may else hall.refused)("ticket", "claim", "1", "--as", person)


@pytest.mark.parametrize("command", [name for name in _WORDS if name not in {"show", "draft"}])
def test_what_changes_something_as_json(hall: Hall, command: str) -> None:
    hall.staff()
    hall.open()
    hall.open()
    for words in _GIVEN.get(command, ()):
        hall.done("ticket", *words)
    rest, state = _WORDS[command]
    document = hall.done("ticket", command, "1", *rest, "--as", "佐藤", "--json").document
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
def test_what_is_refused_changes_nothing(hall: Hall, words: tuple[str, ...]) -> None:
    hall.staff()
    hall.open()
    before, queued = hall.history(1), hall.queued()
    hall.refused("ticket", *words)
    assert (hall.history(1), hall.queued(), hall.state(1)) == (before, queued, TicketState.OPEN)


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


def test_a_list(hall: Hall) -> None:
    hall.staff()
    for _ in range(4):
        hall.open()
    hall.done("ticket", "claim", "1", "--as", "佐藤")
    hall.done("ticket", "resolve", "2")
    hall.done("ticket", "transfer", "3", "NY")

    def numbers(*words: str) -> list[int]:
        document = hall.done("ticket", "list", *words, "--json").document
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
    hall.refused("ticket", "list", "--desk", "NY", "--as", "佐藤")
    hall.refused("ticket", "list", "--desk", "ROM")
    hall.refused("ticket", "list", "--as", "だれか")


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


def test_what_is_confidential_is_shown_only_on_the_record(hall: Hall) -> None:
    hall.staff()
    hall.open(confidential=True)
    hall.done("ticket", "note", "1", "秘密のメモ")
    for words in (("show", "1"), ("show", "1", "--json"), ("list",), ("list", "--json")):
        out = hall.done("ticket", *words).out
        assert QUESTION not in out
        assert "秘密のメモ" not in out
    hall.refused("ticket", "show", "1", "--full", "--as", "鈴木")
    document = hall.done("ticket", "show", "1", "--full", "--json", "--as", "佐藤").document
    assert document["question"] == QUESTION
    assert [(event["move"], event["text"]) for event in document["history"]] == [("open", QUESTION), ("note", "秘密のメモ"), ("read", "")]
    assert document["history"][-1]["actor_name"] == "佐藤"


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
