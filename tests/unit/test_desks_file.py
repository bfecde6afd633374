"""The desks' file: what stands without one, what it can change, and faults that name desk and key."""

import subprocess
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clair_bot.desks.reading import read_desks
from clair_bot.domain.articles import Area
from clair_bot.domain.calendars import Span
from clair_bot.domain.desks import Assignment, Desk, Desks, Office, Targets, Urgency
from clair_bot.errors import ConfigurationError
from clair_bot.messages import Address

TOKYO = ZoneInfo("Asia/Tokyo")
EVERYONE = Address(channel="slack", recipient="CALL")
ROOMS = {Area.II: Address(channel="slack", recipient="CII"), Area.VII: Address(channel="slack", recipient="CVII")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desks.toml"


def read(file: Path, text: str) -> Desks:
    file.write_text(text, encoding="utf-8")
    return read_desks(file=file, everyone=EVERYONE, rooms=ROOMS, timezone=TOKYO)


def defaults() -> Desks:
    return read_desks(file=None, everyone=EVERYONE, rooms=ROOMS, timezone=TOKYO)


def fault(file: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(file, text)
    assert caught.value.variable == "CLAIR_DESKS"
    sentence = str(caught.value)
    assert sentence.endswith("。")
    return sentence


def spans(desk: Desk) -> list[tuple[time, time]]:
    return [(span.start, span.end) for span in desk.calendar.spans]


def test_every_desk_is_there() -> None:
    names = {key: desk.name for key, desk in defaults().by_key.items()}
    assert names == {
        "I": "経済交流課",
        "II": "多文化共生課",
        "III": "JETプログラム事業部",
        "IV": "交流親善課",
        "V": "企画調査課",
        "VI": "研修担当",
        "VII": "海外事務所担当",
        "base": "クレア本部",
        "NY": "ニューヨーク事務所",
        "LON": "ロンドン事務所",
        "PAR": "パリ事務所",
        "SIN": "シンガポール事務所",
        "SEL": "ソウル事務所",
        "SYD": "シドニー事務所",
        "BEI": "北京事務所",
    }
    assert all(key == desk.key for key, desk in defaults().by_key.items())
    assert {*Area, *Office} == set(names)


def test_rooms_and_fallbacks() -> None:
    desks = defaults().by_key
    assert {key: str(desk.room) for key, desk in desks.items()} == {
        **dict.fromkeys(("I", "III", "IV", "V", "VI", "base"), "slack:CALL"),
        "II": "slack:CII",
        **dict.fromkeys(("VII", *(office.value for office in Office)), "slack:CVII"),
    }
    assert {key: desk.fallback for key, desk in desks.items()} == {
        **{area.value: "base" for area in Area},
        **{office.value: "VII" for office in Office},
        "base": "",
    }
    assert all(desk.assignment is Assignment.CLAIM and not desk.confidential for desk in desks.values())


def test_rooms_that_are_not_set() -> None:
    bare = read_desks(file=None, everyone=None, rooms={}, timezone=TOKYO)
    assert bare.rooms() == frozenset()
    only = read_desks(file=None, everyone=EVERYONE, rooms={Area.BASE: ROOMS[Area.II]}, timezone=TOKYO)
    assert only.rooms() == {EVERYONE}


def test_the_head_office() -> None:
    for area in Area:
        desk = defaults().get(area.value)
        assert desk.calendar.timezone == TOKYO
        assert spans(desk) == [(time(8, 30), time(12)), (time(13), time(17, 15))]
        assert desk.calendar.weekdays == frozenset(range(5))
        assert desk.calendar.year_end == ((12, 29), (1, 3))
        assert desk.calendar.is_holiday(date(2026, 5, 6))
        assert desk.targets == {
            Urgency.NORMAL: Targets(first_answer=465, resolution=2325),
            Urgency.HIGH: Targets(first_answer=240, resolution=930),
            Urgency.URGENT: Targets(first_answer=60, resolution=465),
        }


@pytest.mark.parametrize(
    ("key", "zone", "holiday"),
    [
        ("NY", "America/New_York", date(2026, 11, 26)),
        ("LON", "Europe/London", date(2026, 8, 31)),
        ("PAR", "Europe/Paris", date(2026, 7, 14)),
        ("SIN", "Asia/Singapore", date(2026, 8, 10)),
        ("SEL", "Asia/Seoul", date(2026, 10, 9)),
        ("SYD", "Australia/Sydney", date(2026, 6, 8)),
        ("BEI", "Asia/Shanghai", date(2026, 10, 1)),
    ],
)
def test_an_office(key: str, zone: str, holiday: date) -> None:
    desk = defaults().get(key)
    assert desk.calendar.timezone == ZoneInfo(zone)
    assert spans(desk) == [(time(9), time(12)), (time(13), time(17))]
    assert desk.calendar.weekdays == frozenset(range(5))
    assert desk.calendar.year_end is None
    assert desk.calendar.is_holiday(holiday)
    assert desk.targets == {
        Urgency.NORMAL: Targets(first_answer=420, resolution=2100),
        Urgency.HIGH: Targets(first_answer=240, resolution=840),
        Urgency.URGENT: Targets(first_answer=60, resolution=420),
    }


def test_the_head_office_stands_where_the_timezone_says() -> None:
    desks = read_desks(file=None, everyone=None, rooms={}, timezone=ZoneInfo("Asia/Seoul"))
    assert desks.get("I").calendar.timezone == ZoneInfo("Asia/Seoul")
    assert desks.get("NY").calendar.timezone == ZoneInfo("America/New_York")


def test_a_file_that_says_nothing(file: Path) -> None:
    assert read(file, "") == read(file, "[desk]\n[desk.NY]\n") == defaults()


def test_a_desk_described_in_full(file: Path) -> None:
    desk = read(
        file,
        """
        [desk.NY]
        name = "ニューヨーク"
        room = "telegram:-100123"
        fallback = "I"
        hours = ["10:00-12:30", "13:30-18:00"]
        weekdays = ["月", "tue", "Wed"]
        closed = ["2026-12-24", "2026-12-29/2027-01-03"]
        year_end = "12-30/01-02"
        first_answer = { normal = "4h", high = "90m" }
        resolution = { normal = "3d", urgent = "2h" }
        assignment = "turns"
        confidential = true
        timezone = "America/Chicago"
        holidays = "US/IL"
        """,
    ).get("NY")
    assert (desk.name, str(desk.room), desk.fallback) == ("ニューヨーク", "telegram:-100123", "I")
    assert spans(desk) == [(time(10), time(12, 30)), (time(13, 30), time(18))]
    assert desk.calendar.weekdays == {0, 1, 2}
    assert desk.calendar.closed == ((date(2026, 12, 24), date(2026, 12, 24)), (date(2026, 12, 29), date(2027, 1, 3)))
    assert desk.calendar.year_end == ((12, 30), (1, 2))
    assert desk.targets == {
        Urgency.NORMAL: Targets(first_answer=240, resolution=3 * 420),
        Urgency.HIGH: Targets(first_answer=90, resolution=840),
        Urgency.URGENT: Targets(first_answer=60, resolution=120),
    }
    assert (desk.assignment, desk.confidential) == (Assignment.TURNS, True)
    assert desk.calendar.timezone == ZoneInfo("America/Chicago")
    assert desk.calendar.is_holiday(date(2026, 3, 2))  # Casimir Pulaski Day, in Illinois only


def test_a_day_is_the_desks_own(file: Path) -> None:
    desk = read(file, '[desk.II]\nhours = ["09:00-13:00"]\nresolution = {high = "3d"}\n').get("II")
    assert desk.targets == {
        Urgency.NORMAL: Targets(first_answer=240, resolution=1200),
        Urgency.HIGH: Targets(first_answer=240, resolution=720),
        Urgency.URGENT: Targets(first_answer=60, resolution=240),
    }


def test_of_a_short_day_nothing_takes_longer_than_the_whole(file: Path) -> None:
    targets = read(file, '[desk.II]\nhours = ["09:00-09:45", "10:00-12:00"]\n').get("II").targets
    assert [targets[urgency].first_answer for urgency in Urgency] == [165, 165, 60]
    targets = read(file, '[desk.II]\nhours = ["09:00-09:45"]\n').get("II").targets
    assert [targets[urgency].first_answer for urgency in Urgency] == [45, 45, 45]


def test_only_that_desk_changes(file: Path) -> None:
    changed = read(file, '[desk.I]\nname = "経済"\n').by_key
    assert {key for key, desk in defaults().by_key.items() if changed[key] != desk} == {"I"}


def test_nothing_instead_of_a_default(file: Path) -> None:
    desk = read(file, '[desk.I]\nyear_end = ""\nholidays = ""\nfallback = ""\nclosed = []\n').get("I")
    assert desk.calendar.year_end is None
    assert desk.calendar.is_working_day(date(2027, 1, 1))
    assert desk.calendar.closed == ()
    assert desk.fallback == ""


def test_offices_follow_the_seventh_areas_room(file: Path) -> None:
    desks = read(file, '[desk.VII]\nroom = "slack:CNEW"\n[desk.PAR]\nroom = "slack:CPAR"\n[desk.base]\nroom = "slack:CBASE"\n')
    assert (str(desks.get("LON").room), str(desks.get("PAR").room)) == ("slack:CNEW", "slack:CPAR")
    assert (str(desks.get("base").room), str(desks.get("I").room)) == ("slack:CBASE", "slack:CALL")


def test_the_calendar_works(file: Path) -> None:
    desk = read(file, '[desk.base]\nhours = ["10:00-11:00"]\nweekdays = ["日"]\n').get("base")
    assert desk.calendar.spans == (Span(start=time(10), end=time(11)),)
    assert desk.calendar.next_opening(datetime(2026, 6, 1, tzinfo=UTC)) == datetime(2026, 6, 7, 1, tzinfo=UTC)


def test_a_file_from_windows(file: Path) -> None:
    file.write_bytes('\ufeff[desk.I]\r\nname = "経済"\r\n'.encode())
    assert read_desks(file=file, everyone=None, rooms={}, timezone=TOKYO).get("I").name == "経済"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("name = 3", "名前を文字で"),
        ('name = " "', "名前を文字で"),
        ('room = "C0DESK"', "channel:id"),
        ("room = 12", "channel:id"),
        ('fallback = "VIII"', "I、II、III、IV、V、VI、VII、base、NY、LON、PAR、SIN、SEL、SYD、BEI"),
        ("fallback = []", "代わりの窓口"),
        ('hours = "08:30-12:00"', "08:30-12:00"),
        ("hours = []", "08:30-12:00"),
        ("hours = [830]", "08:30-12:00"),
        ('hours = ["8:30-12:00"]', "08:30-12:00"),
        ('hours = ["08:30-25:00"]', "08:30-12:00"),
        ('hours = ["12:00-08:30"]', "08:30-12:00"),
        ('hours = ["12:00-12:00"]', "08:30-12:00"),
        ('hours = ["08:30-12:00", "11:59-17:00"]', "重ならない"),
        ('hours = ["13:00-17:00", "08:30-12:00"]', "早い順"),
        ("weekdays = []", "「月」か「mon」"),
        ('weekdays = "月"', "「月」か「mon」"),
        ('weekdays = ["月曜"]', "「月」か「mon」"),
        ("weekdays = [0]", "「月」か「mon」"),
        ('closed = "2026-12-24"', "2026-12-24"),
        ("closed = [2026-12-24]", "引用符"),
        ('closed = ["2026-02-29"]', "2026-12-24"),
        ('closed = ["20261224"]', "2026-12-24"),
        ('closed = ["2027-01-03/2026-12-29"]', "2026-12-29/2027-01-03"),
        ('closed = ["2027-01-03/"]', "2026-12-29/2027-01-03"),
        ("year_end = false", "12-29/01-03"),
        ('year_end = "12-29"', "12-29/01-03"),
        ('year_end = "12-29/13-03"', "12-29/01-03"),
        ('first_answer = "60m"', "「60m」「4h」「2d」"),
        ("first_answer = {normal = 60}", "「60m」「4h」「2d」"),
        ('first_answer = {normal = "1w"}', "「60m」「4h」「2d」"),
        ('first_answer = {normal = "0m"}', "「60m」「4h」「2d」"),
        ('first_answer = {soon = "60m"}', "normal、high、urgent"),
        ('resolution = {high = "2 d"}', "「60m」「4h」「2d」"),
        ('resolution = {high = "２d"}', "「60m」「4h」「2d」"),
        ('assignment = "random"', "「claim」か「turns」"),
        ("assignment = true", "「claim」か「turns」"),
        ('confidential = "yes"', "true か false"),
        ("confidential = 1", "true か false"),
        ('timezone = "Asia/Tokio"', "Asia/Tokyo"),
        ('timezone = "Asia"', "Asia/Tokyo"),
        ('timezone = "../Tokyo"', "Asia/Tokyo"),
        ('timezone = ""', "Asia/Tokyo"),
        ("timezone = 9", "Asia/Tokyo"),
        ('holidays = "XX"', "「JP」「US/NY」"),
        ('holidays = "US/ZZ"', "「JP」「US/NY」"),
        ('holidays = "US/"', "「JP」「US/NY」"),
        ('holidays = "TU"', "「JP」「US/NY」"),
        ('holidays = "date"', "「JP」「US/NY」"),
        ("holidays = false", "「JP」「US/NY」"),
    ],
)
def test_a_fault_names_desk_and_key(file: Path, line: str, expected: str) -> None:
    key = line.split(" ", maxsplit=1)[0]
    sentence = fault(file, f"[desk.SIN]\n{line}\n")
    assert f"窓口「SIN」の {key} には、" in sentence
    assert expected in sentence


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[desk.XX]\n", ["「XX」という窓口はありません", "base、NY"]),
        ("[desk.ny]\n", ["「ny」という窓口はありません"]),
        ('[desk]\nNY = "slack:C0DESK"\n', ["窓口「NY」", "[desk.NY]"]),
        ("[desk.NY]\nhour = 1\n", ["窓口「NY」", "「hour」という項目はありません", "hours"]),
        ("[desks.NY]\n", ["「desks」", "[desk.NY]"]),
        ("desk = 1\n", ["「desk」", "[desk.NY]"]),
        ("[desk.NY\n", ["TOML", "1行目"]),
        ('[desk.NY]\nname = "a"\nname = "b"\n', ["TOML", "3行目"]),
        ("x = " + "[" * 100_000, ["TOML"]),
        ("x = " + "1" * 5_000, ["TOML"]),
    ],
)
def test_a_fault_of_the_file(file: Path, text: str, parts: list[str]) -> None:
    sentence = fault(file, text)
    assert all(part in sentence for part in parts), sentence


@pytest.mark.parametrize(
    ("fallbacks", "desk", "circle"),
    [
        ({"II": "II"}, "II", "II → II"),
        ({"base": "VII"}, "base", "base → VII → base"),
        ({"I": "II", "II": "III", "III": "I"}, "I", "I → II → III → I"),
        ({"NY": "I", "I": "II", "II": "I"}, "I", "I → II → I"),
        ({"VII": "NY"}, "VII", "VII → NY → VII"),
    ],
)
def test_desks_that_stand_in_for_each_other(file: Path, fallbacks: dict[str, str], desk: str, circle: str) -> None:
    sentence = fault(file, "".join(f'[desk.{key}]\nfallback = "{other}"\n' for key, other in fallbacks.items()))
    assert f"窓口「{desk}」の fallback が一巡しています（{circle}）" in sentence


def test_a_long_chain_is_no_circle(file: Path) -> None:
    desks = read(file, '[desk.NY]\nfallback = "LON"\n[desk.LON]\nfallback = "I"\n[desk.I]\nfallback = "II"\n')
    assert [desks.get(key).fallback for key in ("NY", "LON", "I", "II")] == ["LON", "I", "II", "base"]


def test_a_file_that_cannot_be_read(file: Path, tmp_path: Path) -> None:
    for path in (file, tmp_path):
        with pytest.raises(ConfigurationError, match="読み取れません") as caught:
            read_desks(file=path, everyone=None, rooms={}, timezone=TOKYO)
        assert str(path) in str(caught.value)


def test_a_file_in_another_encoding(file: Path) -> None:
    file.write_bytes('[desk.I]\nname = "経済"\n'.encode("cp932"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_desks(file=file, everyone=None, rooms={}, timezone=TOKYO)


def test_a_file_that_is_too_large(file: Path) -> None:
    comment = "#" + "x" * 1_048_574
    assert read(file, f"{comment}\n") == defaults()
    assert "1 MB" in fault(file, f"{comment}\n\n")


def test_the_library_of_holidays_is_imported_late() -> None:
    code = "import sys, clair_bot.desks.holidays, clair_bot.desks.reading; print([n for n in sys.modules if n.startswith('holidays')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
