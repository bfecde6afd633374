"""Sheets: CSV, tab-separated text and Excel as rows of texts, numbered as a spreadsheet numbers them."""

import csv
import io
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError  # only the name of what is raised

from clair_bot.errors import ClairBotError
from clair_bot.manuscripts.texts import decoded, read_bytes

LARGEST_TEXT = 64_000_000
"""Bytes of a CSV file."""
LARGEST_BOOK = 10_000_000
"""Bytes of an Excel file."""
_UNPACKED = 250_000_000
"""Bytes of an Excel file, unpacked: a small file can hold a lot."""
MOST_ROWS = 200_000
"""Rows with something in them, the header aside."""
LONGEST_CELL = 1_000
"""Characters."""
_BROKEN = (zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError)
"""What the library raises for files that are no Excel files, or broken ones."""

Row = tuple[int, list[str]]


def read_sheet(path: Path) -> Iterator[Row]:
    """Return the rows of a file that have something in them, the header first.

    Raises:
        ClairBotError: the file cannot be read, or is too large.
    """
    is_book = path.suffix.lower() in {".xlsx", ".xlsm"}
    content = read_bytes(path, LARGEST_BOOK if is_book else LARGEST_TEXT)
    if path.suffix.lower() == ".xls":
        raise ClairBotError(f"{path} は古いExcel形式です。Excelで .xlsx か CSV に保存し直してください。")
    rows = _book(content, str(path)) if is_book else _text(decoded(content, str(path)), str(path))
    return _limited(rows, str(path))


def _limited(rows: Iterator[Row], file: str) -> Iterator[Row]:
    count = -1
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise ClairBotError(f"{file} の行が多すぎます。{MOST_ROWS:,}行までにして、分けて取り込んでください。")
        yield number, cells


def _text(text: str, file: str) -> Iterator[Row]:
    head = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head and "," not in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except csv.Error as error:
        place = f"{file}:{number + 1}行目付近"
        raise ClairBotError(f'{place}: CSVとして読み取れません。引用符（"）の数を確かめてください。') from error


def _book(content: bytes, file: str) -> Iterator[Row]:
    from openpyxl import load_workbook

    broken = ClairBotError(f"{file} をExcelファイルとして読み取れません。Excelで開いて保存し直すか、CSVにしてください。")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the library does not keep, which we do not read
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                size = sum(part.file_size for part in packed.infolist())
            if size > _UNPACKED:
                raise ClairBotError(f"{file} は展開すると大きすぎます。{_UNPACKED // 1_000_000} MB以内にしてください。")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            sheet: Any = book.worksheets[0]
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                yield number, [_cell(value) for value in cells]
            book.close()
        except _BROKEN as error:
            raise broken from error


def _cell(value: object) -> str:
    """Return a cell as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)


def escaped(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula: an apostrophe stands in front of one."""
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def unescaped(text: str) -> str:
    """Return the text that a cell stands for: what ``escaped`` put in front is taken off."""
    return text[1:] if text.startswith("'") and _is_formula(text.lstrip("'")) else text


def _is_formula(text: str) -> bool:
    """Tell whether a spreadsheet might calculate, in whatever width the first sign is written."""
    return unicodedata.normalize("NFKC", text[:1]).startswith(("=", "+", "-", "@"))
