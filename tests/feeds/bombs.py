"""Feeds that are built to break their readers. Run as a program, each is read once and the growth of memory is printed."""

import asyncio
import contextlib
import gzip
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from clair_bot.errors import FeedError
from clair_bot.feeds import pages, syndication
from clair_bot.feeds.fetching import Document


def rss(inside: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>題</title>{inside}</channel></rss>'


def item(inside: str) -> str:
    return rss(f"<item><title>新着のお知らせ</title>{inside}</item>")


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + "]>"
    + rss("<item><title>&lol9;</title></item>").split("?>", 1)[1]
)
XXE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>'
PARAMETER_XXE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]><rss><channel/></rss>'
DEFAULTS = '<!DOCTYPE rss [<!ATTLIST b c CDATA "' + "x" * 1_000_000 + '">]><rss>' + "<b/>" * 30_000 + "</rss>"

FEEDS: dict[str, str] = {
    "billion laughs": BILLION_LAUGHS,
    "external entity": XXE,
    "external parameter entity": PARAMETER_XXE,
    "defaults of attributes": DEFAULTS,
    "200k nested tags": "<rss>" + "<a>" * 200_000,
    "200k nested tags in a text": item("<description>" + "&lt;div&gt;" * 99_000 + "</description>"),
    "400k nested tags in a section": item("<description><![CDATA[" + "<div>" * 390_000 + "]]></description>"),
    "many texts with nested tags": rss(
        ("<item><title>題</title><description><![CDATA[" + "<ul>" * 1_990 + "]]></description></item>") * 240
    ),
    "long author": item("<author>" + "a" * 1_800_000 + "</author>"),
    "long author within a text": item("<description><author>" + "a" * 1_800_000 + "</author></description>"),
    "long author behind a false end": item("<author x='/>'>" + "a" * 1_800_000 + "</author>"),
    "many categories": item("".join(f"<category>{n}</category>" for n in range(20_000))),
    "many attributes": rss("<item " + " ".join(f'a{n}="1"' for n in range(150_000)) + "><title>題</title></item>"),
    "many namespaces": "<rss " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(60_000)) + "/>",
    "long base": f'<rss xml:base="http://x/{"a/" * 500_000}">{"<channel/>" * 20_000}</rss>',
    "blank lines before": "\n" * 1_900_000 + rss(""),
    "blank lines within": "<rss>" + "\n" * 1_900_000 + "</rss>",
    "ampersands": rss("&" * 1_900_000),
    "angle brackets": "<rss>" + "<" * 1_900_000,
    "open comments": "<rss>" + "<!--" * 400_000,
    "open declarations": "<rss>" + "<!x " * 400_000,
    "instructions with tags": "<rss><?x >" + "<author>" * 200_000 + "?></rss>",
    "turned writing": item("<description>" + "\u202e" * 600_000 + "</description>"),
    "long date": item("<pubDate>" + "20" * 900_000 + "</pubDate>"),
    "one sentence": item("<description>" + "あ" * 600_000 + "</description>"),
}
PAGES: dict[str, str] = {
    "200k nested tags": "<ul>" + "<div>" * 200_000,
    "nested behind false ends": "<div><object></div>" * 9_900,
    "formatting": "<b>" * 350 + "<p>" * 19_000,
    "ampersands": "<ul><li><a href=/x>とても長い題名です</a>" + "&amp;" * 380_000,
    "angle brackets": "<" * 1_990_000,
    "open comments": "<!--" * 490_000,
    "many attributes": "<ul><li><a " + "b=c " * 450_000 + "href=/x>とても長い題名です</a>",
    "many links": "<ul>" + "".join(f"<li>2026年11月20日<a href='/a{n}'>とても長い題名です</a></li>" for n in range(9_000)),
    "many links in one line": "<ul><li>" + "".join(f"<a href='/a{n}'>とても長い題名です</a>" for n in range(15_000)),
    "many classes": "<ul>" + "".join(f"<li class='{'nav-' * 3000}'><a href='/a{n}'>とても長い題名です</a></li>" for n in range(100)),
}
PARSERS: dict[str, tuple[Callable[[Document], object], dict[str, str]]] = {
    "feed": (syndication.parse, FEEDS),
    "page": (pages.parse, PAGES),
}
ALL = [(kind, name) for kind, (_, bombs) in PARSERS.items() for name in bombs]


def document(text: str) -> Document:
    return Document(url="http://site.example.jp/list", body=text.encode()[:2_000_000], content_type="text/xml; charset=utf-8", etag="")


def gzip_bomb() -> bytes:
    """200 MB in about 200 kB."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([stream.compress(b"<item>" * 170_000) for _ in range(200)]) + stream.flush()


def small_gzip(text: str) -> bytes:
    return gzip.compress(text.encode())


async def _read_all() -> None:
    for kind, name in ALL:
        parse, bombs = PARSERS[kind]
        with contextlib.suppress(FeedError):
            await asyncio.to_thread(parse, document(bombs[name]))


def _memory(name: str) -> int:
    """Bytes of memory that the kernel counts for this process: ``VmRSS`` now, ``VmHWM`` at most so far."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    before = _memory("VmRSS")
    asyncio.run(_read_all())
    sys.stdout.write(str(_memory("VmHWM") - before))
