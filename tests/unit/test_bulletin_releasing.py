"""Releasing: what cannot be released is told and stops no other; times that nobody can read are refused when they are written."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.unit.newsrooms import APPROVER, EDITOR, TESTER, Newsroom, document, office_update

from clair_bot.domain.bulletins import Act, BulletinKind, BulletinStatus, LedgerState
from clair_bot.domain.desks import Desks
from clair_bot.domain.subscriptions import Topic
from clair_bot.services.bulletins import control, timing
from clair_bot.services.bulletins.timing import reading_time

ALWAYS = (office_update().items[0],)
"""Does not expire."""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    newsroom = Newsroom(tmp_path)
    newsroom.reader("hanako")
    newsroom.at("2026-11-24T18:00")
    return newsroom


def scheduled(room: Newsroom, at: str = "", **changes: object) -> int:
    number = room.approved(document(items=ALWAYS, **changes))
    room.does(timing.schedule, APPROVER, number, at)
    return number


def never_open(room: Newsroom) -> None:
    """Let every day be a holiday from now on."""
    desks = {
        key: replace(desk, calendar=replace(desk.calendar, is_holiday=lambda _: True)) for key, desk in room.settings.desks.by_key.items()
    }
    room.settings = replace(room.settings, desks=Desks(by_key=desks))
    room.releasing = replace(room.releasing, settings=room.settings)


# what cannot be read


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"recurrence": "たまに"}, "「たまに」"),
        ({"recurrence": "第2水曜・第4金曜 9:00"}, "配信を分けてください"),
        ({"timezone": "Mars/Olympus"}, "「Mars/Olympus」という時間帯はありません"),
        ({"timezone": "Asia"}, "「Asia」という時間帯はありません"),
        ({"timezone": "../../etc/passwd"}, "という時間帯はありません"),
        ({"send_at": "あしたの朝"}, "「あしたの朝」を日時として読み取れません"),
        ({"send_at": "2026-12-01T09:00+09:00"}, "日時として読み取れません"),
    ],
)
def test_times_that_cannot_be_read_are_refused_when_they_are_written(room: Newsroom, changes: dict[str, str], sentence: str) -> None:
    assert sentence in room.refused(control.create, EDITOR, document(**changes))
    number = room.does(control.create, EDITOR, document()).bulletin.id
    assert sentence in room.refused(control.edit, EDITOR, number, document(**changes))


def test_a_rule_that_never_comes_is_a_sentence(room: Newsroom) -> None:
    number = room.approved(document(items=ALWAYS, recurrence="平日 9:00"))
    hours = room.approved(document(items=ALWAYS, office_hours=True))
    never_open(room)
    assert "すべて休日のため" in room.refused(timing.schedule, APPROVER, number, "")
    assert "執務日が1年以上ありません" in room.refused(timing.schedule, APPROVER, hours, "2026-12-01T09:00")
    assert {room.bulletin(one).status for one in (number, hours)} == {BulletinStatus.APPROVED}


def test_now_is_understood_in_any_case_also_for_what_recurs(room: Newsroom) -> None:
    number = scheduled(room, " NOW ", recurrence="毎日 9:00")
    room.run()
    assert len(room.issues("hanako")) == 1
    assert room.bulletin(number).due_at == datetime(2026, 11, 25, 0, tzinfo=UTC)


# what breaks


def test_one_that_breaks_is_missed_and_stops_no_other(room: Newsroom) -> None:
    broken, other = scheduled(room, "2026-12-01T08:59"), scheduled(room, "2026-12-01T09:00")
    with room.store.write() as work:  # as an older version let it in
        bulletin = work.bulletins.get(broken)
        assert bulletin
        edited = work.bulletins.edit(bulletin, replace(bulletin.document, timezone="Mars/Olympus"), actor="advisor:1")
        for act, becomes in ((Act.SUBMIT, None), (Act.APPROVE, BulletinStatus.APPROVED)):
            assert edited
            edited = work.bulletins.act(edited, act, actor="advisor:2", becomes=becomes)
        assert edited
        work.bulletins.act(edited, Act.SCHEDULE, actor="advisor:2", due=(datetime(2026, 12, 1, tzinfo=UTC), "2026-12-01T08:59"))
        work.commit()
    room.at("2026-12-01T09:00")
    room.run()
    room.run()
    assert (room.bulletin(broken).status, room.bulletin(broken).reason) == (BulletinStatus.MISSED, "日時か時間帯を読み取れません")
    assert room.counts(other) == {LedgerState.SENT: 1}
    assert sum(f"配信{broken}「秋の号」は" in text for text in room.words()) == 1


def test_what_has_no_next_time_goes_out_once_more_and_then_waits_for_a_person(room: Newsroom) -> None:
    number, other = scheduled(room, recurrence="平日 9:00"), scheduled(room, "2026-11-25T09:00")
    never_open(room)
    room.at("2026-11-25T09:00")
    room.run()
    assert len(room.issues("hanako")) == 2
    assert (room.bulletin(number).status, room.counts(other)) == (BulletinStatus.MISSED, {LedgerState.SENT: 1})
    assert "すべて休日のため" in room.bulletin(number).reason
    assert any("すべて休日のため" in text for text in room.words())


def test_a_rule_that_ends_is_over_and_in_no_archive(room: Newsroom) -> None:
    number = scheduled(room, recurrence="毎日 9:00 2026-11-26まで")
    for day in ("2026-11-25", "2026-11-26", "2026-11-27"):
        room.at(f"{day}T09:00")
        room.run()
    assert len(room.issues("hanako")) == 2
    assert room.bulletin(number).status is BulletinStatus.SENT
    with room.store.read() as work:
        assert [bulletin.id for bulletin in work.bulletins.published()] == [number + 2, number + 1]


# again and again


def test_office_hours_hold_for_every_occurrence(room: Newsroom) -> None:
    number = scheduled(room, recurrence="毎週 土 9:00", office_hours=True)
    due = []
    for _ in range(3):
        moment = room.bulletin(number).due_at
        assert moment
        due.append(f"{moment.astimezone(ZoneInfo('Asia/Tokyo')):%a %H:%M}")
        room.at(f"{moment.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%dT%H:%M}")
        room.run()
    assert due == ["Mon 08:30"] * 3
    assert len(room.issues("hanako")) == 3


def test_a_number_that_was_written_is_the_first_ones(room: Newsroom) -> None:
    scheduled(room, recurrence="毎日 9:00", number=341)
    for day in ("2026-11-25", "2026-11-26", "2026-11-27"):
        room.at(f"{day}T09:00")
        room.run()
    assert [issue.number for issue in room.issues("hanako")] == ["vol.341", "vol.342", "vol.343"]


# where people read


def test_readers_own_time_may_be_set_on_the_same_morning(room: Newsroom) -> None:
    """Where it comes first it was nine hours ago."""
    room.at("2026-12-01T08:00")
    number = scheduled(room, "2026-12-01T09:00", timezone="reader")
    room.run()
    assert (room.bulletin(number).status, room.issues("hanako")) == (BulletinStatus.SENDING, [])
    room.at("2026-12-01T09:00")
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 1}


def test_readers_own_time_survives_a_night_without_a_clock(room: Newsroom) -> None:
    number, late = scheduled(room, "2026-12-01T09:00", timezone="reader"), scheduled(room, "2026-12-01T06:00", timezone="reader")
    room.at("2026-12-01T08:30")  # four and a half hours after it was nine in the first zone; two and a half after six here
    room.release()
    assert [room.bulletin(one).status for one in (number, late)] == [BulletinStatus.SENDING, BulletinStatus.MISSED]


def test_what_was_mended_may_be_given_its_time_again(room: Newsroom) -> None:
    number = room.approved(document(timezone="reader", items=(replace(document().items[0], deadline=date(2026, 11, 30)),)))
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    room.at("2026-12-01T05:00")
    room.release()
    assert room.bulletin(number).status is BulletinStatus.MISSED
    room.does(control.edit, EDITOR, number, document(timezone="reader"))
    assert room.bulletin(number).reason == ""
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(control.submit, EDITOR, number)
    room.does(timing.approve, APPROVER, number)
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    room.at("2026-12-01T09:00")
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 1}


@pytest.mark.parametrize(
    ("released", "zone", "reads"),
    [
        ("2026-11-01T03:00+00:00", "America/New_York", "2026-11-01T13:00+00:00"),  # 23:00 in summer to 8:00 in winter
        ("2026-03-08T04:00+00:00", "America/New_York", "2026-03-08T12:00+00:00"),  # 23:00 in winter to 8:00 in summer
        ("2026-10-24T21:00+00:00", "Europe/London", "2026-10-25T08:00+00:00"),
        ("2026-10-03T12:00+00:00", "Australia/Sydney", "2026-10-03T21:00+00:00"),
        ("2026-11-01T13:00+00:00", "America/New_York", "2026-11-01T13:00+00:00"),
        ("2026-11-02T01:59+00:00", "America/New_York", "2026-11-02T01:59+00:00"),
    ],
)
def test_quiet_hours_end_at_eight_also_when_the_clocks_change(tmp_path: Path, released: str, zone: str, reads: str) -> None:
    room = Newsroom(tmp_path, start=datetime.fromisoformat(released), quiet=(time(21), time(8)))
    bulletin = room.does(control.create, EDITOR, document()).bulletin
    with room.store.read() as work:
        assert reading_time(room.press(work), bulletin, zone) == datetime.fromisoformat(reads)


def test_an_hour_that_comes_twice_is_quiet_once(tmp_path: Path) -> None:
    start = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 1:10 in New York, for the second time
    room = Newsroom(tmp_path, start=start, quiet=(time(0), time(1, 30)))
    bulletin = room.does(control.create, EDITOR, document()).bulletin
    with room.store.read() as work:
        assert reading_time(room.press(work), bulletin, "America/New_York") == start


def test_an_emergency_waits_for_no_morning(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, quiet=(time(21), time(8)))
    room.reader("newyork", Topic.EMERGENCY, timezone="America/New_York")
    room.approved(document(kind=BulletinKind.EMERGENCY, timezone="reader"))
    room.run()
    assert len(room.issues("newyork")) == 1


# who may still be reached


def test_an_audience_that_has_become_empty_is_not_approved(room: Newsroom) -> None:
    number = room.does(control.create, EDITOR, document()).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(control.submit, EDITOR, number)
    room.leaves("hanako")
    assert "配信先が0人です" in room.refused(timing.approve, APPROVER, number)
    assert room.bulletin(number).status is BulletinStatus.SUBMITTED


def test_who_leaves_between_schedule_and_release_gets_nothing(room: Newsroom) -> None:
    number = scheduled(room, "2026-12-01T09:00")
    room.leaves("hanako")
    room.at("2026-12-01T09:00")
    room.run()
    assert (room.bulletin(number).status, room.counts(number), room.issues("hanako")) == (BulletinStatus.SENT, {}, [])
    assert any("送信済み0、失敗0、要確認0、中止0。" in text for text in room.words())


@pytest.mark.parametrize("missed", [False, True])
def test_an_edit_takes_it_off_the_schedule(room: Newsroom, *, missed: bool) -> None:
    number = scheduled(room, "2026-11-25T09:00")
    if missed:
        room.at("2026-11-25T13:00")
        room.release()
    edited = room.does(control.edit, EDITOR, number, document(title="冬の号")).bulletin
    assert (edited.status, edited.due_at, edited.due_local, edited.reason) == (BulletinStatus.DRAFT, None, "", "")
    room.at("2026-12-01T09:00")
    room.run()
    assert room.issues("hanako") == []
