"""``clair-bot feed``: places are registered, read, and drafts made of what is new."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from tests.unit.commands import Library, Shell
from tests.unit.halls import NOW, Hall

from clair_bot.domain.bulletins import BulletinKind, BulletinStatus
from clair_bot.domain.desks import Office


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def hall(tmp_path: Path, library: Library, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    hall = Hall(Shell(tmp_path, library, monkeypatch), sqlite_database)
    with time_machine.travel(NOW, tick=False):
        yield hall
    hall.store.engine.dispose()


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.md").write_text("# ロンドンで日本酒の商談会\n\n県内の酒蔵が参加しました。\n", encoding="utf-8")
    return folder


def test_a_place_is_registered_once(hall: Hall) -> None:
    added = hall.done(
        "feed", "add", "rss", "https://example.test/feed", "--office", "ロンドン", "--name", "英国", "--every", "120", "--json"
    ).document
    assert added == {
        "id": 1,
        "kind": "rss",
        "location": "https://example.test/feed",
        "office": "LON",
        "name": "英国",
        "every_minutes": 120,
        "last_read_at": None,
        "error": None,
    }
    assert hall.done("feed", "list", "--json").document == {"feeds": [added]}
    assert "まだ" in hall.done("feed", "list").out
    assert "すでに登録" in hall.refused("feed", "add", "page", "https://example.test/feed")
    hall.done("feed", "remove", "1")
    assert "ありません" in hall.done("feed", "list").out
    hall.refused("feed", "remove", "1")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("rss", "example.test/feed"), 1),
        (("rss", "ftp://example.test/feed"), 1),
        (("page", "javascript:alert(1)"), 1),
        (("folder", "https://example.test/"), 1),
        (("folder", " "), 1),
        (("rss", "https://example.test/" + "a" * 2_000), 1),
        (("rss", "https://example.test/", "--office", "TYO"), 1),
        (("rss", "https://example.test/", "--name", "あ" * 61), 1),
        (("rss", "https://example.test/", "--every", "4"), 2),
        (("gopher", "https://example.test/"), 2),
    ],
)
def test_places_that_are_refused(hall: Hall, words: tuple[str, ...], status: int) -> None:
    hall.refused("feed", "add", *words, status=status)
    assert hall.done("feed", "list", "--json").document == {"feeds": []}


def test_what_is_new_becomes_a_draft_once(hall: Hall, news: Path) -> None:
    hall.done("feed", "add", "folder", str(news), "--office", "LON")
    read = hall.done("feed", "poll", "1", "--json").document
    assert ([row["new"] for row in read["feeds"]], [draft["items"] for draft in read["drafts"]]) == ([1], [1])
    with hall.store.read() as work:
        draft = work.bulletins.get(read["drafts"][0]["id"])
    assert draft
    assert (draft.status, draft.document.kind, draft.document.offices) == (BulletinStatus.DRAFT, BulletinKind.OFFICE, (Office.LONDON,))
    assert draft.author.startswith("cli:")
    again = hall.done("feed", "poll", "--json").document
    assert ([row["new"] for row in again["feeds"]], again["drafts"]) == ([0], [])


def test_reading_without_a_draft(hall: Hall, news: Path) -> None:
    hall.done("feed", "add", "folder", str(news))
    assert "新しい記事 1件" in hall.done("feed", "poll", "--no-draft").out
    assert hall.done("bulletin", "list", "--json").document["count"] == 0


def test_a_place_that_cannot_be_read_keeps_the_others(hall: Hall, news: Path) -> None:
    hall.done("feed", "add", "folder", str(news / "none"))
    hall.done("feed", "add", "folder", str(news))
    result = hall.run("feed", "poll", "--json")
    assert (result.status, "1件の取り込み元を読み取れません" in result.err) == (1, True)
    broken, fine = result.document["feeds"]
    assert (broken["new"], bool(broken["error"]), fine["new"], fine["error"]) == (0, True, 1, None)
    assert len(result.document["drafts"]) == 1
    assert hall.done("feed", "list", "--json").document["feeds"][0]["error"] == broken["error"]
    hall.refused("feed", "poll", "99")


def test_only_editors(hall: Hall, news: Path) -> None:
    hall.staff()
    hall.done("feed", "add", "folder", str(news), "--as", "高橋")
    for command in (("add", "folder", "/x"), ("remove", "1"), ("poll",), ("list",)):
        hall.refused("feed", *command, "--as", "佐藤")
    hall.done("feed", "poll", "--as", "高橋")
