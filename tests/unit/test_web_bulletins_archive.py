"""The archive: what was sent and is public, and nothing else, as it was sent, with what has become of it since."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_web_bulletins_pages import MAIL, SEMINAR, House, Parsed, document, opened

from clair_bot.domain.bulletins import Act, BulletinItem, BulletinKind, BulletinStatus, Category
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot.web import archive
from clair_bot.web.backnumbers import PAGE, Search

REPORT = BulletinItem(
    title="英国で日本酒の商談会",
    text="ロンドンで商談会を開きました。",
    category=Category.OFFICE,
    office=Office.LONDON,
    place="英国・ロンドン",
    event_date=date(2026, 11, 10),
    picture="https://pictures.example.jp/sake.jpg",
    caption="会場の様子",
)
ATTACKS = (
    HOSTILE,
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover=alert(1) x="',
    "' autofocus onfocus=alert(1) '",
    "</title><script>alert(1)</script>",
    "</textarea><iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<!--><script>alert(1)</script-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=https://evil.example><input name=a>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<body onload=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${alert(1)}",
    "\u202e<script>alert(1)</script>\u202c",
    "\u0000<script\u0000>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\x3cscript\\x3ealert(1)",
    "\ud800<b>",
    "e\u0301" * 50,
    "👩‍👩‍👧‍👦 葛󠄀",
)
ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//evil.example/",
    "https:",
    "https://[::1",
    "mailto:a@example.jp",
)


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    yield from opened(sqlite_database, **MAIL)


def titles(page: Parsed) -> list[str]:
    """Return the bulletins of a list, by their addresses."""
    return [link for link in page.links() if link.startswith("/bulletins/") and link != "/bulletins/feed.xml"]


def item(**changes: Any) -> BulletinItem:
    return replace(SEMINAR, **changes)


def test_the_list_shows_number_date_title_and_kind_newest_first(house: House) -> None:
    first = house.bulletin(document(title="秋の号", number=340))
    house.clock.advance(86_400)
    second = house.bulletin(document(title="ロンドン便り", kind=BulletinKind.OFFICE, offices=(Office.LONDON,), items=(REPORT,)))
    page = house.page("/bulletins")
    assert titles(page) == [f"/bulletins/{second}", f"/bulletins/{first}"]
    assert "vol.340 2026年11月24日 CLAIRメールマガジン 秋の号" in page.words
    assert "2026年11月25日 クレア海外事務所だより（ロンドン事務所） ロンドン便り" in page.words


def test_an_empty_archive_says_so(house: House) -> None:
    assert "まだお知らせはありません。" in house.page("/bulletins").words


def test_only_what_was_released_and_is_public_is_there(house: House) -> None:
    public = house.bulletin(document(title="公開"))
    hidden = [
        house.bulletin(document(title="下書き"), until=BulletinStatus.DRAFT),
        house.bulletin(document(title="提出"), until=BulletinStatus.SUBMITTED),
        house.bulletin(document(title="承認"), until=BulletinStatus.APPROVED),
        house.bulletin(document(title="予約"), until=BulletinStatus.SCHEDULED),
        house.bulletin(document(title="訓練", drill=True)),
        house.bulletin(document(title="中止"), until=BulletinStatus.SENDING),
        house.bulletin(document(title="定期", recurrence="第2・第4水曜 9:00"), until=BulletinStatus.SCHEDULED),
    ]
    house.act(hidden[5], Act.CANCEL)
    house.act(hidden[6], Act.FINISH)
    assert titles(house.page("/bulletins")) == [f"/bulletins/{public}"]
    assert house.get(f"/bulletins/{public}").status_code == 200
    for number in hidden:
        assert house.get(f"/bulletins/{number}").status_code == 404, number
    feed = house.get("/bulletins/feed.xml").text
    assert "公開" in feed
    for title in ("下書き", "提出", "承認", "予約", "訓練", "中止", "定期"):
        assert title not in feed


def test_its_first_readers_find_it_while_it_is_being_sent(house: House) -> None:
    number = house.bulletin(document(), until=BulletinStatus.SENDING)
    assert house.get(f"/bulletins/{number}").status_code == 200
    house.act(number, Act.PAUSE)
    assert house.get(f"/bulletins/{number}").status_code == 200


@pytest.mark.parametrize("number", ["0", "99", "-1", "1.5", "x", "１", "2147483648", "9" * 5_000, "1%00", "%2e%2e"])
def test_an_unknown_one_is_a_friendly_page(house: House, number: str) -> None:
    house.bulletin()
    response = house.get(f"/bulletins/{number}")
    assert response.status_code == 404
    assert "お知らせが見つかりません" in response.text
    assert "/bulletins" in Parsed(response.text).links()


def test_a_bulletin_reads_as_the_magazine(house: House) -> None:
    written = document(title="秋の号", number=341, lead=("いつもお読みいただき、ありがとうございます。",), items=(SEMINAR, REPORT))
    page = house.page(f"/bulletins/{house.bulletin(written)}")
    order = ("CLAIRメールマガジン", "vol.341", "2026年11月24日", "秋の号", "いつもお読み", "目次", "【ロンドン事務所】", "【募集】")
    below = page.words.partition("配信登録")[2]
    places = [below.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)
    for words in (
        "1. 英国で日本酒の商談会",
        "2. 募集中 多文化共生セミナーの参加者募集 （多文化共生課）",
        "オンラインでも参加できます。",
        "締切 12月18日（金）",
        "対象 市区町村の担当者",
        "場所 英国・ロンドン",
        "写真: 会場の様子",
        "発行: 一般財団法人自治体国際化協会（クレア）",
        "（seminar.example.jp）",
    ):
        assert words in page.words, words
    assert "配信停止」と送って" not in page.words
    assert SEMINAR.url in page.links()
    assert REPORT.picture in page.links()
    assert {"#item-1", "#item-2"} <= set(page.links())
    assert [tag for tag, _ in page.tags if tag in {"h1", "h2", "h3"}] == ["h1", "h2", "h2", "h3", "h2", "h3"]


def test_one_item_has_no_contents(house: House) -> None:
    page = house.page(f"/bulletins/{house.bulletin()}")
    assert "目次" not in page.words
    assert "1. " not in page.words


def test_a_bulletin_that_is_named_after_its_only_item_says_so_once(house: House) -> None:
    page = house.page(f"/bulletins/{house.bulletin(document(title=SEMINAR.title))}")
    assert [tag for tag, _ in page.tags if tag in {"h1", "h2", "h3"}] == ["h1", "h2"]
    below = page.words.partition("vol.1 ")[2].partition("詳しく見る")[0]
    assert below.count(SEMINAR.title) == 1
    assert "募集中 （多文化共生課）" in below
    ids = {one["id"] for _, one in page.tags if "id" in one}
    assert all(one["aria-labelledby"] in ids for _, one in page.tags if "aria-labelledby" in one)


def test_it_stays_as_it_was_sent_and_tells_what_is_closed(house: House) -> None:
    talk = item(title="講演会", category=Category.INFO, deadline=None, event_date=date(2026, 12, 1))
    twin = item(title=SEMINAR.title, deadline=date(2027, 12, 18))
    number = house.bulletin(document(items=(SEMINAR, twin, talk, REPORT)))
    assert "受付終了" not in house.page(f"/bulletins/{number}").words
    house.clock.advance(timedelta(days=24).total_seconds())  # 18 December, evening
    words = house.page(f"/bulletins/{number}").words
    assert "受付終了" not in words
    assert "終了 講演会" in words
    house.clock.advance(timedelta(hours=7).total_seconds())
    words = house.page(f"/bulletins/{number}").words
    assert words.count("受付終了") == 1
    assert "受付終了 多文化共生セミナーの参加者募集 （多文化共生課）" in words
    assert "2026年11月24日" in words
    assert "締切 12月18日（金）" in words
    assert "募集中 多文化共生セミナーの参加者募集" in words  # the one with the other deadline


@pytest.mark.parametrize(("language", "lang", "words"), [(Language.EN, "en", "Deadline"), (Language.EASY, "ja", "いつまで")])
def test_it_is_framed_in_its_own_language(house: House, language: Language, lang: str, words: str) -> None:
    page = house.page(f"/bulletins/{house.bulletin(document(languages=(language,)))}")
    assert page.attributes("html", "lang") == [lang]
    assert words in page.words
    listed = house.page("/bulletins")
    assert [one["lang"] for tag, one in listed.tags if tag == "a" and one["href"] == "/bulletins/1"] == [lang]


def test_a_correction_and_what_it_corrects_name_each_other(house: House) -> None:
    wrong = house.bulletin(document(title="助成金の締切について", kind=BulletinKind.NOTICE))
    assert "訂正あり" not in house.page("/bulletins").words
    house.clock.advance(3_600)
    right = house.bulletin(document(title="助成金の締切について（訂正）", kind=BulletinKind.NOTICE, corrects=wrong))
    page = house.page(f"/bulletins/{wrong}")
    assert "【訂正あり】" in page.words
    assert f"/bulletins/{right}" in page.links()
    correction = house.page(f"/bulletins/{right}")
    assert "【訂正】2026年11月24日にお送りした「助成金の締切について」の内容に誤りがありました。" in correction.words
    assert f"/bulletins/{wrong}" in correction.links()
    assert "訂正あり" not in correction.words
    assert "助成金の締切について 訂正あり" in house.page("/bulletins").words


def test_corrections_are_looked_up_twice_a_minute_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = house.bulletin()
    house.page(f"/bulletins/{wrong}")
    house.bulletin(document(title="訂正", corrects=wrong))
    assert "訂正あり" not in house.page(f"/bulletins/{wrong}").words
    house.clock.advance(30)
    assert "訂正あり" in house.page(f"/bulletins/{wrong}").words


def test_a_correction_that_is_not_released_gives_nothing_away(house: House) -> None:
    wrong = house.bulletin()
    house.bulletin(document(title="まだ秘密", corrects=wrong), until=BulletinStatus.APPROVED)
    house.bulletin(document(title="訓練の訂正", corrects=wrong, drill=True))
    assert "訂正あり" not in house.page(f"/bulletins/{wrong}").words


# searching and turning pages


def test_words_and_numbers_are_found(house: House) -> None:
    house.bulletin(document(title="秋の号", number=340))
    house.bulletin(document(title="冬の号", number=341, items=(REPORT,)))
    for asked, found in {
        "q=多文化共生": ["/bulletins/1"],
        "q=多文化　オンライン": ["/bulletins/1"],
        "q=日本酒": ["/bulletins/2"],
        "q=多文化 日本酒": [],
        "vol=340": ["/bulletins/1"],
        "vol=３４１": ["/bulletins/2"],
        "q=vol.341": ["/bulletins/2"],
        "q=ＶＯＬ． 340": ["/bulletins/1"],
        "q=340号": ["/bulletins/1"],
        "q=第341号": ["/bulletins/2"],
        "q=341": ["/bulletins/2"],
        "vol=999": [],
        "vol=abc": [],
        "vol=99999999999999999999": [],
        "q=%25": [],
        "q=_": [],
        "q=": ["/bulletins/2", "/bulletins/1"],
        "q=%00": ["/bulletins/2", "/bulletins/1"],
    }.items():
        assert titles(house.page(f"/bulletins?{asked}")) == found, asked


def test_a_number_that_is_no_volume_is_a_word(house: House) -> None:
    house.bulletin(document(title="2027年の予定", number=340))
    assert titles(house.page("/bulletins?q=2027")) == ["/bulletins/1"]


def test_nothing_found_is_told_and_the_words_stay(house: House) -> None:
    house.bulletin()
    page = house.page('/bulletins?q="><script>alert(1)</script>')
    assert "を含むお知らせは見つかりませんでした。" in page.words
    assert page.attributes("input", "value") == ['"><script>alert(1)</script>']
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.attributes("meta", "content")[-1] == "noindex"


def test_twenty_stand_on_a_page(house: House) -> None:
    for number in range(2 * PAGE + 1):
        house.clock.advance(60)
        house.bulletin(document(title=f"第{number}回", number=number + 1))
    shown: list[str] = []
    path = "/bulletins?q=第"
    for count in (PAGE, PAGE, 1):
        page = house.page(path)
        assert len(titles(page)) == count
        shown += titles(page)
        older = [one["href"] for tag, one in page.tags if tag == "a" and one.get("rel") == "next"]
        path = older[0] if older else ""
    assert path == ""
    assert shown == [f"/bulletins/{number}" for number in range(2 * PAGE + 1, 0, -1)]
    assert [one["href"] for tag, one in page.tags if one.get("rel") == "prev"] == ["/bulletins?q=%E7%AC%AC&page=2"]


def test_pages_end_somewhere(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "DEEPEST", 1)
    for number in range(PAGE + 1):
        house.bulletin(document(number=number + 1))
    page = house.page("/bulletins")
    assert "next" not in page.attributes("a", "rel")
    assert "これより前のお知らせは、言葉または号で探してください。" in page.words


@pytest.mark.parametrize(
    ("text", "page"), [("0", 1), ("-1", 1), ("x", 1), ("2", 2), ("99", 50), ("100", 1), ("１", 1), ("", 1), ("1e9", 1)]
)
def test_any_page_number_is_one(text: str, page: int) -> None:
    assert Search.read("", text).page == page


def test_a_search_has_limits() -> None:
    search = Search.read(" ".join(f"w{number}" for number in range(1_000)), "")
    assert len(search.text) <= 200
    assert search.words == [f"w{number}" for number in range(8)]


# hostile text


def structure(page: Parsed) -> list[tuple[str, list[str]]]:
    """Return a page without its words: what a hostile text must not change."""
    return [(tag, sorted(attributes)) for tag, attributes in page.tags]


def papers(house: House, text: str) -> list[Parsed]:
    """Publish a bulletin and its correction that say something everywhere; return the pages that show it."""
    said = item(title=text, text=text, owner=text, place=text, audience=text, contact=text, caption=text, picture="https://a.example.jp/1")
    number = house.bulletin(document(title=text, lead=(text,), items=(said, item(title=text, category=Category.REPORT))))
    house.clock.advance(31)
    correction = house.bulletin(document(title=text, items=(said,), corrects=number))
    house.clock.advance(timedelta(days=40).total_seconds())
    return [house.page(path) for path in ("/bulletins?vol=1", f"/bulletins/{number}", f"/bulletins/{correction}")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(house: House, sqlite_template: Path, tmp_path: Path, attack: str) -> None:
    attacked = papers(house, attack)
    (tmp_path / "harmless.db").write_bytes(sqlite_template.read_bytes())
    for other in opened(f"sqlite:///{tmp_path}/harmless.db", **MAIL):
        harmless = papers(other, "無害")
    for page, like in zip(attacked, harmless, strict=True):
        assert structure(page) == structure(like)
        assert page.links() == like.links()
    shown = " ".join(attack.replace("\0", "").replace("\ud800", "?").split())
    assert shown in attacked[1].words


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_addresses_of_the_web_become_links(house: House, address: str) -> None:
    number = house.bulletin(document(items=(item(url=address, picture=address),)))
    page = house.page(f"/bulletins/{number}")
    assert all(link.startswith(("/bulletins", "/subscribe", "#")) for link in page.links())
    assert "詳しく見る" not in page.words
    assert "写真" not in page.words
