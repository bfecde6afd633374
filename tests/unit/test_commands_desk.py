"""``clair-bot advisor``, ``ticket`` and ``report``: the desk from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.unit.commands import Shell
from tests.unit.desks import desks

from clair_bot.cli import tickets
from clair_bot.domain.articles import Area
from clair_bot.messages import Address
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import FrozenClock

SLACK = {"SLACK_SIGNING_SECRET": "s" * 32, "SLACK_BOT_TOKEN": "xoxb-1-2-abc", "CLAIR_DESK": "slack:C0DESK"}
ASKER = Address(channel="line", recipient="U1")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(tmp_path: Path, cache: Path, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, cache, monkeypatch)
    shell.set(DATABASE_URL=sqlite_database, **SLACK)
    return shell


@pytest.fixture
def store(sqlite_database: str) -> Iterator[SqlStore]:
    store = SqlStore(open_engine(sqlite_database), FrozenClock())
    yield store
    store.engine.dispose()


def opened(store: SqlStore, question: str = "電話 03-1234-5678 に折り返しを", *, asker: Address = ASKER) -> int:
    with store.write() as work:
        desk = desks(Address.parse("slack:C0DESK")).of(Area.I, None)
        conversation = work.conversations.get(asker, "")
        ticket = work.tickets.open(
            conversation=conversation, desk=desk, area=Area.I, office=None, question=question, terms=(), candidates=()
        )
        work.commit()
    return ticket.id


def said(store: SqlStore, to: Address) -> str:
    with store.read() as work:
        work.outbox.counts()
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT payload FROM delivery WHERE recipient = ?", (to.recipient,)).scalars()
        return "\n".join(json.dumps(json.loads(row), ensure_ascii=False) for row in rows)


def test_people_are_registered_listed_and_let_go(shell: Shell) -> None:
    assert shell.run("advisor", "list").out.startswith("登録されている相談員はいません")
    assert "登録しました" in shell.run("advisor", "add", "slack:U1", "--name", "佐藤", "--areas", "I,IV", "--offices", "NY").out
    assert shell.run("advisor", "add", "telegram:7", "--name", "佐藤", "--roles", "advisor,supervisor").status == 0
    (row,) = shell.run("advisor", "list", "--json").document["advisors"]
    assert (row["name"], row["addresses"], row["desks"], row["roles"]) == (
        "佐藤",
        ["slack:U1", "telegram:7"],
        [],
        ["advisor", "supervisor"],
    )
    assert shell.run("advisor", "away", "佐藤", "2026-12-01", "2026-12-05").status == 0
    assert shell.run("advisor", "list", "--json").document["advisors"][0]["absences"] == [{"first": "2026-12-01", "last": "2026-12-05"}]
    assert shell.run("advisor", "remove", "telegram:7").status == 0
    assert shell.run("advisor", "list", "--json").document == {"advisors": []}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("advisor", "add", "U1", "--name", "佐藤"), "channel:id"),
        (("advisor", "add", "teams:1", "--name", "佐藤"), "teams というチャンネルはありません"),
        (("advisor", "add", "slack:U1", "--name", "佐藤", "--areas", "IX"), "分野「IX」はありません"),
        (("advisor", "add", "slack:U1", "--name", "佐藤", "--offices", "ROM"), "海外事務所「ROM」はありません"),
        (("advisor", "add", "slack:U1", "--name", "佐藤", "--roles", "king"), "役割「king」はありません"),
        (("advisor", "add", "slack:U1", "--name", " "), "名前と役割"),
        (("advisor", "remove", "だれか"), "登録されていません"),
        (("advisor", "away", "だれか", "2026-12-01"), "登録されていません"),
        (("advisor", "away", "だれか", "あした"), "2026-12-01 の形"),
        (("ticket", "show", "99"), "受付番号99の相談は見つかりません"),
        (("ticket", "claim", "99"), "受付番号99の相談は見つかりません"),
        (("report", "monthly", "--month", "2026-13"), "2026-11 の形"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    result = shell.run(*words)
    assert (result.status, result.out) == (1, "")
    assert sentence in result.err
    assert result.err.count("\n") == 1


def test_an_address_of_somebody_else_is_refused(shell: Shell) -> None:
    shell.run("advisor", "add", "slack:U1", "--name", "佐藤")
    result = shell.run("advisor", "add", "slack:U1", "--name", "鈴木")
    assert result.status == 1
    assert "佐藤さんの連絡先です" in result.err


def test_who_goes_leaves_the_tickets_to_the_desk(shell: Shell, store: SqlStore) -> None:
    shell.run("advisor", "add", "slack:U1", "--name", "佐藤")
    number = str(opened(store))
    assert shell.run("ticket", "claim", number, "--as", "佐藤", "--json").document == {"id": 1, "state": "assigned", "assignee": "佐藤"}
    assert "1件の相談を窓口に戻しました" in shell.run("advisor", "remove", "佐藤").out
    assert shell.run("ticket", "show", number, "--json").document["state"] == "open"
    assert "担当を外しました" in said(store, Address.parse("slack:C0DESK"))


def test_a_ticket_from_the_command_line(shell: Shell, store: SqlStore, tmp_path: Path) -> None:
    number = str(opened(store))
    assert "受付番号1" in shell.run("ticket", "list").out
    assert "03-1234-5678" not in shell.run("ticket", "show", number).out
    assert "03-1234-5678" in shell.run("ticket", "show", number, "--full").out
    assert shell.run("ticket", "note", number, "前例なし").status == 0
    assert shell.run("ticket", "snooze", number, "3d").status == 0
    assert shell.run("ticket", "wake", number).status == 0
    assert shell.run("ticket", "priority", number, "urgent").status == 0
    assert shell.run("ticket", "transfer", number, "NY", "米国の件").status == 0
    assert shell.run("ticket", "reply", number, "お答えします。").status == 0
    assert shell.run("ticket", "draft", number, "--to", str(tmp_path / "draft.md")).status == 0
    assert "お答えします。" in (tmp_path / "draft.md").read_text(encoding="utf-8")
    assert shell.run("ticket", "draft", number, "--to", str(tmp_path / "draft.md")).status == 1
    assert shell.run("ticket", "resolve", number).status == 0
    again = shell.run("ticket", "resolve", number)
    assert (again.status, "その操作はできません" in again.err) == (1, True)
    assert shell.run("ticket", "reopen", number, "--json").document["state"] == "open"
    shown = shell.run("ticket", "show", number, "--json").document
    assert (shown["desk"], shown["office"], shown["urgency"]) == ("NY", "NY", "urgent")
    assert "お答えします。" in said(store, ASKER)
    assert "前例なし" not in said(store, ASKER)


_MOVES = {
    "claim": (),
    "release": (),
    "assign": (),
    "note": ("メモ",),
    "reply": ("回答",),
    "snooze": ("3d",),
    "wake": (),
    "priority": ("high",),
    "seal": (),
    "merge": ("2",),
    "resolve": (),
    "reopen": (),
    "draft": (),
    "show": (),
    "transfer": ("II",),  # the last: then it is another desk's
}
_WHO = {
    "": True,
    "佐藤": True,  # of the desk
    "鈴木": False,  # of another desk
    "田中": True,  # an administrator
    "山田": False,  # writes articles only
    "だれか": False,
}


def test_every_command_on_a_ticket_has_an_entry() -> None:
    named = {command.name or command.callback.__name__ for command in tickets.app.registered_commands if command.callback}
    assert named - {"list"} == set(_MOVES)


@pytest.mark.parametrize("who", _WHO)
def test_who_may_do_what(shell: Shell, store: SqlStore, who: str) -> None:
    """Every command × every role: those who may not are refused before anything else is looked at."""
    shell.run("advisor", "add", "slack:U1", "--name", "佐藤", "--areas", "I")
    shell.run("advisor", "add", "slack:U2", "--name", "鈴木", "--areas", "II")
    shell.run("advisor", "add", "slack:U3", "--name", "田中", "--areas", "II", "--roles", "admin")
    shell.run("advisor", "add", "slack:U4", "--name", "山田", "--roles", "editor")
    opened(store)
    for command, rest in _MOVES.items():
        result = shell.run("ticket", command, "1", *rest, *(("--as", who) if who else ()))
        refused = "のため、操作できません" in result.err or "登録されていません" in result.err
        assert refused != _WHO[who], (command, result)


def test_a_months_figures(shell: Shell, store: SqlStore, tmp_path: Path) -> None:
    opened(store)
    opened(store, asker=Address(channel="line", recipient="U2"))
    month = FrozenClock().now().strftime("%Y-%m")
    document = shell.run("report", "monthly", "--month", month, "--json").document
    total, *rows = document["rows"]
    assert (document["month"], total["kind"], total["opened"], total["answered"]) == (month, "total", 2, 0)
    assert total["answer_minutes_median"] is total["answered_in_time"] is None
    assert {row["key"] for row in rows if row["opened"]} == {"I"}
    file = tmp_path / "report.csv"
    assert shell.run("report", "monthly", "--month", month, "--csv", str(file), "--xlsx", str(tmp_path / "report.xlsx")).status == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    (heading, first, *_) = file.read_text(encoding="utf-8-sig").splitlines()
    assert heading.startswith("区分,記号,名称,受付,回答")
    assert first.startswith("全体,,全体,2,0")
    sheet = load_workbook(tmp_path / "report.xlsx")[month]
    assert [cell.value for cell in sheet[2]][:5] == ["全体", None, "全体", 2, 0]


def test_an_empty_month_has_zeros(shell: Shell) -> None:
    total = shell.run("report", "monthly", "--month", "2020-01", "--json").document["rows"][0]
    assert (total["opened"], total["still_open"], total["resolution_minutes_p90"]) == (0, 0, None)
