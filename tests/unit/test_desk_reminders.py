"""What the clock says and does of tickets: half, nearly, late; rests; silence; the window. Each once, whoever looks."""

from datetime import datetime

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat
from tests.unit.desks import TOKYO

from clair_bot.domain.advisors import Role
from clair_bot.domain.reminders import ReminderKind
from clair_bot.messages import Address, OutboundMessage
from clair_bot.services.desk.reminding import Reminding

UNKNOWN = "月面基地に補助金は出ますか"
HALF, NEARLY, DUE = "2026-11-25T13:22", "2026-11-25T15:42", "2026-11-25T17:15"
"""Of the answer to what came on Tuesday, the 24th, after hours."""
PERSON = Address(channel=DESK.channel, recipient=ADVISOR)
BOSS = Address(channel=DESK.channel, recipient="UBOSS")


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.register("佐藤", ADVISOR, "IV")
    chat.register("課長", "UBOSS", "IV", roles={Role.SUPERVISOR})
    chat.says(UNKNOWN)
    return chat


def _at(chat: Chat, moment: str) -> list[OutboundMessage]:
    """Let it be this time in Tokyo, and the clock tick."""
    until = datetime.fromisoformat(moment).replace(tzinfo=TOKYO)
    assert until >= chat.clock.now()
    chat.clock.advance((until - chat.clock.now()).total_seconds())
    return chat.remind()


def _all(chat: Chat, *moments: str) -> str:
    return "\n".join(chat.reads(_at(chat, moment), who) for moment in moments for who in (DESK, PERSON, BOSS, ASKER))


# half, nearly, late


def test_nobody_has_it_the_room_hears_of_it_three_times(chat: Chat) -> None:
    assert _at(chat, "2026-11-25T13:21") == []
    assert chat.reads(_at(chat, HALF), DESK) == (
        "受付番号1: 回答予定（11月25日（水）17:15）までの時間が半分を過ぎました。担当者がまだいません。"
    )
    assert _at(chat, "2026-11-25T15:41") == []
    assert chat.reads(_at(chat, NEARLY), DESK) == "受付番号1: まもなく回答予定（11月25日（水）17:15）です。担当者がまだいません。"
    said = _at(chat, DUE)
    assert chat.reads(said, DESK) == "受付番号1: 回答予定（11月25日（水）17:15）を過ぎました。担当者がまだいません。"
    assert chat.reads(said, BOSS).startswith("監督者へのお知らせ（交流親善課）\n受付番号1: 回答予定")
    assert _at(chat, "2026-11-26T17:15") == []


def test_who_has_it_hears_first_the_room_later_the_supervisor_last(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    half, nearly, due = _at(chat, HALF), _at(chat, NEARLY), _at(chat, DUE)
    assert {message.to for message in half} == {PERSON}
    assert {message.to for message in nearly} == {PERSON, DESK}
    assert {message.to for message in due} == {PERSON, DESK, BOSS}
    assert "半分を過ぎました。担当: 佐藤さん" in chat.reads(half, PERSON)
    assert "監督者" not in chat.reads(due, PERSON)


def test_the_asker_hears_nothing_of_it(chat: Chat) -> None:
    before = chat.everything_to(ASKER)
    for moment in (HALF, NEARLY, DUE, "2026-12-02T09:00"):
        _at(chat, moment)
    assert chat.everything_to(ASKER) == before


def test_the_resolution_is_aimed_at_as_well(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    _at(chat, DUE)
    assert "解決の目標（12月1日（火）17:15）までの時間が半分" in chat.reads(_at(chat, "2026-11-27T13:22"), PERSON)
    assert "まもなく解決の目標" in chat.reads(_at(chat, "2026-11-30T17:15"), PERSON)
    assert "解決の目標（12月1日（火）17:15）を過ぎました" in chat.reads(_at(chat, "2026-12-01T17:15"), BOSS)


def test_without_a_supervisor_the_administrators_hear_of_it(chat: Chat) -> None:
    chat.register("課長", "UBOSS", "II", roles={Role.SUPERVISOR})
    chat.register("管理", "UADMIN", "II", roles={Role.ADMIN})
    said = _at(chat, DUE)
    assert {message.to for message in said} == {DESK, Address(channel=DESK.channel, recipient="UADMIN")}


def test_after_an_outage_only_the_last_is_said(chat: Chat) -> None:
    heard = chat.reads(_at(chat, "2026-11-25T18:00"), DESK)
    assert heard == "受付番号1: 回答予定（11月25日（水）17:15）を過ぎました。担当者がまだいません。"
    assert _at(chat, "2026-11-25T18:01") == []


def test_a_process_that_starts_anew_says_nothing_again(chat: Chat) -> None:
    assert len(_at(chat, HALF)) == 1
    other = Reminding(store=chat.store, settings=chat.desk, retriever=chat.retriever, clock=chat.clock)
    assert other.run_due() == 0
    chat.clock.advance(3 * 3600)
    assert other.run_due() == 1
    assert chat.remind() == []


def test_of_two_processes_at_once_one_says_it(chat: Chat) -> None:
    _at(chat, "2026-11-25T13:21")
    chat.clock.advance(60)
    with chat.store.read() as work:
        (due,) = work.reminders.due(10)
    assert [chat.reminding._attempt(due), chat.reminding._attempt(due)] == [True, False]


@pytest.mark.parametrize("order", ["お答えします。", "解決", "統合 2"])
def test_what_is_done_is_not_late(chat: Chat, order: str) -> None:
    chat.says(UNKNOWN, thread="other")
    chat.advises(order, chat.card())
    assert "受付番号1" not in _all(chat, HALF, NEARLY, DUE, "2026-11-30T12:00")


def test_what_was_withdrawn_is_not_late(chat: Chat) -> None:
    chat.says("取消")
    assert _all(chat, HALF, NEARLY, DUE, "2026-12-20T12:00").strip() == ""


def test_after_the_askers_next_word_an_answer_is_owed_from_then(chat: Chat) -> None:
    chat.advises("何名ですか。", chat.card())
    _at(chat, "2026-11-26T08:30")
    chat.says("3名です")
    assert f"{chat.ticket().answer_due:%m-%dT%H:%M}" == "11-26T08:15"  # 17:15 in Tokyo
    assert "半分を過ぎました" in chat.reads(_at(chat, "2026-11-26T13:23"), PERSON)


def test_another_urgency_has_other_aims(chat: Chat) -> None:
    heard = chat.reads(chat.advises("優先 至急", chat.card()), DESK)
    assert "優先度を「至急」にしました" in heard
    assert "【至急】受付番号1" in chat.reads(chat.edits, DESK)
    assert "半分を過ぎました" in chat.reads(_at(chat, "2026-11-25T09:00"), DESK)
    assert "を過ぎました" in chat.reads(_at(chat, "2026-11-25T09:30"), BOSS)
    assert "のいずれかで指定してください" in chat.reads(chat.advises("優先 すごく", chat.card()), DESK)


# rests


def test_a_rest_is_told_and_keeps_quiet_until_it_is_over(chat: Chat) -> None:
    heard = chat.reads(chat.advises("保留 2日", chat.card()), DESK)
    assert heard == "受付番号1を11月26日（木）09:00まで保留にしました。"
    assert _all(chat, HALF, NEARLY, DUE).strip() == ""
    said = _at(chat, "2026-11-26T09:00")
    assert "受付番号1: 保留の期限になりました" in chat.reads(said, DESK)
    assert chat.reads(said, DESK).count("を過ぎました") == 1  # late, and only that
    assert "まもなく" not in chat.reads(said, DESK)
    assert chat.ticket().snoozed_until is None
    assert chat.moves() == ["open", "snooze", "wake"]
    assert chat.history()[-1].actor == "clock"
    assert _at(chat, "2026-11-26T09:01") == []


def test_a_rest_that_ends_before_the_aim_lets_it_be_said(chat: Chat) -> None:
    chat.advises("保留 17時間", chat.card())  # until 11:00
    assert "保留の期限" in chat.reads(_at(chat, "2026-11-25T11:01"), DESK)
    assert "半分を過ぎました" in chat.reads(_at(chat, HALF), DESK)


def test_who_wakes_it_ends_the_rest(chat: Chat) -> None:
    chat.advises("保留 3日", chat.card())
    assert "保留を解きました" in chat.reads(chat.advises("保留解除", chat.card()), DESK)
    assert "半分を過ぎました" in chat.reads(_at(chat, HALF), DESK)
    assert "保留の期限" not in _all(chat, "2026-11-27T09:00", "2026-11-28T09:00")
    assert "保留になっていません" in chat.reads(chat.advises("保留解除", chat.card()), DESK)


def test_a_later_rest_takes_the_place_of_the_earlier(chat: Chat) -> None:
    chat.advises("保留 1日", chat.card())
    chat.advises("保留 3日", chat.card())
    assert "保留の期限" not in _all(chat, "2026-11-25T09:00", "2026-11-26T09:00")
    assert "保留の期限" in chat.reads(_at(chat, "2026-11-27T09:00"), DESK)


def test_the_askers_word_ends_a_rest(chat: Chat) -> None:
    chat.advises("保留 3日", chat.card())
    chat.says("月面の砂はもらえますか")
    assert chat.ticket().snoozed_until is None
    assert "半分を過ぎました" in chat.reads(_at(chat, HALF), DESK)
    assert "保留の期限" not in _all(chat, "2026-11-27T09:00")


@pytest.mark.parametrize("order", ["保留 すこし", "保留 91日", "保留 昨日"])
def test_a_rest_that_cannot_be_read(chat: Chat, order: str) -> None:
    assert "90日以内で指定してください" in chat.reads(chat.advises(order, chat.card()), DESK)
    assert chat.moves() == ["open"]


# silence, and the window


def test_a_silent_asker_is_warned_and_then_the_ticket_is_closed(chat: Chat) -> None:
    chat.advises("お答えします。", chat.card())
    assert _all(chat, "2026-12-01T17:14").strip() == ""
    heard = chat.reads(_at(chat, "2026-12-01T17:15"))
    assert heard == "受付番号1の回答はお役に立ちましたか。12月4日（金）までにお返事がなければ、この相談を終了します。"
    assert _all(chat, "2026-12-04T17:14").strip() == ""
    said = _at(chat, "2026-12-04T17:15")
    assert "お返事がなかったため、受付番号1の相談を終了しました" in chat.reads(said)
    assert "受付番号1は、相談者の返事がないため終了しました" in chat.reads(said, DESK)
    assert (chat.tickets(), chat.moves()) == (["closed"], ["open", "reply", "close"])
    assert _all(chat, "2026-12-20T09:00").strip() == ""


def test_a_warning_that_comes_late_leaves_its_time_all_the_same(chat: Chat) -> None:
    chat.advises("お答えします。", chat.card())
    assert "12月10日（木）までに" in chat.reads(_at(chat, "2026-12-07T09:00"))
    assert chat.tickets() == ["waiting"]
    _at(chat, "2026-12-10T17:15")
    assert chat.tickets() == ["closed"]


@pytest.mark.parametrize("when", ["2026-12-01T09:00", "2026-12-03T09:00"])
def test_an_asker_who_writes_is_not_closed(chat: Chat, when: str) -> None:
    chat.advises("お答えします。", chat.card())
    _at(chat, when)
    chat.says("3名です")
    assert "終了" not in _all(chat, "2026-12-04T17:15", "2026-12-10T17:15")
    assert chat.tickets() == ["assigned"]


def test_another_answer_begins_the_silence_anew(chat: Chat) -> None:
    chat.advises("お答えします。", chat.card())
    _at(chat, "2026-11-30T09:00")
    chat.advises("補足します。", chat.card())
    assert "お役に立ちましたか" not in _all(chat, "2026-12-01T17:15", "2026-12-04T17:15")
    assert "お役に立ちましたか" in chat.reads(_at(chat, "2026-12-07T17:15"))


def test_a_resolved_ticket_is_closed_when_its_window_is_over(chat: Chat) -> None:
    chat.advises("解決", chat.card())
    assert _all(chat, "2026-12-01T17:14").strip() == ""
    assert chat.tickets() == ["resolved"]
    assert chat.reads(_at(chat, "2026-12-01T17:15")) == ""
    assert (chat.tickets(), chat.history()[-1].actor) == (["closed"], "clock")
    assert "状況: 終了" in chat.reads(chat.edits, DESK)


def test_what_is_planned_belongs_to_what_the_ticket_waits_for(chat: Chat) -> None:
    def kinds() -> set[ReminderKind]:
        with chat.store.read() as work:
            return {reminder.kind for reminder in work.reminders.planned(1)}

    assert kinds() == {ReminderKind.ANSWER, ReminderKind.RESOLUTION}
    chat.advises("お答えします。", chat.card())
    assert ReminderKind.SILENCE in kinds()
    assert ReminderKind.ANSWER not in kinds()
    chat.advises("解決", chat.card())
    assert kinds() == {ReminderKind.WINDOW}
    chat.advises("再開", chat.card())
    assert kinds() == {ReminderKind.ANSWER, ReminderKind.RESOLUTION}
    chat.says("取消")
    assert kinds() == set()
