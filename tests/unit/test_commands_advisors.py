"""``clair-bot advisor``: who may register people, what is refused, and what becomes of the tickets of those who go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from tests.unit.commands import Library, Shell
from tests.unit.halls import NOW, ROOM, Hall

from clair_bot.cli.advisors import app
from clair_bot.domain.tickets import TicketState

KEYS = {"id", "name", "addresses", "desks", "roles", "capacity", "absences", "load"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def hall(tmp_path: Path, library: Library, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    hall = Hall(Shell(tmp_path, library, monkeypatch), sqlite_database)
    with time_machine.travel(NOW, tick=False):
        yield hall
    hall.store.engine.dispose()


def test_a_person_as_json(hall: Hall) -> None:
    added = hall.done(
        "advisor", "add", "slack:U1", "--name", "佐藤　花子", "--areas", "iv、I", "--offices", "ny", "--capacity", "3", "--json"
    )
    assert set(added.document) == KEYS
    assert (added.document["desks"], added.document["roles"], added.document["capacity"]) == (["I", "IV", "NY"], ["advisor"], 3)
    assert hall.done("advisor", "list", "--json").document == {"advisors": [added.document]}
    assert "すべての窓口" in hall.done("advisor", "add", "slack:U2", "--name", "鈴木").out


def test_a_further_address_of_the_same_person(hall: Hall) -> None:
    hall.done("advisor", "add", "slack:U1", "--name", "佐藤　花子")
    assert "改めました" in hall.done("advisor", "add", "telegram:7", "--name", "佐藤花子").out
    (row,) = hall.done("advisor", "list", "--json").document["advisors"]
    assert (row["name"], row["addresses"]) == ("佐藤　花子", ["slack:U1", "telegram:7"])


@pytest.mark.parametrize(
    "words",
    [
        ("slack", "--name", "佐藤"),
        (":U1", "--name", "佐藤"),
        ("slack:U 1", "--name", "佐藤"),
        ("fax:1", "--name", "佐藤"),
        ("slack:U1", "--name", "　"),
        ("slack:U1", "--name", "あ" * 41),
        ("slack:U1", "--name", "佐\n藤"),
        ("slack:U1", "--name", "slack:U2"),
        ("slack:U1", "--name", "佐藤", "--areas", "I,NY"),
        ("slack:U1", "--name", "佐藤", "--offices", "I"),
        ("slack:U1", "--name", "佐藤", "--roles", ","),
        ("slack:U1", "--name", "佐藤", "--roles", "advisor,king"),
    ],
)
def test_who_cannot_be_registered(hall: Hall, words: tuple[str, ...]) -> None:
    hall.refused("advisor", "add", *words)
    assert hall.done("advisor", "list", "--json").document == {"advisors": []}


@pytest.mark.parametrize(
    "words", [("add",), ("add", "slack:U1"), ("add", "slack:U1", "--name", "佐藤", "--capacity", "-1"), ("remove",), ("away", "佐藤")]
)
def test_wrong_usage_is_2(hall: Hall, words: tuple[str, ...]) -> None:
    hall.refused("advisor", *words, status=2)


# what each command does to 佐藤: whether the administrator, 佐藤 in person, somebody else, and nobody that is known may
_MAY = {
    "add": (("slack:U9", "--name", "新人"), (True, False, False, False)),
    "remove": (("佐藤",), (True, False, False, False)),
    "away": (("佐藤", "2026-12-01"), (True, True, False, False)),
    "back": (("佐藤",), (True, True, False, False)),
}
_PERSONS = ("", "佐藤", "鈴木", "だれか")


def test_every_command_that_changes_something_has_an_entry() -> None:
    assert {command.name or command.callback.__name__ for command in app.registered_commands if command.callback} == {*_MAY, "list"}


@pytest.mark.parametrize(
    ("command", "person", "may"),
    [(command, person, may) for command, (_, row) in _MAY.items() for person, may in zip(_PERSONS, row, strict=True)],
)
def test_who_may(hall: Hall, command: str, person: str, *, may: bool) -> None:
    hall.staff()
    before = hall.done("advisor", "list", "--json").document
    words = ("advisor", command, *_MAY[command][0], *(("--as", person) if person else ()))
    if may:
        hall.done(*words)
    else:
        hall.refused(*words)
        assert hall.done("advisor", "list", "--json").document == before


def test_an_administrator_by_role_may(hall: Hall) -> None:
    hall.done("advisor", "add", "slack:U5", "--name", "田中", "--roles", "admin")
    hall.done("advisor", "add", "slack:U6", "--name", "新人", "--as", "slack:U5")


@pytest.mark.parametrize("days", [("12/1",), ("2026-11-23",), ("2026-12-05", "2026-12-01"), ("2026-12-01", "2028-01-01")])
def test_days_on_which_nobody_can_be_away(hall: Hall, days: tuple[str, ...]) -> None:
    hall.staff()
    hall.refused("advisor", "away", "佐藤", *days)


def test_away_and_back(hall: Hall) -> None:
    hall.staff()
    hall.done("advisor", "away", "slack:U1", "2026-11-24", "2026-11-25")
    assert "不在 2026-11-24〜2026-11-25" in hall.done("advisor", "list").out
    assert hall.refused("ticket", "assign", str(hall.open()), "佐藤")
    hall.done("advisor", "back", "佐藤")
    hall.done("ticket", "assign", "1", "佐藤")


def test_who_goes_leaves_nothing_in_their_hands(hall: Hall) -> None:
    """Also what waits for its asker: whoever writes again would otherwise find a ticket in the hands of somebody who is gone."""
    hall.staff()
    for _ in range(3):
        hall.done("ticket", "assign", str(hall.open()), "佐藤")
    hall.done("ticket", "reply", "2", "お答えします。", "--as", "佐藤")
    hall.done("ticket", "resolve", "3", "--as", "佐藤")
    assert hall.done("advisor", "list", "--json").document["advisors"][0]["load"] == 2
    assert "2件の相談を窓口に戻しました（受付番号1・2）" in hall.done("advisor", "remove", "佐藤").out
    assert [(hall.state(number), hall.ticket(number).assignee) for number in (1, 2)] == [
        (TicketState.OPEN, None),
        (TicketState.WAITING, None),
    ]
    assert hall.history(1)[-1].move == "release"
    assert hall.history(1)[-1].actor.startswith("cli:")
    for number in (1, 2):
        assert f"受付番号{number}: 佐藤さんの登録を取り消した" in hall.said(ROOM)
    hall.refused("ticket", "claim", "1", "--as", "佐藤")
