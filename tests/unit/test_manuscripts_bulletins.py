"""Bulletins that people write in files: what is read, what is refused and how, and that writing reads back the same."""

import string
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clair_bot.domain.articles import Area
from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import BulletinItem, BulletinKind, Category, Document
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Organisation, Topic
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts.bulletins import read, read_audience, read_file
from clair_bot.manuscripts.rendering import render
from clair_bot.manuscripts.words import CHANNELS, PREFECTURES

HEAD = "---\ntitle: 秋の号\nkind: newsletter\n---\n"
FULL = """---
題名: 秋の号
kind: メールマガジン
number: 341
areas: [II, 国際交流]
offices: ロンドン事務所、NY
languages: [ja, やさしい日本語]
audience:
  都道府県: [群馬, 京都府, 東京]
  kinds: [市区町村, prefecture]
  roles: 国際交流担当
  channels: [line, メール]
send_at: 2026/12/1 9:00
timezone: reader
office_hours: はい
drill: false
items:
  - 題名: 多文化共生セミナー
    本文: |
      一段落目です。

      二段落目です。
    区分: 募集
    担当: 多文化共生課
    開催: 2027年1月20日
    締切: 2026-12-18
    対象: 自治体
    url: https://example.test/seminar
    問い合わせ: 03-1234-5678
    写真: https://example.test/a.jpg
    説明: 会場
---
はじめの段落です。
続きの行です。

**次の**段落は[募集のページ](https://example.test/call)をご覧ください。

## 【ロンドン事務所】英国で商談会=英国・ロンドン
締切: 2026-12-20
場所: 英国・ロンドン

会は`成功`でした。[くわしく](https://example.test/london)と[写真集](https://example.test/album)。

日時: これは本文です。

## 【記事】【重要】という言葉を含む題
本文だけです。
"""


def front(*lines: str, item: str = "  - title: 一") -> str:
    return "\n".join(["---", "title: 題", "kind: notice", *lines, "items:", item, "---", ""])


def fault(text: str) -> str:
    with pytest.raises(ClairBotError) as refused:
        read(text, file="秋の号.md")
    sentence = str(refused.value)
    assert sentence.startswith("秋の号.md:")
    assert sentence.endswith(("。", "BASE", "base")) or "使えるもの" in sentence
    return sentence


def test_everything_that_can_be_written() -> None:
    document = read(FULL, file="a.md")
    assert (document.title, document.kind, document.number) == ("秋の号", BulletinKind.NEWSLETTER, 341)
    assert (document.areas, document.offices) == ((Area.II, Area.IV), (Office.LONDON, Office.NEW_YORK))
    assert document.languages == (Language.JA, Language.EASY)
    assert document.audience == Audience(
        prefectures=frozenset({"群馬県", "京都府", "東京都"}),
        kinds=frozenset({Organisation.CITY, Organisation.PREFECTURE}),
        roles=frozenset({"国際交流担当"}),
        channels=frozenset({"line", "mail"}),
    )
    assert (document.send_at, document.timezone, document.office_hours, document.drill) == ("2026-12-01T09:00", "reader", True, False)
    assert document.lead == ("はじめの段落です。\n続きの行です。", "次の段落は募集のページ（https://example.test/call）をご覧ください。")
    seminar, london, article = document.items
    assert seminar == BulletinItem(
        title="多文化共生セミナー",
        text="一段落目です。\n\n二段落目です。",
        category=Category.CALL,
        owner="多文化共生課",
        event_date=date(2027, 1, 20),
        deadline=date(2026, 12, 18),
        audience="自治体",
        url="https://example.test/seminar",
        contact="03-1234-5678",
        picture="https://example.test/a.jpg",
        caption="会場",
    )
    assert (london.title, london.category, london.office) == ("英国で商談会=英国・ロンドン", Category.OFFICE, Office.LONDON)
    assert (london.deadline, london.place, london.url) == (date(2026, 12, 20), "英国・ロンドン", "https://example.test/london")
    assert london.text == "会は成功でした。くわしくと写真集（https://example.test/album）。\n\n日時: これは本文です。"
    assert (article.title, article.category) == ("【重要】という言葉を含む題", Category.ARTICLE)


@pytest.mark.parametrize(
    ("written", "everyone", "segment", "topics"),
    [
        ("audience: all", True, "", frozenset()),
        ("対象: 全員", True, "", frozenset()),
        ("audience: Everyone", True, "", frozenset()),
        ("audience: 関東の市町村", False, "関東の市町村", frozenset()),
        ("segment: 関東の市町村", False, "関東の市町村", frozenset()),
        ("audience:\n  areas: [II]\n  offices: ソウル\n  topics: [newsletter]", False, "", {Topic.II, Topic.SEOUL, Topic.NEWSLETTER}),
        ("audience:\n  全員: true\n  areas: [II]", True, "", {Topic.II}),
    ],
)
def test_audiences(written: str, everyone: bool, segment: str, topics: frozenset[Topic]) -> None:  # noqa: FBT001  # a row of the table
    document = read(front(written), file="a.md")
    assert (document.everyone, document.segment, document.audience.topics) == (everyone, segment, topics)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title: x", 1, "1行目に「---」"),
        ("---\ntitle: x\n", 1, "終わりに「---」"),
        ("---\n- a\n---\n", 2, "項目名と値"),
        ("---\n---\n", 2, "項目名と値"),
        ("---\ntitle: x\nkind: news: letter\n---\n", 3, "YAMLの形式"),
        ("---\ntitle: 'x\n---\n", 2, "YAMLの形式"),
        ("---\nkind: notice\n---\n", 2, "title がありません"),
        ("---\ntitle: x\n---\n", 2, "kind がありません"),
        ("---\ntitle: x\ntitle: y\nkind: notice\n---\n", 3, "2回書かれています（2行目"),
        ("---\ntitle: x\n題名: y\nkind: notice\n---\n", 3, "同じ意味の項目"),
        ("---\ntitle: x\nkind: notise\n---\n", 3, "「notice」の間違い"),
        ("---\ntitle: x\nkind: [notice]\n---\n", 3, "文字で書いて"),
        ("---\ntitle: x\nknd: notice\n---\n", 3, "「kind」の間違い"),
        ("---\ntitle: x\nkind: notice\nzzzzzz: 1\n---\n", 4, "使えるもの: title"),
        ("---\ntitle: &a x\nkind: *a\n---\n", 2, "参照は使えません"),
        ("---\ntitle: !!python/object:os.system x\nkind: notice\n---\n", 2, "型の指定は使えません"),
        ("---\n? [a]\n: b\n---\n", 2, "項目名は文字"),
        ("---\ntitle: x\nkind: notice\nlead: {a: 1}\n---\n", 4, "文字で書いて"),
        (f"---\ntitle: {'あ' * 201}\nkind: notice\n---\n", 2, "201字"),
        ('---\ntitle: "a\\e[31mb"\nkind: notice\n---\n', 2, "制御文字"),
        (front("number: vol"), 4, "1 から 99999"),
        (front("number: 0"), 4, "1 から 99999"),
        (front("corrects: 99999999999"), 4, "数字"),
        (front("drill: たぶん"), 4, "true か false"),
        (front("areas: [VIII]"), 4, "間違いではありませんか"),
        (front("areas: {a: b}"), 4, "一覧"),
        (front("offices: [東京]"), 4, "使えるもの: NY"),
        (front("languages: [fr]"), 4, "使えません"),
        (front("send_at: 明日の朝"), 4, "2026-12-01T09:00 の形"),
        (front("send_at: 2026-12-01"), 4, "2026-12-01T09:00 の形"),
        (front("send_at: 2026-02-30T09:00"), 4, "2026-12-01T09:00 の形"),
        (front("timezone: Asia/Tokio"), 4, "時間帯はありません"),
        (front("timezone: ../../etc/passwd"), 4, "時間帯はありません"),
        (front("timezone: Asia"), 4, "時間帯はありません"),
        (front("recurrence: ときどき"), 4, "recurrence: "),
        (front("audience: [a, b]"), 4, "名前、all"),
        (front("audience:", "  prefectures: [東亰]"), 5, "群馬県"),
        (front("audience:", "  prefecure: 群馬"), 5, "「prefecture"),
        (front("segment: あ", "audience: い"), 2, "どちらかに"),
        (front("segment: あ", "audience:", "  prefectures: 群馬"), 2, "同時に指定できません"),
        (front(item="  title: 一"), 5, "一覧で書いて"),
        (front(item="  - 一"), 5, "items の1件目"),
        (front(item="  - text: 一"), 5, "題名がありません"),
        (front(item="  - title: 一\n    deadline: 12/18"), 6, "年を付けて"),
        (front(item="  - title: 一\n    deadline: 12月18日"), 6, "年を付けて"),
        (front(item="  - title: 一\n    deadline: 2026-02-30"), 6, "実在する日"),
        (front(item="  - title: 一\n    deadlin: 2026-12-18"), 6, "「deadline」の間違い"),
        (front(item="  - title: 一\n    url: javascript:alert(1)"), 6, "https://"),
        (front(item="  - title: 一\n    url: https://exa mple.test"), 6, "https://"),
        (front(item="  - title: 一\n    picture: http://example.test/a.png"), 6, "https:// で始まる"),
        (front(item="  - title: 一\n    category: 特報"), 6, "特集"),
        (front(item="  - title: 一\n    office: 東京"), 6, "NY"),
        (front(item="  - title: 一\n    published_at: きのう"), 6, "+09:00"),
        (front(item="  - title: 一\n    owner: [a]"), 6, "文字で"),
        (HEAD + "## \n本文\n", 5, "題名がありません"),
        (HEAD + "## 見出し\n締切: 12/18\n", 6, "年を付けて"),
        (HEAD + "## 見出し\n締切: 2026-12-18\n締切: 2026-12-19\n", 7, "2回"),
        (HEAD + "## 見出し\ndeadlne: 2026-12-18\n", 6, "「deadline」の間違い"),
        (HEAD + "## 見出し\ntitle: 二つ目\n", 5, "見出しと本文"),
        (HEAD + f"## {'あ' * 201}\n", 5, "201字"),
        (HEAD + "## 見出し\n本文\a\n", 5, "制御文字"),
    ],
)
def test_what_is_refused_names_its_line(text: str, line: int, words: str) -> None:
    sentence = fault(text)
    assert sentence.startswith(f"秋の号.md:{line}: "), sentence
    assert words in sentence


def test_hostile_yaml_costs_nothing() -> None:
    assert "入れ子" in fault("---\ntitle: " + "[" * 5_000 + "\n---\n")
    assert "値が多すぎます" in fault("---\ntitle: [" + "a," * 30_000 + "]\n---\n")
    laughs = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20))
    assert "参照" in fault(f"---\n{laughs}---\n")


def test_what_yaml_would_make_of_words_stays_words() -> None:
    document = read(front("number: ０１２", item="  - title: 12:30\n    owner: no\n    place: 2026-12-18"), file="a.md")
    assert (document.number, document.items[0].title, document.items[0].owner) == (12, "12:30", "no")
    assert document.items[0].place == "2026-12-18"


def test_many_items_and_long_texts_are_read_here() -> None:
    text = HEAD + "".join(f"## 項目{number}\n本文\n" for number in range(60)) + "## 長い\n" + "あ" * 100_000
    document = read(text, file="a.md")
    assert (len(document.items), document.length > 100_000) == (61, True)


def test_a_picture_in_the_body_becomes_the_picture() -> None:
    (item,) = read(HEAD + "## 見出し\n![会場](https://example.test/a.jpg)\n本文\n![地図](https://example.test/b.jpg)\n", file="a").items
    assert (item.picture, item.caption, item.text) == ("https://example.test/a.jpg", "会場", "本文\n地図（https://example.test/b.jpg）")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(FULL.replace("\n", "\r\n").encode(encoding))
    assert read_file(file) == read(FULL, file="")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEAD.encode("utf-16"), "UTF-16"),
        (HEAD.encode("utf-16-le"), "UTF-16"),
        (HEAD.encode() + b"\x81\xff\xff", ":5: 読み取れない文字"),
        (b"-" * 1_000_001, "大きすぎます"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(content)
    with pytest.raises(ClairBotError, match=words):
        read_file(file)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.md", tmp_path, Path("a\0b")):
        with pytest.raises(ClairBotError, match="読み取れません"):
            read_file(path)


def test_an_audience_from_words() -> None:
    assert read_audience({"prefectures": ["群馬"], "topics": ["ロンドン"]}) == Audience(
        prefectures=frozenset({"群馬県"}), topics=frozenset({Topic.LONDON})
    )
    with pytest.raises(ClairBotError, match=r"^kinds に「村」"):
        read_audience({"kinds": ["村"]})


def test_what_people_wrote_is_written_back_as_people_write() -> None:
    document = read(FULL, file="")
    written = render(document)
    assert read(written, file="") == document
    item = BulletinItem(title="題", text="本文です。", category=Category.CALL, deadline=date(2026, 12, 18), owner="総務部")
    plain = render(Document(title="号", kind=BulletinKind.NOTICE, items=(item,), lead=("前文",)))
    assert plain == '---\ntitle: "号"\nkind: notice\n---\n前文\n\n## 【募集】題\n担当: 総務部\n締切: 2026-12-18\n\n本文です。\n'


WORDS = st.text(
    st.one_of(st.sampled_from("あ漢　 :#-*[]()`'\"\\{}&!|>%@,、【】～\U0001f600"), st.characters(exclude_categories=["Cc", "Cs"])),
    max_size=40,
).map(lambda text: " ".join(text.split()))
NAMED = WORDS.filter(bool)
TEXTS = st.lists(WORDS, max_size=4).map("\n".join).map(str.strip)
PARAGRAPHS = st.lists(TEXTS.filter(bool), max_size=3).map("\n\n".join)
URLS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8).map(lambda path: f"https://example.test/{path}")
DAYS = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))


def some(values: Any) -> Any:
    return st.lists(st.sampled_from(list(values)), unique=True, max_size=3)


ITEMS = st.builds(
    BulletinItem,
    title=NAMED,
    text=PARAGRAPHS,
    category=st.sampled_from(Category),
    office=st.none() | st.sampled_from(Office),
    owner=WORDS,
    place=WORDS,
    event_date=DAYS,
    deadline=DAYS,
    audience=WORDS,
    url=st.just("") | URLS,
    contact=WORDS,
    picture=st.just("") | URLS,
    caption=WORDS,
    published_at=st.none() | st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants it naive
    source=WORDS,
)
AUDIENCES = st.builds(
    Audience,
    topics=some(Topic).map(frozenset),
    prefectures=some(PREFECTURES).map(frozenset),
    kinds=some(Organisation).map(frozenset),
    roles=st.lists(NAMED, max_size=2).map(frozenset),
    languages=some(Language).map(frozenset),
    channels=some(set(CHANNELS.values())).map(frozenset),
)
DOCUMENTS = st.builds(
    Document,
    title=NAMED,
    kind=st.sampled_from(BulletinKind),
    items=st.lists(ITEMS, max_size=3).map(tuple),
    lead=st.lists(TEXTS.filter(bool), max_size=3).map(tuple),
    number=st.none() | st.integers(1, 99_999),
    areas=some(Area).map(tuple),
    offices=some(Office).map(tuple),
    languages=some(Language).map(tuple),
    everyone=st.booleans(),
    audience=AUDIENCES,
    send_at=st.just("") | st.datetimes(datetime(2000, 1, 1)).map(lambda at: at.isoformat(timespec="minutes")),  # noqa: DTZ001  # as above
    recurrence=st.sampled_from(["", "第2・第4水曜 9:00", "毎週 月・木 9:00 休日は翌営業日"]),
    timezone=st.sampled_from(["", "reader", "Asia/Tokyo", "America/New_York"]),
    office_hours=st.booleans(),
    drill=st.booleans(),
    corrects=st.none() | st.integers(1, 2**31 - 1),
) | st.builds(Document, title=NAMED, kind=st.just(BulletinKind.NOTICE), items=st.just(()), segment=NAMED, everyone=st.booleans())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_whatever_is_written_reads_back_the_same(document: Document) -> None:
    assert read(render(document), file="a.md") == document


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#\n \\?%@`,0あ"), max_size=200))
def test_no_front_matter_does_more_than_be_refused(text: str) -> None:
    try:
        document = read(f"---\ntitle: x\nkind: notice\n{text}\n---\n{text}", file="a.md")
    except ClairBotError as error:
        assert str(error).startswith("a.md:")  # noqa: PT017  # either is right
    else:
        assert document.kind is BulletinKind.NOTICE
