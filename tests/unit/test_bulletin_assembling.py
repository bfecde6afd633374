"""Assembling: what feeds bring becomes drafts, once, and nothing is ever sent by itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.unit.newsrooms import APPROVER, EDITOR, TESTER, Newsroom, document, office_update

from clair_bot.domain.bulletins import LONGEST_TITLE, MOST_ITEMS, Act, Bulletin, BulletinItem, BulletinKind, BulletinStatus, Category
from clair_bot.domain.desks import Office
from clair_bot.domain.feeds import Entry, Feed, FeedKind, Reading
from clair_bot.domain.subscriptions import Topic
from clair_bot.errors import FeedError
from clair_bot.services.bulletins import control, timing
from clair_bot.services.bulletins.assembling import Assembling


@dataclass(slots=True, kw_only=True)
class Readings:
    """A ``FeedReading`` that finds what it is told, by location."""

    found: dict[str, Reading | FeedError] = field(default_factory=dict)
    read_: list[str] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)

    async def read(self, feed: Feed) -> Reading:
        self.read_.append(feed.location)
        self.etags.append(feed.etag)
        await asyncio.sleep(0.01)
        what = self.found[feed.location]
        if isinstance(what, FeedError):
            raise what
        return what


class Feeds(Newsroom):
    """A newsroom with feeds."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.readings = Readings()
        self.assembling = self.another()

    def another(self) -> Assembling:
        """Return what another worker has."""
        return Assembling(store=self.store, reader=self.readings, settings=self.settings, clock=self.clock)

    def feed(self, location: str, *entries: Entry, office: Office | None = Office.LONDON, error: str = "") -> Feed:
        """Add a feed and what it will bring."""
        self.readings.found[location] = FeedError(error) if error else Reading(entries=entries, etag=f"etag of {location}")
        with self.store.write() as work:
            added = work.feeds.add(kind=FeedKind.RSS, location=location, office=office, name=location, every_minutes=30)
            work.commit()
        return added

    def assemble(self) -> int:
        """Let a worker read what is due."""
        return asyncio.run(self.assembling.run_due())

    def errors(self) -> dict[str, str]:
        with self.store.read() as work:
            return {feed.location: feed.error for feed in work.feeds.listed()}

    def bulletins(self) -> Sequence[Bulletin]:
        """Return them, oldest first."""
        with self.store.read() as work:
            return list(reversed(work.bulletins.listed()))


def entry(title: str = "商談会", text: str = "ロンドンで商談会を開きました。", url: str = "https://example.test/1") -> Entry:
    return Entry(title=title, text=text, url=url, published_at=None)


@pytest.fixture
def room(tmp_path: Path) -> Feeds:
    newsroom = Feeds(tmp_path)
    newsroom.reader("hanako", Topic.LONDON, Topic.SEOUL, Topic.NEWSLETTER)
    return newsroom


# feeds


def test_news_becomes_a_draft_and_the_room_hears_of_it(room: Feeds) -> None:
    room.feed("london", entry(), entry("交流会", "エディンバラで交流会を開きました。"))
    assert room.assemble() == 1
    (draft,) = room.bulletins()
    assert (draft.status, draft.document.kind, draft.document.offices) == (BulletinStatus.DRAFT, BulletinKind.OFFICE, (Office.LONDON,))
    assert [(item.title, item.category, item.office, item.source) for item in draft.document.items] == [
        ("商談会", Category.OFFICE, Office.LONDON, "https://example.test/1"),
        ("交流会", Category.OFFICE, Office.LONDON, "https://example.test/1"),
    ]
    room.run()
    assert f"ロンドン事務所から2件の記事を見つけ、下書き（配信{draft.id}）を作りました。" in room.words()[0]


def test_nothing_is_ever_sent_by_itself(room: Feeds) -> None:
    room.feed("london", entry())
    for _ in range(4):
        room.assemble()
        room.run()
        room.later(days=20)
    assert {bulletin.status for bulletin in room.bulletins()} == {BulletinStatus.DRAFT}
    assert room.issues("hanako") == []
    draft = room.bulletins()[0]
    assert "「下書き」のため" in room.refused(timing.schedule, APPROVER, draft.id, "now")
    assert "「下書き」のため" in room.refused(timing.approve, APPROVER, draft.id)


def test_a_draft_goes_the_way_of_all_others(room: Feeds) -> None:
    room.feed("london", entry())
    room.assemble()
    (draft,) = room.bulletins()
    room.does(control.test_send, EDITOR, draft.id, [TESTER])
    room.does(control.submit, EDITOR, draft.id)
    room.does(timing.approve, APPROVER, draft.id)
    room.does(timing.schedule, APPROVER, draft.id, "now")
    room.run()
    assert [issue.title for issue in room.issues("hanako")] == ["商談会"]


def test_the_same_news_counts_once_wherever_and_whenever_it_is_read(room: Feeds) -> None:
    room.feed("london", entry())
    room.feed("london's blog", entry(text="ロンドンで 商談会を\n開きました。", url="https://example.test/2"))
    for _ in range(3):
        room.assemble()
        room.later(minutes=30)
    assert [len(bulletin.document.items) for bulletin in room.bulletins()] == [1]
    assert room.readings.read_ == ["london", "london's blog"] * 3
    assert room.readings.etags[2:4] == ["etag of london", "etag of london's blog"]
    room.readings.found["london"] = Reading(entries=(entry(), entry("続報")))
    room.assemble()
    assert [bulletin.document.title for bulletin in room.bulletins()] == ["商談会", "続報"]


def test_a_feed_that_fails_is_told_and_stops_no_other(room: Feeds) -> None:
    room.feed("broken", error="読み取れません。アドレスを確かめてください。")
    room.feed("london", entry())
    assert room.assemble() == 2
    assert room.errors() == {"broken": "読み取れません。アドレスを確かめてください。", "london": ""}
    assert len(room.bulletins()) == 1
    assert room.assemble() == 0  # it is not tried again before its time
    room.later(minutes=30)
    room.readings.found["broken"] = Reading(entries=(entry("直りました"),))
    room.assemble()
    assert room.errors() == {"broken": "", "london": ""}
    assert [bulletin.document.title for bulletin in room.bulletins()] == ["商談会", "直りました"]


def test_two_workers_at_once_read_a_feed_once(room: Feeds) -> None:
    for office in (Office.LONDON, Office.PARIS, Office.SEOUL):
        room.feed(office.value, entry(office.value, f"{office.value}の話題"), office=office)

    async def at_once() -> list[int]:
        return await asyncio.gather(*(room.another().run_due() for _ in range(4)))

    assert sum(asyncio.run(at_once())) == 3
    assert sorted(room.readings.read_) == sorted(office.value for office in (Office.LONDON, Office.PARIS, Office.SEOUL))
    assert len(room.bulletins()) == 3
    assert room.assemble() == 0


def test_a_feed_that_takes_long_does_not_give_the_others_away(room: Feeds) -> None:
    """Each is taken just before it is read."""
    room.feed("slow")
    room.feed("london", entry())

    class Slow(Readings):
        async def read(self, feed: Feed) -> Reading:
            if feed.location == "slow":
                room.later(seconds=10)
                assert await room.another().run_due() == 1  # of another worker, which reads the next one meanwhile
            return await Readings.read(self, feed)

    slow = Slow(found=room.readings.found)
    assert asyncio.run(replace(room.assembling, reader=slow).run_due()) == 1
    assert (slow.read_, room.readings.read_, len(room.bulletins())) == (["slow"], ["london"], 1)


def test_titles_are_cut_to_the_limit(room: Feeds) -> None:
    room.feed("london", entry("長" * (LONGEST_TITLE + 50)))
    room.assemble()
    assert room.bulletins()[0].document.title == "長" * LONGEST_TITLE


def test_more_than_fits_makes_two_drafts(room: Feeds) -> None:
    room.feed("hq", *(entry(f"{number}件目", f"本文{number}") for number in range(MOST_ITEMS + 1)), office=None)
    room.assemble()
    first, second = room.bulletins()
    assert (len(first.document.items), [item.title for item in second.document.items]) == (MOST_ITEMS, [f"{MOST_ITEMS}件目"])
    assert (first.document.kind, second.document.kind) == (BulletinKind.NOTICE, BulletinKind.NOTICE)
    room.run()
    assert len(room.words()) == 2


# the flash


def flashes(room: Feeds) -> list[Bulletin]:
    return [bulletin for bulletin in room.bulletins() if bulletin.document.kind is BulletinKind.NEWSLETTER]


def test_the_flash_is_put_together_on_its_wednesdays_once(room: Feeds) -> None:
    room.at("2026-11-24T18:00")
    room.sent(office_update())
    paris = BulletinItem(title="パリの話題", text="パリで開きました。")
    room.sent(office_update(Office.LONDON, title="二つ目", items=(paris,)))
    for moment in ("2026-11-24T20:00", "2026-11-25T08:29"):
        room.at(moment)
        room.assemble()
        assert flashes(room) == []
    room.at("2026-11-25T08:30")

    async def at_once() -> None:
        await asyncio.gather(*(room.another().run_due() for _ in range(3)))

    asyncio.run(at_once())
    room.later(hours=3)
    room.assemble()
    (made,) = flashes(room)
    assert (made.status, made.document.title) == (BulletinStatus.DRAFT, "英国で日本酒の商談会")
    assert made.document.lead == ("11月25日までに海外事務所から届いた話題をまとめてお届けします。",)
    assert [(item.title, item.office) for item in made.document.items] == [
        ("英国で日本酒の商談会", Office.LONDON),
        ("パリの話題", Office.LONDON),  # whose update it was, beside those of others
    ]
    room.run()
    assert any(f"海外事務所の記事2件をまとめ、フラッシュの下書き（配信{made.id}）を作りました。" in text for text in room.words())


def test_a_flash_holds_what_came_since_the_last(room: Feeds) -> None:
    room.sent(office_update(title="先の話題"))
    room.at("2026-11-25T09:00")
    room.assemble()
    room.at("2026-12-02T10:00")
    room.sent(office_update(Office.SEOUL, title="ソウルの話題"))
    room.assemble()  # the first Wednesday of December is none
    room.at("2026-12-09T09:00")
    room.assemble()
    assert [[item.office for item in made.document.items] for made in flashes(room)] == [[Office.LONDON], [Office.SEOUL]]


def test_an_empty_flash_makes_nothing(room: Feeds) -> None:
    drafted = room.does(control.create, EDITOR, office_update()).bulletin  # not sent
    room.reader("drilled", Topic.LONDON, tester=True)
    room.sent(office_update(drill=True))
    room.at("2026-11-25T09:00")
    room.assemble()
    room.run()
    assert flashes(room) == []
    assert not any("フラッシュ" in text for text in room.words())
    assert room.bulletin(drafted.id).status is BulletinStatus.DRAFT


def test_a_flash_that_became_too_long_is_refused_before_anybody_approves_it(room: Feeds) -> None:
    for number in range(6):
        long = BulletinItem(title=f"{number}件目", text="話題です。" * 790, category=Category.OFFICE, office=Office.LONDON)
        room.sent(office_update(title=long.title, items=(long,)))
    room.at("2026-11-25T09:00")
    room.assemble()
    (made,) = flashes(room)
    assert len(made.document.items) == 6
    room.does(control.test_send, EDITOR, made.id, [TESTER])
    assert "1回の配信は20,000字までです" in room.refused(control.submit, EDITOR, made.id)
    shorter = replace(made.document, items=made.document.items[:4])
    room.does(control.edit, EDITOR, made.id, shorter)
    assert room.does(control.submit, EDITOR, made.id).bulletin.status is BulletinStatus.SUBMITTED
    assert room.acts(made.id) == [Act.CREATE, Act.TEST, Act.EDIT, Act.SUBMIT]


def test_a_flash_leaves_out_what_has_expired(room: Feeds) -> None:
    call = replace(document().items[0], title="締め切った募集", deadline=room.clock.now().date())
    room.sent(office_update(items=(call, office_update().items[0])))
    room.at("2026-11-25T09:00")
    room.assemble()
    assert [item.title for item in flashes(room)[0].document.items] == ["英国で日本酒の商談会"]
