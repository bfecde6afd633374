"""Bulletins in Slack: as they look, within every limit, with pictures that may be gone, and nothing that acts."""

import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters import issues
from tests.standins import slack_events, slack_spec
from tests.standins.slack import SlackFault, SlackStandIn
from tests.standins.slack_screen import shown

from clair_bot.errors import DeliveryError
from clair_bot.messages import Button, Card, Choice, Issue, Item, OutboundMessage, Picture, Section
from clair_bot.testing.adapter_contract import HOSTILE
from clair_bot_slack.adapter import SlackAdapter, create
from clair_bot_slack.packing import BLOCKS_LIMIT, Part
from clair_bot_slack.preview import preview
from clair_bot_slack.rendering import render

ROOM = slack_events.ROOM
SAMPLES = {"full_issue": issues.full_issue, "office_issue": issues.office_issue, "corrected_issue": issues.corrected_issue}
PICTURE = "https://bulletins.example.jp/pictures/london.jpg"


def message(issue: Issue, **more: Any) -> OutboundMessage:
    return replace(issues.bulletin("slack", ROOM, issue), **more)


def wrong(parts: tuple[Part, ...]) -> list[str]:
    return [fault for part in parts for fault in slack_spec.content({"text": part.text, "blocks": list(part.blocks)})]


def screen(parts: tuple[Part, ...]) -> str:
    return "\n".join(shown({"text": part.text, "blocks": part.blocks}) for part in parts)


def words(parts: tuple[Part, ...]) -> str:
    return "\n".join(shown({"text": part.text}) for part in parts)


@pytest.fixture
async def standin() -> AsyncIterator[SlackStandIn]:
    made = SlackStandIn()
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


@pytest.fixture
async def adapter(standin: SlackStandIn) -> AsyncIterator[SlackAdapter]:
    made = create(standin.environment)
    assert made is not None
    yield made
    await made.aclose()


# --- as it looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_bulletins_look_as_they_did(name: str) -> None:
    parts = render(message(SAMPLES[name]()))
    assert wrong(parts) == []
    drawn = [{"text": part.text, "blocks": part.blocks} for part in parts]
    issues.check_golden(f"slack/{name}.json", json.dumps(drawn, ensure_ascii=False, indent=1) + "\n")


def test_the_parts_of_a_newsletter_stand_in_order() -> None:
    (part,) = render(message(issues.full_issue()))
    for said in (screen((part,)), words((part,))):
        issues.assert_in_order(said, issues.FULL_ORDER)


def test_blocks_are_what_they_ought_to_be() -> None:
    (part,) = render(message(issues.full_issue()))
    assert [block["type"] for block in part.blocks[:3]] == ["header", "context", "rich_text"]
    assert part.blocks[1]["elements"][1]["text"] == "<https://bulletins.example.jp/issues/341|バックナンバー>"
    assert [block["type"] for block in part.blocks].count("divider") == 5
    (image,) = (block for block in part.blocks if block["type"] == "image")
    assert image == {"type": "image", "image_url": PICTURE, "alt_text": "和紙の実演に見入る来場者"}
    assert [block["type"] for block in part.blocks[-2:]] == ["context", "context"]


def test_a_notice_comes_first_and_stands_out() -> None:
    (part,) = render(message(issues.corrected_issue()))
    (quoted,) = part.blocks[0]["elements"]
    assert quoted["type"] == "rich_text_quote"
    assert quoted["elements"][0]["style"] == {"bold": True}
    assert part.text.startswith("【訓練】【訂正】これは配信訓練です。")


def test_one_item_has_no_contents_and_no_second_title() -> None:
    (part,) = render(message(issues.office_issue()))
    said = words((part,))
    assert "目次" not in said
    assert said.count("観光商談会に12の自治体が参加しました") == 1
    assert "1. " not in said


def test_without_a_summary_the_first_paragraph_is_shortened_at_a_sentence() -> None:
    said = words(render(message(issues.office_issue())))
    assert "助言を受けられるようにしました。…" in said
    assert "次回の課題になりました" not in said
    assert "メルボルン" not in said


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ja", ["目次", "バックナンバー", "写真：", "締切：", "（経済交流課）"]),
        ("en", ["Contents", "Back number", "Photo: ", "締切: ", " (経済交流課)"]),
        ("easy", ["もくじ", "前のお知らせのページ", "写真：", "締切：", "（経済交流課）"]),
        ("fr", ["目次"]),
    ],
)
def test_words_of_our_own_follow_the_language(language: str, expected: list[str]) -> None:
    said = screen(render(message(issues.full_issue(), language=language)))
    assert [word for word in expected if word not in said] == []


def test_paragraphs_stand_before_and_buttons_behind() -> None:
    sent = message(
        issues.full_issue(),
        paragraphs=("まえの言葉",),
        card=Card(title="カード", blocks=()),
        choices=(Choice(title="選択", action="a:1"),),
        buttons=(Button(label="配信停止", action="stop"),),
    )
    parts = render(sent)
    assert wrong(parts) == []
    for said in (screen(parts), words(parts)):
        issues.assert_in_order(said, ["まえの言葉", "カード", "CLAIRメールマガジン", "発行", "1. 選択", "[配信停止]"])


# --- limits ---------------------------------------------------------------------------------------------------------------


async def test_forty_long_items_arrive_in_order(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    receipt = await adapter.send(message(issues.long_issue()))
    posts = standin.messages(ROOM)
    assert len(receipt.message_ids) == len(posts) == 6
    assert all(len(post["blocks"]) <= BLOCKS_LIMIT for post in posts)
    issues.assert_in_order("\n".join(standin.read(ROOM)), issues.landmarks())
    issues.assert_in_order("\n".join(shown({"text": post["text"]}) for post in posts), issues.landmarks())


def test_messages_are_broken_between_items_and_each_repeats_the_notice() -> None:
    parts = render(message(issues.long_issue()))
    for part in parts:
        assert part.text.startswith("【訂正】日付を直しました。")
        assert not {part.blocks[0]["type"], part.blocks[-1]["type"]} & {"divider"}
    for number in range(1, 41):
        key = f"{number:03}"
        assert sum(f"要約{key}" in part.text and f"期日{key}" in part.text and f"写真{key}" in part.text for part in parts) == 1


def test_short_items_meet_the_limit_of_blocks() -> None:
    items = tuple(Item(number=number, title=f"題{number}") for number in range(1, 121))
    parts = render(message(Issue(masthead="誌", title="号", sections=(Section(label="部", items=items),))))
    assert wrong(parts) == []
    assert [len(part.blocks) for part in parts] == [50, 50, 26]


def test_many_items_are_rendered_fast_enough_for_one_recipient_after_the_other() -> None:
    sent, started = message(issues.long_issue()), time.perf_counter()
    render(sent)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("field", ["notice", "masthead", "number", "date", "title", "archive_url"])
def test_a_long_field_of_the_head_is_split(field: str) -> None:
    long = "".join(f"{number}番目の文です。" for number in range(900))
    issue: Issue = replace(issues.full_issue(), **{field: long})  # type: ignore[arg-type]  # the test names the field
    parts = render(message(issue))
    assert wrong(parts) == []
    for said in (screen(parts), words(parts)):
        assert long in said.replace("\n", "")


def test_a_long_item_is_split() -> None:
    long = "".join(f"{number}番目の文です。" for number in range(700))
    item = Item(number=1, title="題" * 3_000, mark="印" * 300, owner="課" * 3_000, summary=long, facts=(("締切" * 900, long),))
    pictured = replace(item, number=2, picture=Picture(url=f"https://example.jp/{'x' * 1_400}", caption="説明" * 2_000))
    parts = render(message(replace(issues.corrected_issue(), sections=(Section(label="部" * 4_000, items=(item, pictured)),))))
    assert wrong(parts) == []
    assert all(part.text.startswith("【訓練】") for part in parts)
    notice = issues.corrected_issue().notice
    for said in (screen(parts), words(parts)):
        squeezed = said.replace(notice, "").replace("\n", "").replace(" ", "")
        assert squeezed.count(long) == 4
        assert "説明" * 2_000 in squeezed


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
    said = re.sub(r"\s", "", words(parts)).replace("知らせ", "")
    for section in issue.sections:
        for item in section.items:
            wanted = [item.title, item.mark, item.owner, item.summary, item.url, *(value for _, value in item.facts)]
            assert [text for text in wanted if re.sub(r"\s", "", text) not in said] == []
    assert len(preview(message(issue))) == len(parts)


# --- pictures -------------------------------------------------------------------------------------------------------------


async def test_a_picture_that_is_gone_costs_nothing_else(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.gone_pictures = {PICTURE}
    await adapter.send(message(issues.full_issue()))
    (post,) = standin.messages(ROOM)
    assert [block for block in post["blocks"] if block["type"] == "image"] == []
    assert post["blocks"][0]["type"] == "header"
    links = json.dumps(post["blocks"], ensure_ascii=False)
    assert f'"url": "{PICTURE}", "text": "和紙の実演に見入る来場者"' in links
    assert post["metadata"]["event_payload"]["part"] == 0


async def test_what_is_refused_without_pictures_goes_as_words(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    for _ in range(2):
        standin.fail_next(SlackFault.ANY_ERROR, code="invalid_blocks")
    await adapter.send(message(issues.full_issue()))
    (post,) = standin.messages(ROOM)
    assert "blocks" not in post
    assert standin.read(ROOM) == [words(render(message(issues.full_issue())))]
    assert PICTURE in post["text"]


async def test_without_pictures_it_is_still_posted_once_when_the_answer_is_lost(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.fail_next(SlackFault.ANY_ERROR, code="invalid_blocks")
    standin.fail_next(SlackFault.LOST)
    receipt = await adapter.send(message(issues.full_issue()))
    (post,) = standin.messages(ROOM)
    assert receipt.message_ids == (post["ts"],)


async def test_an_answer_to_a_command_goes_without_the_picture_that_is_gone(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (asked,) = (await adapter.receive(standin.command("最新号"))).messages
    standin.gone_pictures = {PICTURE}
    receipt = await adapter.send(message(issues.full_issue(), reply_handle=asked.reply_handle))
    assert receipt.message_ids == ()
    assert standin.messages(ROOM) == []
    (answer,) = standin.read(ROOM)
    assert "🖼" not in answer
    assert "写真：和紙の実演に見入る来場者" in answer


@pytest.mark.parametrize(
    ("url", "types"),
    [
        ("http://example.jp/p.png", ["rich_text"]),
        ("https://example.jp/p.png", ["image", "rich_text"]),
        ("javascript:alert(1)", ["rich_text"]),
        ("", ["rich_text"]),
    ],
)
def test_only_https_pictures_are_shown(url: str, types: list[str]) -> None:
    item = Item(number=1, title="題", picture=Picture(url=url, caption="説明"))
    (part,) = render(message(Issue(masthead="誌", title="題", sections=(Section(label="", items=(item,)),))))
    assert [block["type"] for block in part.blocks[3:]] == types
    assert part.text.endswith(f"写真：説明 {url}".rstrip())


# --- going on, and corrections -----------------------------------------------------------------------------------------------


async def test_it_goes_on_behind_what_was_sent(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(issues.long_issue())
    whole = len(render(sent))
    for _ in range(3):
        standin.fail_next(SlackFault.LOST)  # found by the look-up
    standin.fail_next(SlackFault.ANY_ERROR, code="ratelimited")
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(sent)
    assert caught.value.parts_sent == 3
    await adapter.send(replace(sent, parts_sent=3))
    assert standin.read(ROOM) == [shown({"text": part.text, "blocks": part.blocks}) for part in render(sent)]
    assert len(standin.messages(ROOM)) == whole


async def test_a_bulletin_that_may_have_been_sent_is_not_sent_twice(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.gone_pictures = {PICTURE}
    first = await adapter.send(message(issues.full_issue()))
    assert await adapter.send(message(issues.full_issue(), maybe_sent=True)) == first
    assert len(standin.messages(ROOM)) == 1


async def test_a_bulletin_takes_an_earlier_ones_place(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    first = await adapter.send(message(issues.office_issue()))
    standin.gone_pictures = {PICTURE}
    again = await adapter.send(message(issues.full_issue(), replaces=first.message_ids))
    assert again == first
    (post,) = standin.messages(ROOM)
    assert post["blocks"][0]["text"]["text"] == "CLAIRメールマガジン vol.341"
    assert "image" not in {block["type"] for block in post["blocks"]}


# --- hostile text ---------------------------------------------------------------------------------------------------------


async def test_hostile_text_is_shown_literally_and_acts_on_nobody(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    await adapter.send(message(issues.hostile_issue()))
    seen = "\n".join(standin.read(ROOM))
    assert [field for field in issues.FIELDS if f"{field}:{HOSTILE}" not in seen] == []
    for post in standin.messages(ROOM):
        assert "<" not in post["text"]
        blocks = json.dumps(post["blocks"])
        assert "mrkdwn" not in blocks
        assert "javascript:1" not in "".join(re.findall(r'"(?:image_)?url": "([^"]*)"', blocks))
        assert set(re.findall(r'"type": "([a-z_]+)"', blocks)) <= {
            *("rich_text", "rich_text_section", "rich_text_quote", "text", "link", "divider", "image"),
            *("context", "plain_text"),
        }


def test_an_address_cannot_break_out_of_the_archive_link() -> None:
    for url in ("https://e.jp/a|b", "https://e.jp/<!channel>", "https://e.jp/ <@U1>", "javascript:alert(1)"):
        (part,) = render(message(replace(issues.office_issue(), archive_url=url)))
        assert "mrkdwn" not in json.dumps(part.blocks)
        assert url in shown({"text": "", "blocks": part.blocks})
    (part,) = render(message(replace(issues.office_issue(), archive_url="https://e.jp/?a=1&lt;b")))
    assert part.blocks[1]["elements"][1]["text"] == "<https://e.jp/?a=1&amp;lt;b|バックナンバー>"


# --- previews -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SAMPLES, "long_issue", "hostile_issue"])
def test_the_preview_is_drawn_from_what_is_sent(name: str) -> None:
    sent = message(getattr(issues, name)(), buttons=(Button(label="配信停止", action="stop"),))
    parts, bubbles = render(sent), preview(sent)
    assert len(parts) == len(bubbles)
    for part, bubble in zip(parts, bubbles, strict=True):
        text = re.sub(r"<[^>]*>", "", bubble.html)
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")
        drawn = shown({"text": "", "blocks": [block for block in part.blocks if block["type"] != "actions"]})
        assert re.sub(r"\s", "", text) == re.sub(r"\s", "", drawn)
        assert {tag.split()[0].strip("</>") for tag in re.findall(r"<[^>]*>", bubble.html)} <= {
            *("p", "br", "b", "a", "h3", "small", "hr", "div"),
        }
    assert bubbles[-1].buttons[0].action == "stop"


def test_the_preview_links_what_slack_links() -> None:
    (bubble,) = preview(message(issues.full_issue()))
    assert '<a href="https://bulletins.example.jp/issues/341">バックナンバー</a>' in bubble.html
    assert '<a href="https://bulletins.example.jp/r/bussan?from=341&amp;to=mail">' in bubble.html
    assert f'<p>🖼 <a href="{PICTURE}">和紙の実演に見入る来場者</a></p>' in bubble.html


# --- the protocol's other members -------------------------------------------------------------------------------------------


async def test_nobody_sends_batches_or_asks_for_a_quota(adapter: SlackAdapter) -> None:
    assert adapter.batch == 1
    assert not adapter.takes_together("U1")
    assert await adapter.quota() is None
    with pytest.raises(DeliveryError) as caught:
        await adapter.send_many(message(issues.office_issue()), ["U1"])
    assert caught.value.permanent
