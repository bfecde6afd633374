"""Subscribers: the rows of a CSV or Excel file, each a subscriber or a reason why it is none."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from clair_bot.domain.names import folded_name
from clair_bot.domain.subscriptions import USUAL_TOPICS, Subscriber, SubscriberState, Topic
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts.fields import is_zone
from clair_bot.manuscripts.sheets import LONGEST_CELL, read_sheet, unescaped
from clair_bot.manuscripts.words import (
    AREA_TOPICS,
    BASE_TOPICS,
    CHANNELS,
    FALSE,
    FREQUENCIES,
    LANGUAGES,
    OFFICE_TOPICS,
    ORGANISATIONS,
    STATES,
    TRUE,
    folded_key,
    nearest,
    prefecture,
    shown,
)
from clair_bot.messages import Address

COLUMNS: Final = ("channel", "address", "name", "organisation", "prefecture", "areas", "offices", "language", "frequency")
"""What every file has, in any order."""
MORE_COLUMNS: Final = ("topics", "kind", "role", "timezone", "tester", "state")
"""What a file may have besides."""
NONE: Final = "none"
"""In ``topics``: none of the three."""
_JAPANESE: Final = {
    "チャンネル": "channel",
    "手段": "channel",
    "アドレス": "address",
    "宛先": "address",
    "名前": "name",
    "氏名": "name",
    "組織": "organisation",
    "団体名": "organisation",
    "所属": "organisation",
    "organization": "organisation",
    "都道府県": "prefecture",
    "分野": "areas",
    "事務所": "offices",
    "海外事務所": "offices",
    "言語": "language",
    "頻度": "frequency",
    "配信の種類": "topics",
    "団体の種類": "kind",
    "担当": "role",
    "時間帯": "timezone",
    "訓練用": "tester",
    "状態": "state",
}
_NAMES: Final = {**{name: name for name in (*COLUMNS, *MORE_COLUMNS)}, **_JAPANESE}
_MAIL: Final = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}")
_LONGEST_MAIL = 254
_IDENTIFIER: Final = re.compile(r"[!-~]{1,100}")
_LINE: Final = re.compile(r"[UCR][0-9a-f]{32}")
_FORMULA: Final = ("=", "@")
_SEPARATORS: Final = re.compile(r"[;、,；，]")
_NOTHING: Final = frozenset({NONE, "なし"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row that can be taken."""

    row: int
    """As a spreadsheet numbers it; the header is 1."""
    subscriber: Subscriber
    given: frozenset[str]
    """The columns in which something stands: what is left empty changes nothing for somebody who is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """A row that cannot be taken."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What a file holds."""

    entries: list[Entry] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read_roster(path: Path) -> Roster:
    """Return the subscribers of a file, and what is wrong with the other rows.

    Raises:
        ClairBotError: the file cannot be read, or its columns are not ours.
    """
    rows = read_sheet(path)
    _, header = next(rows, (1, []))
    columns = _columns(header, str(path))
    roster, seen = Roster(), dict[Address, int]()
    for number, cells in rows:
        try:
            entry = _entry(number, _row(columns, cells, is_text=path.suffix.lower() not in {".xlsx", ".xlsm"}))
            first = seen.setdefault(entry.subscriber.address, number)
            if first != number:
                raise ValueError(f"{first}行目と同じ宛先です。どちらかを消してください")  # noqa: TRY301  # it is a reason like any other
        except ValueError as error:
            roster.errors.append(RowError(row=number, reason=f"{error}。"))
        else:
            roster.entries.append(entry)
    return roster


def merged(known: Subscriber | None, entry: Entry) -> Subscriber:
    """Return who is to be stored: the row's, or who is known with what the row says. Nobody comes back who has unsubscribed."""
    wanted = entry.subscriber
    if known is None:
        return wanted
    names = ("name", "organisation", "prefecture", "language", "frequency", "kind", "role", "timezone", "tester")
    changes: dict[str, Any] = {name: getattr(wanted, name) for name in names if name in entry.given}
    confirmed = known.state is SubscriberState.PENDING and wanted.state is SubscriberState.ACTIVE
    state = SubscriberState.ACTIVE if confirmed else known.state
    return replace(known, **changes, topics=_topics_of(known, entry), state=state)


def _topics_of(known: Subscriber, entry: Entry) -> frozenset[Topic]:
    """Return what somebody who is known wants: three kinds of bulletins stay as they chose where the row does not speak of them."""
    if "topics" in entry.given:
        return entry.subscriber.topics
    if entry.given & {"areas", "offices"}:
        return (known.topics & frozenset(USUAL_TOPICS)) | (entry.subscriber.topics - frozenset(USUAL_TOPICS))
    return known.topics


def _columns(header: Iterable[str], file: str) -> list[str]:
    found = [_NAMES.get(folded_key(cell.lstrip("\ufeff")), f"?{shown(cell)}") for cell in header]
    while found and found[-1] == "?":
        found.pop()
    missing = [name for name in COLUMNS if name not in found]
    unknown = list(dict.fromkeys(name[1:] or "（空）" for name in found if name.startswith("?")))
    twice = sorted({name for name in found if found.count(name) > 1 and not name.startswith("?")})
    faults = [
        f"{what}: {'、'.join(names)}" for what, names in (("足りない列", missing), ("知らない列", unknown), ("重なる列", twice)) if names
    ]
    if faults:
        usable = f"{','.join(COLUMNS)}（ほかに {','.join(MORE_COLUMNS)}）"
        raise ClairBotError(f"{file} の1行目（見出し）が違います。{'。'.join(faults)}。使える列は {usable} です。")
    return found


def _row(columns: list[str], cells: list[str], *, is_text: bool) -> dict[str, str]:
    """Return the cells of a row by their columns, cleaned; what is empty is not there."""
    extra = any(cell.strip() for cell in cells[len(columns) :])
    if extra or (is_text and len(cells) < len(columns)):
        raise ValueError(
            f"列の数が見出しと違います（見出しは{len(columns)}列、この行は{len(cells)}列）。区切りを含む値は引用符で囲んでください"
        )
    return {name: value for name, cell in zip(columns, cells, strict=False) if (value := _cell(name, cell))}


def _cell(name: str, cell: str) -> str:
    value = cell.strip()
    if len(value) > LONGEST_CELL:
        raise ValueError(f"{name} が{len(value):,}字あります。{LONGEST_CELL:,}字以内にしてください")
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in value):
        raise ValueError(f"{name} に改行か制御文字が入っています。取り除いてください")
    if (plain := unescaped(value)) != value:
        return plain
    if unicodedata.normalize("NFKC", value).startswith(_FORMULA):
        raise ValueError(f"{name} が「{shown(value)[:1]}」で始まっています。数式は取り込めません。値に直してください")
    return value


def _entry(number: int, row: Mapping[str, str]) -> Entry:
    subscriber = Subscriber(
        address=_address(row),
        name=row.get("name", ""),
        organisation=row.get("organisation", ""),
        prefecture=_prefecture(row.get("prefecture", "")),
        role=row.get("role", ""),
        topics=_topics(row),
    )
    keys = (
        ("language", LANGUAGES),
        ("frequency", FREQUENCIES),
        ("kind", ORGANISATIONS),
        ("tester", TRUE | FALSE),
        ("state", STATES),
    )
    found: dict[str, Any] = {name: _known(name, row[name], known) for name, known in keys if name in row}
    if zone := row.get("timezone"):
        if not is_zone(zone):
            raise ValueError(f"timezone の「{shown(zone)}」という時間帯はありません。Asia/Tokyo のような名前で書いてください")
        found["timezone"] = zone
    subscriber = replace(subscriber, **found)
    if not subscriber.topics and subscriber.state is not SubscriberState.UNSUBSCRIBED:
        raise ValueError("受け取るものが一つもありません。areas、offices、topics のいずれかに書いてください")
    return Entry(row=number, subscriber=subscriber, given=frozenset(row))


def _known(name: str, word: str, known: Mapping[str, T]) -> T:
    folded = folded_name(word)
    if folded not in known:
        near = nearest(folded, known)
        hint = (
            f"「{known[near]}」の間違いではありませんか" if near else f"使えるもの: {'、'.join(dict.fromkeys(map(_key, known.values())))}"
        )
        raise ValueError(f"{name} の「{shown(word)}」は使えません。{hint}")
    return known[folded]


def _key(value: object) -> str:
    """Return how a value is written in a file."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _prefecture(word: str) -> str:
    found = prefecture(word) if word else ""
    if found is None:
        raise ValueError(f"prefecture の「{shown(word)}」という都道府県はありません。「群馬県」のように書いてください")
    return found


def _topics(row: Mapping[str, str]) -> frozenset[Topic]:
    topics: set[Topic] = set()
    for name, known in (("areas", AREA_TOPICS), ("offices", OFFICE_TOPICS)):
        topics |= {_known(name, word, known) for word in _words(row.get(name, ""))}
    words = _words(row.get("topics", ""))
    if not words:
        return frozenset(topics | set(USUAL_TOPICS))
    return frozenset(topics | {_known("topics", word, BASE_TOPICS) for word in words if folded_name(word) not in _NOTHING})


def _words(cell: str) -> list[str]:
    return [word.strip() for word in _SEPARATORS.split(cell) if word.strip()]


def _address(row: Mapping[str, str]) -> Address:
    missing = [name for name in ("channel", "address") if name not in row]
    if missing:
        raise ValueError(f"{'と'.join(missing)} がありません")
    channel = _known("channel", row["channel"], CHANNELS)
    return Address(channel=channel, recipient=recipient(channel, row["address"]))


def recipient(channel: str, text: str) -> str:
    """Return the platform's id as it is stored.

    Raises:
        ValueError: it cannot be one; says why.
    """
    word = unicodedata.normalize("NFKC", text)
    if channel == "mail":
        word = word.lower()
        if len(word) > _LONGEST_MAIL or not _MAIL.fullmatch(word):
            raise ValueError(f"address の「{shown(text)}」はメールアドレスの形ではありません")
        return word
    if not _IDENTIFIER.fullmatch(word):
        raise ValueError("address は、空白のない英数字100字以内で書いてください")
    if channel == "line" and re.fullmatch(r"[ucrUCR][0-9A-Fa-f]{32}", word) and not _LINE.fullmatch(word):
        raise ValueError("LINEの address の大文字・小文字が違います。LINEから受け取ったとおりに書いてください")
    return word
