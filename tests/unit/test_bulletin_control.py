"""Control: who may do what to a bulletin, in which order, and what each of them hears."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.newsrooms import ADVISOR, APPROVER, EDITOR, SECOND, SEMINAR, TESTER, Newsroom, document

from clair_bot.domain.bulletins import Act, BulletinKind, BulletinStatus, LedgerState
from clair_bot.domain.subscriptions import Topic
from clair_bot.services.bulletins import control, timing


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    newsroom = Newsroom(tmp_path)
    newsroom.reader("hanako")
    return newsroom


def test_a_bulletin_goes_through_two_people(room: Newsroom) -> None:
    done = room.does(control.create, EDITOR, document())
    number = done.bulletin.id
    assert (done.bulletin.status, done.bulletin.revision, done.bulletin.number) == (BulletinStatus.DRAFT, 1, 1)
    assert room.does(control.test_send, EDITOR, number, [TESTER]).sentence == f"配信{number}の第1版を1か所にテスト配信しました。"
    assert room.does(control.submit, EDITOR, number).sentence == f"配信{number}を提出しました。配信先は1人、必要な承認は1人です。"
    assert room.does(timing.approve, APPROVER, number).bulletin.status is BulletinStatus.APPROVED
    assert room.does(timing.schedule, APPROVER, number, "now").bulletin.status is BulletinStatus.SCHEDULED
    room.run()
    assert room.bulletin(number).status is BulletinStatus.SENT
    assert room.counts(number) == {LedgerState.SENT: 1}
    assert [issue.title for issue in room.issues("hanako")] == ["秋の号"]
    assert room.acts(number) == [Act.CREATE, Act.TEST, Act.SUBMIT, Act.APPROVE, Act.SCHEDULE, Act.RELEASE, Act.FINISH]
    assert f"配信{number}「秋の号」の配信を終えました。送信済み1、失敗0、要確認0、中止0。" in room.words()


def test_nobody_approves_what_they_wrote(room: Newsroom) -> None:
    number = room.does(control.create, SECOND, document()).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(control.submit, EDITOR, number)
    assert "別の承認者が承認してください" in room.refused(timing.approve, SECOND, number)
    room.does(control.send_back, APPROVER, number, "題名を直してください")
    room.does(control.edit, EDITOR, number, document(title="冬の号"))
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(control.submit, EDITOR, number)
    assert "承認できません" in room.refused(timing.approve, SECOND, number)  # after an edit by somebody else, too (S19)


def test_roles_are_asked_for(room: Newsroom) -> None:
    assert "必要な役割: 編集者・管理者" in room.refused(control.create, ADVISOR, document())
    number = room.does(control.create, EDITOR, document()).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(control.submit, EDITOR, number)
    assert "必要な役割: 承認者・管理者" in room.refused(timing.approve, EDITOR, number)
    for deed in (control.pause, control.cancel):
        assert "この操作はできません" in room.refused(deed, ADVISOR, number)


def test_no_approval_without_a_test_of_this_revision(room: Newsroom) -> None:
    number = room.does(control.create, EDITOR, document()).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(control.edit, EDITOR, number, document(title="冬の号"))
    room.does(control.submit, EDITOR, number)
    assert "第2版は、まだテスト配信していません" in room.refused(timing.approve, APPROVER, number)
    room.does(control.test_send, EDITOR, number, [TESTER])
    assert room.does(timing.approve, APPROVER, number).bulletin.status is BulletinStatus.APPROVED


def test_an_edit_cancels_the_approval_and_the_schedule(room: Newsroom) -> None:
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "2026-12-01T09:00")
    edited = room.does(control.edit, EDITOR, number, document(title="冬の号")).bulletin
    assert (edited.status, edited.revision, edited.due_at) == (BulletinStatus.DRAFT, 2, None)
    assert "「下書き」のため" in room.refused(timing.schedule, APPROVER, number, "now")
    room.at("2026-12-01T09:00")
    room.run()
    assert room.issues("hanako") == []


def test_two_editors_at_once_never_overwrite_each_other(room: Newsroom) -> None:
    number = room.does(control.create, EDITOR, document()).bulletin.id
    stale = room.bulletin(number)
    room.does(control.edit, EDITOR, stale, document(title="先の人"))
    assert "ほかの人が先に変更しました" in room.refused(control.edit, SECOND, stale, document(title="後の人"))
    assert room.bulletin(number).document.title == "先の人"


def test_everybody_needs_two_approvals_and_a_number_in_words(room: Newsroom) -> None:
    for name in range(20):
        room.reader(f"reader{name}", Topic.I)
    number = room.does(control.create, EDITOR, document(everyone=True)).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    assert "21人（二十一人）、必要な承認は2人です" in room.does(control.submit, EDITOR, number).sentence
    first = room.does(timing.approve, APPROVER, number)
    assert first.bulletin.status is BulletinStatus.SUBMITTED
    assert "2人のうち1人目" in first.sentence
    assert "すでに承認しています" in room.refused(timing.approve, APPROVER, number)
    assert "「承認待ち」のため" in room.refused(timing.schedule, APPROVER, number, "now")
    assert room.does(timing.approve, SECOND, number).bulletin.status is BulletinStatus.APPROVED


def test_an_emergency_goes_with_its_second_approval(room: Newsroom) -> None:
    room.reader("night", Topic.EMERGENCY)
    room.reader("declined", Topic.NEWSLETTER)
    number = room.does(control.create, EDITOR, document(kind=BulletinKind.EMERGENCY, title="大雪")).bulletin.id
    assert "テスト配信していません" in room.refused(timing.approve, APPROVER, number)
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.does(timing.approve, APPROVER, number)
    done = room.does(timing.approve, SECOND, number)
    assert "緊急の手順で配信を始めました" in done.sentence
    room.run()
    assert len(room.issues("night")) == len(room.issues("hanako")) == 1
    assert room.issues("declined") == []
    assert "【緊急】" in room.issues("night")[0].notice
    with room.store.read() as work:
        assert any("緊急の手順" in event.text for event in work.bulletins.events(number))


def test_a_drill_reaches_testers_only_and_says_so(room: Newsroom) -> None:
    room.reader("drilled", tester=True)
    number = room.sent(document(drill=True, everyone=True))
    assert room.counts(number) == {LedgerState.SENT: 1}
    assert "訓練" in room.issues("drilled")[0].notice
    assert room.issues("hanako") == []
    real = room.sent(document(title="本番"))
    assert room.counts(real) == {LedgerState.SENT: 1}
    assert len(room.issues("drilled")) == 1  # a tester gets nothing that is real


def test_a_correction_goes_to_exactly_those_who_got_the_wrong_one(room: Newsroom) -> None:
    wrong = room.sent(document(title="まちがい"))
    room.reader("later")
    fixed = room.sent(document(title="ただしい", corrects=wrong))
    assert room.counts(fixed) == {LedgerState.SENT: 1}
    assert room.issues("later") == []
    assert "「まちがい」の内容に誤りがありました" in room.issues("hanako")[-1].notice
    draft = room.does(control.create, EDITOR, document()).bulletin.id
    assert "訂正を配信できません" in room.refused(control.create, EDITOR, document(corrects=draft))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"items": ()}, "項目が一つもありません"),
        ({"items": (SEMINAR,) * 60}, "項目が60件あります。1回の配信は40件までです"),
        ({"lead": ("あ" * 100_000,)}, "1回の配信は20,000字までです"),
        ({"items": (replace(SEMINAR, text="あ" * 5_000),)}, "本文が5,000字あります"),
        ({"segment": "ない"}, "「ない」という対象は保存されていません"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_numbers(room: Newsroom, changes: dict[str, object], sentence: str) -> None:
    assert sentence in room.refused(control.create, EDITOR, document(**changes))


def test_nobody_to_send_to_is_refused(room: Newsroom) -> None:
    number = room.does(control.create, EDITOR, document(kind=BulletinKind.OFFICE)).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    assert "配信先が0人です" in room.refused(control.submit, EDITOR, number)


def test_test_sends_are_few_and_marked(room: Newsroom) -> None:
    number = room.does(control.create, EDITOR, document()).bulletin.id
    assert "1〜20か所" in room.refused(control.test_send, EDITOR, number, [])
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.deliver()
    assert "【テスト配信】" in room.issues("tester")[0].notice


def test_pause_resume_and_cancel(room: Newsroom) -> None:
    room.readers(30)
    number = room.approved(document())
    room.does(timing.schedule, APPROVER, number, "now")
    room.release()
    room.publish()
    assert room.does(control.pause, EDITOR, number).sentence.endswith("残りは31人です。")
    room.deliver()
    assert room.counts(number) == {LedgerState.QUEUED: 31}
    room.does(control.resume, EDITOR, number)
    room.deliver(rounds=1)
    got = room.counts(number)[LedgerState.SENT]
    assert 0 < got < 31
    assert room.does(control.cancel, EDITOR, number).sentence == f"配信{number}を取りやめました。{31 - got}人には送りません。"
    room.deliver()
    assert room.counts(number) == {LedgerState.SENT: got, LedgerState.CANCELLED: 31 - got}
    assert "「取りやめ」のため" in room.refused(control.resume, EDITOR, number)
