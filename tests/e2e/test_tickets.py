"""What is not sure goes to a person, across channels."""

import asyncio
from pathlib import Path

from tests.e2e.houses import DESK_ROOM, House, Town, eventually, houses
from tests.standins import slack_events
from tests.standins.telegram_people import GROUP

UNANSWERABLE = "月面基地との姉妹都市提携に補助金は出ますか"


async def _refused(house: House, town: Town, channel: str = "line") -> None:
    await house.post(channel, town.says(channel, UNANSWERABLE, event="1"))
    await eventually(lambda: any("受付番号1" in text or "受付番号は1" in text for text in town.reads(channel)), what="a number")


def _reply(town: Town, text: str, root: str) -> tuple[dict[str, str], bytes]:
    words = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # as Slack brings what people type
    event = slack_events.said(words, ts=town.slack.next_ts(), channel=DESK_ROOM, user="U0ADVISOR", thread=root)
    request = town.slack.signed_event(event)
    return dict(request.headers), request.body


async def test_an_advisor_in_slack_answers_somebody_on_line(house: House, town: Town) -> None:
    await _refused(house, town)
    await eventually(lambda: town.slack.read(DESK_ROOM), what="a card at the desk")
    card = town.slack.messages(DESK_ROOM)[0]
    assert UNANSWERABLE in town.slack.read(DESK_ROOM)[0]

    await house.post("slack", _reply(town, "メモ: 前例なし", card["ts"]))
    await eventually(lambda: len(town.slack.read(DESK_ROOM)) == 2, what="the note's confirmation")
    await house.post("slack", _reply(town, "対象は海外の地方政府です & <ご相談ください>", card["ts"]))
    await eventually(
        lambda: any("対象は海外の地方政府です & <ご相談ください>" in text for text in town.reads("line")), what="the advisor's words"
    )
    assert not any("前例なし" in text for text in town.reads("line"))
    await eventually(lambda: len(town.slack.read(DESK_ROOM)) == 3, what="the confirmation")
    assert {message.get("thread_ts") for message in town.slack.messages(DESK_ROOM)[1:]} == {card["ts"]}

    await house.post("line", town.says("line", "議会への説明資料も必要です", event="2"))
    await eventually(lambda: any("議会への説明資料" in text for text in town.slack.read(DESK_ROOM)), what="the asker's addition")
    await house.post("slack", _reply(town, "解決", card["ts"]))
    await eventually(lambda: any("解決としました" in text for text in town.reads("line")), what="that it is resolved")
    assert house.rows("SELECT state FROM ticket") == [("resolved",)]
    moves = [move for (move,) in house.rows("SELECT move FROM ticket_event ORDER BY id")]
    assert moves == ["open", "note", "reply", "add", "resolve"]


async def test_an_advisor_in_a_telegram_group_answers_somebody_on_slack(tmp_path: Path, town: Town) -> None:
    async with houses(tmp_path, town, CLAIR_DESK=f"telegram:{GROUP}") as house:
        await _refused(house, town, "slack")
        await eventually(lambda: town.telegram.read(GROUP), what="a card at the desk")
        card = town.telegram.sent(GROUP)[0]["message_id"]
        reply = town.telegram.text("対象は海外の地方政府です。", chat=GROUP, person=77, reply_to=card)
        await house.post("telegram", town.telegram.webhook(reply))
        await eventually(lambda: any("対象は海外の地方政府です。" in text for text in town.reads("slack")), what="the advisor's words")


async def test_talk_in_rooms_that_is_not_for_us_is_not_kept(house: House, town: Town) -> None:
    for channel in ("C0ROOM", DESK_ROOM):
        request = town.slack.text_event("昼ごはんに行きませんか", event="", channel=channel)
        await house.post("slack", (request.headers, request.body))
    await asyncio.sleep(0.5)
    assert town.slack.read("C0ROOM") == []
    assert town.slack.read(DESK_ROOM) == []
    assert house.rows("SELECT count(*) FROM inbox WHERE payload LIKE '%昼ごはん%' AND address = 'slack:C0ROOM'") == [(0,)]


async def test_the_desk_hears_that_a_reply_did_not_arrive(house: House, town: Town) -> None:
    await _refused(house, town, "telegram")
    await eventually(lambda: town.slack.read(DESK_ROOM), what="a card at the desk")
    town.telegram.membership("member", "kicked")
    await house.post("slack", _reply(town, "お答えします。", town.slack.messages(DESK_ROOM)[0]["ts"]))
    await eventually(lambda: any("お届けできませんでした" in text for text in town.slack.read(DESK_ROOM)), what="the bad news")


async def test_an_unsent_question_is_hidden_everywhere(house: House, town: Town) -> None:
    event = town.line.text_event(UNANSWERABLE, event="1")
    await house.post("line", town.line.webhook(event))
    await eventually(lambda: house.rows("SELECT count(*) FROM ticket") == [(1,)], what="a ticket")
    await house.post("line", town.line.webhook(town.line.unsend_event(event["message"]["id"], event="2")))
    await eventually(lambda: house.rows("SELECT state FROM ticket") == [("cancelled",)], what="its end")
    for table, column in (
        ("inbox", "payload"),
        ("delivery", "payload"),
        ("inquiry", "question"),
        ("ticket", "question"),
        ("ticket_event", "text"),
        ("conversation", "question"),
    ):
        assert house.rows(f"SELECT count(*) FROM {table} WHERE {column} LIKE '%月面基地%'") == [(0,)], table  # noqa: S608


async def test_withdrawing_and_asking_a_person(house: House, town: Town) -> None:
    await _refused(house, town)
    await house.post("line", town.says("line", "取消", event="2"))
    await eventually(lambda: any("取り下げました" in text for text in town.reads("line")), what="that it is withdrawn")
    await house.post("line", town.says("line", "日本ふるさと名産食品展とは", event="3"))
    await eventually(lambda: any("名産食品展" in text for text in town.reads("line")), what="an answer")
    await house.post("line", town.says("line", "相談", event="4"))
    await eventually(lambda: any("受付番号は2" in text for text in town.reads("line")), what="a second number")
    await house.post("line", town.says("line", "状況", event="5"))
    await eventually(lambda: any("受付番号2　" in text and "受付番号1　" in text for text in town.reads("line")), what="both tickets")
