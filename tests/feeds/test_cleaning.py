"""Cleaning: no markup, no traps, no loss of words."""

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.feeds.bombs import item
from tests.feeds.servers import feed, giving, serving

from clair_bot.domain.feeds import FeedKind
from clair_bot.feeds.cleaning import LONGEST_URL, address, entry, from_html, from_text, shortened

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<a href='java\tscript:alert(1)'>x</a>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<object data='data:text/html,x'></object>",
    "<embed src=x>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<style>@import 'x';</style>",
    "<link rel=stylesheet href=x>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='javascript:'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<img src=x onerror=alert(1)//",
    "<<script>alert(1)//<</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img \x00src=x onerror=alert(1)>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<xss id=x tabindex=1 onactivate=alert(1)></xss>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<table background=javascript:alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
]
TRAPS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@pytest.mark.parametrize("attack", ATTACKS)
def test_markup_is_taken_out(attack: str) -> None:
    for clean in (from_html, from_text):
        found = clean(f"前の言葉{attack}")
        assert found.startswith("前の言葉")
        assert not re.search(r"<[a-z/!?]", found, re.IGNORECASE)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("escape", [html.escape, lambda text: f"<![CDATA[{text.replace(']]>', '')}]]>"])
async def test_attacks_in_feeds(attack: str, escape: object) -> None:
    assert callable(escape)
    inside = escape(attack).replace("\x00", "")
    body = item(f"<description>{inside}</description><link>{html.escape(attack).replace(chr(0), '')}</link>")
    body = body.replace("新着のお知らせ", f"新着のお知らせ{inside}")
    async with serving(giving(body)) as site:
        (found,) = (await site.reader().read(feed(site.url()))).entries
    assert found.title.startswith("新着のお知らせ")
    for text in (found.title, found.text, found.url):
        assert not re.search(r"<[a-z/!?]", text, re.IGNORECASE)
    assert not found.url or found.url.startswith("http://127.0.0.1")


@pytest.mark.parametrize("attack", ATTACKS)
async def test_attacks_in_pages(attack: str) -> None:
    body = f"<ul><li><a href='/ok'>新着のお知らせです</a></li><li>{attack}</li></ul>"
    async with serving(giving(body, content_type="text/html; charset=utf-8")) as site:
        first = (await site.reader().read(feed(site.url(), FeedKind.PAGE))).entries[0]
    assert (first.title, first.url) == ("新着のお知らせです", site.url("/ok"))


def test_entities_are_decoded_exactly_once() -> None:
    assert from_html("A &amp; B") == "A & B"
    assert from_html("&amp;lt;b&amp;gt;") == "&lt;b&gt;"
    assert from_html("&lt;b&gt;") == "<b>"
    assert from_text("A &amp; B &lt;b&gt;") == "A &amp; B &lt;b&gt;"


def test_plain_text_is_kept() -> None:
    text = "3 < 5 かつ 7 > 2\n詳しくは <https://www.clair.or.jp/> または <kikaku@example.jp> へ\n\nA&B"
    assert from_text(text) == text


def test_paragraphs_stay_apart_and_lines_of_markup_do_not() -> None:
    assert from_html("<p>一\n行</p>\n\n<p>二<br>行</p><ul><li>甲<li>乙</ul>") == "一 行\n\n二\n行\n\n甲\n\n乙"
    assert from_html("改行\nだけ") == "改行\nだけ"


def test_joiners_and_variants_stay() -> None:
    assert from_html("👨\u200d👩\u200d👧 葛\U000e0100城 辻\ufe00") == "👨\u200d👩\u200d👧 葛\U000e0100城 辻\ufe00"


def test_piles_of_marks_are_flattened() -> None:
    assert from_text("a" + "\u0301" * 10_000) == "a" + "\u0301" * 4


def test_embedded_pictures_do_not_use_up_the_room() -> None:
    assert from_html(f"<img src='data:image/png;base64,{'A' * 900_000}'>本文です") == "本文です"


@given(st.text())
def test_whatever_comes_in_no_trap_comes_out(text: str) -> None:
    for clean in (from_html, from_text):
        found = clean(text)
        assert not TRAPS.search(found)
        assert found == found.strip()
        assert "\n\n\n" not in found
        found.encode("utf-8")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"], exclude_characters="<>&"), min_size=1))
def test_words_without_markup_are_kept(text: str) -> None:
    for clean in (from_html, from_text):
        assert clean(text) == clean(clean(text))
        kept = "".join(clean(text).split())
        assert kept == "".join(character for character in text if character in kept)
    assert from_text("日本語<b>太字</b>の文") == "日本語太字の文"


@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<p>", "<br>", "<", ">", "&", "&lt;", "語", "a", "<!--", "-->", "<script>", "'", '"', "=", " ", "\n"]
        )
    )
)
def test_pieces_of_markup_in_any_order(pieces: list[str]) -> None:
    assert not TRAPS.search(from_html("".join(pieces)))
    plain = from_text("".join(pieces))
    assert not re.search(r"<(?:b|p|br|script)>", plain)


@given(st.text(min_size=1), st.text(), st.integers(min_value=10, max_value=100))
def test_what_is_shortened_fits_and_is_the_beginning(first: str, rest: str, limit: int) -> None:
    text = first * 20 + rest
    found = shortened(text, limit)
    assert len(found) <= limit
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


def test_cuts_come_behind_a_sentence_and_never_before_a_mark() -> None:
    assert shortened("あ" * 60 + "。" + "い" * 60, 100) == "あ" * 60 + "。…"
    assert shortened("あ" * 120, 100) == "あ" * 99 + "…"
    cut = shortened("か" * 98 + "か\u3099" * 10, 100)
    assert cut == "か" * 98 + "…"
    assert unicodedata.combining(cut[-1]) == 0


def test_no_title_no_entry() -> None:
    assert entry(title=" \n ", text="本文") is None
    made = entry(title="題\nの 二行", text="x" * 5_000)
    assert made is not None
    assert made.title == "題 の 二行"
    assert len(made.text) == 4_000


@pytest.mark.parametrize(
    ("raw", "base", "found"),
    [
        ("/a b", "https://x.jp/c/", "https://x.jp/ab"),
        ("../d?q=あ&r=1#s", "https://x.jp/c/e/", "https://x.jp/c/d?q=%E3%81%82&r=1#s"),
        ("//y.jp/z", "https://x.jp/", "https://y.jp/z"),
        ("HTTPS://X.JP/A%20B", "", "https://x.jp/A%20B"),
        ("https://例え.jp/", "", "https://例え.jp/"),
        ("java\nscript:alert(1)", "https://x.jp/", ""),
        ("\u202ejavascript:alert(1)", "https://x.jp/", ""),
        ("JaVaScRiPt:alert(1)", "https://x.jp/", ""),
        ("data:text/html;base64,x", "https://x.jp/", ""),
        ("mailto:a@x.jp", "https://x.jp/", ""),
        ("https://user@x.jp/", "", ""),
        ("https://x.jp:99999999/", "", ""),
        ("https://[::1", "", ""),
        ("relative", "", ""),
        ('https://x.jp/"><script>', "", "https://x.jp/%22%3E%3Cscript%3E"),
        ("https://x.jp/" + "a" * LONGEST_URL, "", ""),
    ],
)
def test_addresses(raw: str, base: str, found: str) -> None:
    assert address(raw, base) == found


@given(st.text())
def test_an_address_is_http_or_nothing(raw: str) -> None:
    for found in (address(raw, "https://x.jp/"), address(f"https://{raw}")):
        assert not found or re.fullmatch(r"https?://[^\s<>\"'\\]{1,2000}", found)
