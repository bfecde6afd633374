"""Rosters: subscribers written as a CSV file that spreadsheets open harmlessly, and that is read back as the same subscribers."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clair_bot.domain.subscriptions import AREA_TOPICS, OFFICE_TOPICS, USUAL_TOPICS, Subscriber, Topic
from clair_bot.manuscripts.sheets import escaped
from clair_bot.manuscripts.subscribers import COLUMNS, MORE_COLUMNS, NONE

MISSING: Final = "〓"
"""Stands for a character that CP932 does not have."""


class Encoding(StrEnum):
    """Which bytes."""

    UTF_8 = "utf-8"  # with its mark, so that Excel knows
    CP932 = "cp932"  # for older programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file's content."""

    content: bytes
    replaced: int
    """How many characters the encoding does not have; a sign stands in their place."""


def write_roster(subscribers: Iterable[Subscriber], *, encoding: Encoding = Encoding.UTF_8, states: bool = False) -> Written:
    """Return subscribers as a CSV file.

    Args:
        subscribers: Who.
        encoding: Of the bytes.
        states: True: with a column that says who is not written to.
    """
    names = (*COLUMNS, *(name for name in MORE_COLUMNS if states or name != "state"))
    return write_table([names, *(_cells(one, names) for one in subscribers)], encoding=encoding)


def write_table(rows: Iterable[Sequence[object]], *, encoding: Encoding) -> Written:
    """Return any table as a CSV file; no spreadsheet takes a cell for a formula."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([_safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    text = stream.getvalue()
    if encoding is Encoding.UTF_8:
        return Written(content=text.encode("utf-8-sig", "replace"), replaced=0)
    missing = {one for one in set(text) if not _fits(one)}
    replaced = sum(text.count(one) for one in missing)
    content = text.translate(dict.fromkeys(map(ord, missing), MISSING)).encode("cp932")
    return Written(content=content, replaced=replaced)


def _fits(character: str) -> bool:
    try:
        return character.encode("cp932").decode("cp932") == character
    except UnicodeError:
        return False


def _safe(text: str) -> str:
    """Return a text as a cell, in one line."""
    return escaped("".join(one for one in text if unicodedata.category(one) not in {"Cc", "Cs"}).strip())


def _cells(one: Subscriber, names: Sequence[str]) -> list[str]:
    cells = {
        "channel": one.address.channel,
        "address": one.address.recipient,
        "name": one.name,
        "organisation": one.organisation,
        "prefecture": one.prefecture,
        "areas": _joined(one, AREA_TOPICS),
        "offices": _joined(one, OFFICE_TOPICS),
        "language": one.language.value,
        "frequency": one.frequency.value,
        "topics": _joined(one, USUAL_TOPICS) or NONE,
        "kind": one.kind.value,
        "role": one.role,
        "timezone": one.timezone,
        "tester": "true" if one.tester else "false",
        "state": one.state.value,
    }
    return [cells[name] for name in names]


def _joined(one: Subscriber, topics: Iterable[Topic]) -> str:
    return ";".join(topic.value for topic in topics if topic in one.topics)
