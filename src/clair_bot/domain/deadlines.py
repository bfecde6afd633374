"""Deadlines: by when somebody says that they need an answer, and whether they are in haste."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

_BY: Final = r"(?:まで|迄|中(?:に|で|の|$|、|。)|中|締切|締め切|〆切|期限|必着|厳守)"
_OVERDUE_DAYS: Final = 30
_DECEMBER: Final = 12
_WEEKDAYS: Final = {name: number for number, name in enumerate("月火水木金土日")}
_ENGLISH_DAYS: Final = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_MONTHS: Final = {
    name: number
    for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)
}
_FRIDAY: Final = 4
_REIWA: Final = 2018

_Reading = Callable[[re.Match[str], date], date | None]


def _month_end(day: date, months: int = 0) -> date:
    index = day.year * 12 + day.month - 1 + months + 1
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)


def _friday(today: date, weeks: int) -> date:
    monday = today - timedelta(days=today.weekday())
    friday = monday + timedelta(days=_FRIDAY, weeks=weeks)
    return friday if friday >= today else friday + timedelta(weeks=1)


def _weekday(found: re.Match[str], today: date) -> date:
    weeks = {"今週": 0, "来週": 1, "再来週": 2}.get(found["week"] or "", -1)
    number = _WEEKDAYS[found["name"]]
    if weeks < 0:
        return today + timedelta(days=(number - today.weekday()) % 7)
    return today - timedelta(days=today.weekday()) + timedelta(days=number, weeks=weeks)


def _dated(year: int | None, month: int, day: int, today: date) -> date | None:
    """Return a date; without a year it is the next one, unless it has just passed."""
    try:
        if year is not None:
            return date(year, month, day)
        this = date(today.year, month, day)
        return this if this >= today - timedelta(days=_OVERDUE_DAYS) else date(today.year + 1, month, day)
    except ValueError:
        return None


def _number(found: re.Match[str], name: str) -> int | None:
    return int(found[name]) if found[name] else None


def _japanese(found: re.Match[str], today: date) -> date | None:
    era = _number(found, "era")
    return _dated(_REIWA + era if era else _number(found, "year"), int(found["month"]), int(found["day"]), today)


def _iso(found: re.Match[str], today: date) -> date | None:
    return _dated(_number(found, "year"), int(found["month"]), int(found["day"]), today)


def _english(found: re.Match[str], today: date) -> date | None:
    return _dated(_number(found, "year"), _MONTHS[found["name"][:3]], int(found["day"]), today)


def _english_day(found: re.Match[str], today: date) -> date:
    return today + timedelta(days=(_ENGLISH_DAYS[found["name"][:3]] - today.weekday()) % 7)


def _within(found: re.Match[str], today: date) -> date:
    return today + timedelta(days=int(found["count"]) * (7 if found["unit"] == "週間" else 1))


def _year_end(_found: re.Match[str], today: date) -> date:
    return date(today.year, _DECEMBER, 31)


def _fiscal_year_end(_found: re.Match[str], today: date) -> date:
    return date(today.year + (today.month > 3), 3, 31)  # noqa: PLR2004  # Japan's fiscal year ends with March


_MONTH_NAMES: Final = "(?P<name>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})"
_DATES: Final[tuple[tuple[str, _Reading], ...]] = (
    (r"(?:(?P<year>20[0-9]{2})年|令和(?P<era>[0-9]{1,2})年)?(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日", _japanese),
    (r"(?<![0-9/-])(?P<year>20[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?![0-9])", _iso),
    (r"(?<![0-9/.-])(?P<year>)(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})(?![0-9/])", _iso),
    (rf"\b{_MONTH_NAMES} (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>20[0-9]{{2}}))?\b", _english),
    (rf"\b(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)? {_MONTH_NAMES}(?: (?P<year>20[0-9]{{2}}))?\b", _english),
    (r"(?:本日|今日|きょう)|\btoday\b", lambda _found, today: today),
    (r"明後日|あさって", lambda _found, today: today + timedelta(days=2)),
    (r"(?:明日|あした|あす)|\btomorrow\b", lambda _found, today: today + timedelta(days=1)),
    (r"(?P<week>今週|来週|再来週)?の?(?P<name>[月火水木金土日])曜日?", _weekday),
    (r"今週|this week", lambda _found, today: _friday(today, 0)),
    (r"再来週", lambda _found, today: _friday(today, 2)),
    (r"来週|next week", lambda _found, today: _friday(today, 1)),
    (r"(?:今月|当月)末?|this month", lambda _found, today: _month_end(today)),
    (r"来月末?|next month", lambda _found, today: _month_end(today, 1)),
    (r"年度内|年度末", _fiscal_year_end),
    (r"年内|年末", _year_end),
    (r"(?P<count>[0-9]{1,3})(?P<unit>日|週間)以内", _within),
    (r"\b(?P<name>(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\b", _english_day),
)
_READERS: Final = tuple((re.compile(pattern), reading) for pattern, reading in _DATES)
_ENOUGH_ITSELF: Final = re.compile(r"以内|年内|年度内")
_AFTER: Final = re.compile(rf"\s?(?:[(（][月火水木金土日][)）])?\s?(?:の?[0-9]{{1,2}}時)?{_BY}")
_BEFORE: Final = re.compile(
    r"(?:\b(?:by|due|until|before|deadline:?|deadline is)|締切は?|締め切りは?|〆切は?|期限は?)[:：]? ?(?:on |the )?$"
)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def deadline_in(text: str, today: date) -> date | None:
    """Return the day by which a text wants an answer; a date that is no deadline (「10日に訪問団が来ます」) does not count."""
    plain = _plain(text)
    for pattern, reading in _READERS:
        for found in pattern.finditer(plain):
            before = plain[max(found.start() - 20, 0) : found.start()]
            meant = _ENOUGH_ITSELF.search(found[0]) or _AFTER.match(plain, found.end()) or _BEFORE.search(before)
            if meant and (day := reading(found, today)):
                return day
    return None


def date_only(text: str, today: date) -> date | None:
    """Return the day that a text as a whole names, as the answer to "by when?"; None when it says anything else."""
    plain = re.sub(r"(?:まで(?:に)?|中(?:に)?|頃|ごろ|です|。|[(（][月火水木金土日][)）]|\s)+$", "", _plain(text).strip())
    plain = re.sub(r"^(?:by|until) ", "", plain)
    for pattern, reading in _READERS:
        if found := pattern.fullmatch(plain):
            return reading(found, today)
    return None


_HASTY: Final = re.compile(
    r"大至急|至急|緊急(?!時|情報|速報|地震|連絡|対応|支援|事態|避難|放送|サイレン|通報|車|医療|援助)|お?急ぎ(?!ま?せ|では|でな|でなけ)(?:ます|です|で|の|に|、|。|$)"
    r"|(?:災害|地震|津波|台風|水害|火災)(?:が|の)?(?:発生し(?:た|ま)|起き|被害)|安否(?:が|の確認が)(?:取れ|でき)|事故(?:に遭|にあ|が起)|逮捕され|行方不明に|入院し"
    r"|\burgent(?:ly)?\b|\basap\b|\bemergency\b(?! (?:plan|contact|information|manual|kit))"
)


def hasty(text: str) -> bool:
    """Tell whether a text is in haste. 「緊急時の多言語支援」 is a topic and no haste: a compound that names a thing does not count."""
    return bool(_HASTY.search(_plain(text)))
