"""Orders: the words with which advisors ask something of the desk, told apart from what they write to an asker."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from clair_bot.domain.calendars import BusinessCalendar
from clair_bot.domain.deadlines import date_only
from clair_bot.domain.desks import Desk, Desks, Urgency
from clair_bot.domain.names import folded_name

WORDS: Final = {
    "担当": "claim",
    "担当する": "claim",
    "claim": "claim",
    "割当": "assign",
    "割り当て": "assign",
    "assign": "assign",
    "担当解除": "release",
    "担当を外れる": "release",
    "release": "release",
    "転送": "transfer",
    "transfer": "transfer",
    "保留": "snooze",
    "snooze": "snooze",
    "保留解除": "wake",
    "wake": "wake",
    "優先": "prioritize",
    "priority": "prioritize",
    "定型": "canned",
    "定型文": "canned",
    "canned": "canned",
    "機密": "seal",
    "confidential": "seal",
    "全文": "read",
    "full": "read",
    "経過": "history",
    "履歴": "history",
    "history": "history",
    "統合": "merge",
    "merge": "merge",
    "解決": "resolve",
    "resolve": "resolve",
    "再開": "reopen",
    "reopen": "reopen",
    "下書き": "draft",
    "記事化": "draft",
    "draft": "draft",
    "一覧": "list",
    "list": "list",
    "不在": "away",
    "away": "away",
    "復帰": "back",
    "back": "back",
    "回答": "reply",
    "reply": "reply",
    "メモ": "note",
    "note": "note",
    "ヘルプ": "help",
    "使い方": "help",
    "help": "help",
}
"""What is typed, folded, and what it asks."""
WITHOUT_TICKET: Final = frozenset({"list", "away", "back", "help"})
_TAKES_TEXT: Final = frozenset({"reply", "note", "assign", "transfer", "snooze", "prioritize", "canned", "merge", "list", "away"})
_COLON: Final = re.compile(r"([^\s:]{1,20})\s*:")
_AROUND: Final = "/。.!?！？、,「」『』\"'"
"""Signs around a word that do not make it another one."""
_NUMBER: Final = re.compile(r"(?:#|受付番号|No\.?\s?)?([0-9]{1,9})(?:番)?(?=\s|$)", re.IGNORECASE)
_SPAN: Final = re.compile(r"([0-9]{1,3}) ?(分|時間|日|週間|週|minutes?|min|m|hours?|h|days?|d|weeks?|w)(?:間|後)?")
_UNITS: Final = {"分": 1, "m": 1, "時": 60, "h": 60, "日": 1_440, "d": 1_440, "週": 10_080, "w": 10_080}
_LONGEST: Final = timedelta(days=90)
_MORNING: Final = time(9)
URGENCIES: Final = {
    "至急": Urgency.URGENT,
    "緊急": Urgency.URGENT,
    "urgent": Urgency.URGENT,
    "急ぎ": Urgency.HIGH,
    "高": Urgency.HIGH,
    "high": Urgency.HIGH,
    "通常": Urgency.NORMAL,
    "普通": Urgency.NORMAL,
    "normal": Urgency.NORMAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an advisor asks."""

    verb: str
    """``claim``, ``assign``…; ``say`` for plain words to the asker."""
    word: str
    """As it was typed."""
    number: int | None
    """The ticket that was named; None: the one of the thread."""
    rest: str
    """What follows, as typed."""

    @property
    def is_clear(self) -> bool:
        """False when something follows a word that stands alone: perhaps it was meant for the asker."""
        return not self.rest or self.verb == "say" or self.verb in _TAKES_TEXT


def read_order(text: str, *, in_thread: bool) -> Order:
    """Read what an advisor wrote.

    A word of the desk counts only where it stands alone or a blank or a colon follows. In a ticket's thread no number is expected;
    anywhere else it comes first.
    """
    plain = text.strip()
    found = _COLON.match(unicodedata.normalize("NFKC", plain))
    if found and (word := found[1].casefold().strip(_AROUND)) in WORDS:
        return _order(WORDS[word], word, _behind_colon(plain), in_thread=in_thread)
    first, rest = [*re.split(r"\s", plain, maxsplit=1), ""][:2]
    word = unicodedata.normalize("NFKC", first).casefold().strip(_AROUND)
    verb = WORDS.get(word)
    if verb is None:
        return Order(verb="say", word="", number=None, rest=plain)
    return _order(verb, word, rest.strip(), in_thread=in_thread)


def _behind_colon(text: str) -> str:
    """Return what follows the first colon, whichever sign it is written with."""
    at = next(at for at, sign in enumerate(text) if ":" in unicodedata.normalize("NFKC", sign))
    return text[at + 1 :].strip()


def _order(verb: str, word: str, rest: str, *, in_thread: bool) -> Order:
    number = None if in_thread or verb in WITHOUT_TICKET else _NUMBER.match(unicodedata.normalize("NFKC", rest))
    if number:
        return Order(verb=verb, word=word, number=int(number[1]), rest=rest[number.end() :].strip())
    return Order(verb=verb, word=word, number=None, rest=rest)


def read_desk(desks: Desks, text: str) -> tuple[Desk, str] | None:
    """Return the desk that a text names first, by key or name, and the reason that follows."""
    name, _, reason = text.replace("\u3000", " ").partition(" ")
    wanted = folded_name(unicodedata.normalize("NFKC", name))
    for desk in desks.by_key.values():
        if wanted in {folded_name(desk.key), folded_name(desk.name), folded_name(desk.name).removesuffix("事務所")}:
            return desk, reason.strip()
    return None


def read_moment(text: str, now: datetime, calendar: BusinessCalendar) -> datetime | None:
    """Return until when a ticket may rest: 「3日」「2時間」「12月10日」, at most 90 days from now; None when it cannot be read.

    Whole days end at nine in the morning of the desk.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _SPAN.fullmatch(plain)
    if found and (minutes := int(found[1]) * _UNITS[found[2][0]]) < _UNITS["日"]:
        return now + timedelta(minutes=minutes) if minutes else None
    today = now.astimezone(calendar.timezone).date()
    day = today + timedelta(minutes=minutes) if found else date_only(plain, today)
    if day is None or not today < day <= today + _LONGEST:
        return None
    return datetime.combine(day, _MORNING, tzinfo=calendar.timezone)
