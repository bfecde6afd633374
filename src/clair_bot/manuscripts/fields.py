"""Fields: single values of a manuscript, each read strictly and refused with what was expected."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clair_bot.domain.names import folded_name
from clair_bot.manuscripts.trees import Many, Node, Place, Table, Text
from clair_bot.manuscripts.words import FALSE, TRUE, nearest, prefecture, shown

LONGEST_LINE = 1_000
"""Characters of a short field."""
_LONGEST_URL = 2_000
_LONGEST_AUDIENCE_LIST = 500
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[(][^()]{1,4}[)])?")
_NO_YEAR = re.compile(r"[0-9]{1,2}[-/.月][0-9]{1,2}日?(?:[(][^()]{1,4}[)])?")
_MOMENT = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[T ]+([0-9]{1,2})(?::|時)([0-9]{2})(?:分)?(?::([0-9]{2}))?")
_SEPARATORS = re.compile(r"[,;、，；\n]")
READER = "reader"
T = TypeVar("T")


def line(node: Node, name: str, *, most: int = LONGEST_LINE) -> str:
    """Return a text of one line."""
    return " ".join(text(node, name, most=most).split("\n"))


def text(node: Node, name: str, *, most: int | None = None) -> str:
    """Return a text, without blanks around it and with one kind of line ends."""
    if not isinstance(node, Text):
        raise node.place.fault(f"{name} は、一覧や入れ子でなく、文字で書いてください。")
    found = node.text.replace("\r\n", "\n").replace("\r", "\n").strip()
    refuse_controls(found, name, node.place)
    if most is not None and len(found) > most:
        raise node.place.fault(f"{name} が{len(found):,}字あります。{most:,}字以内にしてください。")
    return found


def refuse_controls(found: str, name: str, place: Place) -> None:
    """Refuse characters that are none."""
    if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t" for one in found):
        raise place.fault(f"{name} に、表示できない制御文字が入っています。取り除いてください。")


def texts(node: Node, name: str) -> list[Text]:
    """Return a list of short texts: a list, or one text with separators. Empty ones do not count."""
    if isinstance(node, Table):
        raise node.place.fault(f"{name} は、[{name} の一覧] の形か、「、」で区切った文字で書いてください。")
    if isinstance(node, Many):
        found = [Text(place=part.place, text=line(part, name)) for part in node.parts]
    else:
        found = [Text(place=node.place, text=word.strip()) for word in _SEPARATORS.split(text(node, name))]
    found = [one for one in found if one.text]
    if len(found) > _LONGEST_AUDIENCE_LIST:
        raise node.place.fault(f"{name} が{len(found):,}個あります。{_LONGEST_AUDIENCE_LIST}個以内にしてください。")
    return found


def one_of(node: Node, name: str, known: Mapping[str, T]) -> T:
    """Return what a word stands for."""
    word = line(node, name)
    found = known.get(folded_name(word))
    if found is None:
        near = nearest(folded_name(word), known)
        hint = f"「{known[near]}」の間違いではありませんか。" if near else ""
        keys = "、".join(dict.fromkeys(str(value) for value in known.values()))
        raise node.place.fault(f"{name} に「{shown(word)}」は使えません。{hint}使えるもの: {keys}")
    return found


def many_of(node: Node, name: str, known: Mapping[str, T]) -> tuple[T, ...]:
    """Return what words stand for, each once, in their order."""
    return tuple(dict.fromkeys(one_of(word, name, known) for word in texts(node, name)))


def prefectures(node: Node, name: str) -> frozenset[str]:
    """Return prefectures by their full names."""
    found = set()
    for word in texts(node, name):
        known = prefecture(word.text)
        if known is None:
            raise word.place.fault(f"{name} に「{shown(word.text)}」は使えません。都道府県の名前（例: 群馬県）で書いてください。")
        found.add(known)
    return frozenset(found)


def flag(node: Node, name: str) -> bool:
    """Return yes or no."""
    found = (TRUE | FALSE).get(folded_name(line(node, name)))
    if found is None:
        raise node.place.fault(f"{name} は、true か false で書いてください。")
    return found


def whole(node: Node, name: str, *, most: int) -> int:
    """Return a whole number from 1."""
    word = unicodedata.normalize("NFKC", line(node, name)).removeprefix("vol.")
    if not re.fullmatch(r"[0-9]{1,10}", word) or not 1 <= int(word) <= most:
        raise node.place.fault(f"{name} は、1 から {most} までの数字で書いてください。")
    return int(word)


def day(node: Node, name: str) -> date:
    """Return a day that exists."""
    word = unicodedata.normalize("NFKC", line(node, name))
    if _NO_YEAR.fullmatch(word):
        raise node.place.fault(f"{name} の「{shown(word)}」に年がありません。年を付けて、2026-12-18 の形で書いてください。")
    match = _DATE.fullmatch(word)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat("")
    except ValueError as error:
        raise node.place.fault(
            f"{name} の「{shown(word)}」は日付ではありません。2026-12-18 の形で、実在する日を書いてください。"
        ) from error


def moment(node: Node, name: str) -> str:
    """Return a local time as it is stored: ``2026-12-01T09:00``."""
    word = unicodedata.normalize("NFKC", line(node, name))
    match = _MOMENT.fullmatch(word)
    try:
        found = datetime(*(int(part or 0) for part in match.groups())) if match else datetime.fromisoformat("")  # type: ignore[arg-type] # noqa: DTZ001  # local to the bulletin's time zone
    except ValueError as error:
        raise node.place.fault(f"{name} の「{shown(word)}」を日時として読み取れません。2026-12-01T09:00 の形で書いてください。") from error
    return found.isoformat(timespec="seconds" if found.second else "minutes")


def instant(node: Node, name: str) -> datetime:
    """Return a moment with its offset."""
    word = line(node, name)
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        found = datetime.min  # noqa: DTZ901  # refused below
    if found.tzinfo is None:
        raise node.place.fault(f"{name} は、2026-12-01T09:00+09:00 の形で書いてください。")
    return found


def zone(node: Node, name: str) -> str:
    """Return the name of a time zone, or ``reader``."""
    word = line(node, name)
    if folded_name(word) in {READER, "読者", "受信者"}:
        return READER
    if not is_zone(word):
        raise node.place.fault(f"{name} の「{shown(word)}」という時間帯はありません。Asia/Tokyo のような名前か reader で書いてください。")
    return word


def is_zone(word: str) -> bool:
    """Tell whether a time zone has this name."""
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", word):
        return False
    try:
        ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return False
    return True


def address(node: Node, name: str, *, schemes: tuple[str, ...] = ("https", "http")) -> str:
    """Return the address of a page or a picture."""
    word = line(node, name, most=_LONGEST_URL)
    if word and not is_address(word, schemes):
        ways = " か ".join(f"{scheme}://" for scheme in schemes)
        raise node.place.fault(f"{name} の「{shown(word)}」は使えません。{ways} で始まるアドレスを、空白なしで書いてください。")
    return word


def is_address(word: str, schemes: tuple[str, ...] = ("https", "http")) -> bool:
    """Tell whether a word is an address with a host, of some schemes."""
    if len(word) > _LONGEST_URL or not re.fullmatch(r"[^\s<>\"]+", word):
        return False
    try:
        parts = urlsplit(word)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
