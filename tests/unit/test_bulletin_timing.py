"""Timing: once or again and again, where its sender or its readers are, and what becomes of a time that was missed."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.unit.newsrooms import APPROVER, EDITOR, ROOM, Newsroom, document, office_update

from clair_bot.domain.bulletins import Act, BulletinKind, BulletinStatus, LedgerState
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Frequency, Topic
from clair_bot.services.bulletins import control, timing
from clair_bot.services.bulletins.releasing import Releasing


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    newsroom = Newsroom(tmp_path)
    newsroom.reader("hanako")
    newsroom.at("2026-11-24T18:00")
    return newsroom


def test_it_goes_out_at_its_time_and_not_before(room: Newsroom) -> None:
    number = room.approved(document())
    done = room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    assert done.sentence == f"配信{number}は12月1日（火）09:00に配信します。配信先は1人です。"
    room.at("2026-12-01T08:59")
    room.run()
    assert room.counts(number) == {}
    room.at("2026-12-01T09:00")
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 1}


def test_the_document_may_say_when(room: Newsroom) -> None:
    number = room.approved(document(send_at="2026-12-02T09:00"))
    assert "12月2日（水）09:00" in room.does(timing.schedule, APPROVER, number, "").sentence


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("2026-11-24T17:00", "2026-11-24 17:00はすでに過ぎています"),
        ("あした", "「あした」を日時として読み取れません"),
        ("2026-12-01T09:00+09:00", "日時として読み取れません"),
        ("", "配信の日時がありません"),
    ],
)
def test_times_that_cannot_be_are_refused(room: Newsroom, at: str, sentence: str) -> None:
    number = room.approved(document())
    assert sentence in room.refused(timing.schedule, APPROVER, number, at)
    assert room.bulletin(number).status is BulletinStatus.APPROVED


def test_an_office_counts_in_its_own_time(room: Newsroom) -> None:
    room.reader("watcher", Topic.LONDON)
    number = room.approved(office_update(Office.LONDON))
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    assert room.bulletin(number).due_at == datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Europe/London"))


def test_office_hours_postpone_what_falls_outside(room: Newsroom) -> None:
    number = room.approved(document(office_hours=True))
    done = room.does(timing.schedule, APPROVER, number, "2026-12-05T09:00")  # a Saturday
    assert "12月7日（月）08:30" in done.sentence
    assert "執務時間に合わせ" in done.sentence


def test_each_reader_at_nine_of_their_own(room: Newsroom) -> None:
    zones = ("Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Sydney")
    for zone in zones:
        room.reader(zone, timezone=zone)
    number = room.approved(document(timezone="reader"))
    done = room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    assert "読む人それぞれの現地時間12月1日（火）09:00" in done.sentence
    got: dict[str, datetime] = {}
    room.at("2026-11-30T18:00")
    while len(got) < len(zones):
        room.run()
        got |= {zone: room.clock.now() for zone in zones if zone not in got and room.issues(zone)}
        room.later(minutes=30)
    assert {zone: f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" for zone, moment in got.items()} == dict.fromkeys(zones, "12-01 09:00")


def test_quiet_hours_let_people_sleep(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, quiet=(time(21), time(8)))
    room.reader("tokyo")
    room.reader("newyork", timezone="America/New_York")
    room.at("2026-11-24T22:00")
    number = room.sent(document())
    assert (room.issues("tokyo"), len(room.issues("newyork"))) == ([], 1)  # 8:00 in New York
    room.at("2026-11-25T08:00")
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 2}


def test_emergencies_wake_people(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, quiet=(time(21), time(8)))
    room.reader("tokyo", Topic.EMERGENCY)
    room.at("2026-11-24T23:00")
    room.approved(document(kind=BulletinKind.EMERGENCY))
    room.run()
    assert len(room.issues("tokyo")) == 1


def test_what_is_a_little_late_is_sent_once(room: Newsroom) -> None:
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    room.at("2026-12-01T10:50")
    room.run()
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 1}
    assert len(room.issues("hanako")) == 1


def test_what_is_too_late_is_missed_and_told(room: Newsroom) -> None:
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    room.at("2026-12-01T12:00")
    room.run()
    assert room.bulletin(number).status is BulletinStatus.MISSED
    assert room.issues("hanako") == []
    assert any(
        f"配信{number}「秋の号」は、予定の12月1日（火）09:00に配信できませんでした（180分遅れ）" in text for text in room.words(ROOM)
    )
    room.does(timing.schedule, APPROVER, number, "now")  # a person decides
    room.run()
    assert room.counts(number) == {LedgerState.SENT: 1}


def test_what_has_expired_until_its_time_is_missed(room: Newsroom) -> None:
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "2026-12-19T09:00")
    room.at("2026-12-19T09:00")
    room.run()
    assert room.bulletin(number).status is BulletinStatus.MISSED
    assert "締切や開催日を過ぎた項目しかありません" in room.bulletin(number).reason


def test_clocks_that_see_it_at_once_release_it_once(room: Newsroom) -> None:
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    room.at("2026-12-01T09:00")
    other = Releasing(store=room.store, settings=room.settings, clock=room.clock)
    assert [other.run_due(), room.releasing.run_due(), other.run_due()] == [1, 0, 0]
    assert room.acts(number).count(Act.RELEASE) == 1


def test_a_recurring_bulletin_has_an_issue_of_its_own_each_time(room: Newsroom) -> None:
    number = room.approved(document(recurrence="第2・第4水曜 9:00", items=(office_update().items[0],)))
    assert (
        "「毎月 第2・第4水曜日 9:00」に繰り返し配信します。次回は11月25日（水）09:00です。"
        in room.does(timing.schedule, APPROVER, number, "").sentence
    )
    for day in ("2026-11-25", "2026-12-09", "2026-12-23", "2027-01-13"):
        room.at(f"{day}T09:00")
        room.run()
    assert len(room.issues("hanako")) == 4
    assert [issue.number for issue in room.issues("hanako")] == ["vol.1", "vol.2", "vol.3", "vol.4"]
    assert room.bulletin(number).status is BulletinStatus.SCHEDULED
    assert room.bulletin(number).due_at == datetime(2027, 1, 27, 0, tzinfo=UTC)
    assert room.bulletin(number + 1).template == number


def test_a_missed_occurrence_is_told_and_does_not_come_after(room: Newsroom) -> None:
    number = room.approved(document(recurrence="毎日 9:00", items=(office_update().items[0],)))
    room.does(timing.schedule, APPROVER, number, "")
    room.at("2026-11-28T13:00")  # three days later, four hours late
    room.run()
    assert room.issues("hanako") == []
    assert sum("配信できませんでした" in text for text in room.words()) == 1
    room.at("2026-11-29T09:00")
    room.run()
    assert len(room.issues("hanako")) == 1


def test_digests_come_once_a_period_and_not_when_empty(room: Newsroom) -> None:
    room.reader("weekly", Topic.NEWSLETTER, Topic.LONDON, frequency=Frequency.WEEKLY)
    first = room.sent(document())
    room.sent(office_update())
    assert room.counts(first) == {LedgerState.SENT: 1, LedgerState.HELD: 1}
    room.at("2026-11-30T09:00")
    room.run()
    (digest,) = room.issues("weekly")
    assert digest.title == "今週のまとめ"
    assert [section.label for section in digest.sections] == ["CLAIRメールマガジン vol.1", "ロンドン事務所"]
    assert [item.number for section in digest.sections for item in section.items] == [1, 2]
    assert room.counts(first) == {LedgerState.SENT: 2}
    room.at("2026-12-07T09:00")
    room.run()
    assert len(room.issues("weekly")) == 1
    number = room.sent(document(title="十二月の号"))
    room.does(control.cancel, EDITOR, room.approved(document()))
    assert room.counts(number)[LedgerState.HELD] == 1


def test_the_month_s_digest_waits_for_a_working_day(room: Newsroom) -> None:
    reader = room.reader("monthly", frequency=Frequency.MONTHLY)
    assert reader.digest_at == datetime(2026, 12, 1, 0, tzinfo=UTC)
    room.sent(document())
    room.at("2026-12-01T09:00")
    room.run()
    with room.store.read() as work:
        found = work.subscribers.get(reader.id)
    assert found
    assert found.digest_at == datetime(2027, 1, 4, 0, tzinfo=UTC)  # not among the first three days of the year
    assert len(room.issues("monthly")) == 1


def test_deadlines_sort_mark_and_expire(room: Newsroom) -> None:
    from dataclasses import replace

    from tests.unit.newsrooms import SEMINAR

    items = (
        replace(SEMINAR, title="遠い締切", deadline=date(2027, 1, 15)),
        replace(SEMINAR, title="近い締切", deadline=date(2026, 11, 30)),
        replace(SEMINAR, title="過ぎた締切", deadline=date(2026, 11, 23)),
    )
    room.sent(document(items=items))
    (section,) = room.issues("hanako")[0].sections
    assert [(item.title, item.mark) for item in section.items] == [("近い締切", "締切間近"), ("遠い締切", "募集中")]
    assert section.items[1].facts[0] == ("締切", "2027年1月15日（金）")


def test_what_is_paused_waits_also_in_digests(room: Newsroom) -> None:
    room.reader("weekly", frequency=Frequency.WEEKLY)
    room.readers(30)
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, timing.NOW)
    room.release()
    room.publish()
    room.does(control.pause, EDITOR, number)
    room.at("2026-11-30T09:00")
    room.run()
    assert room.issues("weekly") == []
    room.does(control.resume, EDITOR, number)
    room.at("2026-12-07T09:00")
    room.run()
    assert [issue.title for issue in room.issues("weekly")] == ["今週のまとめ"]
