"""What goes wrong around a ticket: the people concerned are told, and nothing is lost."""

from pathlib import Path

from tests.e2e.houses import DESK_ROOM, House, Town, eventually, houses
from tests.e2e.rooms import LineRoom, Room, SlackRoom, TelegramRoom, card_of
from tests.standins import slack_events
from tests.standins.telegram_people import GROUP

QUESTION = "月面基地との姉妹都市提携に補助金は出ますか"


async def _opened(house: House, town: Town, room: Room, asker: str) -> str:
    await house.post(asker, town.says(asker, QUESTION, event="1"))
    await eventually(lambda: any(QUESTION in text for text in room.reads()), what="the card")
    return str(await eventually(lambda: card_of(house, room), what="the card's id"))


async def _shows(room: Room, words: str) -> None:
    await eventually(lambda: any(words in text for text in room.reads()), what=f"{words!r} in the room")


async def test_a_reply_of_five_thousand_characters_reaches_line_whole(house: House, town: Town) -> None:
    room = SlackRoom(town)
    card = await _opened(house, town, room, "line")
    text = "".join(f"第{number}項　対象は海外の地方政府です。" for number in range(1, 264))[:5_000]
    await house.post("slack", room.writes(text, below=card))
    await eventually(lambda: text in "".join(town.reads("line")).replace("\n", ""), what="all of it")


async def test_a_corrected_question_is_corrected_in_the_room(house: House, town: Town) -> None:
    room = SlackRoom(town)
    asked = town.slack.next_ts()
    request = town.slack.signed_event(slack_events.said(QUESTION, ts=asked, channel=slack_events.DIRECT, user=slack_events.PERSON))
    await house.post("slack", (request.headers, request.body))
    await _shows(room, QUESTION)
    corrected = "火星基地との姉妹都市提携に補助金は出ますか"
    change = slack_events.changed(corrected, before=QUESTION, ts=asked, at=town.slack.next_ts())
    request = town.slack.signed_event(change)
    await house.post("slack", (request.headers, request.body))
    await _shows(room, "訂正しました")
    await eventually(lambda: not any(QUESTION in text for text in room.reads()), what="a card without the old words")
    assert corrected in room.reads()[0]
    assert house.rows("SELECT question FROM ticket") == [(corrected,)]
    assert house.rows("SELECT count(*) FROM inbox WHERE payload LIKE '%月面基地%'") == [(0,)]


async def test_a_corrected_answer_reaches_the_asker(tmp_path: Path, town: Town) -> None:
    room = TelegramRoom(town)
    async with houses(tmp_path, town, CLAIR_DESK=room.address) as house:
        card = await _opened(house, town, room, "line")
        reply = town.telegram.text("対象は海外の政府です。", chat=GROUP, person=77, reply_to=int(card))
        await house.post("telegram", town.telegram.webhook(reply))
        await eventually(lambda: any("対象は海外の政府です。" in text for text in town.reads("line")), what="the answer")
        edit = town.telegram.edit(reply["message"]["message_id"], "対象は海外の地方政府です。", chat=GROUP)
        await house.post("telegram", town.telegram.webhook(edit))
        await eventually(lambda: any("訂正しました" in text and "地方政府" in text for text in town.reads("line")), what="the correction")


async def test_an_asker_who_blocks_the_bot_is_told_to_the_room(house: House, town: Town) -> None:
    room = SlackRoom(town)
    await _opened(house, town, room, "line")
    await house.post("line", town.line.webhook(town.line.unfollow_event(event="2")))
    await _shows(room, "ブロックしました")
    await house.post("line", town.line.webhook(town.line.follow_event(event="3")))
    await _shows(room, "ブロックを解きました")
    assert house.rows("SELECT state FROM ticket") == [("open",)]


async def test_a_room_that_takes_the_bot_in_again_sees_its_tickets_again(tmp_path: Path, town: Town) -> None:
    room = TelegramRoom(town)
    async with houses(tmp_path, town, CLAIR_DESK=room.address) as house:
        await _opened(house, town, room, "line")
        out = town.telegram.membership("member", "kicked", chat=GROUP)
        await house.post("telegram", town.telegram.webhook(out))
        await house.post("line", town.says("line", "○○市国際課", event="2"))
        await eventually(lambda: any("どの国" in text for text in town.reads("line")), what="the next step")
        back = town.telegram.membership("left", "member", chat=GROUP)
        await house.post("telegram", town.telegram.webhook(back))
        await eventually(lambda: sum(QUESTION in text for text in room.reads()) == 2, what="the card once more")
        assert "○○市国際課" in room.reads()[-1]


async def test_what_is_confidential_never_lies_on_line(tmp_path: Path, town: Town) -> None:
    """Asker and room on LINE: after 「機密」 no word of the answer is sent there, and the page shows it once."""
    room, answer = LineRoom(town), "対象は海外の地方政府です。"
    async with houses(tmp_path, town, start=False, CLAIR_DESK=room.address) as house:
        house.environment["CLAIR_BASE_URL"] = "https://clair.example.test"
        await house.start()
        card = await _opened(house, town, room, "line")
        await house.post("line", room.writes("機密", below=card))
        await _shows(room, "機密にしました")
        await house.post("line", room.writes(answer, below=card))
        await eventually(lambda: any("確認番号" in text for text in town.reads("line")), what="the notice")
        assert not any(answer in text for text in [*town.reads("line"), *room.reads()])
        assert house.rows("SELECT count(*) FROM delivery WHERE payload LIKE '%地方政府%'") == [(0,)]


PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


async def test_documents_travel_both_ways(tmp_path: Path, town: Town) -> None:
    """From LINE to the room in Slack, and from the room back to LINE, which takes no files: as a link."""
    room = SlackRoom(town)
    async with houses(tmp_path, town, start=False, CLAIR_BASE_URL="https://clair.example.test") as house:
        await house.start()
        card = await _opened(house, town, room, "line")
        await house.post("line", town.line.webhook(town.line.file_event("要項.pdf", PDF, event="2")))
        await eventually(lambda: any("お渡しします" in text for text in town.reads("line")), what="that it is taken")

        def shared() -> bool:
            town.slack.settle()  # Slack shows a shared file a little later
            return any("要項.pdf" in text for text in room.reads())

        await eventually(shared, what="the file in the room")

        attached = town.slack.attach("回答.pdf", PDF)
        event = slack_events.said("別紙のとおりです。", ts=town.slack.next_ts(), channel=DESK_ROOM, user="U0ADVISOR", thread=card)
        request = town.slack.signed_event({**event, "subtype": "file_share", "files": [attached]})
        await house.post("slack", (request.headers, request.body))
        await eventually(lambda: any("別紙のとおりです。" in text for text in town.reads("line")), what="the words")
        await eventually(lambda: any("回答.pdf" in text and "/files/" in text for text in town.reads("line")), what="the link")
        (link,) = {word for text in town.reads("line") for word in text.split() if "/files/" in word}
        status, content = await house.get(link.removeprefix("https://clair.example.test"))
        assert (status, content.encode()) == (200, PDF)
