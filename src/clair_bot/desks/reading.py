"""The desks that CLAIR has, and the file that describes them otherwise."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clair_bot.desks.holidays import holidays_of, is_known
from clair_bot.domain.articles import Area
from clair_bot.domain.calendars import BusinessCalendar, Holidays, Span
from clair_bot.domain.desks import Assignment, Desk, Desks, Office, Targets, Urgency
from clair_bot.errors import ConfigurationError
from clair_bot.messages import Address

_VARIABLE = "CLAIR_DESKS"
_LIMIT = 1_048_576
_SHOWN = 40
"""So much of a name from the file is repeated in a sentence about it."""
_LONGEST_CLOSURE = timedelta(days=100)
"""A desk that is closed for longer would promise answers nobody can wait for."""
_URGENT_ANSWER, _HIGH_ANSWER = 60, 240
"""Minutes until a first answer; of a working day that is shorter, the whole."""

_AREAS = {
    Area.I: "経済交流課",
    Area.II: "多文化共生課",
    Area.III: "JETプログラム事業部",
    Area.IV: "交流親善課",
    Area.V: "企画調査課",
    Area.VI: "研修担当",
    Area.VII: "海外事務所担当",
    Area.BASE: "クレア本部",
}
_OFFICES = {
    Office.NEW_YORK: ("ニューヨーク事務所", "America/New_York", "US", "NY"),
    Office.LONDON: ("ロンドン事務所", "Europe/London", "GB", "ENG"),
    Office.PARIS: ("パリ事務所", "Europe/Paris", "FR", ""),
    Office.SINGAPORE: ("シンガポール事務所", "Asia/Singapore", "SG", ""),
    Office.SEOUL: ("ソウル事務所", "Asia/Seoul", "KR", ""),
    Office.SYDNEY: ("シドニー事務所", "Australia/Sydney", "AU", "NSW"),
    Office.BEIJING: ("北京事務所", "Asia/Shanghai", "CN", ""),
}
_KEYS = (*(area.value for area in Area), *(office.value for office in Office))

_HEAD_HOURS = ("08:30-12:00", "13:00-17:15")
_OFFICE_HOURS = ("09:00-12:00", "13:00-17:00")
_YEAR_END = ((12, 29), (1, 3))
_WEEKDAYS = {
    word: number for words in ("月火水木金土日", ("mon", "tue", "wed", "thu", "fri", "sat", "sun")) for number, word in enumerate(words)
}

_EXPECTED = {
    "name": "窓口の名前を文字で指定してください",
    "room": "「slack:C0DESK」のように、channel:id の形で指定してください",
    "fallback": f"代わりの窓口を {'、'.join(_KEYS)} から選ぶか、なければ「」（空）を指定してください",
    "hours": "「08:30-12:00」の形の時間帯を、早い順に、重ならないように並べてください",
    "weekdays": "「月」か「mon」の形の曜日を、一つ以上並べてください",
    "closed": "「2026-12-24」か「2026-12-29/2027-01-03」の形の日付（続けて100日まで）を、引用符で囲んで並べてください",
    "year_end": "「12-29/01-03」の形の期間か、休まないときは「」（空）を指定してください",
    "first_answer": "normal、high、urgent ごとに、「60m」「4h」「2d」の形の時間を指定してください",
    "resolution": "normal、high、urgent ごとに、「60m」「4h」「2d」の形の時間を指定してください",
    "assignment": "「claim」か「turns」を指定してください",
    "confidential": "true か false を指定してください",
    "timezone": "「Asia/Tokyo」のような時間帯の名前を指定してください",
    "holidays": "「JP」「US/NY」のような国名コードか、祝日がないときは「」（空）を指定してください",
}
"""What each key of a desk wants."""

T = TypeVar("T")


def read_desks(*, file: Path | None, everyone: Address | None, rooms: Mapping[Area, Address], timezone: ZoneInfo) -> Desks:
    """Return every area's and office's desk, as the file describes it and otherwise as CLAIR works.

    Args:
        file: A TOML file with a table ``[desk.KEY]`` for each desk that differs; None: none does.
        everyone: The room of every desk that has no own one.
        rooms: The rooms of areas. The seventh area's is also that of the offices.
        timezone: Where the head office is.

    Raises:
        ConfigurationError: naming the desk and the key that are wrong.
    """
    sections = {key: _Section(desk=key, table=table) for key, table in (_tables(file) if file else {}).items()}
    by_key: dict[str, Desk] = {}
    for area, name in _AREAS.items():
        room = everyone if area is Area.BASE else rooms.get(area, everyone)
        fallback = "" if area is Area.BASE else Area.BASE.value
        default = _default(area.value, name, room=room, calendar=_head_calendar(timezone), fallback=fallback)
        by_key[area.value] = _described(default, sections.get(area.value))
    for office, (name, zone, country, subdivision) in _OFFICES.items():
        calendar = _calendar(ZoneInfo(zone), _OFFICE_HOURS, holidays_of(country, subdivision))
        default = _default(office.value, name, room=by_key[Area.VII.value].room, calendar=calendar, fallback=Area.VII.value)
        by_key[office.value] = _described(default, sections.get(office.value))
    _refuse_circles(by_key, sections)
    return Desks(by_key=by_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """What the file says of one desk."""

    desk: str
    table: Mapping[str, object]

    def read(self, key: str, parse: Callable[[object], T], *, default: T) -> T:
        """Return a key's value, or the default where the file is silent; ``parse`` raises ValueError for what it does not understand."""
        if key not in self.table:
            return default
        try:
            return parse(self.table[key])
        except ValueError as error:
            raise _fault(f"窓口「{self.desk}」の {key} には、{_EXPECTED[key]}。") from error


def _fault(sentence: str) -> ConfigurationError:
    return ConfigurationError(_VARIABLE, sentence)


def _tables(file: Path) -> dict[str, dict[str, object]]:
    """Return the desks' tables, all of known desks and keys."""
    document = _document(file)
    if stray := sorted(set(document) - {"desk"}):
        raise _fault(f"「{stray[0][:_SHOWN]}」という項目は使えません。窓口ごとに [desk.NY] のような表で指定してください。")
    desks = document.get("desk", {})
    if not isinstance(desks, dict):
        raise _fault("「desk」には、窓口ごとに [desk.NY] のような表を指定してください。")
    for key, table in desks.items():
        if key not in _KEYS:
            raise _fault(f"「{key[:_SHOWN]}」という窓口はありません。{'、'.join(_KEYS)} のいずれかを指定してください。")
        if not isinstance(table, dict):
            raise _fault(f"窓口「{key}」は、[desk.{key}] という表で指定してください。")
        if unknown := sorted(set(table) - set(_EXPECTED)):
            raise _fault(f"窓口「{key}」に「{unknown[0][:_SHOWN]}」という項目はありません。使える項目は {'、'.join(_EXPECTED)} です。")
    return desks


def _document(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LIMIT + 1)
    except OSError as error:
        raise _fault(f"ファイルを読み取れません（{file}）。場所と権限をご確認ください。") from error
    if len(content) > _LIMIT:
        raise _fault(f"ファイルが大きすぎます（{file}）。1 MB以内にしてください。")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _fault(f"ファイルの文字コードを UTF-8 にしてください（{file}）。") from error
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"、{line[1]}行目" if line else ""
        raise _fault(f"TOMLの形式で書いてください（{file}{place}を読み取れません）。") from error


def _calendar(timezone: ZoneInfo, hours: Iterable[str], is_holiday: Holidays) -> BusinessCalendar:
    spans = tuple(_span(span) for span in hours)
    return BusinessCalendar(timezone=timezone, spans=spans, weekdays=frozenset(range(5)), is_holiday=is_holiday, closed=(), year_end=None)


def _head_calendar(timezone: ZoneInfo) -> BusinessCalendar:
    return replace(_calendar(timezone, _HEAD_HOURS, holidays_of("JP")), year_end=_YEAR_END)


def _default(key: str, name: str, *, room: Address | None, calendar: BusinessCalendar, fallback: str) -> Desk:
    """Return a desk as it is when the file is silent."""
    return Desk(
        key=key,
        name=name,
        room=room,
        calendar=calendar,
        fallback=fallback,
        targets=_targets(_working_day(calendar)),
        assignment=Assignment.CLAIM,
        confidential=False,
    )


def _described(desk: Desk, section: _Section | None) -> Desk:
    """Return a desk as the file describes it."""
    if section is None:
        return desk
    calendar = _described_calendar(desk.calendar, section)
    return replace(
        desk,
        name=section.read("name", _text, default=desk.name),
        room=section.read("room", _room, default=desk.room),
        calendar=calendar,
        fallback=section.read("fallback", _fallback, default=desk.fallback),
        targets=_described_targets(_working_day(calendar), section),
        assignment=section.read("assignment", _assignment, default=desk.assignment),
        confidential=section.read("confidential", _flag, default=desk.confidential),
    )


def _described_calendar(calendar: BusinessCalendar, section: _Section) -> BusinessCalendar:
    return BusinessCalendar(
        timezone=section.read("timezone", _timezone, default=calendar.timezone),
        spans=section.read("hours", _hours, default=calendar.spans),
        weekdays=section.read("weekdays", _weekdays, default=calendar.weekdays),
        is_holiday=section.read("holidays", _holidays, default=calendar.is_holiday),
        closed=section.read("closed", _closed, default=calendar.closed),
        year_end=section.read("year_end", _year_end, default=calendar.year_end),
    )


def _working_day(calendar: BusinessCalendar) -> int:
    """Return the minutes of one working day."""
    someday = date.min
    worked = (datetime.combine(someday, span.end) - datetime.combine(someday, span.start) for span in calendar.spans)
    return sum(worked, timedelta()) // timedelta(minutes=1)


def _targets(day: int) -> dict[Urgency, Targets]:
    return {
        Urgency.NORMAL: Targets(first_answer=day, resolution=5 * day),
        Urgency.HIGH: Targets(first_answer=min(_HIGH_ANSWER, day), resolution=2 * day),
        Urgency.URGENT: Targets(first_answer=min(_URGENT_ANSWER, day), resolution=day),
    }


def _described_targets(day: int, section: _Section) -> dict[Urgency, Targets]:
    none: dict[Urgency, int] = {}
    first = section.read("first_answer", partial(_durations, day), default=none)
    last = section.read("resolution", partial(_durations, day), default=none)
    return {
        urgency: Targets(first_answer=first.get(urgency, own.first_answer), resolution=last.get(urgency, own.resolution))
        for urgency, own in _targets(day).items()
    }


def _refuse_circles(by_key: Mapping[str, Desk], sections: Mapping[str, _Section]) -> None:
    """Refuse desks that stand in for each other.

    Without the file there is no circle, so that every circle has a desk whose fallback stands in the file.
    """
    for key in sections:
        chain = [key]
        while (following := by_key[chain[-1]].fallback) and following not in chain:
            chain.append(following)
        if following == key:
            circle = " → ".join([*chain, following])
            raise _fault(f"窓口「{key}」の fallback が一巡しています（{circle}）。元の窓口に戻らないように指定してください。")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value.strip()


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(value)  # noqa: TRY004  # a wrong type is as much a fault of the file as a wrong word
    return [_text(item) for item in value]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004  # as above
    return value


def _assignment(value: object) -> Assignment:
    return Assignment(_text(value))


def _room(value: object) -> Address | None:
    return Address.parse(_text(value))


def _fallback(value: object) -> str:
    if value != "" and value not in _KEYS:
        raise ValueError(value)
    return str(value)


def _span(text: str) -> Span:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}", text):
        raise ValueError(text)
    start, end = map(time.fromisoformat, text.split("-"))
    return Span(start=start, end=end)


def _hours(value: object) -> tuple[Span, ...]:
    spans = tuple(_span(text) for text in _texts(value))
    if not spans or any(before.end > after.start for before, after in pairwise(spans)):
        raise ValueError(value)
    return spans


def _weekdays(value: object) -> frozenset[int]:
    words = [text.lower() for text in _texts(value)]
    if not words or not set(words) <= set(_WEEKDAYS):
        raise ValueError(value)
    return frozenset(_WEEKDAYS[word] for word in words)


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _days(text: str) -> tuple[date, date]:
    first, slash, last = text.partition("/")
    days = _date(first), _date(last if slash else first)
    if days[0] > days[1] or days[1] - days[0] > _LONGEST_CLOSURE:
        raise ValueError(text)
    return days


def _closed(value: object) -> tuple[tuple[date, date], ...]:
    return tuple(_days(text) for text in _texts(value))


def _year_end(value: object) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if value == "":
        return None
    first, last = (_date(f"2000-{text}") for text in _text(value).split("/"))  # a leap year: every day of any year exists in it
    return (first.month, first.day), (last.month, last.day)


def _timezone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(_text(value))
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError: the name of a folder, "Asia", or one that is too long
        raise ValueError(value) from error


def _holidays(value: object) -> Holidays:
    if value == "":
        return holidays_of("")
    country, slash, subdivision = _text(value).partition("/")
    if (slash and not subdivision) or not is_known(country, subdivision):
        raise ValueError(value)
    return holidays_of(country, subdivision)


def _durations(day: int, value: object) -> dict[Urgency, int]:
    if not isinstance(value, dict):
        raise ValueError(value)  # noqa: TRY004  # as above
    return {Urgency(key): _duration(day, text) for key, text in value.items()}


def _duration(day: int, value: object) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", _text(value))
    if match is None:
        raise ValueError(value)
    return int(match[1]) * {"m": 1, "h": 60, "d": day}[match[2]]
