"""What askers are promised: a round time, never earlier than the desk's own and never in the night."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.chats import DESK, Chat
from tests.unit.desks import TOKYO, desks

from clair_bot.domain.calendars import Span
from clair_bot.domain.tickets import CannedReply

CALENDARS = {key: desk.calendar for key, desk in desks(DESK).by_key.items()}
MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds the zone


def _tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def test_askers_are_promised_a_quarter_of_an_hour_and_the_desk_sees_the_minute() -> None:
    chat = Chat(templates=(CannedReply(key="予定", text="{回答予定}までにお答えします。"),))
    chat.clock.advance((_tokyo("2026-11-25 10:07") - chat.clock.now()).total_seconds())
    promise, due = "11月25日（水）15:15まで", "回答予定: 11月25日（水）15:07"
    said = chat.take(chat.message("至急です。月面の話"))
    assert promise in chat.reads(said)
    assert due in chat.reads(said, DESK)
    assert promise in chat.says("状況")
    assert due in chat.reads(chat.advises("一覧", addressed=True), DESK)
    assert promise in chat.reads(chat.advises("定型 予定", chat.card()))


@pytest.mark.parametrize(
    ("due", "promised"),
    [
        ("2026-01-15 09:00", "2026-01-15 09:00"),
        ("2026-01-15 09:00:01", "2026-01-15 09:15"),
        ("2026-01-15 09:14:59", "2026-01-15 09:15"),
        ("2026-01-15 11:31", "2026-01-15 11:45"),
        ("2026-01-15 11:46", "2026-01-15 12:00"),  # over the beginning of the break: nobody waits longer for it
        ("2026-01-15 16:46", "2026-01-15 16:50"),
        ("2026-01-15 16:50", "2026-01-15 16:50"),
        ("2026-01-15 16:51", "2026-01-15 17:00"),  # due when the hours were longer: never earlier than it is
        ("2026-01-16 16:51", "2026-01-16 17:00"),
        ("2026-01-17 10:01", "2026-01-17 10:15"),  # a Saturday: the desk is closed
    ],
)
def test_what_is_promised_is_a_quarter_of_an_hour_within_the_day(due: str, promised: str) -> None:
    spans = (Span(start=time(9), end=time(11, 50)), Span(start=time(13), end=time(16, 50)))
    assert replace(CALENDARS["IV"], spans=spans).promise(_tokyo(due)) == _tokyo(promised)


@settings(deadline=None)
@given(key=st.sampled_from(sorted(CALENDARS)), start=MOMENTS, minutes=st.integers(min_value=0, max_value=9_300))
def test_a_promise_is_kept_by_whoever_is_in_time(key: str, start: datetime, minutes: int) -> None:
    desk = CALENDARS[key]
    due = desk.add(start, minutes)
    promised = desk.promise(due)
    assert due <= promised < due + timedelta(minutes=15)
    assert desk.promise(promised) == promised
    assert promised.astimezone(desk.timezone).date() == due.astimezone(desk.timezone).date()
