"""What a mail is called in a list of mails."""

import dataclasses
import re

import pytest
from tests.adapters import issues

from clair_bot.messages import Address, Card, Issue, OutboundMessage
from clair_bot_mail.rendering import render
from clair_bot_mail.texts import shorten


def said(*paragraphs: str, **fields: object) -> OutboundMessage:
    plain = OutboundMessage(to=Address(channel="mail", recipient="tanaka@example.jp"), idempotency_key="k", paragraphs=paragraphs)
    return dataclasses.replace(plain, **fields)  # type: ignore[arg-type]


def drill() -> OutboundMessage:
    return said(issue=dataclasses.replace(issues.full_issue(), notice="【訓練】これは配信の訓練です。"))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (drill(), "【訓練】CLAIRメールマガジン vol.341 多言語で伝える冬の備え"),
        (issues.bulletin("mail", "x", issues.corrected_issue()), "【訓練】【訂正】クレア緊急のお知らせ 地震が起きたときの連絡"),
        (said(issue=Issue(masthead="CLAIR", title="T", notice="[DRILL] one\n[CORRECTION] two")), "[DRILL][CORRECTION]CLAIR T"),
        (said(issue=Issue(masthead="CLAIR", title="T", notice="印のない知らせ")), "CLAIR T"),
        (said("前文", card=Card(title=" 題\n名 ", blocks=())), "題 名"),
        (said("\n 配信登録の確認\n次の行", "二段落目"), "配信登録の確認"),
        (said("", "二段落目"), "二段落目"),
        (said(language="en"), "Notice"),
        (said("あ" * 61), "あ" * 59 + "…"),
        (
            said("はじめの文は四十五字ほどの長さがありますので、ここで一度お切りします。" + "い" * 60),
            "はじめの文は四十五字ほどの長さがありますので、ここで一度お切りします。" + "い" * 24 + "…",
        ),
        (
            said(
                "この文はおよそ五十字になるように書かれており、ここまで読めば題名として十分に意味が分かります。続きは本文です。さようなら。"
            ),
            "この文はおよそ五十字になるように書かれており、ここまで読めば題名として十分に意味が分かります。続きは本文です。…",
        ),
        (said("a\u202eb"), "ab"),
    ],
)
def test_subjects(message: OutboundMessage, expected: str) -> None:
    assert render(message).subject == expected


def test_only_the_title_of_a_long_issue_is_shortened_and_the_mail_has_all_of_it() -> None:
    title = "題名です。" * 40
    mail = render(said(issue=Issue(masthead="CLAIRメールマガジン", number="vol.341", title=title, notice="【訓練】訓練です。")))
    assert len(mail.subject) <= 120
    assert mail.subject.startswith("【訓練】CLAIRメールマガジン vol.341 題名です。")
    assert mail.subject.endswith("題名です。…")
    assert title in mail.text
    assert (
        len(render(said(issue=Issue(masthead="M" * 300, number="N" * 300, title="T" * 300, notice=f"【{'x' * 20}】" * 20))).subject) <= 120
    )


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "🇯🇵", "👍🏽", "が", "ｶﾞ", "❤️"])
def test_a_shortened_text_ends_between_characters(cluster: str) -> None:
    for before in range(6):
        text = "x" * before + cluster * 40
        shortened = shorten(text, 30)
        assert shortened.endswith("…")
        assert len(shortened) <= 30
        assert re.fullmatch(f"x{{{before}}}(?:{re.escape(cluster)})*…", shortened)
    assert shorten(cluster, 120) == cluster
