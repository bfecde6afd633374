"""LINE's limits in LINE's units; nothing cut silently; and the preview drawn from the same payloads."""

import dataclasses
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.standins import line_spec, line_spec_limits
from tests.standins.line import USER

from clair_bot.messages import Address, Block, BlockKind, Button, Card, Choice, File, OutboundMessage, Source
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_line.cards import BUBBLE_BYTES, link
from clair_bot_line.lengths import clusters, shorten, shorten_units, split, units
from clair_bot_line.preview import preview
from clair_bot_line.rendering import render

FAMILY = "👨‍👩‍👧"
TO = Address(channel="line", recipient=USER)


def said(*paragraphs: str, **more: Any) -> OutboundMessage:
    return OutboundMessage(to=TO, idempotency_key="7a1d2a0e-6c1f-4e19-9f0e-0d8f3a0c2b11", paragraphs=paragraphs, **more)


def card(text: str = "本文です。", **more: Any) -> Card:
    return Card(title="題名", blocks=(Block(kind=BlockKind.PARAGRAPH, text=text),), **more)


def texts(message: OutboundMessage) -> list[str]:
    return [part.rich["text"] for part in render(message)]


def labels(message: OutboundMessage) -> list[str]:
    return [item["action"]["label"] for item in render(message)[-1].rich["quickReply"]["items"]]


# units


@pytest.mark.parametrize(("text", "count"), [("", 0), ("あ", 1), ("🍎", 2), ("𠮷", 2), (FAMILY, 8), ("\ud800", 1)])
def test_units(text: str, count: int) -> None:
    assert units(text) == count == len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("日本語", 3),
        (FAMILY, 1),
        ("👍🏽", 1),
        ("🇯🇵🇺🇸", 2),
        ("🇯🇵🇺", 2),
        ("か\u3099", 1),
        ("ｶﾞ", 1),
        ("辻󠄀", 1),
        ("1️⃣", 1),
        ("❤️‍🔥", 1),
        ("🏴\U000e0067\U000e0062\U000e007f", 1),
        ("각", 1),
        ("\r\n", 1),
        ("a\u200db", 2),
        ("\u0301", 1),
    ],
)
def test_clusters(text: str, count: int) -> None:
    assert len(list(clusters(text))) == count


@given(st.text())
def test_clusters_lose_nothing(text: str) -> None:
    assert "".join(clusters(text)) == text


@given(st.text(max_size=60), st.integers(min_value=1, max_value=25))
def test_shortened_texts_fit(text: str, limit: int) -> None:
    assert len(list(clusters(shorten(text, limit)))) <= limit or limit == 1
    assert units(shorten_units(text, limit + 2)) <= limit + 2


# splitting

PIECES = st.lists(
    st.sampled_from(["文です。", "🍎", FAMILY, "\n", "\n\n", " ", "long words ", "か\u3099", "\r\n", "、", "。\u0301", "x" * 30])
)


@settings(deadline=None)
@given(PIECES, st.integers(min_value=2, max_value=60))
def test_split_texts_are_whole(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(0 < units(part) <= limit for part in parts)


@settings(deadline=None)
@given(PIECES)
def test_no_cluster_is_parted(pieces: list[str]) -> None:
    text = "".join(pieces)
    whole = list(clusters(text))
    assert [cluster for part in split(text, 40) for cluster in clusters(part)] == whole


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("一段落目。\n\n二段落目。三", "一段落目。\n\n"),
        ("一行目\n二行目。三行目まで", "一行目\n二行目。"),
        ("これは文です。これも文です", "これは文です。"),
        ("「はい。」と「いいえ。」と", "「はい。」と「いいえ。」"),
        ("one two three four", "one two "),
        ("切れ目のない長い文字列なので", "切れ目のない長い文字列な"),
    ],
)
def test_split_at_sensible_places(text: str, first: str) -> None:
    assert split(text, 12)[0] == first


@pytest.mark.parametrize("apple", ["あ", "🍎", FAMILY])
def test_exactly_five_thousand_units_are_one_message(apple: str) -> None:
    full = apple * (5_000 // units(apple))
    assert texts(said(full)) == [full]
    assert texts(said(full + apple)) == [full, apple]


def test_a_cluster_longer_than_a_message_still_goes() -> None:
    text = "e" + "\u0301" * 12_000
    assert "".join(texts(said(text))) == text


def test_blank_pieces_are_not_sent() -> None:
    assert texts(said("あ" * 4_999 + "\n" * 10_000 + "い")) == ["あ" * 4_999, "い"]


# buttons


def test_buttons_hang_on_the_last_message() -> None:
    parts = render(said("あ" * 6_000, card=card(), buttons=(Button(label="はい", action="yes"),)))
    assert ["quickReply" in part.rich for part in parts] == [False, False, True]
    assert parts[-1].rich["quickReply"]["items"][0]["action"] == {"type": "postback", "label": "はい", "data": "yes", "displayText": "はい"}


@pytest.mark.parametrize("language", ["ja", "en", "easy", "xx"])
def test_buttons_alone_get_a_text(language: str) -> None:
    (part,) = render(said(language=language, buttons=(Button(label="はい", action="yes"),)))
    assert part.rich["text"].strip()


@pytest.mark.parametrize(("title", "label"), [("あ" * 20, "あ" * 20), (FAMILY * 20, FAMILY * 20), ("あ" * 21, "1"), (" ", "1")])
def test_titles_are_labels_where_they_fit(title: str, label: str) -> None:
    message = said(choices=(Choice(title=title, action="a"),))
    assert labels(message) == [label]
    assert f"1. {title}" in texts(message)[0]


def test_thirteen_buttons_and_no_more() -> None:
    choices = tuple(Choice(title=f"記事{number}", action=f"a:{number}") for number in range(1, 13))
    buttons = tuple(Button(label=f"押す{number}", action=f"b:{number}") for number in range(1, 4))
    message = said(choices=choices, buttons=buttons)
    assert labels(message) == [*(f"記事{number}" for number in range(1, 11)), "押す1", "押す2", "押す3"]
    assert "12. 記事12" in texts(message)[0]


def test_buttons_without_room_are_named() -> None:
    message = said("選んでください。", buttons=tuple(Button(label=f"押す{number}", action=f"b:{number}") for number in range(1, 16)))
    assert len(labels(message)) == 13
    assert "押す14、押す15" in texts(message)[0]


def test_endless_labels_and_titles_are_held() -> None:
    message = said(choices=(Choice(title="長" * 500, action="a"),), buttons=(Button(label="長" * 30, action="b"),))
    assert line_spec_limits.message_faults([part.rich for part in render(message)]) == []


# cards


def flex(message: OutboundMessage) -> dict[str, Any]:
    (found,) = [part.rich for part in render(message) if part.rich["type"] == "flex"]
    return found


def uris(message: OutboundMessage) -> list[str]:
    return re.findall(r'"uri": "([^"]*)"', json.dumps(flex(message)))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.jp/a?b=1&c=2#d", "https://example.jp/a?b=1&c=2#d"),
        ("https://example.jp/食品 展", "https://example.jp/%E9%A3%9F%E5%93%81%20%E5%B1%95"),
        ("https://example.jp/%E9%A3%9F", "https://example.jp/%E9%A3%9F"),
        ('https://example.jp/"><b>', "https://example.jp/%22%3E%3Cb%3E"),
        ("http://example.jp/", "http://example.jp/"),
        ("javascript:alert(1)", None),
        ("line://app/1", None),
        ("https://", None),
        ("https://user@example.jp/", None),
        ("https://例え.jp/", None),
        ("https://[oops", None),
        ("https://example.jp/" + "あ" * 400, None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(url: str | None, shown: str | None) -> None:
    assert link(url) == shown
    message = said(card=card(sources=(Source(title="出典の題", url=url, as_of="2024"),)))
    assert uris(message) == ([shown] if shown else [])
    if url and not shown:
        assert url in json.dumps(flex(message), ensure_ascii=False)


@pytest.mark.parametrize(
    ("language", "heading", "dated"),
    [
        ("ja", "出典", "題（2024-12-11時点）"),
        ("en", "Sources", "題 (as of 2024-12-11)"),
        ("easy", "もとの 情報", "題（2024-12-11の 情報）"),
    ],
)
def test_sources_speak_the_language(language: str, heading: str, dated: str) -> None:
    sources = (Source(title="題", url=None, as_of="2024-12-11"), Source(title="別", url=None, as_of="不明"))
    shown = json.dumps(flex(said(language=language, card=card(sources=sources))), ensure_ascii=False)
    assert heading in shown
    assert dated in shown
    assert "不明時点" not in shown


def test_the_notification_is_short() -> None:
    long = flex(said(card=card("あ🍎" * 800)))
    assert units(long["altText"]) <= 1_500
    assert long["altText"].endswith("…")
    assert flex(said(card=card()))["altText"] == "題名 本文です。"


@pytest.mark.parametrize("text", ["文です。" * 2_000, "A sentence. " * 2_400, "🍎" * 2_450])
def test_cards_too_large_for_a_bubble_become_texts(text: str) -> None:
    message = said(card=card(text, sources=(Source(title="題", url="https://example.jp/", as_of="2024"),), note="担当"))
    shown = "".join(texts(message))
    assert text.strip() in shown
    assert shown.endswith("担当")
    assert "https://example.jp/" in shown


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=5_200))
def test_bubbles_stay_below_their_limit(length: int) -> None:
    for part in render(said(card=card("あ" * length))):
        if part.rich["type"] == "flex":
            assert len(json.dumps(part.rich["contents"])) <= BUBBLE_BYTES


# everything at once

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.sampled_from(
    [HOSTILE, "", " ", "\n\n", FAMILY * 50, "あ" * 5_001]
)
ACTION = st.text("abcdefghij0123456789:-", min_size=1, max_size=60)
LABEL = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
CARDS = st.builds(
    Card,
    title=TEXT,
    blocks=st.lists(st.builds(Block, kind=st.sampled_from(BlockKind), text=TEXT), max_size=4).map(tuple),
    sources=st.lists(
        st.builds(Source, title=TEXT, url=st.none() | TEXT | TEXT.map("https://example.jp/{}".format), as_of=st.just("2024")), max_size=3
    ).map(tuple),
    note=TEXT,
)
FILES = st.builds(
    File,
    id=st.integers(min_value=1),
    name=TEXT,
    media_type=st.sampled_from(["image/jpeg", "image/png", "image/gif", "application/pdf"]),
    size=st.integers(min_value=0, max_value=20_000_000),
    url=st.just("") | TEXT | TEXT.map("https://example.jp/{}".format),
)
MESSAGES = st.builds(
    OutboundMessage,
    to=st.just(TO),
    idempotency_key=st.just("k"),
    paragraphs=st.lists(TEXT, max_size=4).map(tuple),
    card=st.none() | CARDS,
    choices=st.lists(st.builds(Choice, title=TEXT, action=ACTION), max_size=15).map(tuple),
    buttons=st.lists(st.builds(Button, label=LABEL, action=ACTION), max_size=15).map(tuple),
    files=st.lists(FILES, max_size=3).map(tuple),
    language=st.sampled_from(["ja", "en", "easy"]),
)


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_whatever_is_said_line_takes_it(message: OutboundMessage) -> None:
    parts = render(message)
    assert render(message) == parts
    assert [part.file for part in parts if part.file] == list(message.files)
    assert [part.rich["type"] for part in parts if not part.file].count("image") == 0
    for shape in ([part.rich for part in parts], [part.plain for part in parts]):
        assert line_spec_limits.message_faults(shape) == []
        for place in range(0, len(shape), 5):
            body = json.dumps({"to": USER, "messages": shape[place : place + 5]}).encode()
            if line_spec.available():
                assert line_spec.request_faults("POST", "/v2/bot/message/push", {"Authorization": "Bearer x"}, body) == []


# the preview


class Allowed(HTMLParser):
    """Fails on whatever the port does not allow in a bubble."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"p", "b", "br", "a", "h3", "small", "hr", "div"}
        assert {name for name, _ in attrs} <= {"href"} if tag == "a" else {"class"}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.said += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize("text", [HOSTILE, "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt; & co"])
def test_previews_show_hostile_text_literally(text: str) -> None:
    sources = (Source(title=text, url='https://example.jp/"onmouseover="x', as_of=text), Source(title=text, url=text, as_of="2024"))
    hostile = Card(title=text, blocks=tuple(Block(kind=kind, text=text) for kind in BlockKind), sources=sources, note=text)
    message = said(text, card=hostile, choices=(Choice(title=text, action="a"),), buttons=(Button(label="はい", action="yes"),))
    bubbles = preview(message)
    reader = Allowed()
    for bubble in bubbles:
        reader.feed(bubble.html)
    assert reader.said.count(text) == 1 + 1 + 3 + 3 + 1 + 1 + 1
    assert all(address.startswith("https://example.jp/") for address in reader.links)
    assert [button.action for button in bubbles[-1].buttons] == ["a", "yes"]


def test_previews_draw_one_bubble_for_each_message() -> None:
    message = dataclasses.replace(said("あ" * 5_001), card=card(), choices=(Choice(title="題", action="a"),))
    assert len(preview(message)) == len(render(message)) == 4
    assert preview(said("一\n二"))[0].html == "<p>一<br>二</p>"


def test_previews_need_no_sdk() -> None:
    import subprocess
    import sys

    script = "import sys, clair_bot_line.adapter, clair_bot_line.preview; print([name for name in sys.modules if 'linebot' in name])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == "[]"
