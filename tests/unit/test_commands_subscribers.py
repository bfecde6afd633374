"""``clair-bot subscriber``: taking people in, all or nothing; never against their will; and writing them out."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from tests.unit.commands import Library, Shell
from tests.unit.halls import NOW, Hall

from clair_bot.domain.subscriptions import ConsentAction, Subscriber, SubscriberState, Topic
from clair_bot.manuscripts.subscribers import COLUMNS
from clair_bot.messages import Address

HEADER = ",".join(COLUMNS)
GOOD = ("slack,U1,山田,群馬県庁,群馬,II,NY,ja,each", "mail,Kokusai@example.lg.jp,,高崎市,群馬県,,,en,weekly", "line,C2,,,,,,,daily")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def hall(tmp_path: Path, library: Library, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    hall = Hall(Shell(tmp_path, library, monkeypatch), sqlite_database)
    with time_machine.travel(NOW, tick=False):
        yield hall
    hall.store.engine.dispose()


def file(hall: Hall, *rows: str, header: str = HEADER) -> str:
    path = hall.shell.folder / "people.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8-sig")
    return str(path)


def at(hall: Hall, address: str) -> Subscriber:
    with hall.store.read() as work:
        found = work.subscribers.at(Address.parse(address))
    assert found
    return found


def counts(document: dict[str, object]) -> tuple[object, ...]:
    return document["new"], document["changed"], document["unchanged"]


def test_taking_people_in(hall: Hall) -> None:
    done = hall.done("subscriber", "import", file(hall, *GOOD), "--json").document
    assert done == {"new": 3, "changed": 0, "unchanged": 0, "errors": [], "kept": [], "written": True}
    there = at(hall, "mail:kokusai@example.lg.jp")
    assert (there.organisation, there.prefecture, there.state) == ("高崎市", "群馬県", SubscriberState.ACTIVE)
    assert there.digest_at is not None
    assert there.digest_at.isoformat() == "2026-11-30T00:00:00+00:00"  # next Monday, nine in Tokyo
    assert at(hall, "slack:U1").digest_at is None
    with hall.store.read() as work:
        (consent,) = work.subscribers.consents(there.id)
    assert (consent.action, consent.source, consent.at) == (ConsentAction.IMPORTED, "import", NOW)
    assert consent.by.startswith("cli:")


def test_the_same_again_changes_nothing_and_more_changes_that(hall: Hall) -> None:
    hall.done("subscriber", "import", file(hall, *GOOD))
    assert counts(hall.done("subscriber", "import", file(hall, *GOOD), "--json").document) == (0, 0, 3)
    changed = (GOOD[0].replace("II,NY", "I,LON"), *GOOD[1:], "slack,U9,,,,,,,")
    assert counts(hall.done("subscriber", "import", file(hall, *changed), "--json").document) == (1, 1, 2)
    assert at(hall, "slack:U1").topics == {Topic.I, Topic.LONDON, Topic.NEWSLETTER, Topic.NOTICE, Topic.EMERGENCY}
    with hall.store.read() as work:
        assert len(work.subscribers.consents(at(hall, "slack:U1").id)) == 2
    assert "新規 0、変更 0、変更なし 4" in hall.done("subscriber", "import", file(hall, *changed)).out


def test_many_are_compared_as_few_are(hall: Hall) -> None:
    rows = [f"slack,U{number},,,,II,,,weekly" for number in range(400)]
    assert counts(hall.done("subscriber", "import", file(hall, *rows), "--json").document) == (400, 0, 0)
    again = [row.replace("weekly", "daily") if number % 2 else row for number, row in enumerate(rows)]
    assert counts(hall.done("subscriber", "import", file(hall, *again), "--json").document) == (0, 200, 200)
    assert at(hall, "slack:U1").topics >= {Topic.II}
    with hall.store.read() as work:
        assert len(work.subscribers.listed(limit=1_000)) == 400
        assert [len(work.subscribers.consents(one.id)) for one in work.subscribers.listed(limit=2)] == [1, 2]


def test_one_wrong_row_and_nothing_is_written(hall: Hall) -> None:
    rows = file(hall, *GOOD, "fax,1,,,,,,,", "slack,U1,,,,,,,", "slack,U7,=1+1,,,,,,")
    for words in ((), ("--json",), ("--dry-run",)):
        result = hall.run("subscriber", "import", rows, *words)
        assert result.status == 1
        assert "3行に誤りがあります。何も登録していません" in result.err
        assert hall.done("subscriber", "list", "--json").document["count"] == 0
    document = json.loads(hall.run("subscriber", "import", rows, "--json").out)
    assert (counts(document), document["written"]) == ((3, 0, 0), False)
    assert [error["row"] for error in document["errors"]] == [5, 6, 7]
    assert document["errors"][1]["reason"] == "2行目と同じ宛先です。どちらかを消してください。"
    shown = hall.run("subscriber", "import", rows).out
    assert "5行目: channel の「fax」" in shown


def test_wrong_rows_can_be_skipped_and_are_told(hall: Hall) -> None:
    result = hall.run("subscriber", "import", file(hall, *GOOD, "fax,1,,,,,,,"), "--skip-errors", "--json")
    assert (result.status, result.document["written"]) == (1, True)
    assert "誤りのない行だけを登録しました" in result.err
    assert hall.done("subscriber", "list", "--json").document["count"] == 3


def test_looking_first(hall: Hall) -> None:
    assert counts(hall.done("subscriber", "import", file(hall, *GOOD), "--dry-run", "--json").document) == (3, 0, 0)
    assert "登録者はいません" in hall.done("subscriber", "list").out


def test_nobody_comes_back_who_has_unsubscribed(hall: Hall) -> None:
    hall.done("subscriber", "import", file(hall, *GOOD))
    hall.done("subscriber", "unsubscribe", "slack:U1")
    document = hall.done("subscriber", "import", file(hall, *(row.replace("NY", "LON") for row in GOOD)), "--json").document
    assert (counts(document), [one["row"] for one in document["kept"]]) == ((0, 0, 3), [2])
    assert at(hall, "slack:U1").state is SubscriberState.UNSUBSCRIBED
    assert "停止した人のため" in hall.done("subscriber", "import", file(hall, *GOOD)).out
    assert "すでに停止" in hall.refused("subscriber", "unsubscribe", "slack:U1")


def test_wrong_columns_are_named(hall: Hall) -> None:
    refused = hall.refused("subscriber", "import", file(hall, "slack,U1", header="channel,adress"), "--json")
    assert "足りない列: address、name" in refused
    assert "知らない列: adress" in refused
    assert "読み取れません" in hall.refused("subscriber", "import", str(hall.shell.folder / "none.csv"))


def test_showing_somebody_with_their_consent(hall: Hall) -> None:
    hall.done("subscriber", "import", file(hall, *GOOD))
    hall.done("subscriber", "unsubscribe", "slack:U1")
    document = hall.done("subscriber", "show", "slack:U1", "--json").document
    assert (document["state"], document["topics"]) == ("unsubscribed", [])
    assert [(one["action"], one["source"]) for one in document["consents"]] == [("imported", "import"), ("unsubscribed", "command")]
    shown = hall.done("subscriber", "show", "mail:KOKUSAI@example.lg.jp").out
    assert "週1回" in shown
    assert "2026-11-24 10:00　取り込み（import、cli:" in shown
    for words in ("slack", "fax:1", "slack:U404", "mail:x"):
        hall.refused("subscriber", "show", words)


def test_listing_by_state(hall: Hall) -> None:
    hall.done("subscriber", "import", file(hall, *GOOD))
    hall.done("subscriber", "unsubscribe", "line:C2")
    listed = hall.done("subscriber", "list", "--state", "unsubscribed", "--json").document
    assert [one["address"] for one in listed["subscribers"]] == ["line:C2"]
    assert "配信停止" in hall.done("subscriber", "list").out
    assert hall.run("subscriber", "list", "--state", "gone").status == 2


def test_what_is_written_out_can_be_taken_in_again(hall: Hall) -> None:
    hall.done("subscriber", "import", file(hall, *GOOD, "telegram,-100,'=山田,,,,,,"))
    hall.done("subscriber", "unsubscribe", "line:C2")
    out = hall.shell.folder / "out.csv"
    assert "3人を" in hall.done("subscriber", "export", str(out)).out
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode("utf-8-sig"))))
    assert [row["address"] for row in rows] == ["U1", "kokusai@example.lg.jp", "'-100"]
    assert rows[2]["name"] == "'=山田"
    assert counts(hall.done("subscriber", "import", str(out), "--json").document) == (0, 0, 3)
    hall.done("subscriber", "export", str(out), "--all", "--encoding", "cp932")
    assert "配信" not in out.read_bytes().decode("cp932")
    everybody = hall.done("subscriber", "import", str(out), "--json").document
    assert (counts(everybody), len(everybody["kept"])) == ((0, 0, 4), 1)
    assert hall.done("subscriber", "export").out.startswith("\ufeffchannel,address")


def test_characters_that_cp932_lacks_are_told(hall: Hall) -> None:
    hall.done("subscriber", "import", file(hall, "slack,U1,山田🍜,,,,,,"))
    result = hall.run("subscriber", "export", str(hall.shell.folder / "out.csv"), "--encoding", "cp932")
    assert (result.status, "1字を「〓」" in result.err) == (0, True)
    assert hall.run("subscriber", "export", "--encoding", "latin1").status == 2
    hall.refused("subscriber", "export", str(hall.shell.folder))


def test_only_administrators(hall: Hall) -> None:
    hall.staff()
    hall.done("advisor", "add", "slack:U5", "--name", "田中", "--roles", "admin")
    path = file(hall, *GOOD)
    for command in (("import", path), ("export",), ("list",), ("show", "slack:U1"), ("unsubscribe", "slack:U1")):
        for person in ("佐藤", "高橋", "だれか"):
            hall.refused("subscriber", *command, "--as", person)
    hall.done("subscriber", "import", path, "--as", "田中")
    with hall.store.read() as work:
        assert work.subscribers.consents(at(hall, "slack:U1").id)[0].by.startswith("advisor:")
