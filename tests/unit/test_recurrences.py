"""Recurrences in words: what is read, how it is said, and what is refused."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clair_bot.domain.recurrences import MOST_EXCLUDED, Every, Recurrence, Shift, describe, parse_recurrence

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
NINE = time(9)


def rule(kind: Every = Every.DAILY, at: time = NINE, **more: Any) -> Recurrence:
    sets: dict[str, Any] = {name: frozenset(value) if isinstance(value, set) else value for name, value in more.items()}
    return Recurrence(kind=kind, at=at, **sets)


def weekly(*weekdays: int, **more: Any) -> Recurrence:
    return rule(Every.WEEKLY, weekdays=set(weekdays), **more)


def nth(weeks: set[int], *weekdays: int, **more: Any) -> Recurrence:
    return rule(Every.NTH_WEEKDAY, weeks=weeks, weekdays=set(weekdays), **more)


def monthly(*days: int, **more: Any) -> Recurrence:
    return rule(Every.MONTH_DAYS, days=set(days), **more)


def month_end(**more: Any) -> Recurrence:
    return rule(Every.MONTH_END, **more)


NEW_YEAR = {date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("毎日 9:00", rule()),
        ("毎日", rule()),
        ("毎日の9時に配信", rule()),
        ("毎日0:00", rule(at=time(0))),
        ("毎日 23:59", rule(at=time(23, 59))),
        ("毎日 正午", rule(at=time(12))),
        ("毎日 午後3時半", rule(at=time(15, 30))),
        ("毎日 午前0時5分", rule(at=time(0, 5))),
        ("平日 8:30", rule(at=time(8, 30), shift=Shift.SKIP)),
        ("毎営業日 8:30", rule(at=time(8, 30), shift=Shift.SKIP)),
        ("毎日 8:30 休日は休み", rule(at=time(8, 30), shift=Shift.SKIP)),
        ("平日 8:30 休日は休み", rule(at=time(8, 30), shift=Shift.SKIP)),
        ("毎週 月・木 9:00", weekly(MON, THU)),
        ("毎週月曜日", weekly(MON)),
        ("9:30 毎週月曜日", weekly(MON, at=time(9, 30))),
        ("毎週月曜日と木曜日 9:00", weekly(MON, THU)),
        ("毎週月曜、毎週木曜", weekly(MON, THU)),
        ("毎週月水金", weekly(MON, WED, FRI)),
        ("毎週 月〜金 9:00", weekly(MON, TUE, WED, THU, FRI)),
        ("毎週 月曜から水曜まで", weekly(MON, TUE, WED)),
        ("毎週 金〜月", weekly(FRI, SAT, SUN, MON)),
        ("毎週日曜日", weekly(SUN)),
        ("毎週土日 10:00", weekly(SAT, SUN, at=time(10))),
        ("毎週月・木 土日祝は休み", weekly(MON, THU, shift=Shift.SKIP)),
        ("第2・第4水曜 9:00", nth({2, 4}, WED)),
        ("第２・第４水曜日　９：００", nth({2, 4}, WED)),
        ("第二、四水曜日", nth({2, 4}, WED)),
        ("第2水曜と第4水曜", nth({2, 4}, WED)),
        ("第2水曜・第2金曜", nth({2}, WED, FRI)),
        ("毎月第2火曜日", nth({2}, TUE)),
        ("毎月の第2日曜", nth({2}, SUN)),
        ("毎月 第1・第3の月・木曜日", nth({1, 3}, MON, THU)),
        ("第5金曜", nth({5}, FRI)),
        ("毎月10日・25日", monthly(10, 25)),
        ("10日と25日", monthly(10, 25)),
        ("毎月10・25日 9:00", monthly(10, 25)),
        ("毎月 10、25、9:00", monthly(10, 25)),
        ("毎月１０日､２５日", monthly(10, 25)),
        ("31日", monthly(31)),
        ("月末", month_end()),
        ("毎月末", month_end()),
        ("毎月末日", month_end()),
        ("毎月の月末日 17:00", month_end(at=time(17))),
        ("月末営業日", month_end(shift=Shift.PREVIOUS)),
        ("毎月 最終営業日", month_end(shift=Shift.PREVIOUS)),
        ("毎月10日 休日は翌営業日", monthly(10, shift=Shift.NEXT)),
        ("休日の場合は次の営業日に配信、毎月10日", monthly(10, shift=Shift.NEXT)),
        ("毎月10日（閉庁日は前営業日）", monthly(10, shift=Shift.PREVIOUS)),
        ("毎月10日 休日に当たるときは前の営業日", monthly(10, shift=Shift.PREVIOUS)),
        ("第2水曜 土日祝日は配信しない", nth({2}, WED, shift=Shift.SKIP)),
        ("毎日 除外 2026-12-29, 2027-01-04", rule(excluded={date(2026, 12, 29), date(2027, 1, 4)})),
        ("毎日 除外:2026/12/29、2027年1月4日 9:00", rule(excluded={date(2026, 12, 29), date(2027, 1, 4)})),
        ("毎日 除外 2026ー12ー29", rule(excluded={date(2026, 12, 29)})),
        ("毎日 除外 2026−12−29 除外 2027.1.4", rule(excluded={date(2026, 12, 29), date(2027, 1, 4)})),
        ("毎日 除外 2026-12-29〜2027-01-03", rule(excluded=NEW_YEAR)),
        ("2026-12-29から2027-01-03までを除外 毎日", rule(excluded=NEW_YEAR)),
        ("2026-12-29を除く毎日", rule(excluded={date(2026, 12, 29)})),
        ("毎日 2027-03-31まで", rule(until=date(2027, 3, 31))),
        ("2027年3月31日まで 毎日 2027-03-31まで", rule(until=date(2027, 3, 31))),
        ("毎日 除外 2026-12-29、2027-03-31まで", rule(excluded={date(2026, 12, 29)}, until=date(2027, 3, 31))),
        ("daily 09:00", rule()),
        ("Every Day at 9 AM", rule()),
        ("daily 12 pm", rule(at=time(12))),
        ("daily 12:30 am", rule(at=time(0, 30))),
        ("weekdays 8:30", rule(at=time(8, 30), shift=Shift.SKIP)),
        ("weekly mon,thu 09:00", weekly(MON, THU)),
        ("weekly on Mondays and Thursday", weekly(MON, THU)),
        ("every mon-fri", weekly(MON, TUE, WED, THU, FRI)),
        ("monthly 10,25 next-business-day", monthly(10, 25, shift=Shift.NEXT)),
        ("monthly 10th and 25th 9am previous-business-day", monthly(10, 25, shift=Shift.PREVIOUS)),
        ("monthly 10, 25, 9:00 skip-holidays", monthly(10, 25, shift=Shift.SKIP)),
        ("2nd,4th wed", nth({2, 4}, WED)),
        ("monthly on the 1st and 3rd tue 10:15", nth({1, 3}, TUE, at=time(10, 15))),
        ("month-end", month_end()),
        ("last business day of the month", month_end(shift=Shift.PREVIOUS)),
        (
            "daily until 2027-03-31 except 2026-12-29 and 2027-01-04",
            rule(until=date(2027, 3, 31), excluded={date(2026, 12, 29), date(2027, 1, 4)}),
        ),
    ],
)  # fmt: skip
def test_reads_what_people_write(text: str, expected: Recurrence) -> None:
    assert parse_recurrence(text) == expected


@pytest.mark.parametrize(
    ("recurrence", "words"),
    [
        (rule(), "毎日 9:00"),
        (rule(at=time(8, 30), shift=Shift.SKIP), "平日 8:30"),
        (rule(shift=Shift.NEXT), "毎日 9:00（休日は翌営業日）"),
        (weekly(THU, MON), "毎週 月・木曜日 9:00"),
        (nth({4, 2}, WED, shift=Shift.NEXT), "毎月 第2・第4水曜日 9:00（休日は翌営業日）"),
        (nth({1, 3}, MON, THU), "毎月 第1・第3の月・木曜日 9:00"),
        (monthly(25, 10, at=time(17, 5), shift=Shift.SKIP), "毎月 10日・25日 17:05（休日は休み）"),
        (month_end(shift=Shift.NEXT), "毎月 月末 9:00（休日は翌営業日）"),
        (month_end(shift=Shift.PREVIOUS), "毎月 月末営業日 9:00"),
        (
            monthly(10, shift=Shift.PREVIOUS, until=date(2027, 3, 31), excluded=NEW_YEAR | {date(2027, 2, 10), date(2027, 2, 11)}),
            "毎月 10日 9:00（休日は前営業日、2027-03-31まで、除外 2026-12-29〜2027-01-03・2027-02-10・2027-02-11）",
        ),
    ],
)
def test_says_what_it_means(recurrence: Recurrence, words: str) -> None:
    assert describe(recurrence) == words


REFUSED = {
    "": "配信する日を「毎日」「毎週 月・木」「第2水曜」「10日・25日」「月末」のように書いてください",
    "毎月": "配信する日を「毎日」「毎週 月・木」「第2水曜」「10日・25日」「月末」のように書いてください",
    "9:00 休日は翌営業日": "配信する日を「毎日」「毎週 月・木」「第2水曜」「10日・25日」「月末」のように書いてください",
    "毎日 除外 12/29": "「12/29」の年を書いてください",
    "毎日 除外 2026-12-29〜1月3日": "「1月3日」の年を書いてください",
    "毎日 3/31まで": "「3/31」の年を書いてください",
    "毎日 除外 2026-02-30": "「2026-02-30」という日はありません",
    "毎日 2027-02-29まで": "「2027-02-29」という日はありません",
    "毎日 除外": "除外する日を、年を付けて書いてください",
    "毎日 2026-12-29": "日付には「除外」か「まで」を付けてください",
    "毎日 除外 2027-01-03〜2026-12-29": "除外する期間「2027-01-03〜2026-12-29」は早い日から順に書いてください",
    "毎日 除外 2026-12-01〜2027-03-11": "除外できる日は100日までです",
    "毎日 除外 0001-01-01〜9999-12-31": "除外できる日は100日までです",
    "毎日 24:00": "「24:00」を時刻として読み取れないため、0:00から23:59までで書いてください",
    "毎日 9時60分": "「9時60分」を時刻として読み取れないため、0:00から23:59までで書いてください",
    "毎日 午後12時": "「午後12時」を時刻として読み取れないため、0:00から23:59までで書いてください",
    "毎日 13pm": "「13pm」を時刻として読み取れないため、0:00から23:59までで書いてください",
    "毎日 9:00と17:00": "時刻は1つの配信に1つまでのため、配信を分けてください",
    "毎日 9:5": "「9:5」を読み取れません",
    "毎日 9:00:30": "「9:00:30」を読み取れません",
    "毎週": "「毎週」のあとに曜日を書いてください",
    "月・木": "曜日の前に「毎週」や「第2」を付けてください",
    "第2": "「第2」のあとに曜日を書いてください",
    "第6水曜": "週は第1から第5までの数で書いてください",
    "0th wed": "週は第1から第5までの数で書いてください",
    "32日": "日は1日から31日までの数で書いてください",
    "monthly 0": "日は1日から31日までの数で書いてください",
    "第2水曜と第4金曜": "第2水曜と第4金曜のように週と曜日の両方が違うときは、配信を分けてください",
    "10日と月末": "繰り返しは1つの配信に1種類までのため、配信を分けてください",
    "平日 休日は翌営業日": "休日の扱いは1つだけ書いてください",
    "月末営業日 休日は休み": "休日の扱いは1つだけ書いてください",
    "毎日 2027-03-31まで 2027-04-30まで": "終わりの日は1つだけ書いてください",
    "隔週月曜": "隔週などの繰り返しは指定できないため、第何週かで書いてください",
    "3日ごと": "この間隔での繰り返しは指定できないため、毎日・毎週・毎月のどれかで書いてください",
    "毎年4月1日": "この間隔での繰り返しは指定できないため、毎日・毎週・毎月のどれかで書いてください",
    "12月29日": "月は指定できないため、毎月の日で書いてください",
    "最終金曜": "最終週の曜日は指定できないため、第何週かで書いてください",
    "毎週土曜 祝日は休み": "祝日は、土日や閉庁日と合わせて「休日」と書いてください",
    "毎日 九時ごろ": "「九時ごろ」を読み取れません",
    "毎日 <b>\u202e": "「<b>?」を読み取れません",
    "毎日 " + "あ" * 30: "「" + "あ" * 20 + "…」を読み取れません",
    "毎日 " + "あ" * 298: "配信の繰り返しは、日付を除いて300字以内で書いてください",
    "毎日 " + " " * 2000: "配信の繰り返しは、日付を除いて300字以内で書いてください",
}
SENTENCE = re.compile(r"([^。\n]+)（例: ([^。（）]+)）。")


@pytest.mark.parametrize(("text", "what"), REFUSED.items())
def test_refuses_with_one_sentence_and_an_example_that_is_right(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=r"。$") as refused:
        parse_recurrence(text)
    sentence = SENTENCE.fullmatch(str(refused.value))
    assert sentence
    assert sentence[1] == what
    assert parse_recurrence(sentence[2])


def test_takes_as_much_as_it_promises() -> None:
    assert parse_recurrence("毎日" + "、" * 298) == rule()
    days = {date(2027, 1, 1) + timedelta(days=2 * count) for count in range(MOST_EXCLUDED)}
    words = [f"{day.year}年{day.month}月{day.day}日" for day in sorted(days)]
    assert parse_recurrence("毎日 除外 " + "、".join(words)) == rule(excluded=days)
    assert parse_recurrence("毎日 除外 2026-12-01〜2027-03-10").excluded == {
        date(2026, 12, 1) + timedelta(days=count) for count in range(100)
    }
    with pytest.raises(ValueError, match="100日まで"):
        parse_recurrence("毎日 除外 2026-01-01、" + "、".join(words))


@pytest.mark.parametrize(
    "parts",
    [
        {"at": time(9, 0, 1)},
        {"at": time(9, 0, fold=1)},
        {"kind": Every.WEEKLY},
        {"kind": Every.WEEKLY, "weekdays": {7}},
        {"weekdays": {1}},
        {"kind": Every.NTH_WEEKDAY, "weekdays": {1}},
        {"kind": Every.NTH_WEEKDAY, "weekdays": {1}, "weeks": {6}},
        {"kind": Every.MONTH_DAYS, "days": {0}},
        {"kind": Every.MONTH_DAYS},
        {"kind": Every.MONTH_END, "days": {31}},
        {"excluded": {date(2027, 1, 1) + timedelta(days=count) for count in range(101)}},
    ],
)
def test_a_rule_that_contradicts_itself_cannot_be_made(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(a recurrence|at most|\w+ does not go)"):
        rule(**parts)


def numbers(first: int, last: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(first, last), min_size=1)


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    kind = draw(st.sampled_from(Every))
    runs = draw(st.lists(st.tuples(st.dates(), st.integers(1, 10)), max_size=10))
    far = date.max.toordinal()
    return Recurrence(
        kind=kind,
        at=time(draw(st.integers(0, 23)), draw(st.integers(0, 59))),
        weekdays=draw(numbers(0, 6)) if kind in {Every.WEEKLY, Every.NTH_WEEKDAY} else frozenset(),
        weeks=draw(numbers(1, 5)) if kind is Every.NTH_WEEKDAY else frozenset(),
        days=draw(numbers(1, 31)) if kind is Every.MONTH_DAYS else frozenset(),
        shift=draw(st.sampled_from(Shift)),
        excluded=frozenset(date.fromordinal(min(day.toordinal() + count, far)) for day, length in runs for count in range(length)),
        until=draw(st.none() | st.dates()),
    )


@given(recurrences())
def test_reads_back_what_it_says(recurrence: Recurrence) -> None:
    assert parse_recurrence(describe(recurrence)) == recurrence


def test_reads_back_the_longest_that_it_says() -> None:
    days = frozenset(date(9990, 1, 1) + timedelta(days=2 * count) for count in range(MOST_EXCLUDED))
    longest = rule(Every.MONTH_DAYS, time(23, 59), days=set(range(1, 32)), shift=Shift.NEXT, excluded=days, until=date.max)
    assert parse_recurrence(describe(longest)) == longest


WORDS = """毎日 毎週 毎月 平日 月末 営業日 月 火曜 日曜日 第2 第 4 10日 25 31日 9:00 9時 半 25:00 休日は 翌営業日 休み 除外 2026-12-29 12/29
2027年1月4日 まで から 〜 と ・ 、 の に daily weekly monthly mon thu 2nd every on except until 祝日 最終 隔週 ( 」 あ ー"""
PIECES = [*WORDS.split(), " "]


def outcome(text: str) -> Recurrence | str:
    try:
        return parse_recurrence(text)
    except ValueError as refused:
        return str(refused)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=60))
def test_whatever_is_written_is_understood_or_refused_with_a_sentence(text: str) -> None:
    found = outcome(text)
    if isinstance(found, str):
        sentence = SENTENCE.fullmatch(found)
        assert sentence, found
        assert parse_recurrence(sentence[2])
    else:
        assert parse_recurrence(describe(found)) == found
