"""What every store does with feeds and counted links."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import sending
from tests.contract.samples import reading, together, writing

from clair_bot.domain.desks import Office
from clair_bot.domain.feeds import Entry, Feed, FeedKind, Reading
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

NEWS = Entry(title="日本酒の商談会", text="ロンドンで開きます。", url="https://example.test/1", published_at=START - timedelta(days=1))
MORE = Entry(title="自転車の視察", text="", url="", published_at=None)


def add(store: Store, location: str = "https://example.test/feed", office: Office | None = Office.LONDON, minutes: int = 60) -> Feed:
    return writing(
        store,
        lambda work: work.feeds.add(kind=FeedKind.RSS, location=location, office=office, name="ロンドン事務所", every_minutes=minutes),
    )


def read(store: Store, feed: Feed, *entries: Entry, etag: str = "", unchanged: bool = False) -> int:
    found = Reading(entries=entries, etag=etag, unchanged=unchanged)
    return writing(store, lambda work: work.feeds.read(feed, found))


def listed(store: Store) -> list[Feed]:
    return list(reading(store, lambda work: work.feeds.listed()))


def due(store: Store) -> list[int]:
    return [feed.id for feed in reading(store, lambda work: work.feeds.due())]


def fresh(store: Store, office: Office | None = Office.LONDON, limit: int = 50) -> list[Entry]:
    return [entry for _, entry in reading(store, lambda work: work.feeds.fresh(office, limit=limit))]


def test_feeds_are_kept_and_forgotten(store: Store) -> None:
    first, second = add(store), add(store, "/srv/news", None, 5)
    assert first == Feed(
        id=first.id, kind=FeedKind.RSS, location="https://example.test/feed", office=Office.LONDON, name="ロンドン事務所", every_minutes=60
    )
    assert second.office is None
    assert listed(store) == [first, second]
    with pytest.raises(ValueError, match="example"):
        add(store)
    read(store, first, NEWS)
    assert [writing(store, lambda work: work.feeds.remove(first.id)) for _ in range(2)] == [True, False]
    assert (listed(store), fresh(store)) == ([second], [NEWS])
    assert add(store).location == first.location


def test_of_eight_who_add_a_feed_at_once_one_does(store: Store) -> None:
    def try_to(_: int) -> bool:
        try:
            add(store)
        except ValueError:
            return False
        return True

    assert sorted(together(8, try_to)) == [False] * 7 + [True]
    assert len(listed(store)) == 1


def test_a_feed_is_due_when_its_time_has_passed(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    hourly, often = add(store), add(store, "/srv/news", None, 5)
    assert due(store) == [hourly.id, often.id]
    for feed in (hourly, often):
        read(store, feed)
    assert due(store) == []
    clock.advance(299)
    assert due(store) == []
    clock.advance(1)
    assert due(store) == [often.id]
    clock.advance(3300)
    assert due(store) == [hourly.id, often.id]


def test_what_went_wrong_is_kept_until_it_goes_well(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    feed = add(store)
    read(store, feed, NEWS, etag='"a"')
    clock.advance(60)
    assert writing(store, lambda work: work.feeds.read(feed, None, error="応答がありません。")) == 0
    failed = replace(feed, last_read_at=clock.now(), etag='"a"', error="応答がありません。")
    assert listed(store) == [failed]
    clock.advance(60)
    read(store, feed, unchanged=True)
    assert listed(store) == [replace(failed, last_read_at=clock.now(), error="")]


def test_what_the_server_named_its_answer_is_kept_for_the_next_question(store: Store) -> None:
    feed = add(store)

    def etag() -> str:
        return listed(store)[0].etag

    found = []
    for name, unchanged in (('"a"', False), ("", True), ('"b"', False), ("", False)):
        read(store, feed, etag=name, unchanged=unchanged)
        found.append(etag())
    assert found == ['"a"', '"a"', '"b"', ""]


def test_the_same_news_counts_once_wherever_it_is_read(store: Store) -> None:
    """Blanks and addresses aside; and the office that had it first keeps it."""
    london, paris = add(store), add(store, "/srv/paris", Office.PARIS)
    again = replace(NEWS, title=f" {NEWS.title}\u3000", url="https://example.test/2")
    assert (read(store, london, NEWS, MORE, again), read(store, london, NEWS)) == (2, 0)
    assert read(store, paris, again, replace(NEWS, text="別の記事")) == 1
    assert (fresh(store), len(fresh(store, Office.PARIS))) == ([NEWS, MORE], 1)


def test_eight_who_read_the_same_at_once_count_it_once(store: Store) -> None:
    feed = add(store)
    assert sorted(together(8, lambda _: read(store, feed, NEWS, MORE))) == [0] * 7 + [2]
    assert len(fresh(store)) == 2


def test_news_of_a_feed_that_was_forgotten_meanwhile_is_kept(store: Store) -> None:
    feed = add(store)
    writing(store, lambda work: work.feeds.remove(feed.id))
    assert (read(store, feed, NEWS), fresh(store), listed(store)) == (1, [NEWS], [])


def test_what_a_bulletin_took_up_is_fresh_no_more(store: Store) -> None:
    london, head = add(store), add(store, "/srv/head", None)
    read(store, london, NEWS, MORE)
    read(store, head, replace(NEWS, title="本部のお知らせ"))
    bulletin = sending(store)
    assert (fresh(store, limit=1), fresh(store, limit=0), fresh(store, Office.PARIS)) == ([NEWS], [], [])
    assert [entry.title for entry in fresh(store, None)] == ["本部のお知らせ"]
    (first, _), _ = reading(store, lambda work: work.feeds.fresh(Office.LONDON, limit=9))
    writing(store, lambda work: work.feeds.take([first, 99], bulletin.id))
    writing(store, lambda work: work.feeds.take([], bulletin.id))
    assert (fresh(store), len(fresh(store, None))) == ([MORE], 1)
    assert (read(store, london, NEWS), fresh(store)) == (0, [MORE])


def test_strange_texts_of_feeds_are_stored_without_harm(store: Store) -> None:
    """S13: NUL and lone surrogates."""
    strange, clean = "前\x00後\ud800", "前後?"
    feed = writing(
        store, lambda work: work.feeds.add(kind=FeedKind.FOLDER, location=strange, office=Office.LONDON, name=strange, every_minutes=5)
    )
    assert (feed.location, feed.name) == (clean, clean)
    entry = Entry(title=strange, text=strange, url=strange, published_at=None)
    assert (read(store, feed, entry, etag=strange), read(store, feed, entry)) == (1, 0)
    writing(store, lambda work: work.feeds.read(feed, None, error=strange))
    assert fresh(store) == [Entry(title=clean, text=clean, url=clean, published_at=None)]
    assert listed(store)[0].error == clean


def test_an_address_of_a_bulletin_has_one_token(store: Store) -> None:
    one, other = sending(store), sending(store)
    places = [(one.id, "https://example.test/a"), (one.id, "https://example.test/b"), (other.id, "https://example.test/a")]
    first, again = ([writing(store, lambda work, place=place: work.links.put(*place)) for place in places] for _ in range(2))  # type: ignore[misc]
    assert first == again
    assert len(set(first)) == 3
    assert min(map(len, first)) >= 12


def test_eight_at_once_are_given_one_token(store: Store) -> None:
    bulletin = sending(store)
    assert len(set(together(8, lambda _: writing(store, lambda work: work.links.put(bulletin.id, "https://example.test/a"))))) == 1


def test_clicks_are_counted(store: Store) -> None:
    one, other = sending(store), sending(store)
    urls = ["https://example.test/a", "https://example.test/b\x00"]
    tokens = [writing(store, lambda work, url=url: work.links.put(one.id, url)) for url in urls]  # type: ignore[misc]
    writing(store, lambda work: work.links.put(other.id, urls[0]))
    assert writing(store, lambda work: work.links.follow(tokens[1])) == "https://example.test/b"
    assert together(8, lambda _: writing(store, lambda work: work.links.follow(tokens[0]))) == [urls[0]] * 8
    assert [writing(store, lambda work, token=token: work.links.follow(token)) for token in ("", "x", "\x00\ud800")] == [None] * 3  # type: ignore[misc]
    with store.read() as work:
        assert dict(work.links.clicks(one.id)) == {"https://example.test/a": 8, "https://example.test/b": 1}
        assert dict(work.links.clicks(other.id)) == {"https://example.test/a": 0}
        assert dict(work.links.clicks(99)) == {}
