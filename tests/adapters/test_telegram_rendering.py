"""What Telegram is sent: limits, escaping, and the preview drawn from the same payloads."""

import dataclasses
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.standins.telegram_markup import parse
from tests.standins.telegram_markup import units as platform_units

from clair_bot.messages import Address, Block, BlockKind, Button, Card, Choice, File, OutboundMessage, Source
from clair_bot_telegram.preview import preview
from clair_bot_telegram.rendering import render
from clair_bot_telegram.spans import TEXT_LIMIT
from clair_bot_telegram.texts import cut, units

TO = Address(channel="telegram", recipient="5")
PLAIN = OutboundMessage(to=TO, idempotency_key="k", paragraphs=("a",))
WORDS = st.text(st.sampled_from("あ漢🍎é<>&\"'。、 \n\u0301\u200dab\ud800\x00"), max_size=300)


def rich(text: str, *, language: str = "ja") -> OutboundMessage:
    card = Card(
        title=text,
        blocks=(
            Block(kind=BlockKind.HEADING, text=text),
            Block(kind=BlockKind.ITEM, text=text),
            Block(kind=BlockKind.PARAGRAPH, text=text),
        ),
        sources=(Source(title=text, url='https://example.jp/?a=1&b="2"', as_of="2024-12"), Source(title=text, url=None, as_of="不明")),
        note=text,
    )
    choices = tuple(Choice(title=f"{text}{number}", action=f"a:{number}") for number in range(7))
    return dataclasses.replace(PLAIN, paragraphs=(text, text * 20), card=card, choices=choices, language=language)


@settings(deadline=None, max_examples=60)
@given(text=WORDS, repeat=st.integers(1, 60))
def test_every_part_is_whole_and_within_the_limits(text: str, repeat: int) -> None:
    parts = render(rich(text * repeat))
    shown = ""
    for part in parts:
        reading = parse(part.payload["text"])
        assert 1 <= platform_units(reading.text) <= 4096
        assert units(part.plain) <= TEXT_LIMIT
        assert part.plain.strip()
        shown += reading.text
    squeezed = re.sub(r"\s", "", text.replace("\x00", "").replace("\ud800", "\ufffd"))
    assert re.sub(r"\s", "", shown).count(squeezed * repeat) >= 7 or not squeezed


@settings(deadline=None)
@given(text=WORDS, limit=st.integers(40, 200))
def test_cutting_loses_nothing(text: str, limit: int) -> None:
    pieces = cut(text * 3, limit)
    assert "".join(pieces) == text * 3
    assert all(units(piece) <= limit for piece in pieces)


@pytest.mark.parametrize("limit", range(2, 30))
def test_cutting_keeps_characters_whole(limit: int) -> None:
    for whole in ("👩‍👩‍👧‍👦", "か\u3099", "🇯🇵", "👍🏽", "葛\U000e0100"):
        if units(whole) <= limit:
            assert all(len(piece) % len(whole) == 0 for piece in cut(whole * 20, limit))


@pytest.mark.parametrize(("length", "parts"), [(4096, 1), (4097, 2), (8192, 2), (8193, 3)])
def test_the_limit_is_counted_in_utf16(length: int, parts: int) -> None:
    assert len(render(dataclasses.replace(PLAIN, paragraphs=("x" * length,)))) == parts
    assert len(render(dataclasses.replace(PLAIN, paragraphs=("🍎" * (length // 2) + "x" * (length % 2),)))) == parts


def test_texts_are_cut_behind_sentences() -> None:
    parts = render(dataclasses.replace(PLAIN, paragraphs=("これは文です。" * 1000,)))
    assert all(part.plain.endswith("。") for part in parts)


@pytest.mark.parametrize(("size", "kept"), [(64, True), (65, False)])
def test_buttons_that_do_not_fit_can_still_be_typed(size: int, *, kept: bool) -> None:
    action = "あ" * 21 + "x" * (size - 63)
    (part,) = render(dataclasses.replace(PLAIN, buttons=(Button(label="相談員に聞く", action=action),)))
    assert ("reply_markup" in part.payload) == kept
    assert ("・相談員に聞く" in part.plain) != kept


def test_buttons_hang_on_the_last_part_and_the_reply_on_the_first() -> None:
    parts = render(dataclasses.replace(rich("文。" * 900), reply_to="77", thread="3", buttons=(Button(label="メニュー", action="menu"),)))
    assert [("reply_markup" in part.payload, "reply_parameters" in part.payload) for part in parts] == [
        (False, True),
        *[(False, False)] * (len(parts) - 2),
        (True, False),
    ]
    assert {part.payload["message_thread_id"] for part in parts} == {3}
    rows = parts[-1].payload["reply_markup"]["inline_keyboard"]
    assert [[key["text"] for key in row] for row in rows] == [["1", "2", "3", "4", "5"], ["6", "7"], ["メニュー"]]


def test_buttons_alone_get_a_text() -> None:
    for language, words in {"ja": "選んで", "en": "choose", "easy": "えらんで", "xx": "選んで"}.items():
        message = dataclasses.replace(PLAIN, paragraphs=(" ",), buttons=(Button(label="a", action="b"),), language=language)
        assert words in render(message)[0].plain


def test_nothing_renders_to_nothing() -> None:
    assert render(dataclasses.replace(PLAIN, paragraphs=("", " \n"))) == ()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://", "https://a b", "tg://resolve?domain=x", "https://a\n.jp", "http://[", "x" * 2000]
)
def test_only_web_addresses_become_links(url: str) -> None:
    card = Card(title="t", blocks=(), sources=(Source(title="題名", url=url, as_of="2024"),))
    (part,) = render(dataclasses.replace(PLAIN, card=card))
    assert "<a" not in part.payload["text"]
    assert "題名（2024 時点）" in part.plain


def test_added_words_follow_the_language() -> None:
    assert "as of 2024-12" in render(rich("a", language="en"))[0].plain
    assert "いつの 情報か わかりません" in render(rich("a", language="easy"))[0].plain


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "<b>x", "</b>", "&lt;", '"><img src=x onerror=1>', "<a href='javascript:1'>", "\u202e"]
)
def test_hostile_text_is_shown_literally_and_drawn_safely(hostile: str) -> None:
    message = dataclasses.replace(rich(hostile), buttons=(Button(label=hostile, action="x"),))
    assert hostile in "\n".join(parse(part.payload["text"]).text for part in render(message))
    for bubble in preview(message):
        tags = set(re.findall(r"<[^>]*>", bubble.html))
        assert tags <= {"<b>", "</b>", "<i>", "</i>", "<br>", "</a>", '<a href="https://example.jp/?a=1&amp;b=&quot;2&quot;">'}
        assert hostile in html.unescape(re.sub(r"<[^>]*>", "", bubble.html))


def test_files_stand_below_everything_and_reply_too() -> None:
    files = (File(id=1, name="図.png", media_type="image/png", size=9), File(id=2, name="", media_type="", size=0))
    message = dataclasses.replace(PLAIN, files=files, reply_to="77", thread="3", buttons=(Button(label="メニュー", action="menu"),))
    parts = render(message)
    assert [(part.file, part.plain) for part in parts] == [(None, "a"), (files[0], "📎 図.png"), (files[1], "📎 file-2")]
    assert ["reply_markup" in part.payload for part in parts] == [True, False, False]
    assert {part.payload["message_thread_id"] for part in parts} == {3}
    assert {part.payload["reply_parameters"]["message_id"] for part in parts} == {77}


def test_the_preview_names_files_and_links_only_web_addresses() -> None:
    urls = ("https://example.jp/f/1?a=1&b=2", "javascript:alert(1)", "", "file:///etc/passwd")
    files = tuple(File(id=n, name="<b>表.pdf", media_type="application/pdf", size=9, url=url) for n, url in enumerate(urls))
    _, linked, *bare = preview(dataclasses.replace(PLAIN, files=files))
    assert linked.html == '📎 <a href="https://example.jp/f/1?a=1&amp;b=2">&lt;b&gt;表.pdf</a>'
    assert {bubble.html for bubble in bare} == {"📎 &lt;b&gt;表.pdf"}


def test_the_preview_shows_the_buttons() -> None:
    bubbles = preview(dataclasses.replace(rich("文"), buttons=(Button(label="メニュー", action="menu"),)))
    assert [(button.label, button.action) for button in bubbles[-1].buttons][-2:] == [("7", "a:6"), ("メニュー", "menu")]
