"""How mails read: the magazine in full, and ordinary messages; the same words as text, as HTML and in the preview."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters import issues

from clair_bot.messages import (
    Address,
    Block,
    BlockKind,
    Button,
    Card,
    Choice,
    File,
    Issue,
    Item,
    OutboundMessage,
    Section,
    Source,
)
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_mail.plain import RULE
from clair_bot_mail.preview import preview
from clair_bot_mail.rendering import Mail, render
from clair_bot_mail.texts import is_link

INFO = "一般財団法人自治体国際化協会　東京都千代田区麹町1-7　03-0000-0000"
UNSUBSCRIBE = "https://bulletins.example.jp/unsubscribe/Zm9v"
SENT = {"p", "br", "b", "ul", "li", "h1", "h2", "h3", "hr", "a", "img", "div", "html", "head", "body", "meta", "title"}
SHOWN = {"p", "br", "b", "i", "code", "a", "ul", "li", "h3", "small", "hr", "div", "span"}


class Reader(HTMLParser):
    """What a mail program would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._head = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._head += tag == "head"
        self.text += "" if tag in {"a", "b"} else "\n"

    def handle_endtag(self, tag: str) -> None:
        self._head -= tag == "head"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._head else data

    def values(self, tag: str, attribute: str) -> list[str | None]:
        return [attributes.get(attribute) for found, attributes in self.tags if found == tag]


def newsletter() -> OutboundMessage:
    issue = dataclasses.replace(
        issues.full_issue(),
        notice="【訓練】これは配信の訓練です。実際のお知らせではありません。",
        footer=("発行: 一般財団法人自治体国際化協会（クレア）",),
    )
    return dataclasses.replace(issues.bulletin("mail", "tanaka@example.jp", issue), unsubscribe=UNSUBSCRIBE)


def said(*paragraphs: str, **fields: object) -> OutboundMessage:
    plain = OutboundMessage(to=Address(channel="mail", recipient="tanaka@example.jp"), idempotency_key="k", paragraphs=paragraphs)
    return dataclasses.replace(plain, **fields)  # type: ignore[arg-type]


def squeezed(text: str) -> str:
    return "".join(text.split())


def both(mail: Mail) -> tuple[str, str]:
    return mail.text, Reader(mail.html).text


# --- the magazine -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "html"])
def test_a_newsletter_looks_as_it_did(kind: str) -> None:
    mail = render(newsletter(), sender_info=INFO)
    issues.check_golden(f"mail/newsletter.{'txt' if kind == 'text' else 'html'}", mail.text if kind == "text" else mail.html)


@pytest.mark.parametrize("name", ["office_issue", "corrected_issue"])
def test_other_bulletins_look_as_they_did(name: str) -> None:
    sent = issues.bulletin("mail", "tanaka@example.jp", getattr(issues, name)())
    issues.check_golden(f"mail/{name}.txt", render(sent).text)


def test_the_parts_of_a_newsletter_stand_in_order() -> None:
    mail = render(newsletter(), sender_info=INFO)
    for shown in both(mail):
        issues.assert_in_order(
            shown,
            [
                *(
                    "【訓練】これは",
                    "CLAIRメールマガジン　vol.341　2026年12月9日",
                    "多言語で伝える冬の備え",
                    "いつもお読み",
                    "ＴＯＰＩＣＳ",
                ),
                *(
                    "1. 【募集】海外での物産展",
                    "9. 【特集】雪道",
                    "【募集】",
                    "1. 【締切間近】海外での物産展に共同出展する",
                    "（経済交流課）",
                ),
                *(
                    "2027年9月に",
                    "輸出の手続き",
                    "締切: 12月18日（金）",
                    "対象: 都道府県",
                    "https://bulletins.example.jp/r/bussan?from=341&to=mail",
                ),
                *("2. 【募集中】", "【INFO】", "4. ", "【海外事務所】", "写真: 和紙の実演に見入る来場者", "【特集】", "9. 雪道", "発行: "),
                *("バックナンバー: https://bulletins.example.jp/issues/341", f"配信停止: {UNSUBSCRIBE}", INFO),
            ],
        )


def test_each_address_stands_on_a_line_of_its_own() -> None:
    lines = render(newsletter(), sender_info=INFO).text.split("\n")
    for url in ("https://bulletins.example.jp/r/bussan?from=341&to=mail", "https://bulletins.example.jp/pictures/london.jpg"):
        assert url in lines
    assert lines.count(RULE) == 2 + 4 * 2 + 5 + 1  # the head, four labels, between nine items, the foot
    assert lines[-1] == ""


def test_one_item_needs_no_contents() -> None:
    mail = render(issues.bulletin("mail", "x", issues.office_issue()))
    assert "ＴＯＰＩＣＳ" not in mail.text
    assert "1. 観光商談会に12の自治体が参加しました（シドニー事務所）" in mail.text
    assert "配信停止: " not in mail.text


def test_paragraphs_stand_in_full_and_summaries_only_without_them() -> None:
    items = (
        Item(number=1, title="一", paragraphs=("全文一。", "全文二。"), summary="要約一。"),
        Item(number=2, title="二", summary="要約二。"),
    )
    mail = render(issues.bulletin("mail", "x", Issue(masthead="M", title="T", sections=(Section(label="INFO", items=items),))))
    for shown in both(mail):
        issues.assert_in_order(shown, ["全文一。", "全文二。", "要約二。"])
        assert "要約一。" not in shown


def test_a_long_issue_is_whole() -> None:
    for shown in both(render(issues.bulletin("mail", "x", issues.long_issue()))):
        issues.assert_in_order(
            shown, [words for n in range(1, 41) for words in (f"第{n:03}課", "全文です。" * 400, f"期日{n:03}", f"写真{n:03}")]
        )


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["TOPICS", "1. 【", " (経済交流課)", "Picture: ", "Back numbers: ", "Unsubscribe: "]),
        ("easy", ["もくじ", "（経済交流課）", "写真: ", "前の お知らせ: ", "メールを 止める: "]),
    ],
)
def test_the_words_around_are_in_the_readers_language(language: str, expected: list[str]) -> None:
    mail = render(dataclasses.replace(newsletter(), language=language))
    for shown in both(mail):
        issues.assert_in_order(shown, expected)
    assert f'<html lang="{"en" if language == "en" else "ja"}">' in mail.html


# --- ordinary messages --------------------------------------------------------------------------------------------------------


def test_an_ordinary_message() -> None:
    card = Card(
        title="出展料について",
        blocks=(
            Block(kind=BlockKind.PARAGRAPH, text="一部を助成します。"),
            Block(kind=BlockKind.HEADING, text="必要なもの"),
            Block(kind=BlockKind.ITEM, text="申請書"),
            Block(kind=BlockKind.ITEM, text="見積書"),
        ),
        sources=(
            Source(title="フラッシュ", url="https://example.jp/a?b=1&c=2", as_of="2024-12-11"),
            Source(title="計画", url=None, as_of="不明"),
        ),
        note="担当: 経済交流課",
    )
    mail = render(
        said(
            "お待たせしました。",
            card=card,
            choices=(Choice(title="助成の対象", action="a:1"), Choice(title="申請の期限", action="a:2")),
            buttons=(Button(label="相談員に聞く", action="human"), Button(label="メニュー", action="menu")),
            files=(
                File(id=1, name="様式.docx", media_type="x/y", size=1, url="https://example.jp/f"),
                File(id=2, name="図.png", media_type="image/png", size=1),
            ),
        ),
        sender_info=INFO,
    )
    assert mail.subject == "出展料について"
    assert mail.text == (
        "お待たせしました。\n\n■ 出展料について\n\n一部を助成します。\n\n■ 必要なもの\n・申請書\n・見積書\n\n"
        "■ 出典\n・フラッシュ（2024-12-11時点）\nhttps://example.jp/a?b=1&c=2\n・計画（時点不明）\n\n担当: 経済交流課\n\n"
        "1. 助成の対象\n2. 申請の期限\n\nチャットでは、次の言葉を送ると続けられます：「相談員に聞く」「メニュー」\n\n"
        "ファイル: 様式.docx\nhttps://example.jp/f\nファイル: 図.png\n\n"
        "このファイルはメールに添付できませんでした。受け取り方については、相談員にお尋ねください。\n\n"
        f"{RULE}\n{INFO}\n"
    )
    assert squeezed(Reader(mail.html).text) == squeezed(re.sub(f"[■・]|{RULE}", "", mail.text))


def test_a_mail_of_nothing_is_a_mail() -> None:
    mail = render(said())
    assert (mail.subject, mail.text) == ("お知らせ", "\n")
    assert Reader(mail.html).text.strip() == ""


def test_the_foot_stands_below_ordinary_mails_too() -> None:
    mail = render(said("本文", unsubscribe=UNSUBSCRIBE), sender_info=INFO)
    assert mail.text == f"本文\n\n{RULE}\n配信停止: {UNSUBSCRIBE}\n{INFO}\n"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("次のページ https://example.jp/a?b=1&c=2。続き", ["https://example.jp/a?b=1&c=2"]),
        ("（https://example.jp/a）", ["https://example.jp/a"]),
        ("(see https://example.jp/a.)", ["https://example.jp/a"]),
        ("「https://example.jp/」と<https://example.jp/x>", ["https://example.jp/", "https://example.jp/x"]),
        ('https://example.jp/"onclick="x', ["https://example.jp/"]),
        ("https:///x https://[ javascript:alert(1) http:x", []),
    ],
)
def test_addresses_in_running_text_can_be_clicked_and_nothing_else(text: str, links: list[str]) -> None:
    reader = Reader(render(said(text)).html)
    assert reader.values("a", "href") == links
    assert reader.text.strip() == text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.jp", "https://例え.jp/", "https://a b/", 'https://a/"', "HTTPS"]
)
def test_only_web_addresses_are_links(url: str) -> None:
    item = dataclasses.replace(issues.full_issue().sections[0].items[0], url=url)
    issue = Issue(masthead="M", title="T", sections=(Section(label="INFO", items=(item,)),), archive_url=url)
    mail = render(said(issue=issue, unsubscribe=url))
    assert Reader(mail.html).values("a", "href") == []
    for shown in both(mail):
        assert shown.count(url) == 3
    assert not is_link(url)


def test_nothing_is_loaded_but_pictures_over_https() -> None:
    mail = render(newsletter(), sender_info=INFO)
    reader = Reader(mail.html)
    assert reader.values("img", "src") == ["https://bulletins.example.jp/pictures/london.jpg"]
    assert reader.values("img", "alt") == ["和紙の実演に見入る来場者"]
    assert {tag for tag, _ in reader.tags} <= SENT
    assert {name for _, attributes in reader.tags for name in attributes} <= {
        "href",
        "src",
        "alt",
        "style",
        "lang",
        "charset",
        "name",
        "content",
    }
    assert not re.search(r"url\(|color:|@import|background|<script|<style|<link", mail.html)
    picture = issues.full_issue().sections[2].items[0].picture
    assert picture is not None
    item = Item(number=1, title="一", picture=dataclasses.replace(picture, url="http://example.jp/p.jpg"))
    plain = Reader(render(said(issue=Issue(masthead="M", title="T", sections=(Section(label="", items=(item,)),)))).html)
    assert (plain.values("img", "src"), plain.values("a", "href")) == ([], ["http://example.jp/p.jpg"])


# --- any words -------------------------------------------------------------------------------------------------------------------

ANY = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=60) | st.sampled_from(
    [HOSTILE, "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]></p></body>", "&lt;&amp;amp;", "https://x.jp/\"'><b>"]
)


@given(ANY)
def test_any_words_survive_everywhere(words: str) -> None:
    card = Card(
        title=words,
        blocks=tuple(Block(kind=kind, text=words) for kind in BlockKind),
        sources=(Source(title=words, url=words, as_of=words),),
        note=words,
    )
    sent = said(
        words,
        card=card,
        issue=issues.hostile_issue(words),
        choices=(Choice(title=words, action="a"),),
        buttons=(Button(label=words, action="b"),),
        files=(File(id=1, name=words, media_type=words, size=1, url=words),),
        unsubscribe=words,
    )
    mail = render(sent, sender_info=words)
    reader = Reader(mail.html)
    told = [f"{field}:{words}" for field in issues.FIELDS if field != "summary"]
    for shown in (mail.text, reader.text):
        assert all(squeezed(found) in squeezed(shown) for found in told)
        assert squeezed(shown).count(squeezed(words)) >= len(told) + 10
    assert {tag for tag, _ in reader.tags} <= SENT
    assert all(href is not None and re.match(r"https?://", href) for href in reader.values("a", "href"))
    bubble = Reader(preview(sent)[0].html)
    assert {tag for tag, _ in bubble.tags} <= SHOWN
    assert {name for _, attributes in bubble.tags for name in attributes} <= {"href", "class"}


@given(st.text(max_size=60))
def test_what_no_mail_can_carry_is_taken_out(words: str) -> None:
    mail = render(said(words, issue=issues.hostile_issue(words)))
    for body in (mail.text, mail.html, mail.subject):
        body.encode()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", body)


# --- preview ----------------------------------------------------------------------------------------------------------------------


def test_the_preview_says_what_is_sent() -> None:
    sent = newsletter()
    (bubble,) = preview(sent)
    mail, shown = render(sent), Reader(bubble.html)
    picture = "🖼 和紙の実演に見入る来場者"
    assert shown.text.strip().startswith(mail.subject)
    assert squeezed(shown.text).replace(squeezed(picture), "") == squeezed(mail.subject) + squeezed(Reader(mail.html).text)
    assert "https://bulletins.example.jp/pictures/london.jpg" in shown.values("a", "href")
    assert {tag for tag, _ in shown.tags} <= SHOWN
    assert bubble.html.count("<p>") == bubble.html.count("</p>")
    assert bubble.buttons == ()
