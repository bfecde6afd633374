"""``clair-bot report``: figures for those who answer for the desk."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from clair_bot.cli.desk_work import Json, application
from clair_bot.cli.output import print_json
from clair_bot.errors import ClairBotError

app = typer.Typer(help="報告", no_args_is_help=True)
_KINDS = {"total": "全体", "desk": "窓口", "area": "分野"}
_HEADINGS = {
    "kind": "区分",
    "key": "記号",
    "name": "名称",
    "opened": "受付",
    "answered": "回答",
    "resolved": "解決",
    "cancelled": "取り下げ",
    "still_open": "対応中",
    "reopened": "再開",
    "good": "役に立った",
    "poor": "足りなかった",
    "answer_minutes_median": "回答までの時間（営業分・中央値）",
    "answer_minutes_p90": "回答までの時間（営業分・90%点）",
    "resolution_minutes_median": "解決までの時間（営業分・中央値）",
    "resolution_minutes_p90": "解決までの時間（営業分・90%点）",
    "answered_in_time": "回答の目標達成率",
    "resolved_in_time": "解決の目標達成率",
}
Row = Mapping[str, object]


@app.callback()
def report() -> None:
    """報告を作る。"""


@app.command()
def monthly(
    month: Annotated[str, typer.Option(help="2026-11 の形。省略すると今月")] = "",
    to_csv: Annotated[Path | None, typer.Option("--csv", help="CSV（BOM付きUTF-8）に書き出す")] = None,
    to_xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Excelの表に書き出す")] = None,
    json: Json = False,
) -> None:
    """その月に受け付けた相談の数・時間・目標の達成・評価を、窓口と分野ごとに出す。"""
    from clair_bot.services.figures import month_of
    from clair_bot.services.figures import monthly as count

    app = application()
    try:
        first, following = month_of(month, app.settings.timezone, app.clock.now())
    except ValueError as error:
        raise ClairBotError(f"月は 2026-11 の形で指定してください（{month[:20]}）。") from error
    with app.store.read() as work:
        rows = count(work, app.desk.desks, first, following)
    shown = first.astimezone(app.settings.timezone).strftime("%Y-%m")
    if to_csv:
        _write(to_csv, _csv(rows).encode("utf-8-sig"))
    if to_xlsx:
        _write(to_xlsx, _xlsx(rows, shown))
    if json:
        print_json({"month": shown, "rows": rows})
    elif not (to_csv or to_xlsx):
        print(f"{shown} に受け付けた相談")
        print(_csv([row for row in rows if row["kind"] == "total" or row["opened"]]), end="")


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ClairBotError(f"{file} に書き込めません。場所を確かめてください。") from error
    print(f"{file} に書き出しました。")


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADINGS.values())
    writer.writerows([_cell(name, row[name]) for name in _HEADINGS] for row in rows)
    return text.getvalue()


def _cell(name: str, value: object) -> object:
    """Return what stands in a table; a name that a spreadsheet would take for a formula is made harmless."""
    if name == "kind":
        return _KINDS[str(value)]
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


def _xlsx(rows: Sequence[Row], month: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(month)
    sheet.append(list(_HEADINGS.values()))
    for row in rows:
        sheet.append([_cell(name, row[name]) for name in _HEADINGS])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
