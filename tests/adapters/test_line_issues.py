"""Bulletins on LINE: carousels within every limit, nothing left out, the notice above everything, hostile text shown literally."""

import dataclasses
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.standins.line_issues import GOLDEN, ISSUES, corrected_drill, crowded, golden, newsletter, office_update, sent
from tests.standins.line_reading import Reader, bubbles, faults, plain, shown, uris
from tests.standins.line_wire import readable

from clair_bot.messages import Button, Choice, File, Issue, Item, OutboundMessage, Picture, Section
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_line.cards import link
from clair_bot_line.issue_pieces import Entry
from clair_bot_line.lengths import shorten_sentences, units
from clair_bot_line.preview import preview
from clair_bot_line.rendering import Part, render

CALL = 5
STOP = Button(label="配信停止", action="bulletins:stop")


def items(issue: Issue) -> list[Item]:
    return [item for section in issue.sections for item in section.items]


# as it looks


@pytest.mark.parametrize("name", ISSUES)
def test_bulletins_look_as_they_did(name: str) -> None:
    """A change that is wanted: ``python -m tests.standins.line_issues`` writes the files anew."""
    assert golden(ISSUES[name]()) == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ISSUES)
def test_line_takes_them(name: str) -> None:
    assert faults(render(sent(ISSUES[name]()))) == []


def test_a_newsletter_is_one_carousel_in_the_order_of_the_magazine() -> None:
    (part,) = render(sent(newsletter()))
    order = [
        "CLAIRメールマガジン vol.341",
        "2026年12月9日",
        "多言語相談窓口のいま",
        "いつもお読み",
        "目次",
        "【INFO】",
        "1. 海外",
        "【特集】",
    ]
    for said in (readable(part.rich), part.plain["text"]):
        places = [said.index(text) for text in order]
        assert places == sorted(places)
    assert len(bubbles((part,))) == 1 + 6 + 1


def test_an_item_says_what_it_is() -> None:
    first = bubbles(render(sent(newsletter())))[1]
    said = readable({"type": "flex", "contents": first}).split("\n")
    assert said[:4] == [
        "【INFO】",
        "【締切間近】",
        "1. 海外経済セミナー 参加自治体の募集（経済交流課）",
        "海外での販路開拓をお考えの自治体向けに、セミナーを開きます。オンラインでもご参加いただけます。",
    ]
    assert said[4:] == [
        "締切：12月18日（金）",
        "開催：1月20日（水）・東京都千代田区",
        "対象：自治体",
        "問い合わせ：03-0000-0000",
        "詳しく見る",
    ]


def test_pictures_stand_above_where_line_shows_them() -> None:
    secure, insecure = bubbles(render(sent(newsletter())))[4:6]
    assert secure["hero"]["url"] == "https://bulletins.example.jp/pictures/%E5%86%AC%E3%81%AE%E5%B8%82.jpg"
    assert "hero" not in insecure
    assert "写真：画面越しの発表 http://" in json.dumps(insecure, ensure_ascii=False)


def test_one_item_is_one_bubble_without_contents() -> None:
    (part,) = render(sent(office_update()))
    assert part.rich["contents"]["type"] == "bubble"
    for said in (readable(part.rich), part.plain["text"]):
        assert said.count("シドニーで観光商談会") == 1  # the bulletin's title is the item's
        assert "目次" not in said
        assert "1. " not in said
        assert "商談しました。" in said
        assert "3月の予定です" not in said  # the first paragraph stands for a summary


def test_a_title_of_its_own_is_said_too() -> None:
    issue = dataclasses.replace(office_update(), title="号外")
    assert "号外" in shown(render(sent(issue)))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ("目次", "詳しく見る", "全文をウェブで読む", "（交流親善課）", "正：03")),
        ("en", ("Contents", "Read more", "Read it on the web", " (交流親善課)", "正: 03")),
        ("easy", ("もくじ", "くわしく 見る", "ウェブで ぜんぶ 読む", "（交流親善課）", "正：03")),
    ],
)
def test_added_words_speak_the_language(language: str, words: tuple[str, ...]) -> None:
    issue = dataclasses.replace(corrected_drill(), archive_url="https://bulletins.example.jp/issues/9", footer=())
    said = shown(render(sent(issue, language=language)))
    assert all(word in said for word in words)
    assert ("unsubscribe" if language == "en" else "配信停止") in said


def test_how_to_stop_is_said_once() -> None:
    english = dataclasses.replace(newsletter(), footer=("Send “Unsubscribe” to stop.",))
    assert shown(render(sent(english, language="en"))).lower().count("unsubscribe") == 1
    assert shown(render(sent(newsletter()))).count("配信停止") == 1
    assert shown(render(sent(office_update()))).count("配信停止") == 1


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("短い文です。", 20, "短い文です。"),
        ("一つ目の文です。二つ目の文です。", 12, "一つ目の文です。…"),
        ("切れ目のない長い文がここにあります", 8, "切れ目のない長…"),
        ("はい。" + "長い文が続いて終わらない" * 2, 20, "はい。長い文が続いて終わらない長い文が…"),
        ("One. Two. Three.", 11, "One. Two.…"),
        ("長い", 0, ""),
        ("", 0, ""),
    ],
)
def test_summaries_end_with_a_sentence(text: str, limit: int, short: str) -> None:
    assert shorten_sentences(text, limit) == short


def test_a_long_first_paragraph_is_shortened() -> None:
    item = Item(number=1, title="題", paragraphs=(" ", "これは長い段落の文です。" * 40, "次の段落"))
    said = Entry(label="", item=item, begins=True, number="").summary(400)
    assert said.endswith("。…")
    assert 100 < units(said) <= 200


# the notice


@pytest.mark.parametrize("issue", [corrected_drill(), crowded(), dataclasses.replace(office_update(), notice="【緊急】避難してください。")])
def test_the_notice_stands_above_everything(issue: Issue) -> None:
    parts = render(sent(issue))
    for part in parts:
        assert part.rich["altText"].startswith(issue.notice)
        assert part.plain["text"].startswith(issue.notice)
        first = bubbles((part,))[0]
        assert list(first).index("header") < list(first).index("body")
        assert readable({"type": "flex", "contents": first}).startswith(issue.notice)  # a picture stands below it


def test_without_a_notice_there_is_no_block_for_it() -> None:
    assert all("header" not in bubble for bubble in bubbles(render(sent(newsletter()))))


def test_notifications_name_the_bulletin_and_count_its_parts() -> None:
    assert render(sent(newsletter()))[0].rich["altText"].startswith("CLAIRメールマガジン vol.341 多言語相談窓口のいま いつも")
    parts = render(sent(crowded()))
    assert [f"（{place}/{len(parts)}）" in part.rich["altText"] for place, part in enumerate(parts, start=1)] == [True] * len(parts)


# with other things around it


def test_paragraphs_before_and_buttons_after() -> None:
    parts = render(sent(newsletter(), paragraphs=("試し送りです。",), buttons=(STOP,)))
    assert [part.rich["type"] for part in parts] == ["text", "flex"]
    assert parts[-1].rich["quickReply"]["items"][0]["action"]["label"] == "配信停止"
    assert "「配信停止」" in parts[-1].plain["text"]
    assert faults(parts) == []


def test_choices_and_files_below_it() -> None:
    file = File(id=1, name="資料.pdf", media_type="application/pdf", size=1)
    parts = render(sent(newsletter(), choices=(Choice(title="選ぶ", action="a"),), files=(file,)))
    assert [part.rich["type"] for part in parts] == ["flex", "text", "text"]


def test_a_crowded_bulletin_leaves_room_for_the_others() -> None:
    parts = render(sent(crowded(title=60), paragraphs=("試し送りです。",), buttons=(STOP,)))
    assert len(parts) <= CALL
    assert faults(parts) == []
    assert_complete(items(crowded(title=60)), parts)


def test_several_items_share_a_bubble_where_there_is_little_room() -> None:
    issue = crowded(title=20, summary=0, value=10, address=40)
    parts = render(sent(issue, paragraphs=("あ" * 14_000,)))
    assert len(parts) == CALL
    assert max(readable({"type": "flex", "contents": bubble}).count("【締切間近】") for bubble in bubbles(parts)) > 1
    assert faults(parts) == []
    assert_complete(items(issue), parts)


def test_carousels_are_about_as_long() -> None:
    issue = crowded(13, title=20, summary=0)
    counts = [len(bubbles((part,))) for part in render(sent(issue))]
    assert counts == [8, 7]


# limits


def assert_complete(found: list[Item], parts: tuple[Part, ...], *, first_fact_only: bool = False) -> None:
    """Nothing that must not be left out is."""
    links = uris(parts)
    for item in found:
        for said, facts in ((shown(parts), item.facts), (plain(parts), item.facts[:1] if first_fact_only else item.facts)):
            assert item.title.strip() in said
            assert item.mark.strip() in said
            assert all(value in said for _, value in facts if value.strip())
        if address := link(item.url):
            assert address in links
            assert address in plain(parts)


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"title": 60, "summary": 400},
        {"title": 80, "summary": 1_000, "value": 40, "address": 100},
        {"title": 120, "summary": 400, "value": 60, "address": 150},
    ],
)
def test_forty_items_fit_into_one_call(sizes: dict[str, int]) -> None:
    issue = crowded(**sizes)
    parts = render(sent(issue))
    assert len(parts) <= CALL
    assert {part.rich["type"] for part in parts} == {"flex"}
    assert faults(parts) == []
    assert_complete(items(issue), parts)


def test_the_longest_titles_there_can_be_fit_too() -> None:
    issue = crowded(title=200, summary=400, value=60, address=200)
    parts = render(sent(issue))
    assert len(parts) <= CALL
    assert faults(parts) == []
    assert_complete(items(issue), parts, first_fact_only=True)


def test_words_are_shortened_before_anything_is_left_out() -> None:
    said = shown(render(sent(crowded(title=80, summary=1_000, value=40, address=100))))
    assert said.count("…") >= 40
    assert "要約40。" in said


def test_what_no_bubble_holds_goes_in_texts() -> None:
    issue = dataclasses.replace(newsletter(), footer=("長い注記です。" * 1_000,), notice="【訂正】")
    parts = render(sent(issue))
    assert {part.rich["type"] for part in parts} == {"text"}
    assert len(parts) <= CALL
    assert parts[0].rich["text"].startswith("【訂正】")
    assert "長い注記です。" * 1_000 in "".join(part.rich["text"] for part in parts)
    assert all(item.title in plain(parts) and (link(item.url) or item.title) in plain(parts) for item in items(issue))
    assert faults(parts) == []


def test_nothing_is_lost_where_one_call_is_not_enough() -> None:
    issue = dataclasses.replace(newsletter(), footer=("長い注記です。" * 5_000,))
    parts = render(sent(issue))
    assert len(parts) > CALL
    assert "".join(part.rich["text"] for part in parts).count("長い注記です。") == 5_000


def test_blank_bulletins_still_say_how_to_stop() -> None:
    (part,) = render(sent(Issue(masthead=" ", title="", sections=(Section(label="", items=()),))))
    assert "配信停止" in readable(part.rich)
    assert faults((part,)) == []


ALPHABET = st.sampled_from(["あ", "語", "a ", "🍎", "👨‍👩‍👧", "か\u3099", "<b>", "。", "\\", '"', "&", "%", "\u202e"])


@st.composite
def said(draw: st.DrawFn, most: int) -> str:
    """A text of at most so many UTF-16 units."""
    unit, length = draw(ALPHABET), draw(st.integers(min_value=0, max_value=most))
    return unit * (length // units(unit))


@st.composite
def some_items(draw: st.DrawFn, count: int) -> list[Item]:
    """So many items, made from a few, since large ones take long to draw."""
    kinds = draw(st.lists(st.tuples(said(60), said(8), said(12), said(600), said(40), said(100)), min_size=1, max_size=4))
    fact_counts = draw(st.lists(st.integers(min_value=0, max_value=4), min_size=1, max_size=4))
    return [
        Item(
            number=number,
            title=f"{number}#{title}",
            mark=mark,
            owner=owner,
            summary=summary,
            paragraphs=(summary,),
            facts=tuple((f"名{place}", f"{number}.{place}{value}"[:40]) for place in range(facts)),
            url=draw(st.sampled_from(["", "javascript:alert(1)", f"https://example.jp/{number}/{address.replace('語', '')[:12]}"])),
            picture=Picture(url=f"https://example.jp/{number}.jpg", caption=owner) if facts == 1 else None,
        )
        for number, (title, mark, owner, summary, value, address), facts in zip(
            range(1, count + 1), itertools.cycle(kinds), itertools.cycle(fact_counts), strict=False
        )
    ]


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    found = draw(some_items(draw(st.integers(min_value=0, max_value=40))))
    cuts = draw(st.integers(min_value=1, max_value=12))
    sections = tuple(Section(label=draw(said(12)), items=tuple(found[place : place + cuts])) for place in range(0, len(found), cuts))
    return Issue(
        masthead=draw(said(30)),
        number=draw(said(10)),
        date=draw(said(20)),
        title=draw(said(200)),
        notice=draw(said(200)),
        lead=tuple(draw(st.lists(said(3_000), max_size=2))),
        sections=sections,
        footer=tuple(draw(st.lists(said(100), max_size=4))),
        archive_url=draw(st.sampled_from(["", "https://example.jp/号/1", "no address"])),
    )


@settings(max_examples=50, deadline=None)
@given(issues(), st.sampled_from(["ja", "en", "easy"]), st.booleans(), st.booleans())
def test_whatever_a_bulletin_says_line_takes_it_in_one_call(issue: Issue, language: str, before: bool, after: bool) -> None:  # noqa: FBT001
    paragraphs = ("試し送りです。",) if before else ()
    message = sent(issue, language=language, paragraphs=paragraphs, buttons=(STOP,) if after else ())
    parts = render(message)
    assert len(parts) <= CALL
    assert render(message) == parts
    assert faults(parts) == []
    assert_complete(items(issue), parts)
    assert all(part.rich["altText"].startswith(issue.notice.strip()) for part in parts if part.rich["type"] == "flex")


# hostile text and the preview


def read(message: OutboundMessage) -> Reader:
    reader = Reader()
    for bubble in preview(message):
        reader.feed(bubble.html)
    return reader


@pytest.mark.parametrize("issue", [newsletter(), office_update(), corrected_drill(), crowded()])
def test_previews_show_what_is_sent(issue: Issue) -> None:
    message = sent(issue, buttons=(STOP,))
    parts, reader = render(message), read(message)
    assert len(preview(message)) == len(parts)
    drawn = [line for line in reader.said.split("\n") if line.strip() and line != "🖼"]
    spoken = [line for part in parts for line in readable({**part.rich, "quickReply": {}}).split("\n") if line.strip()]
    assert drawn == spoken
    assert [address for address in reader.links if not address.endswith(".jpg")] == uris(parts)
    assert preview(message)[-1].buttons[0].action == STOP.action


@pytest.mark.parametrize(
    "text", [HOSTILE, "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt; & co", "$ (moon) {{x}}"]
)
def test_hostile_text_is_shown_literally(text: str) -> None:
    item = Item(
        number=1,
        title=text,
        mark=text,
        owner=text,
        paragraphs=(text,),
        summary=text,
        facts=((text, text),),
        url=f"https://example.jp/{text}",
        picture=Picture(url=f"https://example.jp/{text}.jpg", caption=text),
    )
    unlinked = dataclasses.replace(item, number=2, url=text, picture=Picture(url=text, caption=text))
    section = Section(label=text, items=(item, unlinked))
    issue = Issue(
        masthead=text, number=text, date=text, title=text, notice=text, lead=(text,), sections=(section,), footer=(text,), archive_url=text
    )
    message = sent(issue)
    parts, reader = render(message), read(message)
    assert faults(parts) == []
    in_head = 1 + 3 + 1 + 1 + 3  # notice, masthead with number and date, title, lead, contents with a label and two titles
    in_items = 2 * (1 + 1 + 2 + 1 + 2 + 1) + 2  # label, mark, title with owner, summary, fact, caption; and addresses that are none
    assert reader.said.count(text) == in_head + in_items + 2
    assert all(address.startswith("https://example.jp/") for address in reader.links)
