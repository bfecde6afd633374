"""A recurrence out of the words that people write."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, time
from typing import Final, NoReturn

from clair_bot.domain.recurrences import patterns
from clair_bot.domain.recurrences.draft import Draft, refuse
from clair_bot.domain.recurrences.hints import HINTS
from clair_bot.domain.recurrences.rules import DAYS, WEEKS, Every, Recurrence, Shift
from clair_bot.domain.recurrences.wording import LETTERS

LONGEST_TEXT: Final = 300
"""In characters; dates do not count, so that the most days that may be excluded have room."""
_LONGEST_WRITTEN: Final = 2_000
"""Nothing longer is looked at."""
_LONGEST_SHOWN: Final = 20
_WORD_END: Final = re.compile(r"[\s,、。()「」]")
_SIGNS: Final = str.maketrans({"\u2010": "-", "\u2212": "-", "–": "-", "〜": "~"})
_LONG_VOWEL: Final = re.compile(r"(?<=\d)ー(?=\d)")
"""What a keyboard set to kana makes of 2026-12-29."""
_KANJI: Final = dict(zip("一二三四五六七八九", range(1, 10), strict=True))
_WEEKDAYS: Final = {name: at for names in (LETTERS, ("mon", "tue", "wed", "thu", "fri", "sat", "sun")) for at, name in enumerate(names)}
_HALF_DAY: Final = 12
_LAST_HOUR: Final = 23
_LAST_MINUTE: Final = 59


def parse_recurrence(text: str) -> Recurrence:
    """Read 「毎週 月・木 9:00」, 「第2・第4水曜」, 「10日・25日 休日は翌営業日」, 「月末営業日」, ``weekly mon,thu 09:00``…

    Without a time it is due at 9:00.

    Raises:
        ValueError: One Japanese sentence that says what is wrong, with an example.
    """
    words = _folded(text)
    draft, at = Draft(), 0
    while at < len(words):
        at = _read_part(draft, words, at)
    return draft.finished()


def _read_part(draft: Draft, words: str, at: int) -> int:
    """Note what stands at a place, and return where it ends.

    Raises:
        ValueError: It says nothing that is known, or nothing that can be.
    """
    found = next(((match, note) for pattern, note in _PARTS if (match := pattern.match(words, at))), None)
    if not found:
        _refuse_unreadable(words[at:])
    match, note = found
    note(draft, match)
    return match.end()


def _refuse_unreadable(rest: str) -> NoReturn:
    hint = next(((what, example) for pattern, what, example in HINTS if pattern.match(rest)), None)
    refuse(*(hint or (f"「{_shown(rest)}」を読み取れません", "毎週 月・木 9:00 休日は翌営業日")))


def _folded(text: str) -> str:
    """Return the text with one form of each sign.

    Raises:
        ValueError: It is too long.
    """
    words = " ".join(unicodedata.normalize("NFKC", text[:_LONGEST_WRITTEN]).casefold().translate(_SIGNS).split())
    words = _LONG_VOWEL.sub("-", words)
    if len(text) > _LONGEST_WRITTEN or len(patterns.DATE.sub("", words)) > LONGEST_TEXT:
        refuse(f"配信の繰り返しは、日付を除いて{LONGEST_TEXT}字以内で書いてください", "毎週 月・木 9:00")
    return words


def _days(draft: Draft, match: re.Match[str]) -> None:
    numbers = frozenset(map(int, re.findall(r"\d+", match["days"] or match["plain"])))
    if not numbers <= DAYS:
        refuse("日は1日から31日までの数で書いてください", "毎月 10日・25日 9:00")
    draft.comes(Every.MONTH_DAYS, days=numbers)


def _nth(draft: Draft, match: re.Match[str]) -> None:
    weeks = frozenset(_KANJI.get(number) or int(number) for number in re.findall(r"\d+|[一二三四五六七八九]", match["weeks"]))
    if not weeks <= WEEKS:
        refuse("週は第1から第5までの数で書いてください", "第2・第4水曜 9:00")
    if not match["weekdays"]:
        refuse(f"「{_shown(match['weeks'])}」のあとに曜日を書いてください", "第2・第4水曜 9:00")
    draft.comes(Every.NTH_WEEKDAY, weeks=weeks, weekdays=_weekdays(match["weekdays"]))


def _weekly(draft: Draft, match: re.Match[str]) -> None:
    draft.comes(Every.WEEKLY, weekdays=_weekdays(match["weekdays"]))


def _weekdays(words: str) -> frozenset[int]:
    """Return the weekdays of a list; 金〜月 goes over the weekend."""
    found: set[int] = set()
    for span in patterns.WEEKDAYS.finditer(words):
        first, last = (_weekday(name) for name in (span["first"], span["last"] or span["first"]))
        found.update((first + count) % len(LETTERS) for count in range((last - first) % len(LETTERS) + 1))
    return frozenset(found)


def _weekday(name: str) -> int:
    return _WEEKDAYS[name[0] if name[0] in LETTERS else name[:3]]


def _month_end(draft: Draft, match: re.Match[str]) -> None:
    draft.comes(Every.MONTH_END)
    if match["business"] or match["working"]:
        draft.shifts(Shift.PREVIOUS)


def _working_days(draft: Draft, _: re.Match[str]) -> None:
    draft.comes(Every.DAILY)
    draft.shifts(Shift.SKIP)


def _clock(draft: Draft, match: re.Match[str]) -> None:
    part = match.groupdict()
    half, hour = part.get("half") or part.get("meridiem"), int(part["hour"])
    minute = 30 if part.get("thirty") else int(part.get("minute") or part.get("minutes") or 0)
    # 午後12時 may be noon or midnight; 12 pm is noon.
    last = _LAST_HOUR if not half else _HALF_DAY - bool(part.get("half"))
    if hour > last or minute > _LAST_MINUTE:
        refuse(f"「{match[0]}」を時刻として読み取れないため、0:00から23:59までで書いてください", "毎日 9:00")
    if half:
        hour = hour % _HALF_DAY + _HALF_DAY * (half in {"午後", "pm"})
    draft.starts(time(hour, minute))


def _until(draft: Draft, match: re.Match[str]) -> None:
    draft.ends(_date(match["day"] or match["english"], "毎日 9:00 2027-03-31まで"))


def _excluded(draft: Draft, match: re.Match[str]) -> None:
    for span in patterns.SPAN.findall(match["spans"]):
        days = [_date(day, "毎日 9:00 除外 2026-12-29") for day in patterns.DAY.findall(span)]
        draft.excludes(days[0], days[-1])


def _date(text: str, example: str) -> date:
    *year, month, day = (int(number) for number in re.findall(r"\d+", text))
    if not year:
        refuse(f"「{text}」の年を書いてください", example)
    try:
        return date(year[0], month, day)
    except ValueError:
        refuse(f"「{text}」という日はありません", example)


def _shown(rest: str) -> str:
    """Return the first word of what could not be read, fit for a sentence."""
    word = "".join(sign if sign.isprintable() else "?" for sign in _WORD_END.split(rest, maxsplit=1)[0])
    return word if len(word) <= _LONGEST_SHOWN else f"{word[:_LONGEST_SHOWN]}…"


_Note = Callable[[Draft, re.Match[str]], None]


_PARTS: Final[list[tuple[re.Pattern[str], _Note]]] = [
    (patterns.compiled(pattern), note)
    for pattern, note in (
        (patterns.EXCLUDED, _excluded),
        (patterns.EXCLUDED_BEFORE, _excluded),
        (patterns.UNTIL, _until),
        (patterns.NEXT, lambda draft, _: draft.shifts(Shift.NEXT)),
        (patterns.PREVIOUS, lambda draft, _: draft.shifts(Shift.PREVIOUS)),
        (patterns.SKIP, lambda draft, _: draft.shifts(Shift.SKIP)),
        (patterns.NOON, lambda draft, _: draft.starts(time(_HALF_DAY))),
        (patterns.CLOCK, _clock),
        (patterns.CLOCK_ENGLISH, _clock),
        (patterns.DAILY, lambda draft, _: draft.comes(Every.DAILY)),
        (patterns.WORKING_DAYS, _working_days),
        (patterns.WEEKLY, _weekly),
        (patterns.NTH_WEEKDAY, _nth),
        (patterns.NTH_ENGLISH, _nth),
        (patterns.MONTH_DAYS, _days),
        (patterns.MONTH_END, _month_end),
        (patterns.BETWEEN, lambda _draft, _match: None),
    )
]
"""The first that fits counts."""
