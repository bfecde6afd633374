"""Bulletins in Telegram: as they look, within its limits, with at most one page drawn, and nothing that acts."""

import dataclasses
import html
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters import issues
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn, Trouble
from tests.standins.telegram_markup import parse, units
from tests.standins.telegram_people import GROUP, PERSON

from clair_bot.errors import DeliveryError
from clair_bot.messages import Button, Card, Choice, Issue, Item, OutboundMessage, Picture, Section
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_telegram.adapter import TelegramAdapter, create
from clair_bot_telegram.preview import preview
from clair_bot_telegram.rendering import Part, render
from clair_bot_telegram.spans import MARKS_LIMIT, TEXT_LIMIT

SAMPLES = {"full_issue": issues.full_issue, "office_issue": issues.office_issue, "corrected_issue": issues.corrected_issue}
PAGE = "https://bulletins.example.jp/r/sydney"
STOP = Button(label="配信停止", action="stop")


def message(issue: Issue, **more: Any) -> OutboundMessage:
    return dataclasses.replace(issues.bulletin("telegram", str(PERSON), issue), **more)


def seen(parts: tuple[Part, ...]) -> str:
    return "\n".join(parse(part.payload["text"]).text for part in parts)


def wrong(parts: tuple[Part, ...]) -> list[str]:
    found = []
    for part in parts:
        reading = parse(part.payload["text"])
        found += [f"{units(reading.text)} units"] if not 1 <= units(reading.text) <= 4_096 else []
        found += [f"{units(part.plain)} units without markup"] if units(part.plain) > TEXT_LIMIT else []
        found += [f"{len(reading.entities)} entities"] if len(reading.entities) > MARKS_LIMIT else []
    return found


@pytest.fixture
async def standin() -> AsyncIterator[TelegramStandIn]:
    started = await TelegramStandIn().start()
    yield started
    await started.stop()
    assert started.violations == []


@pytest.fixture
async def adapter(standin: TelegramStandIn) -> AsyncIterator[TelegramAdapter]:
    made = create({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET, "TELEGRAM_API_URL": standin.url})
    assert made is not None
    yield made
    await made.aclose()


# --- as it looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_bulletins_look_as_they_did(name: str) -> None:
    parts = render(message(SAMPLES[name](), buttons=(STOP,)))
    assert wrong(parts) == []
    drawn = [{"payload": part.payload, "plain": part.plain} for part in parts]
    issues.check_golden(f"telegram/{name}.json", json.dumps(drawn, ensure_ascii=False, indent=1) + "\n")


def test_the_parts_of_a_newsletter_stand_in_order() -> None:
    (part,) = render(message(issues.full_issue()))
    for said in (seen((part,)), part.plain):
        issues.assert_in_order(said, issues.FULL_ORDER)


def test_a_notice_comes_first_and_stands_out() -> None:
    (part,) = render(message(issues.corrected_issue()))
    assert part.payload["text"].startswith("<b>【訓練】【訂正】これは配信訓練です。")


def test_a_picture_is_a_link_with_its_caption() -> None:
    (part,) = render(message(issues.full_issue()))
    assert '写真：<a href="https://bulletins.example.jp/pictures/london.jpg">和紙の実演に見入る来場者</a>' in part.payload["text"]
    assert "写真：和紙の実演に見入る来場者 https://bulletins.example.jp/pictures/london.jpg" in part.plain
    assert part.file is None


def test_one_item_has_no_contents_and_no_second_title() -> None:
    (part,) = render(message(issues.office_issue()))
    assert "目次" not in part.plain
    assert part.plain.count("観光商談会に12の自治体が参加しました") == 1
    assert "1. " not in part.plain


def test_without_a_summary_the_first_paragraph_is_shortened_at_a_sentence() -> None:
    (part,) = render(message(issues.office_issue()))
    assert "助言を受けられるようにしました。…" in part.plain
    assert "次回の課題になりました" not in part.plain
    assert "メルボルン" not in part.plain


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
    said = seen(render(message(issues.full_issue(), language=language)))
    assert [word for word in expected if word not in said] == []


def test_paragraphs_stand_before_and_buttons_behind() -> None:
    sent = message(
        issues.full_issue(),
        paragraphs=("まえの言葉",),
        card=Card(title="カード", blocks=()),
        choices=(Choice(title="選択", action="a:1"),),
        buttons=(STOP,),
    )
    (part,) = render(sent)
    issues.assert_in_order(part.plain, ["まえの言葉", "カード", "CLAIRメールマガジン", "発行", "1. 選択"])
    assert [[key["text"] for key in row] for row in part.payload["reply_markup"]["inline_keyboard"]] == [["1"], ["配信停止"]]


# --- the page below -------------------------------------------------------------------------------------------------------


def test_the_page_of_an_only_item_is_drawn() -> None:
    (part,) = render(message(issues.office_issue()))
    assert part.payload["link_preview_options"] == {"is_disabled": False, "url": PAGE}


@pytest.mark.parametrize("name", ["full_issue", "corrected_issue", "long_issue", "hostile_issue"])
def test_of_several_pages_none_is_drawn(name: str) -> None:
    for part in render(message(getattr(issues, name)())):
        assert part.payload["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "tg://resolve?domain=x"])
def test_what_is_no_page_is_not_drawn(url: str) -> None:
    (part,) = render(message(with_item(issues.office_issue(), url=url)))
    assert part.payload["link_preview_options"] == {"is_disabled": True}
    assert url in part.plain


def test_only_the_text_that_names_the_page_draws_it() -> None:
    issue = with_item(issues.office_issue(), summary="長い要約です。" * 1_200)
    parts = render(message(issue))
    assert len(parts) == 4
    assert [part.payload["link_preview_options"]["is_disabled"] for part in parts] == [True, True, True, False]


async def test_a_page_that_is_gone_costs_nothing_else(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.gone_pages = {PAGE}
    receipt = await adapter.send(message(issues.office_issue()))
    assert len(standin.read(PERSON)) == len(receipt.message_ids) == 1
    assert PAGE in standin.read(PERSON)[0]
    assert standin.calls[-1].parameters["link_preview_options"] == {"is_disabled": True}
    assert "entities" in standin.sent(PERSON)[0]


def with_item(issue: Issue, **more: Any) -> Issue:
    item = dataclasses.replace(issue.sections[0].items[0], **more)
    return dataclasses.replace(issue, sections=(dataclasses.replace(issue.sections[0], items=(item,)),))


# --- limits ---------------------------------------------------------------------------------------------------------------


async def test_forty_long_items_arrive_in_order(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    receipt = await adapter.send(message(issues.long_issue(), buttons=(STOP,)))
    assert len(receipt.message_ids) == len(standin.read(PERSON)) == 6
    wanted = [words for words in issues.landmarks() if not words.startswith("はじめ")]
    issues.assert_in_order("\n".join(standin.read(PERSON)), ["はじめの言葉です。" * 30, *wanted])
    assert ["reply_markup" in sent for sent in standin.sent(PERSON)] == [False] * 5 + [True]


def test_messages_are_broken_between_items_and_each_repeats_the_notice() -> None:
    parts = render(message(issues.long_issue()))
    assert wrong(parts) == []
    for part in parts:
        assert part.plain.startswith("【訂正】日付を直しました。")
    for number in range(1, 41):
        key = f"{number:03}"
        assert sum(f"要約{key}" in part.plain and f"期日{key}" in part.plain and f"写真{key}" in part.plain for part in parts) == 1


def test_short_items_meet_the_limit_of_entities() -> None:
    picture = Picture(url="https://e.jp/p", caption="絵")
    items = tuple(Item(number=number, title=f"題{number}", url="https://e.jp/", picture=picture) for number in range(1, 61))
    parts = render(message(Issue(masthead="誌", title="号", sections=(Section(label="部", items=items),))))
    assert wrong(parts) == []
    assert len(parts) == 3
    assert max(units(parse(part.payload["text"]).text) for part in parts) < 2_000


def test_nothing_is_sent_for_a_blank_line_or_a_notice_alone() -> None:
    for length in range(3_900, 4_100):
        issue = Issue(masthead="誌", title="", notice="知", lead=("x" * length,), sections=())
        parts = render(message(issue))
        assert wrong(parts) == []
        assert all("誌" in part.plain or "x" in part.plain for part in parts)


@pytest.mark.parametrize("field", ["notice", "masthead", "number", "date", "title", "archive_url"])
def test_a_long_field_of_the_head_is_split(field: str) -> None:
    long = "".join(f"{number}番目の文です。" for number in range(900))
    issue: Issue = dataclasses.replace(issues.full_issue(), **{field: long})  # type: ignore[arg-type]  # the test names the field
    parts = render(message(issue))
    assert wrong(parts) == []
    assert long in seen(parts).replace("\n", "")


def test_a_long_item_is_split() -> None:
    long = "".join(f"{number}番目の文です。" for number in range(700))
    item = Item(number=1, title="題" * 3_000, mark="印" * 300, owner="課" * 3_000, summary=long, facts=(("締切" * 900, long),))
    pictured = dataclasses.replace(item, number=2, picture=Picture(url=f"https://example.jp/{'x' * 900}", caption="説明" * 3_000))
    parts = render(message(dataclasses.replace(issues.corrected_issue(), sections=(Section(label="部" * 5_000, items=(item, pictured)),))))
    assert wrong(parts) == []
    notice = issues.corrected_issue().notice
    assert all(part.plain.startswith(notice) for part in parts)
    squeezed = re.sub(r"\s", "", seen(parts).replace(notice, ""))
    assert squeezed.count(long) == 4
    assert "説明" * 3_000 in squeezed


_TEXT = st.text(alphabet=st.sampled_from("あ国。\n <>&*_`🍎👨‍👩‍👧.:|/"), max_size=40)
_LONG = st.builds(lambda text, times: text * times, _TEXT, st.sampled_from([1, 1, 1, 40, 120]))
_URL = st.sampled_from(
    ["", "javascript:alert(1)", "http://[", "https://example.jp/a?b=1&c=|2", "http://example.jp/", "https://e.jp/<!here>"]
)
_ITEMS = st.builds(
    Item,
    number=st.integers(1, 99),
    title=_LONG,
    mark=_TEXT,
    owner=_TEXT,
    paragraphs=st.lists(_LONG, max_size=2).map(tuple),
    summary=_LONG,
    facts=st.lists(st.tuples(_TEXT, _LONG), max_size=3).map(tuple),
    url=_URL,
    picture=st.none() | st.builds(Picture, url=_URL, caption=_TEXT),
)
_ISSUES = st.builds(
    Issue,
    masthead=_TEXT,
    number=_TEXT,
    date=_TEXT,
    title=_LONG,
    notice=st.sampled_from(["", "知らせ"]),  # stands at the top of each message, also amid a text that was split
    lead=st.lists(_LONG, max_size=2).map(tuple),
    sections=st.lists(st.builds(Section, label=_TEXT, items=st.lists(_ITEMS, max_size=4).map(tuple)), max_size=3).map(tuple),
    footer=st.lists(_TEXT, max_size=2).map(tuple),
    archive_url=_URL,
)


@settings(deadline=None, max_examples=60)
@given(issue=_ISSUES)
def test_any_bulletin_keeps_the_limits_and_loses_nothing(issue: Issue) -> None:
    parts = render(message(issue))
    assert wrong(parts) == []
    said = re.sub(r"\s", "", seen(parts)).replace("知らせ", "")
    for section in issue.sections:
        for item in section.items:
            wanted = [item.title, item.mark, item.owner, item.summary, item.url, *(value for _, value in item.facts)]
            assert [text for text in wanted if re.sub(r"\s", "", text) not in said] == []
    assert len(preview(message(issue))) == len(parts)


# --- going on, corrections, and a text that the platform cannot read -----------------------------------------------------------


async def test_it_goes_on_behind_what_was_sent(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    sent = message(issues.long_issue())
    await adapter.send(dataclasses.replace(sent, parts_sent=2))
    assert standin.read(PERSON) == [parse(part.payload["text"]).text for part in render(sent)[2:]]


async def test_a_bulletin_takes_an_earlier_ones_place(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.gone_pages = {PAGE}
    first = await adapter.send(message(issues.full_issue()))
    again = await adapter.send(message(issues.office_issue(), replaces=first.message_ids))
    assert again == first
    (shown,) = standin.read(PERSON)
    assert shown.startswith("クレア シドニー事務所だより")


async def test_what_cannot_be_parsed_goes_without_markup(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.fail_next(Trouble.CANNOT_PARSE)
    await adapter.send(message(issues.full_issue()))
    (shown,) = standin.read(PERSON)
    assert shown == render(message(issues.full_issue()))[0].plain
    assert "https://bulletins.example.jp/issues/341" in shown


# --- hostile text ---------------------------------------------------------------------------------------------------------


async def test_hostile_text_is_shown_literally_and_links_nowhere(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    await adapter.send(message(issues.hostile_issue()))
    said = "\n".join(standin.read(PERSON))
    assert [field for field in issues.FIELDS if f"{field}:{HOSTILE}" not in said] == []
    entities = [entity for sent in standin.sent(PERSON) for entity in sent["entities"]]
    assert {entity["type"] for entity in entities} == {"bold", "italic", "text_link"}
    assert {entity["url"] for entity in entities if "url" in entity} == {"https://bulletins.example.jp/p.png?a=1&b=2"}


@pytest.mark.parametrize("name", [*SAMPLES, "long_issue", "hostile_issue"])
def test_the_preview_is_drawn_from_what_is_sent(name: str) -> None:
    sent = message(getattr(issues, name)(), buttons=(STOP,))
    parts, bubbles = render(sent), preview(sent)
    assert [bubble.html for bubble in bubbles] == [part.payload["text"].replace("\n", "<br>") for part in parts]
    for part, bubble in zip(parts, bubbles, strict=True):
        assert html.unescape(re.sub(r"<[^>]*>", "", bubble.html.replace("<br>", "\n"))) == parse(part.payload["text"]).text
    assert [button.action for bubble in bubbles for button in bubble.buttons] == ["stop"]


# --- the protocol's other members -------------------------------------------------------------------------------------------


async def test_nobody_sends_batches_or_asks_for_a_quota(adapter: TelegramAdapter) -> None:
    assert adapter.batch == 1
    assert not adapter.takes_together(str(PERSON))
    assert await adapter.quota() is None
    with pytest.raises(DeliveryError) as caught:
        await adapter.send_many(message(issues.office_issue()), [str(PERSON)])
    assert caught.value.permanent


def test_the_pace_keeps_below_what_the_platform_takes(adapter: TelegramAdapter) -> None:
    limits = adapter.limits
    assert limits.burst + limits.per_second < 30
    assert limits.per_recipient_seconds > 1
    assert 60 / limits.per_room_seconds < 20
    assert str(GROUP).startswith(limits.room_mark)
    assert not str(PERSON).startswith(limits.room_mark)
