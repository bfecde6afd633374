"""``clair-bot report``: figures for people, spreadsheets and scripts."""

import csv
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.working import Json, open_application, shown
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.domain.desks import Desks
    from clair_bot.services.figures import Figures, Month, Report, Times

app = typer.Typer(help="報告", no_args_is_help=True)

_HEADINGS = (
    *("区分", "記号", "名称", "受付", "回答", "解決", "取り下げ", "対応中", "再開", "役に立った", "足りなかった"),
    *("初回回答 中央値（分）", "初回回答 90%（分）", "初回回答 目標内", "初回回答 判定対象", "初回回答 目標内の割合"),
    *("解決 中央値（分）", "解決 90%（分）", "解決 目標内", "解決 判定対象", "解決 目標内の割合", "月"),
)
_SHORT = ("", "受付", "回答", "解決", "取下", "対応中", "再開", "良", "不足", "回答(分)", "90%", "目標内", "解決(分)", "90%", "目標内")
_UNKNOWN = "分野不明"
_KINDS = {"total": "全体", "desk": "窓口", "area": "分野"}


@app.callback()
def report() -> None:
    """相談の報告。"""


@app.command()
def monthly(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="受付の月（既定: 今月）")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="CSVに書き出す（UTF-8、BOMつき）")] = None,
    xlsx_file: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Excelに書き出す")] = None,
    json: Json = False,
) -> None:
    """その月に受け付けた相談を、窓口と分野ごとに数える。時間は窓口の執務時間。"""
    from clair_bot.services import figures

    wanted = _month(month) if month is not None else None
    application = open_application()
    desk, now = application.desk, application.clock.now()
    local = now.astimezone(desk.timezone)
    wanted = wanted or figures.Month(year=local.year, month=local.month)
    with application.store.read() as work:
        found = figures.monthly(work, desk.desks, wanted, timezone=desk.timezone, now=now)
    table = [_HEADINGS, *_table(found, desk.desks)]
    if csv_file:
        _write_csv(csv_file, table)
    if xlsx_file:
        _write_xlsx(xlsx_file, table, str(wanted))
    if json:
        print_json(_document(found, desk.desks) | {"timezone": desk.timezone.key})
        return
    _print(found, desk.desks)
    for file in filter(None, (csv_file, xlsx_file)):
        print(f"{file} に書き出しました。")


def _month(text: str) -> "Month":
    from clair_bot.services.figures import Month

    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text.strip())
    if found is None:
        raise ClairBotError(f"月は 2026-11 の形で指定してください（{shown(text)}）。")
    return Month(year=int(found[1]), month=int(found[2]))


def _named(report: "Report", desks: "Desks") -> list[tuple[str, str, str, "Figures"]]:
    """Return every row as (kind, key, name, figures), the total first."""
    from clair_bot.services.phrases import JA

    areas = {area.value: name for area, name in JA.areas.items()}
    return [
        ("total", "", "全体", report.total),
        *(("desk", row.key, desks.get(row.key).name, row.figures) for row in report.desks),
        *(("area", row.key, areas.get(row.key, _UNKNOWN), row.figures) for row in report.areas),
    ]


def _counts(figures: "Figures") -> list[int]:
    counts = (figures.opened, figures.answered, figures.resolved, figures.cancelled, figures.still_open, figures.reopened)
    return [*counts, figures.good, figures.poor]


def _table(report: "Report", desks: "Desks") -> list[list[str | int | float | None]]:
    return [
        [
            *(_KINDS[kind], _safe(key), _safe(name)),
            *_counts(figures),
            *(cell for times in (figures.answer, figures.resolution) for cell in _cells(times)),
            str(report.month),
        ]
        for kind, key, name, figures in _named(report, desks)
    ]


def _cells(times: "Times") -> list[int | float | None]:
    return [times.median, times.ninetieth, times.within, times.of, None if times.share is None else round(times.share, 4)]


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, in whatever width its first sign is written."""
    plain = "".join(character for character in text if unicodedata.category(character) not in {"Cc", "Cs"})
    return f"'{plain}" if unicodedata.normalize("NFKC", plain).lstrip().startswith(("=", "+", "-", "@")) else plain


def _write_csv(file: Path, table: Sequence[Sequence[object]]) -> None:
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(table)
    except OSError as error:
        raise _unwritable(file) from error


def _write_xlsx(file: Path, table: Sequence[Sequence[Any]], title: str) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "D2"
    for row in table:
        sheet.append(row)
    try:
        book.save(file)
    except OSError as error:
        raise _unwritable(file) from error


def _unwritable(file: Path) -> ClairBotError:
    return ClairBotError(f"{file} に書き込めません。場所と権限を確かめてください。")


def _document(report: "Report", desks: "Desks") -> dict[str, Any]:
    rows = [{"kind": kind, "key": key or None, "name": name, **_figures(figures)} for kind, key, name, figures in _named(report, desks)]
    return {"month": str(report.month), "rows": rows}


def _figures(figures: "Figures") -> dict[str, Any]:
    return {
        "opened": figures.opened,
        "answered": figures.answered,
        "resolved": figures.resolved,
        "cancelled": figures.cancelled,
        "still_open": figures.still_open,
        "reopened": figures.reopened,
        "good": figures.good,
        "poor": figures.poor,
        **_times("answer", "answered", figures.answer),
        **_times("resolution", "resolved", figures.resolution),
    }


def _times(what: str, done: str, times: "Times") -> dict[str, Any]:
    median, ninetieth, within, of, share = _cells(times)
    counts = {f"{done}_within_target": within, f"{done}_judged": of, f"{done}_in_time": share}
    return {f"{what}_minutes_median": median, f"{what}_minutes_p90": ninetieth} | counts


def _print(report: "Report", desks: "Desks") -> None:
    """Print a table whose columns stand below each other; a dash where there is nothing to measure."""
    print(f"{report.month} に受け付けた相談（時間は窓口の執務時間、分）")
    rows = [
        [name, *map(str, _counts(figures)), *_short(figures.answer), *_short(figures.resolution)]
        for _, _, name, figures in _named(report, desks)
    ]
    widths = [max(_width(row[column]) for row in (_SHORT, *rows)) for column in range(len(_SHORT))]
    for row in (_SHORT, *rows):
        first, *others = (" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        print(row[0] + first, *(blank + cell for blank, cell in zip(others, row[1:], strict=True)), sep="  ")
    print("目標内は、回答・解決したものと、目標を過ぎても済んでいないもののうちの割合です。目標までに時間があるものは含みません。")


def _short(times: "Times") -> list[str]:
    share = "-" if times.share is None else f"{times.share:.0%}"
    return ["-" if value is None else f"{value:g}" for value in (times.median, times.ninetieth)] + [share]


def _width(text: str) -> int:
    """Return how many columns a terminal takes for a text."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
