"""How a message looks in a plain web chat."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clair_bot.messages import Address, Block, BlockKind, Button, Card, Choice, OutboundMessage, Source
from clair_bot_web.preview import preview

ALLOWED = {"p", "br", "b", "i", "code", "a", "ul", "li", "h3", "small", "hr", "div", "span"}


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def said(text: str, *, url: str | None = "https://example.jp/", as_of: str = "2026", language: str = "ja") -> OutboundMessage:
    card = Card(
        title=text,
        blocks=tuple(Block(kind=kind, text=text) for kind in BlockKind),
        sources=(Source(title=text, url=url, as_of=as_of),),
        note=text,
    )
    return OutboundMessage(
        to=Address(channel="web", recipient="v.web"),
        idempotency_key="k",
        paragraphs=(text,),
        card=card,
        choices=(Choice(title=text, action="a:x"),),
        buttons=(Button(label=text, action="human"),),
        language=language,
    )


def read(message: OutboundMessage) -> Reader:
    (bubble,) = preview(message)
    reader = Reader()
    reader.feed(bubble.html)
    reader.close()
    return reader


@given(
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")))
    | st.sampled_from(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
)
def test_any_text_stays_text(text: str) -> None:
    reader = read(said(text))
    assert {tag for tag, _ in reader.tags} <= ALLOWED
    assert {name for _, attributes in reader.tags for name in attributes} <= {"href", "class"}
    assert reader.text.count(text) >= 6


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.jp", "", None, "JAVASCRIPT:alert(1)"])
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert "a" not in {tag for tag, _ in read(said("題名", url=url)).tags}


def test_an_address_keeps_its_ampersands() -> None:
    links = [attributes["href"] for tag, attributes in read(said("題名", url='https://example.jp/?a=1&b="2"')).tags if tag == "a"]
    assert links == ['https://example.jp/?a=1&b="2"']


@pytest.mark.parametrize(
    ("language", "as_of", "expected"),
    [
        ("ja", "2024-12-11", "出典題名（2024-12-11時点）"),
        ("en", "2024", "Sources題名 (as of 2024)"),
        ("easy", "2024", "どこに 書いてあるか題名（2024の 話）"),
        ("ja", "不明", "題名（時点不明）"),
        ("fr", "2024", "出典題名（2024時点）"),
    ],
)
def test_sources_are_dated_in_the_readers_language(language: str, as_of: str, expected: str) -> None:
    assert expected in read(said("題名", as_of=as_of, language=language)).text


def test_choices_are_numbered_and_stand_before_the_buttons() -> None:
    (bubble,) = preview(said("題名"))
    assert [(button.label, button.action) for button in bubble.buttons] == [("1. 題名", "a:x"), ("題名", "human")]


def test_neighbouring_items_are_one_list() -> None:
    card = Card(title="題", blocks=tuple(Block(kind=BlockKind.ITEM, text=text) for text in ("一", "二</ul><ul>")))
    (bubble,) = preview(OutboundMessage(to=Address(channel="web", recipient="v"), idempotency_key="k", card=card))
    assert len(re.findall("<ul>", bubble.html)) == 1
    assert "二&lt;/ul&gt;" in bubble.html
