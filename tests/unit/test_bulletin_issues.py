"""Issues: a document as it is read on a day, in a language, alone or in a digest."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from tests.unit.newsrooms import EDITOR, SEMINAR, TESTER, Newsroom, document, office_update

from clair_bot.domain.articles import Area
from clair_bot.domain.bulletins import MOST_ITEMS, BulletinItem, BulletinKind, BulletinStatus, Category, Document, LedgerState
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Frequency, Topic
from clair_bot.messages import Address, Issue, Item
from clair_bot.services.bulletins import control
from clair_bot.services.bulletins.issues import Print, issue_of, summary
from clair_bot.services.bulletins.subscribing import Wish, subscribe

DAY = date(2026, 11, 24)


def printed(written: Document, *, language: Language = Language.JA, day: date = DAY, **how: object) -> Issue:
    return issue_of(written, replace(Print(day=day, language=language), **how))  # type: ignore[arg-type]


def item(title: str = "題", **more: object) -> BulletinItem:
    return replace(BulletinItem(title=title, text="本文です。"), **more)  # type: ignore[arg-type]


def only(written: Document, **how: object) -> Item:
    (section,) = printed(written, **how).sections  # type: ignore[arg-type]
    (found,) = section.items
    return found


# sections


def test_sections_have_the_magazines_order_and_numbers_run_through() -> None:
    items = (
        item("募集", category=Category.CALL),
        item("レポート", category=Category.REPORT),
        item("ソウル", category=Category.OFFICE, office=Office.SEOUL),
        item("お知らせ"),
        item("記事", category=Category.ARTICLE),
        item("ロンドンのお知らせ", office=Office.LONDON),
        item("特集", category=Category.FEATURE),
        item("緊急", category=Category.EMERGENCY),
        item("ソウル二", category=Category.OFFICE, office=Office.SEOUL),
    )
    issue = printed(document(items=items))
    assert [section.label for section in issue.sections] == [
        "緊急",
        "INFO",
        "ソウル事務所",
        "ロンドン事務所",
        "特集",
        "記事",
        "REPO",
        "募集",
    ]
    shown = [one for section in issue.sections for one in section.items]
    assert [one.number for one in shown] == list(range(1, 10))
    assert [one.title for one in shown][2:5] == ["ソウル", "ソウル二", "ロンドンのお知らせ"]


def test_who_is_responsible_stands_behind_the_title() -> None:
    assert only(document(items=(item(owner="多文化共生課"),))).owner == "多文化共生課"
    article = item(category=Category.ARTICLE, office=Office.PARIS)
    assert only(document(items=(article,))).owner == "パリ事務所"
    assert only(document(items=(replace(article, owner="群馬県庁"),))).owner == "群馬県庁"
    assert only(document(items=(item(office=Office.PARIS),))).owner == ""  # its section says so


@pytest.mark.parametrize(
    ("days", "category", "mark"),
    [(0, Category.INFO, "締切間近"), (7, Category.CALL, "締切間近"), (8, Category.CALL, "募集中"), (8, Category.INFO, "")],
)
def test_marks_say_what_is_urgent(days: int, category: Category, mark: str) -> None:
    deadline = date.fromordinal(DAY.toordinal() + days)
    assert only(document(items=(item(category=category, deadline=deadline),))).mark == mark


def test_a_call_without_a_deadline_is_open() -> None:
    assert only(document(items=(item(category=Category.CALL),))).mark == "募集中"
    assert only(document(items=(item(category=Category.CALL),)), language=Language.EN).mark == "Open"


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        (
            Language.JA,
            [("締切", "12月18日（金）"), ("開催", "2027年1月20日（水）"), ("場所", "東京"), ("対象", "自治体"), ("問い合わせ", "経済課")],
        ),
        (
            Language.EN,
            [
                ("Deadline", "Fri 2026-12-18"),
                ("Date", "Wed 2027-01-20"),
                ("Place", "東京"),
                ("For", "自治体"),
                ("Contact", "経済課"),
            ],
        ),
        (
            Language.EASY,
            [
                ("いつまで", "12月18日（金）"),
                ("いつ", "2027年1月20日（水）"),
                ("どこ", "東京"),
                ("だれ", "自治体"),
                ("聞くところ", "経済課"),
            ],
        ),
    ],
)
def test_facts_are_in_order_and_years_are_said_where_they_differ(language: Language, facts: list[tuple[str, str]]) -> None:
    known = item(deadline=date(2026, 12, 18), event_date=date(2027, 1, 20), place="東京", audience="自治体", contact="経済課")
    assert list(only(document(items=(known,)), language=language).facts) == facts


def test_what_is_over_is_left_out_and_what_tells_of_it_is_not() -> None:
    yesterday = date(2026, 11, 23)
    items = (
        item("過ぎた締切", deadline=yesterday),
        item("きょうの締切", deadline=DAY, event_date=yesterday),
        item("過ぎた行事", event_date=yesterday),
        item("過ぎた行事の記事", event_date=yesterday, category=Category.ARTICLE),
        item("きょうの行事", event_date=DAY),
    )
    shown = [one.title for section in printed(document(items=items)).sections for one in section.items]
    assert shown == ["きょうの締切", "きょうの行事", "過ぎた行事の記事"]


# the head


@pytest.mark.parametrize(
    ("kind", "masthead"),
    [
        (BulletinKind.NEWSLETTER, "CLAIRメールマガジン"),
        (BulletinKind.OFFICE, "クレア海外事務所だより（ロンドン事務所）"),
        (BulletinKind.NOTICE, "クレアからのお知らせ"),
        (BulletinKind.EMERGENCY, "クレア緊急のお知らせ"),
    ],
)
def test_each_kind_has_its_masthead(kind: BulletinKind, masthead: str) -> None:
    assert printed(office_update(kind=kind)).masthead == masthead
    both = office_update(kind=BulletinKind.OFFICE, offices=(Office.LONDON, Office.PARIS))
    assert printed(both).masthead == "クレア海外事務所だより"


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [(Language.JA, "vol.341", "2026年11月24日"), (Language.EN, "vol. 341", "2026-11-24"), (Language.EASY, "vol.341", "2026年11月24日")],
)
def test_volume_and_date_are_in_the_readers_language(language: Language, number: str, shown: str) -> None:
    issue = printed(document(), language=language, number=341)
    assert (issue.number, issue.date) == (number, shown)
    assert printed(document(), language=language).number == ""


def test_how_to_stop_it_is_said_in_chats_only() -> None:
    assert len(printed(document()).footer) == 2
    assert len(printed(document(), chat=False).footer) == 1


def test_every_notice_stands_above(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.reader("hanako", tester=False)
    room.reader("drilled", Topic.EMERGENCY, tester=True)
    wrong = room.sent(document(title="まちがい", drill=True))
    fixed = document(kind=BulletinKind.EMERGENCY, drill=True, corrects=wrong, title="ただしい")
    number = room.does(control.create, EDITOR, fixed).bulletin.id
    room.does(control.test_send, EDITOR, number, [TESTER])
    room.deliver()
    assert [line[:4] for line in room.issues("tester")[-1].notice.splitlines()] == ["【テスト", "【訂正】", "【訓練】", "【緊急】"]


def test_a_correction_has_the_number_of_what_it_corrects(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.reader("hanako")
    wrong = room.sent(document(title="まちがい"))
    fixed = room.sent(document(title="ただしい", corrects=wrong))
    after = room.sent(document(title="次の号"))
    assert [room.bulletin(number).number for number in (wrong, fixed, after)] == [1, 1, 2]
    draft = room.does(control.create, EDITOR, document()).bulletin.id
    assert room.does(control.edit, EDITOR, draft, document(kind=BulletinKind.NOTICE)).bulletin.number is None


# summaries


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("短い文。", "短い文。"),
        ("あ" * 60 + "。" + "い" * 60 + "。" + "う" * 60 + "。", "あ" * 60 + "。" + "い" * 60 + "。"),
        ("あ" * 200, "あ" * 139 + "…"),
        ("Kobe hosted 3.5 million people. " + "x" * 150, "Kobe hosted 3.5 million people."),
        ("知事が来た。市長は「とても良かった。また来たい。" + "あ" * 120 + "。」と話した。", "知事が来た。"),
        ("あ" * 138 + "！？続き", "あ" * 138 + "！？"),
        ("", ""),
    ],
)
def test_summaries_end_with_a_sentence(text: str, shown: str) -> None:
    assert summary(text) == shown
    assert len(summary(text)) <= 140


# digests


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    newsroom = Newsroom(tmp_path, quiet=(time(21), time(8)))
    newsroom.reader("weekly", *Topic, frequency=Frequency.WEEKLY)
    newsroom.reader("each", *Topic)
    return newsroom


def digests(room: Newsroom, moment: str = "2026-11-30T09:00") -> list[Issue]:
    room.at(moment)
    room.run()
    return room.issues("weekly")


def test_a_digest_is_grouped_by_office_and_area(room: Newsroom) -> None:
    room.sent(document(kind=BulletinKind.NOTICE, areas=(Area.II,), items=(item("共生"),)))
    room.sent(office_update(Office.SEOUL, items=(item("ソウルの話題", office=Office.SEOUL),)))
    room.sent(document(items=(item("号の記事"), item("ロンドンの記事", office=Office.LONDON))))
    room.sent(document(kind=BulletinKind.NOTICE, areas=(Area.I, Area.IV), items=(item("分野が二つ"),)))
    room.sent(office_update(Office.LONDON, items=(item("事務所を書き忘れた話題"),)))
    (digest,) = digests(room)
    assert [(section.label, [one.title for one in section.items]) for section in digest.sections] == [
        ("CLAIRメールマガジン vol.1", ["号の記事"]),
        ("クレアからのお知らせ", ["分野が二つ"]),
        ("多文化共生", ["共生"]),
        ("ロンドン事務所", ["ロンドンの記事", "事務所を書き忘れた話題"]),
        ("ソウル事務所", ["ソウルの話題"]),
    ]
    assert (digest.masthead, digest.title, digest.date) == ("クレアお知らせまとめ", "今週のまとめ", "2026年11月30日")


def test_what_does_not_fit_into_a_digest_is_counted(room: Newsroom) -> None:
    for half in range(2):
        room.sent(document(items=tuple(item(f"{half}-{number}") for number in range(30))))
    (digest,) = digests(room)
    assert sum(len(section.items) for section in digest.sections) == MOST_ITEMS
    assert digest.footer[0] == f"ほかに{60 - MOST_ITEMS}件あります。バックナンバーのページをご覧ください。"


def test_what_has_expired_is_in_no_digest_and_does_not_wait_for_ever(room: Newsroom) -> None:
    number = room.sent(document(items=(replace(SEMINAR, deadline=date(2026, 11, 27)),)))
    current = room.sent(document(title="まだ有効"))
    assert room.counts(number) == {LedgerState.HELD: 1, LedgerState.SENT: 1}
    (digest,) = digests(room)
    assert [one.title for section in digest.sections for one in section.items] == [SEMINAR.title]
    assert room.counts(current) == {LedgerState.SENT: 2}
    assert room.counts(number) == {LedgerState.CANCELLED: 1, LedgerState.SENT: 1}


def test_a_digest_tells_the_correction_and_not_what_was_wrong(room: Newsroom) -> None:
    wrong = room.sent(document(title="まちがい", items=(item("参加費は千円"),)))
    fixed = room.sent(document(title="ただしい", items=(item("参加費は二千円"),), corrects=wrong))
    again = room.sent(document(title="もっとただしい", items=(item("参加費は三千円"),), corrects=fixed))
    assert room.counts(again) == {LedgerState.SENT: 1}
    (digest,) = digests(room)
    assert [one.title for section in digest.sections for one in section.items] == ["参加費は三千円"]
    assert room.counts(wrong) == {LedgerState.SENT: 2}


def test_a_topic_that_is_dropped_leaves_a_waiting_digest_that_has_more(room: Newsroom) -> None:
    first = room.sent(document())
    second = room.sent(office_update())
    room.at("2026-11-30T09:00")
    room.publish()  # the digest lies in the outbox
    room.leaves("weekly", Topic.NEWSLETTER)
    room.deliver()
    assert len(room.issues("weekly")) == 1
    assert [room.counts(number)[LedgerState.SENT] for number in (first, second)] == [2, 2]


def test_two_digests_never_come_at_once(room: Newsroom) -> None:
    """Whoever wants each by itself from now on gets what waits once more as a digest, and then each."""
    room.sent(document())
    room.at("2026-11-30T09:00")
    with room.store.write() as work:
        to = Address(channel="chat", recipient="weekly")
        subscribe(room.press(work), to, Wish(frequency=Frequency.EACH), language=Language.JA)
        work.commit()
    room.run()
    room.run()
    assert [issue.title for issue in room.issues("weekly")] == ["お知らせ"]
    room.sent(document(title="次の号"))
    assert [issue.title for issue in room.issues("weekly")] == ["お知らせ", "次の号"]
    assert room.bulletin(2).status is BulletinStatus.SENT
