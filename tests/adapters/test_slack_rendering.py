"""What goes to Slack keeps its limits, loses nothing and acts on nobody; previews and manifests are what is sent and asked for."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins import slack_spec
from tests.standins.slack_screen import shown

from clair_bot.messages import Address, Block, BlockKind, Button, Card, Choice, File, OutboundMessage, Source
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_slack import adapter, markup
from clair_bot_slack.preview import preview
from clair_bot_slack.rendering import Part, render

TO = Address(channel="slack", recipient="C0ROOM")
ROOT = Path(adapter.__file__).parent
SCHEMA = Path(__file__).parents[3] / "shared" / "platform-samples" / "slack" / "manifest.schema.2.0.0.json"
ALLOWED = {"p", "br", "b", "i", "code", "a", "ul", "li", "h3", "small", "hr", "div", "span"}

_WORDS = st.text(
    alphabet=st.one_of(st.sampled_from("あ国。、\n <>&*_`🍎👨‍👩‍👧か\u3099.?!"), st.characters(exclude_categories=["Cs", "Cc"])),
    max_size=400,
)
_LONG = st.builds(lambda text, times: text * times, _WORDS, st.integers(1, 40))
_MESSAGES = st.builds(
    OutboundMessage,
    to=st.just(TO),
    idempotency_key=st.just("k"),
    paragraphs=st.lists(_LONG, max_size=3).map(tuple),
    card=st.none()
    | st.builds(
        Card,
        title=_WORDS,
        blocks=st.lists(st.builds(Block, kind=st.sampled_from(BlockKind), text=_LONG), max_size=6).map(tuple),
        sources=st.lists(
            st.builds(
                Source,
                title=_WORDS,
                url=st.none() | st.just("javascript:alert(1)") | st.just("https://example.jp/?a=1&b=2") | _WORDS,
                as_of=st.sampled_from(["2024", "2024-12-11", "不明", ""]),
            ),
            max_size=3,
        ).map(tuple),
        note=_WORDS,
    ),
    choices=st.lists(st.builds(Choice, title=_WORDS, action=st.just("a:x")), max_size=10).map(tuple),
    buttons=st.lists(st.builds(Button, label=st.text(min_size=1, max_size=20), action=st.just("menu")), max_size=13).map(tuple),
    files=st.lists(
        st.builds(
            File,
            id=st.just(1),
            name=_WORDS,
            media_type=st.just("image/png"),
            size=st.just(1),
            url=st.sampled_from(["", "javascript:alert(1)", "https://example.jp/f?a=1&b=2", f"https://example.jp/{'x' * 3_000}"]),
        ),
        max_size=2,
    ).map(tuple),
    language=st.sampled_from(["ja", "en", "easy", "fr"]),
)


def message(*paragraphs: str, **more: Any) -> OutboundMessage:
    return OutboundMessage(to=TO, idempotency_key="k", paragraphs=paragraphs, **more)


def wrong(part: Part) -> list[str]:
    return list(slack_spec.content({"text": part.text, "blocks": list(part.blocks)}))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\0]+", "", text)


@given(sent=_MESSAGES)
def test_every_part_keeps_the_limits(sent: OutboundMessage) -> None:
    for part in render(sent):
        assert wrong(part) == []


@given(sent=_MESSAGES)
def test_every_word_is_there_in_blocks_and_in_text(sent: OutboundMessage) -> None:
    parts = render(sent)
    for view in (
        squeezed("".join(shown({"text": part.text, "blocks": part.blocks}) for part in parts)),
        squeezed("".join(shown({"text": part.text}) for part in parts)),
    ):
        card = sent.card
        words = [*sent.paragraphs, *(choice.title for choice in sent.choices)]
        if card:
            words += [card.title, card.note, *(block.text for block in card.blocks), *(source.title for source in card.sources)]
        for text in words:
            assert squeezed(markup.clean(text)) in view


@given(text=_LONG, limit=st.integers(6, 300))
def test_pieces_joined_are_the_text(text: str, limit: int) -> None:
    pieces = list(markup.split(text, limit))
    assert "".join(pieces) == text
    assert all(0 < markup.size(piece) <= limit for piece in pieces)


def test_text_is_cut_at_a_sentence() -> None:
    pieces = list(markup.split("これは文です。" * 1_000, 2_800))
    assert all(piece.endswith("。") for piece in pieces)


def test_a_family_is_not_parted() -> None:
    family = "👨‍👩‍👧"
    assert all(piece.count("👨") == piece.count("👧") for piece in markup.split(family * 200, 100))


@pytest.mark.parametrize("length", [149, 150, 151, 3_000, 3_001])
def test_titles_of_any_length(length: int) -> None:
    parts = render(message(card=Card(title="題" * length, blocks=())))
    assert [wrong(part) for part in parts] == [[]] * len(parts)
    assert (parts[0].blocks[0]["type"] == "header") is (length <= 150)


def test_many_blocks_become_several_messages() -> None:
    parts = render(message(*("短い" for _ in range(120))))
    assert [len(part.blocks) for part in parts] == [50, 50, 20]


def test_nothing_in_people_s_words_acts() -> None:
    (part,) = render(message(HOSTILE))
    assert part.blocks == (
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}]},
    )
    assert "<" not in part.text


def test_web_addresses_can_be_followed_and_others_cannot() -> None:
    (part,) = render(message("詳しくは https://example.jp/a?b=1&c=2。または javascript:alert(1)"))
    links = [element for element in part.blocks[0]["elements"][0]["elements"] if element["type"] == "link"]
    assert links == [{"type": "link", "url": "https://example.jp/a?b=1&c=2"}]


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", ["出典", "2024-12-11時点"]), ("en", ["Source", "as of 2024-12-11"]), ("easy", ["もとの情報", "2024-12-11の情報"])],
)
def test_words_of_our_own_follow_the_language(language: str, words: list[str]) -> None:
    card = Card(title="題", blocks=(), sources=(Source(title="計画", url=None, as_of="2024-12-11"),))
    (part,) = render(message(card=card, language=language))
    assert all(word in part.text for word in words)


def test_choices_are_numbered_and_their_buttons_fit() -> None:
    titles = ("短い題名", "とても長い題名の記事" * 6)
    (part,) = render(message("どれですか。", choices=tuple(Choice(title=title, action=f"a:{n}") for n, title in enumerate(titles))))
    assert [element["text"]["text"] for element in part.blocks[-1]["elements"]] == ["1. 短い題名", "2"]
    assert f"2. {titles[1]}" in part.text


def test_action_ids_differ_within_a_message() -> None:
    (part,) = render(
        message(
            "x",
            choices=tuple(Choice(title=str(n), action=f"c{n}") for n in range(12)),
            buttons=tuple(Button(label=str(n), action=f"b{n}") for n in range(12)),
        )
    )
    elements = [element for block in part.blocks if block["type"] == "actions" for element in block["elements"]]
    assert len({element["action_id"] for element in elements}) == len(elements) == 24


# --- previews -------------------------------------------------------------------------------------------------------------


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"href"}

    def handle_data(self, data: str) -> None:
        self.words += data


@given(sent=_MESSAGES)
def test_previews_are_safe_and_show_what_is_sent(sent: OutboundMessage) -> None:
    parts, bubbles = render(sent), preview(sent)
    assert len(parts) == len(bubbles)
    for part, bubble in zip(parts, bubbles, strict=True):
        reader = _Reader()
        reader.feed(bubble.html)
        reader.close()
        assert reader.tags <= ALLOWED
        assert all(link.startswith(("http://", "https://")) for link in reader.links)
        without_buttons = [block for block in part.blocks if block["type"] != "actions"]
        drawn = shown({"text": "", "blocks": without_buttons}) if without_buttons else ""
        assert squeezed(reader.words) == squeezed(drawn).replace("•", "") or "•" in part.text


def test_a_hostile_preview() -> None:
    (bubble,) = preview(message(HOSTILE, '"><script>alert(1)</script>', buttons=(Button(label="<b>", action="x"),)))
    assert "<script" not in bubble.html
    assert "&lt;!channel&gt;" in bubble.html
    assert bubble.buttons[0].label == "<b>"


# --- manifests ------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SCHEMA.is_file(), reason=f"the manifest's schema is not at {SCHEMA}")
@pytest.mark.parametrize("name", ["manifest.json", "manifest.socket.json"])
def test_manifests_fit_slacks_schema(name: str) -> None:
    import jsonschema
    import referencing

    schema, manifest = json.loads(SCHEMA.read_text()), json.loads((ROOT / name).read_text())
    jsonschema.Draft7Validator(schema, registry=referencing.Registry()).validate(manifest)


@pytest.mark.parametrize("name", ["manifest.json", "manifest.socket.json"])
def test_manifests_ask_for_what_the_adapter_needs(name: str) -> None:
    manifest = json.loads((ROOT / name).read_text())
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == adapter.SCOPES
    home = manifest["features"]["app_home"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert manifest["features"]["slash_commands"][0]["command"] == "/clair"
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert {"app_mention", "message.im", "message.channels", "message.groups"} <= set(
        manifest["settings"]["event_subscriptions"]["bot_events"]
    )
    assert manifest["settings"]["socket_mode_enabled"] is (name == "manifest.socket.json")
    assert ("https://" in json.dumps(manifest)) is (name == "manifest.json")
