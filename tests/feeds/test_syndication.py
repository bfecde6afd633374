"""RSS and Atom: every version, every charset, conditional requests, and what is no feed."""

import gzip
import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from aiohttp import web
from tests.feeds.bombs import document, item, rss
from tests.feeds.servers import Handler, feed, giving, serving

from clair_bot.domain.feeds import Entry
from clair_bot.errors import FeedError
from clair_bot.feeds import syndication

JST = timezone(timedelta(hours=9))
RSS2 = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>クレア</title><link>https://www.clair.or.jp/</link>
<item><title>多文化共生セミナー</title><link>/j/seminar.html?a=1&amp;b=2</link><dc:creator>担当</dc:creator><category>募集</category>
<description>要旨です。</description><content:encoded><![CDATA[<p>本文の一段落目です。</p><p>二段落目&nbsp;です。</p>]]></content:encoded>
<pubDate>Fri, 20 Nov 2026 10:00:00 +0900</pubDate></item>
<item><title>  </title><link>https://www.clair.or.jp/untitled</link></item>
<item><title>日付だけ</title><guid>https://www.clair.or.jp/guid</guid><pubDate>2026年11月19日</pubDate></item>
</channel></rss>"""
RSS1 = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://a.jp/"><title>t</title></channel>
<item rdf:about="https://a.jp/1"><title>報告書</title><link>https://a.jp/1</link><description>説明</description>
<dc:date>2026-11-20T10:00:00+09:00</dc:date></item></rdf:RDF>"""
RSS091 = """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>t</title><item><title>カフェ&eacute;</title><link>https://a.jp/1</link></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.jp/list/"><title>t</title>
<author><name>誰か</name></author>
<entry><title type="html">&lt;b&gt;新着&lt;/b&gt; A&amp;amp;B</title><link rel="alternate" href="1.html"/><id>urn:1</id>
<updated>2026-11-20T01:00:00Z</updated><author><name>誰か</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>一<img src="x"/>つ</p><p>二つ</p></div></content></entry></feed>"""


async def _entries(body: bytes | str, content_type: str = "application/rss+xml") -> tuple[Entry, ...]:
    async with serving(giving(body, content_type=content_type)) as site:
        return (await site.reader().read(feed(site.url("/dir/feed")))).entries


async def test_rss_2() -> None:
    async with serving(giving(RSS2)) as site:
        first, second = (await site.reader().read(feed(site.url()))).entries
    assert first == Entry(
        title="多文化共生セミナー",
        text="本文の一段落目です。\n\n二段落目 です。",
        url=site.url("/j/seminar.html?a=1&b=2"),
        published_at=datetime(2026, 11, 20, 10, tzinfo=JST),
    )
    assert (second.title, second.url) == ("日付だけ", "https://www.clair.or.jp/guid")
    assert second.published_at == datetime(2026, 11, 19, tzinfo=JST)


async def test_rss_1() -> None:
    (entry,) = await _entries(RSS1)
    assert entry == Entry(title="報告書", text="説明", url="https://a.jp/1", published_at=datetime(2026, 11, 20, 1, tzinfo=UTC))


async def test_rss_091_with_its_document_type() -> None:
    (entry,) = await _entries(RSS091)
    assert entry == Entry(title="カフェé", text="", url="https://a.jp/1", published_at=None)


async def test_atom() -> None:
    (entry,) = await _entries(ATOM, "application/atom+xml")
    assert entry == Entry(
        title="新着 A&B", text="一つ\n\n二つ", url="https://b.jp/list/1.html", published_at=datetime(2026, 11, 20, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize("codec", ["euc_jp", "cp932", "iso2022_jp", "utf-8"])
@pytest.mark.parametrize("where", ["xml", "http", "wrong", "nowhere"])
async def test_every_charset_wherever_it_is_named(codec: str, where: str) -> None:
    label = {"euc_jp": "EUC-JP", "cp932": "Shift_JIS", "iso2022_jp": "ISO-2022-JP", "utf-8": "UTF-8"}[codec]
    wrong = "Shift_JIS" if codec == "euc_jp" else "UTF-8" if codec != "utf-8" else "EUC-JP"
    named = {"xml": label, "wrong": wrong}.get(where)
    head = f'<?xml version="1.0" encoding="{named}"?>' if named else '<?xml version="1.0"?>'
    inside = "<item><title>自治体国際化フォーラムのお知らせ</title><description>カタカナと漢字とひらがなです。</description></item>"
    body = (head + rss(inside).split("?>", 1)[1]).encode(codec)
    (entry,) = await _entries(body, f"text/xml; charset={label}" if where == "http" else "text/xml")
    assert entry.title == "自治体国際化フォーラムのお知らせ"
    assert entry.text == "カタカナと漢字とひらがなです。"


async def test_at_most_100_entries() -> None:
    assert len(await _entries(rss("<item><title>題</title></item>" * 250))) == 100


async def test_the_longest_text_ends_with_a_sentence() -> None:
    (entry,) = await _entries(item("<description>" + "これは一つの文です。" * 600 + "</description>"))
    assert len(entry.text) <= 4_000
    assert entry.text.endswith("です。…")


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><head><title>x</title></head><body><p>a<br>b</body></html>",
        "\n\n<html lang=ja><body>",
        '<?xml version="1.0"?><!-- x --><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns="http://www.w3.org/1999/xhtml"/>',
    ],
)
async def test_a_page_is_no_feed(body: str) -> None:
    with pytest.raises(FeedError, match=r"フィードではなく HTML のページです。.*種別 page で登録してください。"):
        await _entries(body, "text/html")


@pytest.mark.parametrize("body", ["", '{"version": "https://jsonfeed.org"}', "<svg xmlns='x'/>", "\x00\x01\x02"])
async def test_other_things_are_no_feed_either(body: str) -> None:
    with pytest.raises(FeedError, match="RSS でも Atom でもない内容です。"):
        await _entries(body)


@pytest.mark.parametrize("body", ["<rss><channel><item>", "<rss><a></b></rss>", "<rss a=1></rss>"])
async def test_what_is_not_well_formed_is_refused_with_its_line(body: str) -> None:
    with pytest.raises(FeedError, match="1行目で正しくない"):
        await _entries(body)


async def test_usual_faults_are_mended() -> None:
    """Signs that are not escaped, entities of HTML, control characters, prefixes that are nowhere declared."""
    inside = "<item><title>A&B &nbsp;C\x0b\x08</title><dc:date>2026-11-20</dc:date><media:thumbnail url='x'/><foo:bar/></item>"
    (entry,) = await _entries(rss(inside))
    assert entry.title == "A&B C"
    assert entry.published_at == datetime(2026, 11, 20, tzinfo=JST)


async def test_an_empty_feed_has_no_entries() -> None:
    assert await _entries(rss("")) == ()


async def test_links_in_sections_keep_their_parameters() -> None:
    (entry,) = await _entries(item("<link><![CDATA[https://a.jp/?p=1&q=2]]></link>"))
    assert entry.url == "https://a.jp/?p=1&q=2"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "https://u:p@a.jp/", "https://"]
)
async def test_other_links_are_dropped(url: str) -> None:
    (entry,) = await _entries(item(f"<link>{url}</link>"))
    assert entry.url == ""


def _conditional(headers: dict[str, str], condition: tuple[str, str], seen: list[str | None]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        name, value = condition
        seen.append(request.headers.get(name))
        if request.headers.get(name) == value:
            return web.Response(status=304)
        return web.Response(text=item(""), content_type="text/xml", headers=headers)

    return handler


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        ({"ETag": 'W/"abc"', "Last-Modified": "Fri, 20 Nov 2026 01:00:00 GMT"}, ("If-None-Match", 'W/"abc"')),
        ({"Last-Modified": "Fri, 20 Nov 2026 01:00:00 GMT"}, ("If-Modified-Since", "Fri, 20 Nov 2026 01:00:00 GMT")),
    ],
)
async def test_nothing_new(headers: dict[str, str], condition: tuple[str, str]) -> None:
    seen: list[str | None] = []
    async with serving(_conditional(headers, condition, seen)) as site:
        first = await site.reader().read(feed(site.url()))
        assert not first.unchanged
        assert len(first.entries) == 1
        second = await site.reader().read(feed(site.url(), etag=first.etag))
    assert second.unchanged
    assert second.entries == ()
    assert second.etag == first.etag
    assert seen == [None, condition[1]]


async def test_names_that_no_header_could_hold_are_dropped() -> None:
    for value in ("x" * 301, "é"):
        async with serving(giving(item(""), headers={"ETag": value})) as site:
            assert (await site.reader().read(feed(site.url()))).etag == ""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 429, 500, 503, 204, 302])
async def test_answers_of_other_kinds(status: int) -> None:
    async with serving(giving("", status=status)) as site:
        with pytest.raises(FeedError, match=f"。（HTTP {status}）"):
            await site.reader().read(feed(site.url()))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw", "members", ""])
async def test_compressed_feeds(encoding: str) -> None:
    plain = item("<description>" + "長い説明です。" * 100 + "</description>").encode()
    raw = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
        "raw": raw.compress(plain) + raw.flush(),
        "members": gzip.compress(plain[:100]) + gzip.compress(plain[100:]) + b"\0" * 8,
        "": plain,
    }
    name = {"raw": "deflate", "members": "gzip"}.get(encoding, encoding)
    async with serving(giving(bodies[encoding], headers={"Content-Encoding": name} if name else {})) as site:
        (entry,) = (await site.reader().read(feed(site.url()))).entries
        assert site.seen[0].headers["Accept-Encoding"] == "gzip, deflate"
    assert entry.text == "長い説明です。" * 100


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("br", b"x", "扱えない圧縮"),
        ("gzip, gzip", b"x", "扱えない圧縮"),
        ("gzip", b"not gzip", "壊れている"),
        ("gzip", gzip.compress(b"x" * 1000)[:-9], "壊れている"),
    ],
)
async def test_broken_compression(encoding: str, body: bytes, words: str) -> None:
    async with serving(giving(body, headers={"Content-Encoding": encoding})) as site:
        with pytest.raises(FeedError, match=words):
            await site.reader().read(feed(site.url()))


async def test_no_cookies_are_kept() -> None:
    async with serving(giving(item(""), headers={"Set-Cookie": "a=b"})) as site:
        reader = site.reader()
        for _ in range(2):
            await reader.read(feed(site.url()))
        assert "Cookie" not in site.seen[1].headers


def test_what_is_not_used_does_not_reach_the_library() -> None:
    entries = syndication.parse(document(item("<description><author>名前</author>説明</description><author>名前</author>")))
    assert [entry.text for entry in entries] == ["説明"]
