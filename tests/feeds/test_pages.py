"""Pages: news links, their days, and nothing of the menu."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.feeds.servers import feed, giving, serving

from clair_bot.domain.feeds import Entry, FeedKind
from clair_bot.errors import FeedError
from clair_bot.feeds import dates, pages
from clair_bot.feeds.fetching import Document

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = datetime(2026, 11, 20, tzinfo=TOKYO)


def parse(markup: str, url: str = "https://www.site.example.jp/news/") -> tuple[Entry, ...]:
    return pages.parse(Document(url=url, body=markup.encode(), content_type="text/html; charset=utf-8", etag=""))


def only(markup: str) -> Entry:
    (entry,) = parse(markup)
    return entry


@pytest.mark.parametrize(
    "day",
    [
        "2026年11月20日",
        "2026.11.20",
        "2026/11/20",
        "2026-11-20",
        "R8.11.20",
        "令和8年11月20日",
        "２０２６年１１月２０日",
        "令和８年11月20日",
        "2026年 11月 20日",
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "<ul><li>{day} <a href='1.html'>職員派遣の募集について</a></li></ul>",
        "<ul><li><span>{day}</span><span class='new'>NEW</span><a href='1.html'>職員派遣の募集について</a></li></ul>",
        "<ul><li><a href='1.html'>{day} 職員派遣の募集について</a></li></ul>",
        "<ul><li><a href='1.html'>職員派遣の募集について（{day}）</a></li></ul>",
        "<dl><dt>{day}</dt><dd><a href='1.html'>職員派遣の募集について</a></dd></dl>",
        "<table><tr><td>{day}</td><td><a href='1.html'>職員派遣の募集について</a></td></tr></table>",
        "<main><div><p>{day}</p><h3><a href='1.html'>職員派遣の募集について</a></h3></div></main>",
        "<article><header><h2><a href='1.html'>職員派遣の募集について</a></h2></header><time>{day}</time></article>",
        "<article><a href='1.html'><time>{day}</time><h3>職員派遣の募集について</h3></a></article>",
    ],
)
def test_the_day_beside_a_link(line: str, day: str) -> None:
    entry = only(line.replace("{day}", day))
    assert entry.title == "職員派遣の募集について"
    assert entry.url == "https://www.site.example.jp/news/1.html"
    assert entry.published_at == DAY
    assert entry.text == ""


def test_a_time_element_says_it_exactly() -> None:
    assert only("<article><a href='1'>とても長い題名です</a><time datetime='2026-11-20'>先週の金曜</time></article>").published_at == DAY


def test_several_links_below_one_day() -> None:
    found = parse("<dl><dt>2026.11.20</dt><dd><a href='1'>一つ目のお知らせ</a></dd><dd><a href='2'>二つ目のお知らせ</a></dd>"
                  "<dt>2026.11.19</dt><dd><a href='3'>三つ目のお知らせ</a></dd></dl>")  # fmt: skip
    assert [entry.published_at.day for entry in found if entry.published_at] == [20, 20, 19]


def test_a_day_within_the_title_is_no_day_of_publication() -> None:
    entry = only("<ul><li><a href='1'>セミナーを2026年12月1日に開催します</a></li></ul>")
    assert entry.published_at is None
    assert entry.title == "セミナーを2026年12月1日に開催します"


def test_the_text_around_a_link_is_kept() -> None:
    entry = only("<ul><li>2026.11.20 <a href='1'>とても長い題名です</a><p>説明の文がここに続きます。申込みは12月までです。</p></li></ul>")
    assert entry.text == "説明の文がここに続きます。申込みは12月までです。"


def test_cards() -> None:
    text = "説明の文がここに続きます。申込みは必要ありません。"
    entry = only(f"<ul><li><a href='1'><time>2026.11.20</time><h3>とても長い題名です</h3><p>{text}</p></a></li></ul>")
    assert (entry.title, entry.published_at) == ("とても長い題名です", DAY)
    assert entry.text == text


@pytest.mark.parametrize(
    "menu",
    [
        "<nav><ul><li>{link}</li></ul></nav>",
        "<header><ul><li>{link}</li></ul></header>",
        "<footer><ul><li>{link}</li></ul></footer>",
        "<aside><ul><li>{link}</li></ul></aside>",
        "<div role='navigation'><ul><li>{link}</li></ul></div>",
        "<div id='gnav'><ul><li>{link}</li></ul></div>",
        "<div class='global-nav x'><ul><li>{link}</li></ul></div>",
        "<ul class='breadcrumb'><li>{link}</li></ul>",
        "<ol id='topicpath'><li>{link}</li></ol>",
        "<div class='menu-main'><ul><li>{link}</li></ul></div>",
        "<div class='pagination'><ul><li>{link}</li></ul></div>",
        "<div id='header'><ul><li>{link}</li></ul></div>",
        "<div>{link}</div>",
    ],
)
def test_menus_are_skipped(menu: str) -> None:
    news = "<main><article><a href='/news/1'>本物の新着のお知らせ</a></article></main>"
    link = "<a href='/about/'>協会の事業概要のご案内</a>"
    assert [entry.title for entry in parse(menu.replace("{link}", link) + news)] == ["本物の新着のお知らせ"]


def test_layouts_named_after_their_menu_are_not_skipped() -> None:
    assert only("<div class='site has-sidebar no-nav'><ul><li><a href='1'>とても長い題名です</a></li></ul></div>").url


@pytest.mark.parametrize(
    "href",
    ["https://other.example.jp/1", "#top", "", "javascript:void(0)", "mailto:a@b.jp", "/news/", "/news/#x", "ftp://www.site.example.jp/"],
)
def test_other_links_are_skipped(href: str) -> None:
    with pytest.raises(FeedError, match="新着情報のリンク（8文字以上の見出し）が見つかりません"):
        parse(f"<ul><li><a href='{href}'>とても長い題名です</a></li></ul>")


def test_short_links_are_skipped() -> None:
    assert [entry.title for entry in parse("<ul><li><a href='1'>一覧を見る</a><a href='2'>八文字以上の題名</a></li></ul>")] == [
        "八文字以上の題名"
    ]


def test_the_same_site_with_and_without_www_and_a_base() -> None:
    found = parse("<base href='https://site.example.jp/top/'><ul><li><a href='1'>とても長い題名です</a></li></ul>")
    assert found[0].url == "https://site.example.jp/top/1"


def test_each_address_once_and_at_most_fifty() -> None:
    lines = "".join(f"<li><a href='{number % 80}.html'>とても長い題名です{number}</a></li>" for number in range(200))
    found = parse(f"<ul>{lines}</ul>")
    assert len(found) == len({entry.url for entry in found}) == 50


@pytest.mark.parametrize("codec", ["euc_jp", "cp932", "iso2022_jp"])
async def test_old_pages(codec: str) -> None:
    label = {"euc_jp": "EUC-JP", "cp932": "Shift_JIS", "iso2022_jp": "ISO-2022-JP"}[codec]
    head = f"<html><head><meta http-equiv=Content-Type content='text/html; charset={label}'></head><body>"
    body = f"{head}<table><tr><td>平成30年4月1日<td><a href=1.html>海外事務所の報告書</a></table>"
    async with serving(giving(body.encode(codec), content_type="text/html", headers={"ETag": '"1"'})) as site:
        reading = await site.reader().read(feed(site.url("/list"), FeedKind.PAGE))
        assert len(site.seen) == 1  # links are not followed
    assert reading.etag == 'etag "1"'
    assert reading.entries == (
        Entry(title="海外事務所の報告書", text="", url=site.url("/1.html"), published_at=datetime(2018, 4, 1, tzinfo=TOKYO)),
    )


async def test_a_feed_is_no_page() -> None:
    async with serving(giving("<?xml version='1.0'?><rss version='2.0'><channel/></rss>")) as site:
        with pytest.raises(FeedError, match="種別 rss で登録してください"):
            await site.reader().read(feed(site.url(), FeedKind.PAGE))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和1年5月1日", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("R8/1/2", date(2026, 1, 2)),
        ("更新日：2026年1月2日（金）", date(2026, 1, 2)),
        ("2026年2月30日", None),
        ("2026年13月1日", None),
        ("12026.1.2", None),
        ("2026.1.234", None),
        ("AR8.1.2", None),
        ("令和0年1月1日", date(2018, 1, 1)),
        ("1月2日", None),
        ("", None),
    ],
)
def test_days(text: str, found: date | None) -> None:
    assert next((day for day, _ in dates.days(text)), None) == found


@given(
    st.dates(min_value=date(2019, 5, 1), max_value=date(2050, 12, 31)), st.sampled_from(["令和{}年{}月{}日", "R{}.{}.{}", "令和{}.{}.{}"])
)
def test_every_day_of_this_era(day: date, form: str) -> None:
    assert dates.moment(form.format(day.year - 2018, day.month, day.day)) == datetime(day.year, day.month, day.day, tzinfo=TOKYO)


@given(st.text())
def test_any_text_has_some_days_or_none(text: str) -> None:
    assert isinstance(dates.without_days(text), str)
    moment = dates.moment(text)
    assert moment is None or moment.tzinfo
