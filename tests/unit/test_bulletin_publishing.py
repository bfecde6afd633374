"""Publishing: every reader has exactly one line whatever dies or changes meanwhile, and a bulletin that goes wrong stops."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.newsrooms import APPROVER, EDITOR, Newsroom, document, office_update

from clair_bot.domain.bulletins import Act, BulletinStatus, LedgerState
from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import Frequency, Topic
from clair_bot.errors import DeliveryError, StorageUnavailable
from clair_bot.messages import Address
from clair_bot.ports import Quota
from clair_bot.services.bulletins import control, publishing, timing
from clair_bot.services.phrases import PRESS

QUEUED, HELD, SENDING, SENT, FAILED, UNCERTAIN, CANCELLED = LedgerState
REFUSED = DeliveryError("no such user", permanent=True)
DESK = Address(channel="chat", recipient="editor")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "CHUNK", 10)


def _queued(room: Newsroom) -> int:
    """Return a bulletin that waits for its relay; its test is sent."""
    number = room.approved(document())
    room.deliver()
    room.does(timing.schedule, APPROVER, number, "now")
    room.release()
    room.publish()
    return number


# writing lines


@pytest.mark.usefixtures("chunks")
@pytest.mark.parametrize("broken", [{1}, {2}, {4}, {5}, {1, 2, 3}])
def test_a_crash_between_chunks_costs_no_line_and_doubles_none(room: Newsroom, broken: set[int]) -> None:
    room.readers(35)
    room.readers(12, "many")
    number = room.released(document())
    room.store.commits, room.store.fails = 0, frozenset(broken)
    crashes = 0
    while True:
        try:
            if not room.step():
                break
        except StorageUnavailable:
            crashes += 1
    assert (crashes, room.counts(number)) == (len(broken), {QUEUED: 47})
    room.run()
    assert room.counts(number) == {SENT: 47}
    assert all(len(room.issues(f"chat-{reader}")) == 1 for reader in range(35))
    together = [name for _, names in room.many.multicasts.values() for name in names]
    assert sorted(together) == sorted(f"many-{reader}" for reader in range(12))


@pytest.mark.usefixtures("chunks")
def test_who_comes_and_goes_while_lines_are_written(room: Newsroom) -> None:
    room.readers(25)
    number = room.released(document())
    assert room.step()
    for left, blocked in (("chat-3", "chat-4"), ("chat-15", "chat-16")):
        room.leaves(left)
        room.blocks(blocked)
    room.reader("late")
    room.publish()
    assert room.counts(number) == {QUEUED: 22, CANCELLED: 2}
    assert {line.address for line in room.lines(number, CANCELLED)} == {"chat:chat-3", "chat:chat-4"}
    room.run()
    assert [len(room.issues(name)) for name in ("chat-3", "chat-4", "chat-15", "chat-16", "late", "chat-0")] == [0, 0, 0, 0, 1, 1]
    assert room.counts(number) == {SENT: 22, CANCELLED: 2}


def test_the_audience_is_exact_before_and_after(room: Newsroom) -> None:
    room.reader("gunma", prefecture="群馬県")
    room.reader("gunma too", prefecture="群馬県", language=Language.EASY)
    room.reader("tokyo", prefecture="東京都")
    room.reader("other topic", Topic.SEOUL, prefecture="群馬県")
    room.reader("gone", prefecture="群馬県")
    room.leaves("gone")
    room.reader("weekly", prefecture="群馬県", frequency=Frequency.WEEKLY)
    audience = replace(document().audience, prefectures=frozenset({"群馬県"}))
    number = room.does(control.create, EDITOR, document(audience=audience)).bulletin.id
    room.does(control.test_send, EDITOR, number, [Address(channel="chat", recipient="tester")])
    assert "配信先は3人" in room.does(control.submit, EDITOR, number).sentence
    assert "配信先は3人" in room.does(timing.approve, APPROVER, number).sentence
    assert "配信先は3人" in room.does(timing.schedule, APPROVER, number, "now").sentence
    room.run()
    assert room.counts(number) == {SENT: 2, HELD: 1}
    assert [line.address for line in room.lines(number)] == ["chat:gunma", "chat:gunma too", "chat:weekly"]


def test_languages_channels_and_rooms_are_grouped(room: Newsroom) -> None:
    for language in Language:
        for reader in range(3):
            room.reader(f"{language}{reader}", channel="many", language=language)
    room.reader("room-1", channel="many")
    room.reader("en", language=Language.EN)
    number = room.sent(document())
    assert room.counts(number) == {SENT: 11}
    groups = {message.language: sorted(names) for message, names in room.many.multicasts.values()}
    assert groups == {language.value: [f"{language}{reader}" for reader in range(3)] for language in Language}
    mastheads = {message.language: message.issue.masthead for message, _ in room.many.multicasts.values() if message.issue}
    assert mastheads["en"] == "CLAIR Mail Magazine"
    assert len(room.issues("room-1", "many")) == 1
    assert room.issues("en")[0].masthead == "CLAIR Mail Magazine"


def test_batches_are_as_large_as_the_platform_takes(room: Newsroom) -> None:
    room.readers(1_203, "many")
    number = room.sent(document())
    assert sorted(len(names) for _, names in room.many.multicasts.values()) == [203, 500, 500]
    assert room.counts(number) == {SENT: 1_203}


def test_a_channel_that_nobody_serves_waits_and_says_so(room: Newsroom) -> None:
    """It may be switched on, or the bulletin cancelled; it is never called finished."""
    room.reader("hanako")
    room.reader("paper", channel="fax")
    number = room.sent(document())
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.SENDING, {SENT: 1, QUEUED: 1})
    room.does(control.cancel, EDITOR, number)
    assert room.counts(number) == {SENT: 1, CANCELLED: 1}


def test_a_saved_audience_that_is_gone_stops_one_bulletin_and_not_the_others(room: Newsroom) -> None:
    room.reader("hanako")
    with room.store.write() as work:
        work.bulletins.save_segment("群馬県", document().audience, actor="advisor:1")
        work.commit()
    lost = room.released(document(segment="群馬県"))
    later = room.approved(document(title="来週の号", segment="群馬県"))
    room.does(timing.schedule, APPROVER, later, "2026-12-01T09:00")
    with room.store.write() as work:
        work.bulletins.delete_segment("群馬県")
        work.commit()
    other = room.sent(document(title="ほかの号"))
    assert (room.bulletin(lost).status, room.counts(other)) == (BulletinStatus.PAUSED, {SENT: 1})
    assert room.bulletin(lost).reason == PRESS.segment_unknown.format(name="群馬県")
    assert any(PRESS.segment_unknown.format(name="群馬県") in text for text in room.words())


# too many faults


def test_too_many_faults_pause_it_and_tell_the_room_and_the_author(room: Newsroom) -> None:
    with room.store.write() as work:
        assert work.advisors.add(name="佐藤", address=DESK, desks=(), roles=EDITOR.roles, capacity=5).id == 1
        work.commit()
    room.readers(60)
    number = _queued(room)
    for _ in range(10):
        room.chat.fail_next(REFUSED)
    room.deliver(rounds=1)
    assert room.counts(number)[FAILED] == 10
    room.publish()
    paused = room.bulletin(number)
    assert (paused.status, paused.reason) == (BulletinStatus.PAUSED, "エラーが10件（20件中）になったため、自動で一時停止しました。")
    before = room.counts(number)
    room.deliver()
    assert room.counts(number) == before
    for heard in (room.words(), room.words(DESK)):
        assert any(f"配信{number}「秋の号」を一時停止しました。エラーが10件" in text for text in heard)
    room.does(control.resume, EDITOR, number)
    room.run()
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.SENT, {SENT: 50, FAILED: 10})


@pytest.mark.parametrize(
    ("readers", "faults", "status"), [(60, 9, BulletinStatus.SENDING), (60, 10, BulletinStatus.PAUSED), (260, 10, BulletinStatus.SENDING)]
)
def test_few_faults_or_a_small_share_do_not_pause_it(room: Newsroom, readers: int, faults: int, status: BulletinStatus) -> None:
    room.readers(readers)
    number = _queued(room)
    for _ in range(faults):
        room.chat.fail_next(REFUSED)
    room.deliver(rounds=readers // 20 - 1)
    room.publish()
    assert room.counts(number)[FAILED] == faults
    assert room.bulletin(number).status is status


def test_who_has_gone_and_processes_that_died_are_no_faults(room: Newsroom) -> None:
    room.readers(60)
    number = _queued(room)
    for _ in range(12):
        room.chat.fail_next(DeliveryError("blocked", unreachable=True))
    room.deliver(rounds=1)
    room.chat.repeats_safely = False
    with room.store.write() as work:
        work.outbox.claim("chat", 15, room.chat.limits)
        work.commit()
    room.later(minutes=1)
    room.deliver(rounds=1)
    room.publish()
    assert room.bulletin(number).status is BulletinStatus.SENDING
    room.run()
    assert room.counts(number) == {SENT: 33, FAILED: 12, UNCERTAIN: 15}
    assert room.bulletin(number).status is BulletinStatus.SENT


def test_it_is_finished_only_when_nothing_is_open(room: Newsroom) -> None:
    room.readers(30)
    number = room.released(document())
    room.publish()
    room.deliver(rounds=1)
    room.publish()
    assert room.bulletin(number).status is BulletinStatus.SENDING
    room.publisher._finish(room.bulletin(number))  # as by a worker that has looked before something was put back
    assert room.bulletin(number).status is BulletinStatus.SENDING
    room.run()
    assert room.bulletin(number).status is BulletinStatus.SENT
    assert room.acts(number).count(Act.FINISH) == 1


def test_what_only_waits_for_digests_is_finished_and_says_so(room: Newsroom) -> None:
    for name in ("weekly", "weekly too"):
        room.reader(name, frequency=Frequency.WEEKLY)
    number = room.sent(document())
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.SENT, {HELD: 2})
    assert any("送信済み0、失敗0、要確認0、中止0。まとめ待ち2。" in text for text in room.words())
    room.at("2026-11-30T09:00")
    room.run()
    assert room.counts(number) == {SENT: 2}


# again


def _with_faults(room: Newsroom) -> int:
    """Return a bulletin of which two have failed and three are uncertain."""
    room.chat.repeats_safely = False
    room.readers(10)
    number = _queued(room)
    for error in [REFUSED] * 2 + [DeliveryError("connection lost", uncertain=True)] * 3:
        room.chat.fail_next(error)
    room.run()
    assert room.counts(number) == {SENT: 5, FAILED: 2, UNCERTAIN: 3}
    return number


def test_only_what_failed_goes_again_first_shown_then_done(room: Newsroom) -> None:
    number = _with_faults(room)
    asked = room.does(control.resend, EDITOR, number, {FAILED}, sure=False)
    assert asked.sentence == f"配信{number}を2人に再送します。よろしければ --yes を付けて実行してください。"
    assert room.counts(number) == {SENT: 5, FAILED: 2, UNCERTAIN: 3}
    assert room.does(control.resend, EDITOR, number, {FAILED}, sure=True).sentence == f"配信{number}を2人に再送します。"
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.SENDING, {SENT: 5, QUEUED: 2, UNCERTAIN: 3})
    room.run()
    assert (room.bulletin(number).status, room.counts(number)) == (BulletinStatus.SENT, {SENT: 7, UNCERTAIN: 3})
    room.does(control.resend, EDITOR, number, {UNCERTAIN}, sure=True)
    room.run()
    assert room.counts(number) == {SENT: 10}
    assert "再送する宛先はありません" in room.refused(control.resend, EDITOR, number, {FAILED, UNCERTAIN}, sure=True)
    assert all(len(room.issues(f"chat-{reader}")) == 1 for reader in range(10))
    assert room.acts(number).count(Act.FINISH) == 3


def test_nothing_goes_again_to_who_has_left_since(room: Newsroom) -> None:
    number = _with_faults(room)
    gone = [line.address.removeprefix("chat:") for line in room.lines(number, FAILED, UNCERTAIN)]
    room.leaves(gone[0])
    room.blocks(gone[2])
    assert "配信1を3人に再送します" in room.does(control.resend, EDITOR, number, {FAILED, UNCERTAIN}, sure=False).sentence
    assert "配信1を3人に再送します" in room.does(control.resend, EDITOR, number, {FAILED, UNCERTAIN}, sure=True).sentence
    room.run()
    assert room.counts(number) == {SENT: 8, FAILED: 1, UNCERTAIN: 1}
    assert [room.issues(name) for name in (gone[0], gone[2])] == [[], []]


def test_a_resend_is_not_paused_by_the_faults_that_it_leaves(room: Newsroom) -> None:
    room.chat.repeats_safely = False
    room.readers(40)
    number = _queued(room)
    for error in [REFUSED] * 5 + [DeliveryError("connection lost", uncertain=True)] * 15:
        room.chat.fail_next(error)
    room.deliver()
    room.publish()  # all are settled
    room.does(control.resend, EDITOR, number, {FAILED}, sure=True)
    room.publish()
    assert room.bulletin(number).status is BulletinStatus.SENDING
    room.run()
    assert room.counts(number) == {SENT: 25, UNCERTAIN: 15}


# cancelling


@pytest.mark.parametrize("status", [status for status in BulletinStatus if status not in {BulletinStatus.SENT, BulletinStatus.CANCELLED}])
def test_it_is_cancelled_wherever_it_stands(room: Newsroom, status: BulletinStatus) -> None:
    room.reader("hanako")
    room.reader("weekly", frequency=Frequency.WEEKLY)
    number = room.does(control.create, EDITOR, document()).bulletin.id
    room.does(control.test_send, EDITOR, number, [Address(channel="chat", recipient="tester")])
    way = list(BulletinStatus)[: list(BulletinStatus).index(status) + 1]
    if BulletinStatus.SUBMITTED in way:
        room.does(control.submit, EDITOR, number)
    if BulletinStatus.APPROVED in way:
        room.does(timing.approve, APPROVER, number)
    if BulletinStatus.SCHEDULED in way:
        room.does(timing.schedule, APPROVER, number, "2026-11-25T09:00")
    if BulletinStatus.SENDING in way:
        room.at("2026-11-25T13:00" if status is BulletinStatus.MISSED else "2026-11-25T09:00")
        room.release()
        room.publish()
    if status is BulletinStatus.PAUSED:
        room.does(control.pause, EDITOR, number)
    assert room.bulletin(number).status is status
    waiting = 2 if status in {BulletinStatus.SENDING, BulletinStatus.PAUSED} else 0
    assert room.does(control.cancel, EDITOR, number).sentence == f"配信{number}を取りやめました。{waiting}人には送りません。"
    room.at("2026-12-07T09:00")
    room.run()
    assert room.counts(number) == ({CANCELLED: 2} if waiting else {})
    assert (room.issues("hanako"), room.issues("weekly")) == ([], [])
    assert "「取りやめ」のため" in room.refused(control.cancel, EDITOR, number)


# quotas


@pytest.fixture
def scarce(room: Newsroom) -> Newsroom:
    room.readers(10, "many")
    room.many.left = Quota(limit=1_000, used=995)
    return room


def test_what_the_month_does_not_allow_is_refused_with_numbers(scarce: Newsroom) -> None:
    number = scarce.released(document())
    scarce.run()
    assert (scarce.bulletin(number).status, scarce.counts(number)) == (BulletinStatus.PAUSED, {})
    assert "残りは5通（上限1,000、使用995、予約0）で、この配信の10人に足りません" in scarce.bulletin(number).reason
    assert any("残りは5通" in text for text in scarce.words())
    scarce.does(control.resume, EDITOR, number)  # nothing has changed
    scarce.run()
    assert (scarce.bulletin(number).status, scarce.counts(number)) == (BulletinStatus.PAUSED, {})
    assert "必要な役割: 承認者・管理者" in scarce.refused(control.resume, EDITOR, number, override=PRESS.override)
    scarce.does(control.resume, APPROVER, number, override=PRESS.override)
    scarce.run()
    assert (scarce.bulletin(number).status, scarce.counts(number)) == (BulletinStatus.SENT, {SENT: 10})


def test_a_new_month_lets_it_go_on(scarce: Newsroom) -> None:
    number = scarce.released(document())
    scarce.run()
    scarce.many.left = Quota(limit=1_000, used=0)
    scarce.does(control.resume, EDITOR, number)
    scarce.run()
    assert scarce.counts(number) == {SENT: 10}


def test_an_override_holds_for_what_it_was_said_of(scarce: Newsroom) -> None:
    number = scarce.approved(document())
    scarce.does(timing.schedule, APPROVER, number, "2026-12-01T09:00", override=PRESS.override)
    scarce.does(control.edit, EDITOR, number, document(title="書き直した号"))
    scarce.does(control.test_send, EDITOR, number, [Address(channel="chat", recipient="tester")])
    scarce.does(control.submit, EDITOR, number)
    scarce.does(timing.approve, APPROVER, number)
    scarce.does(timing.schedule, APPROVER, number, "now")
    scarce.run()
    assert scarce.bulletin(number).status is BulletinStatus.PAUSED


def test_what_others_have_reserved_is_taken_off(scarce: Newsroom) -> None:
    scarce.many.left = Quota(limit=1_000, used=975)
    scarce.reader("weekly", Topic.LONDON, channel="many", frequency=Frequency.WEEKLY)
    planned = scarce.approved(document(title="あしたの号"))
    scarce.does(timing.schedule, APPROVER, planned, "2026-11-25T09:00")
    for _ in range(3):
        scarce.sent(office_update())  # three lines, and one message at the end of the week
    number = scarce.released(document())
    scarce.run()
    assert scarce.counts(number) == {SENT: 10}
    scarce.many.left = Quota(limit=1_000, used=980)
    other = scarce.released(document())
    scarce.run()
    assert "残りは9通（上限1,000、使用980、予約11）で、この配信の10人に足りません" in scarce.bulletin(other).reason


def test_a_platform_that_does_not_answer_lets_nothing_out(scarce: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence() -> Quota | None:
        raise DeliveryError("timeout")

    monkeypatch.setattr(scarce.many, "quota", silence)
    number = scarce.released(document())
    scarce.run()
    assert (scarce.bulletin(number).status, scarce.counts(number)) == (BulletinStatus.PAUSED, {})
    assert "確かめられません（timeout）" in scarce.bulletin(number).reason
