"""A question on any channel gets the same sourced answer, once."""

import asyncio
import json

import pytest
from tests.e2e.houses import House, Town, eventually, heard, houses

CHANNELS = ("slack", "line", "telegram")
QUESTION = "日本ふるさと名産食品展に出展するにはどうすればよいですか"
TITLE = "日本ふるさと名産食品展"


async def test_the_same_question_gets_the_same_article_on_each_channel(house: House, town: Town) -> None:
    statuses = await asyncio.gather(*(house.post(channel, town.says(channel, QUESTION, event="1")) for channel in CHANNELS))
    assert statuses == [200, 200, 200]
    for channel in CHANNELS:
        await heard(town, channel)
        assert TITLE in town.reads(channel)[-1]
    rows = house.rows("SELECT outcome, candidates FROM inquiry")
    assert len(rows) == len(CHANNELS)
    assert len({(outcome, json.loads(candidates)[0][0]) for outcome, candidates in rows}) == 1


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_same_event_five_times_and_after_a_restart_gives_one_reply(house: House, town: Town, channel: str) -> None:
    request = town.says(channel, QUESTION, event="7")
    statuses = await asyncio.gather(*(house.post(channel, request) for _ in range(5)))
    assert statuses == [200] * 5
    await eventually(lambda: town.reads(channel), what="an answer")
    assert await house.stop() == 0
    await house.start()
    assert await house.post(channel, request) == 200
    other = town.says(channel, "メニュー", event="8")
    assert await house.post(channel, other) == 200
    await eventually(lambda: len(_answers(town, channel)) >= 2, what="the menu")
    assert len(_answers(town, channel)) == 2
    assert house.rows("SELECT count(*) FROM inquiry") == [(1,)]


def _answers(town: Town, channel: str) -> list[str]:
    """One answer may be several LINE messages (text and card); count those that are an answer's first."""
    return [text for text in town.reads(channel) if TITLE in text or "分野をお選びください" in text]


async def test_one_mention_that_comes_as_two_events_is_answered_once(house: House, town: Town) -> None:
    first, second = town.slack.mention_pair(QUESTION)
    statuses = await asyncio.gather(*(house.post("slack", (request.headers, request.body)) for request in (first, second, first)))
    assert statuses == [200] * 3
    await eventually(lambda: town.slack.read("C0ROOM"), what="an answer in the room")
    await asyncio.sleep(0.5)
    assert len(town.slack.read("C0ROOM")) == 1
    assert town.slack.messages("C0ROOM")[0]["thread_ts"]


async def test_the_slash_command_is_answered(house: House, town: Town) -> None:
    request = town.slack.command(QUESTION, channel="C0ROOM")
    assert await house.post("slack", (request.headers, request.body)) == 200
    await eventually(lambda: town.slack.read("C0ROOM"), what="an answer to the command")
    assert TITLE in town.slack.read("C0ROOM")[0]


async def test_a_number_and_a_button_mean_the_offered_article(house: House, town: Town) -> None:
    await house.post("telegram", town.says("telegram", "メニュー", event="1"))
    await eventually(lambda: town.reads("telegram"), what="the menu")
    await house.post("telegram", town.says("telegram", "7", event="2"))
    await eventually(lambda: len(town.reads("telegram")) == 2, what="the articles of an area")
    assert "海外事務所" in town.reads("telegram")[-1]
    pressed = town.telegram.webhook(town.telegram.press("メニュー"))
    assert await house.post("telegram", pressed) == 200
    await eventually(lambda: len(town.reads("telegram")) == 3, what="the menu again")


async def test_telegram_by_polling_and_slack_by_socket(tmp_path: object, town: Town) -> None:
    """Networks that nobody reaches from outside: no webhook, both are answered all the same."""
    town.telegram.updates.webhook_url = ""
    changes = {"TELEGRAM_WEBHOOK_SECRET": "", "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": town.slack.app_token}
    async with houses(tmp_path, town, **changes):  # type: ignore[arg-type]
        await eventually(lambda: town.slack.socket_opened, what="a socket")
        town.telegram.say(town.telegram.text(QUESTION))
        await eventually(lambda: town.reads("telegram"), what="an answer by polling")
        await town.slack.push(json.loads(town.slack.text_event(QUESTION, event="3").body))
        await eventually(lambda: town.reads("slack"), what="an answer by socket")
    assert TITLE in town.reads("telegram")[0]
    assert TITLE in town.reads("slack")[0]


NO_QUESTIONS = {
    "😀🎉": "文章で送ってください",
    "あ" * 3_000: "2,000字以内",
    "어떻게 신청합니까": "Please ask in Japanese or English",
    "ありがとうございました": "お役に立てましたら",
    "!!!": "文章で送ってください",
}


async def test_what_is_no_question_gets_a_friendly_sentence(house: House, town: Town) -> None:
    for number, (text, expected) in enumerate(NO_QUESTIONS.items(), start=1):
        for channel in CHANNELS:
            assert await house.post(channel, town.says(channel, text, event=str(number))) == 200
            await heard(town, channel, number)
            assert expected in town.reads(channel)[-1]
    assert house.rows("SELECT count(*) FROM ticket") == [(0,)]


async def test_stickers_and_pictures_get_a_friendly_sentence(house: House, town: Town) -> None:
    sticker = town.line.media_event("sticker", event="1", packageId="1", stickerId="2", stickerResourceType="STATIC", quoteToken="q")
    assert await house.post("line", town.line.webhook(sticker)) == 200
    assert await house.post("telegram", town.telegram.webhook(town.telegram.media("sticker"))) == 200
    for channel in ("line", "telegram"):
        await heard(town, channel)
        assert "読み取れません" in town.reads(channel)[0]
