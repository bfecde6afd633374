"""``clair-bot report monthly``: the same figures for people, spreadsheets and scripts."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from openpyxl import load_workbook
from tests.unit.commands import Library, Shell
from tests.unit.halls import NOW, QUESTION, Hall

ROW = {
    *("kind", "key", "name", "opened", "answered", "resolved", "cancelled", "still_open", "reopened", "good", "poor"),
    *("answer_minutes_median", "answer_minutes_p90", "answered_within_target", "answered_judged", "answered_in_time"),
    *("resolution_minutes_median", "resolution_minutes_p90", "resolved_within_target", "resolved_judged", "resolved_in_time"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def hall(tmp_path: Path, library: Library, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    hall = Hall(Shell(tmp_path, library, monkeypatch), sqlite_database)
    with time_machine.travel(NOW, tick=False):
        yield hall
    hall.store.engine.dispose()


def test_a_month_as_json(hall: Hall) -> None:
    hall.open(confidential=True)
    with time_machine.travel("2026-11-24 02:00Z", tick=False):
        hall.done("ticket", "reply", "1", "お答えします。")
    result = hall.done("report", "monthly", "--json")
    assert QUESTION not in result.out
    assert (set(result.document), result.document["month"]) == ({"month", "timezone", "rows"}, "2026-11")
    rows = result.document["rows"]
    assert all(set(row) == ROW for row in rows)
    assert [row["kind"] for row in rows] == ["total"] + ["desk"] * 15 + ["area"] * 9
    assert [(row["kind"], row["key"]) for row in rows if row["opened"]] == [("total", None), ("desk", "IV"), ("area", "IV")]
    assert (rows[0]["answered"], rows[0]["answer_minutes_median"], rows[0]["answered_in_time"]) == (1, 60, 1.0)


def test_an_empty_month_has_every_row(hall: Hall) -> None:
    hall.open()
    document = hall.done("report", "monthly", "--month", "2026-10", "--json").document
    assert len(document["rows"]) == 25
    assert {row["opened"] for row in document["rows"]} == {0}
    out = hall.done("report", "monthly", "--month", "2026-10").out
    assert "全体" in out
    assert "分野不明" in out


def test_files_hold_the_same_rows(hall: Hall, tmp_path: Path) -> None:
    hall.open()
    file, book = tmp_path / "r.csv", tmp_path / "r.xlsx"
    result = hall.done("report", "monthly", "--csv", str(file), "--xlsx", str(book))
    assert str(file) in result.out
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1][:5] == ["全体", "", "全体", "1", "0"]
    cells = [["" if cell is None else str(cell) for cell in row] for row in load_workbook(book)["2026-11"].values]
    assert cells == rows
    assert hall.done("report", "monthly", "--json", "--csv", str(file)).document["month"] == "2026-11"


@pytest.mark.parametrize("name", ["=1+1", "＝1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_no_name_is_a_formula(hall: Hall, tmp_path: Path, name: str) -> None:
    (tmp_path / "desks.toml").write_text(f'[desk.IV]\nname = "{name}"\n'.replace("\t", "\\t"), encoding="utf-8")
    hall.shell.set(CLAIR_DESKS=str(tmp_path / "desks.toml"))
    file, book = tmp_path / "r.csv", tmp_path / "r.xlsx"
    hall.done("report", "monthly", "--csv", str(file), "--xlsx", str(book))
    names = [row[2] for row in csv.reader(file.read_text(encoding="utf-8-sig").splitlines())]
    assert f"'{name.strip()}" in names
    kinds = {cell.data_type for row in load_workbook(book).worksheets[0].iter_rows() for cell in row}
    assert "f" not in kinds


@pytest.mark.parametrize("month", ["2026-13", "2026", "2026-1", "先月", "1999-01", ""])
def test_what_is_no_month(hall: Hall, month: str) -> None:
    assert "2026-11 の形" in hall.refused("report", "monthly", "--month", month, "--json")


@pytest.mark.parametrize("option", ["--csv", "--xlsx"])
def test_a_place_that_cannot_be_written(hall: Hall, tmp_path: Path, option: str) -> None:
    hall.refused("report", "monthly", option, str(tmp_path / "nowhere" / "r"))
