"""What every store finds of the bulletins that were sent."""

from typing import Any

from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import a_document, at, moved
from tests.contract.samples import reading, writing

from clair_bot.domain.bulletins import Act, BulletinItem, BulletinStatus
from clair_bot.ports import Store
from clair_bot.testing.clocks import START


def found(store: Store, *words: str, **more: Any) -> list[int]:
    return [one.id for one in reading(store, lambda work: work.bulletins.published(words=words, **more))]


def test_only_what_was_sent_and_is_public_is_published(store: Store) -> None:
    everywhere = {status: at(store, status).id for status in BulletinStatus}
    at(store, BulletinStatus.SENT, a_document(drill=True))
    assert found(store) == [everywhere[BulletinStatus.SENT]]


def test_what_recurred_and_ended_was_not_sent_itself(store: Store) -> None:
    template = at(store, BulletinStatus.SCHEDULED, a_document(recurrence="毎週水曜 9:00"))
    assert moved(store, template, Act.FINISH).status is BulletinStatus.SENT
    assert found(store) == []


def test_what_was_sent_is_found_by_its_words(store: Store) -> None:
    item = BulletinItem(
        title="ＪＥＴプログラム 参加者募集", text="英国で 日本酒の商談会\n\n100%参加_できます", owner="経済交流課", place="ロンドン"
    )
    sake = at(store, BulletinStatus.SENT, a_document("秋の号", items=(item,), lead=("ごあいさつ",)))
    other = at(store, BulletinStatus.SENT, a_document("冬の号", items=(BulletinItem(title="多文化共生"),)))
    for words in (
        ["日本酒"],
        ["日本酒", "英国"],
        ["jetプログラム"],
        ["ｊｅｔ"],
        ["参加者募集"],
        ["秋の号", "経済交流課", "ロンドン", "ごあいさつ"],
        ["100%"],
        ["参加_でき"],
        ["英国で日本酒"],
    ):
        assert found(store, *words) == [sake.id], words
    assert found(store, "の号") == [other.id, sake.id]
    assert found(store, "日本酒", "多文化共生") == found(store, "%")[1:] == found(store, "_号") == found(store, "\\") == []
    assert found(store, "多文化\x00共生") == [other.id]


def test_what_was_sent_is_found_by_its_number(store: Store) -> None:
    numbered = [at(store, BulletinStatus.SENT, a_document(number=number)) for number in (7, 12, 7)]
    assert found(store, number=7) == [numbered[2].id, numbered[0].id]
    assert found(store, number=7, limit=1) == [numbered[2].id]
    assert found(store, "秋", number=12) == [numbered[1].id]
    for never in (99, 0, -7, 10**12, 10**40):
        assert found(store, number=never) == []


def test_pages_of_what_was_published_follow_its_release(under_test: StoreUnderTest) -> None:
    """What was written first may be sent last."""
    store, clock = under_test.store, under_test.clock
    first, second, third = (at(store, BulletinStatus.SCHEDULED) for _ in range(3))
    for bulletin in (second, third, first):
        moved(store, moved(store, bulletin, Act.RELEASE), Act.FINISH)
        clock.advance(60)
    newest = [first.id, third.id, second.id]
    assert found(store) == newest
    for size in (1, 2, 3):
        pages: list[int] = []
        before: int | None = None
        while page := found(store, limit=size, before=before):
            pages, before = [*pages, *page], page[-1]
        assert pages == newest
    assert (found(store, before=10**12), found(store, before=10**40), found(store, before=0)) == (newest, newest, [])


def test_what_was_edited_is_found_by_its_new_words(store: Store) -> None:
    draft = at(store, BulletinStatus.DRAFT, a_document("古い題"))
    edited = writing(store, lambda work: work.bulletins.edit(draft, a_document("新しい題"), actor="advisor:3"))
    assert edited
    bulletin = moved(store, moved(store, edited, Act.SUBMIT), Act.APPROVE, becomes=BulletinStatus.APPROVED)
    bulletin = moved(store, moved(store, bulletin, Act.SCHEDULE, due=(START, "x")), Act.RELEASE)
    moved(store, bulletin, Act.FINISH)
    assert (found(store, "古い"), found(store, "新しい")) == ([], [draft.id])
