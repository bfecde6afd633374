"""Folders: Markdown files, and nothing that lies elsewhere."""

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.feeds.servers import feed

from clair_bot.domain.feeds import Entry, FeedKind, Reading
from clair_bot.errors import FeedError
from clair_bot.feeds.reading import FeedReader

TOKYO = ZoneInfo("Asia/Tokyo")


async def read(folder: Path | str) -> tuple[Entry, ...]:
    reading = await FeedReader().read(feed(str(folder), FeedKind.FOLDER))
    assert reading == Reading(entries=reading.entries)
    return reading.entries


async def test_a_file_with_a_head(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        '---\ntitle: "職員の募集"\ndate: 2026-11-20\nurl: https://www.clair.or.jp/1\nowner: 総務課\n---\n'
        "# 見出し\n\n本文の**大事な**一段落です。\n\n"
        "- [申込書](form.docx)を出す\n- ![図](a.png)見る <b>太字</b>\n",
        encoding="utf-8",
    )
    assert await read(tmp_path) == (
        Entry(
            title="職員の募集",
            text="見出し\n\n本文の大事な一段落です。\n\n・申込書を出す\n・見る 太字",
            url="https://www.clair.or.jp/1",
            published_at=datetime(2026, 11, 20, tzinfo=TOKYO),
        ),
    )


async def test_the_first_heading_is_the_title(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("前文です。\n\n## 研修のお知らせ ##\n\n本文".encode("cp932"))
    (tmp_path / "b.md").write_text("題のない文書です。", encoding="utf-8")
    (tmp_path / ".c.md").write_text("# 下書き", encoding="utf-8")
    (tmp_path / "d.txt").write_text("# 別の種類", encoding="utf-8")
    assert await read(tmp_path) == (Entry(title="研修のお知らせ", text="前文です。\n\n本文", url="", published_at=None),)


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("令和8年11月20日", datetime(2026, 11, 20, tzinfo=TOKYO)),
        ("2026-11-20T09:30:00+09:00", datetime(2026, 11, 20, 9, 30, tzinfo=TOKYO)),
        ("2026-11-20 09:30", datetime(2026, 11, 20, 9, 30, tzinfo=TOKYO)),
        ("いつか", None),
    ],
)
async def test_dates(tmp_path: Path, date: str, found: datetime | None) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: 題\ndate: {date}\nurl: javascript:alert(1)\n---\n本文\n---\n続き", encoding="utf-8")
    (entry,) = await read(tmp_path)
    assert entry == Entry(title="題", text="本文\n---\n続き", url="", published_at=found)


async def test_a_rule_is_no_head(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\n# 題\n本文", encoding="utf-8")
    assert [(entry.title, entry.text) for entry in await read(tmp_path)] == [("題", "---\n本文")]


async def test_the_newest_hundred(tmp_path: Path) -> None:
    for number in range(150):
        (tmp_path / f"{number:03}.md").write_text(f"---\ntitle: 第{number}号\ndate: {2000 + number % 100}-01-01\n---\n", encoding="utf-8")
    found = await read(tmp_path)
    years = [entry.published_at.year for entry in found if entry.published_at]
    assert len(found) == len(years) == 100
    assert years == sorted(years, reverse=True)
    assert years[0] == 2099


async def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("# 秘密", encoding="utf-8")
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.md").symlink_to(secret)
    with pytest.raises(FeedError, match=r"「a\.md」はフォルダーの外を指すリンク"):
        await read(folder)


async def test_links_within_the_folder_and_to_the_folder_are_followed(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "x.md").write_text("# 中のお知らせ", encoding="utf-8")
    (folder / "a.md").symlink_to(folder / "sub" / "x.md")
    (tmp_path / "door").symlink_to(folder)
    assert [entry.title for entry in await read(tmp_path / "door")] == ["中のお知らせ"]


async def test_pipes_devices_and_folders_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(FeedError, match=r"「a\.md」は通常のファイルではない"):
        await read(tmp_path)
    (tmp_path / "a.md").unlink()
    (tmp_path / "a.md").mkdir()
    with pytest.raises(FeedError, match=r"「a\.md」は通常のファイルではない"):
        await read(tmp_path)
    (tmp_path / "a.md").rmdir()
    (tmp_path / "a.md").symlink_to("/dev/zero")
    with pytest.raises(FeedError, match="フォルダーの外を指すリンク"):
        await read(tmp_path)


async def test_large_files_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"# x\n" + b"x" * 2_000_000)
    with pytest.raises(FeedError, match=r"「a\.md」が2MBを超えています"):
        await read(tmp_path)


async def test_too_many_files_are_refused(tmp_path: Path) -> None:
    for number in range(501):
        (tmp_path / f"{number}.md").touch()
    with pytest.raises(FeedError, match=r"「\*.md」のファイルが500件を超えています"):
        await read(tmp_path)


@pytest.mark.parametrize("place", ["/nowhere/at/all", "", "http://example.jp/", "a\0b", "/etc/passwd"])
async def test_no_folder(place: str) -> None:
    with pytest.raises(FeedError, match="場所"):
        await read(place)


async def test_dangling_links(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to(tmp_path / "gone.md")
    with pytest.raises(FeedError, match=r"「a\.md」を読めません"):
        await read(tmp_path)
    (tmp_path / "a.md").unlink()
    (tmp_path / "a.md").symlink_to(tmp_path / "a.md")
    with pytest.raises(FeedError, match=r"「a\.md」"):
        await read(tmp_path)
