"""Bulletins in the plain web chat: as they look, and nothing in them but text and web addresses."""

import dataclasses
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters import issues

from clair_bot.errors import DeliveryError
from clair_bot.messages import Button, Card, Choice, Issue, Item, OutboundMessage, Picture, Section
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_web.adapter import WebAdapter
from clair_bot_web.preview import preview

ALLOWED = {"p", "br", "b", "i", "code", "a", "ul", "li", "h3", "small", "hr", "div", "span"}
SAMPLES = {"full_issue": issues.full_issue, "office_issue": issues.office_issue, "corrected_issue": issues.corrected_issue}


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in {"br", "hr"}:
            self.open.append(tag)
        self.text += "\n" if tag in {"br", "p", "li", "h3"} else ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def message(issue: Issue, **more: Any) -> OutboundMessage:
    return dataclasses.replace(issues.bulletin("web", "v.web", issue), **more)


def read(sent: OutboundMessage) -> Reader:
    (bubble,) = preview(sent)
    reader = Reader()
    reader.feed(bubble.html)
    reader.close()
    assert reader.open == []
    assert reader.tags <= ALLOWED
    assert reader.attributes <= {"href", "class"}
    assert all(link.startswith(("http://", "https://")) for link in reader.links)
    return reader


@pytest.mark.parametrize("name", SAMPLES)
def test_bulletins_look_as_they_did(name: str) -> None:
    (bubble,) = preview(message(SAMPLES[name]()))
    lines = bubble.html.replace("<hr>", "\n<hr>\n").replace('<div class="item">', '\n<div class="item">').replace("<li>", "\n<li>")
    issues.check_golden(f"web/{name}.html", lines + "\n")


def test_the_parts_of_a_newsletter_stand_in_order() -> None:
    issues.assert_in_order(read(message(issues.full_issue())).text, issues.FULL_ORDER)


def test_addresses_can_be_followed() -> None:
    links = read(message(issues.office_issue())).links
    assert links == [f"https://bulletins.example.jp/{path}" for path in ("issues/342", "r/sydney", "pictures/sydney.jpg")]


def test_a_notice_comes_first_and_stands_out() -> None:
    (bubble,) = preview(message(issues.corrected_issue()))
    assert bubble.html.startswith('<div class="issue"><div class="notice"><p><b>【訓練】【訂正】これは配信訓練です。')


def test_one_item_has_no_contents_and_no_second_title() -> None:
    text = read(message(issues.office_issue())).text
    assert "目次" not in text
    assert text.count("観光商談会に12の自治体が参加しました") == 1
    assert "1. " not in text


def test_without_a_summary_the_first_paragraph_is_shortened_at_a_sentence() -> None:
    text = read(message(issues.office_issue())).text
    assert "助言を受けられるようにしました。…" in text
    assert "次回の課題になりました" not in text
    assert "メルボルン" not in text


@pytest.mark.parametrize(("paragraph", "shown"), [("文" * 200, "文" * 200), ("文" * 201, f"{'文' * 200}…"), ("一。" + "文" * 300, "一。…")])
def test_a_first_paragraph_of_any_length(paragraph: str, shown: str) -> None:
    item = Item(number=1, title="題", paragraphs=(" ", paragraph))
    issue = Issue(masthead="誌", title="題", sections=(Section(label="部", items=(item,)),))
    assert f"\n{shown}" in read(message(issue)).text
    assert shown.endswith("…") == (shown != paragraph)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ja", ["目次", "バックナンバー", "写真：", "締切：", "（経済交流課）"]),
        ("en", ["Contents", "Back number", "Photo: ", "締切: ", " (経済交流課)"]),
        ("easy", ["もくじ", "前の お知らせの ページ", "写真：", "締切：", "（経済交流課）"]),
        ("fr", ["目次"]),
    ],
)
def test_words_of_our_own_follow_the_language(language: str, expected: list[str]) -> None:
    text = read(message(issues.full_issue(), language=language)).text
    assert [word for word in expected if word not in text] == []


def test_paragraphs_stand_before_and_buttons_below() -> None:
    sent = message(
        issues.full_issue(),
        paragraphs=("まえの言葉",),
        card=Card(title="カード", blocks=()),
        choices=(Choice(title="選択", action="a:1"),),
        buttons=(Button(label="配信停止", action="stop"),),
    )
    issues.assert_in_order(read(sent).text, ["まえの言葉", "カード", "CLAIRメールマガジン", "発行"])
    assert [button.label for button in preview(sent)[0].buttons] == ["1. 選択", "配信停止"]


def test_forty_long_items_are_there_in_order() -> None:
    wanted = [words for words in issues.landmarks() if not words.startswith("写真")]
    issues.assert_in_order(read(message(issues.long_issue())).text, wanted)


def test_hostile_text_is_shown_literally() -> None:
    reader = read(message(issues.hostile_issue()))
    assert [field for field in issues.FIELDS if f"{field}:{HOSTILE}" not in reader.text] == []
    assert reader.links == ["https://bulletins.example.jp/p.png?a=1&b=2"]


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=80).filter(str.strip)
    | st.sampled_from(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</div></ul>", "javascript:alert(1)", "http://["])
)
def test_any_words_stay_words(words: str) -> None:
    text = read(message(issues.hostile_issue(words))).text
    assert [field for field in issues.FIELDS if f"{field}:{words}".strip() not in text] == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.jp", "JAVASCRIPT:alert(1)", "http://[", "https://"])
def test_only_web_addresses_become_links(url: str) -> None:
    item = Item(number=1, title="題", url=url, picture=Picture(url=url, caption="説明"))
    reader = read(message(Issue(masthead="誌", title="題", sections=(Section(label="", items=(item,)),), archive_url=url)))
    assert reader.links == []
    assert reader.text.count(url) == 3


async def test_nobody_sends_batches_or_asks_for_a_quota() -> None:
    adapter = WebAdapter(secret="s")
    assert adapter.batch == 1
    assert not adapter.takes_together("v")
    assert await adapter.quota() is None
    with pytest.raises(DeliveryError) as caught:
        await adapter.send_many(message(issues.office_issue()), ["v"])
    assert caught.value.permanent
