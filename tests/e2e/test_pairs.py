"""The desk, worked from chat, for every pair of an asker's and a desk's channel."""

import asyncio
from pathlib import Path

import pytest
from tests.e2e.houses import House, Town, eventually, houses, register, remove, towns
from tests.e2e.rooms import ROOMS, Room, card_of

QUESTION = "月面基地との姉妹都市提携に補助金は出ますか"
CHANNELS = ("slack", "line", "telegram")


async def _reads(town: Town, channel: str, words: str) -> None:
    await eventually(lambda: any(words in text for text in town.reads(channel)), what=f"{words!r} on {channel}")


async def _shows(room: Room, words: str) -> None:
    await eventually(lambda: any(words in text for text in room.reads()), what=f"{words!r} in the room")


async def _opened(house: House, town: Town, room: Room, asker: str) -> str:
    await house.post(asker, town.says(asker, QUESTION, event="1"))
    await _reads(town, asker, "受付番号は1です")
    await _shows(room, QUESTION)
    return str(await eventually(lambda: card_of(house, room), what="the card's id"))


@pytest.mark.parametrize("desk", CHANNELS)
async def test_a_ticket_from_the_question_to_the_rating(tmp_path: Path, desk: str) -> None:
    """Three houses beside each other: one for each channel that askers may be on."""
    await asyncio.gather(*(_pair(tmp_path / asker, asker, desk) for asker in CHANNELS))


async def _pair(folder: Path, asker: str, desk: str) -> None:
    folder.mkdir()
    async with towns() as town:
        await _story(folder, town, ROOMS[desk](town), asker)


async def _story(folder: Path, town: Town, room: Room, asker: str) -> None:
    desk = room.channel
    async with houses(folder, town, start=False, CLAIR_DESK=room.address) as house:
        register(house, room.advisor, "佐藤")
        await house.start()
        card = await _opened(house, town, room, asker)

        await house.post(asker, town.says(asker, "○○市国際課", event="2"))
        await _shows(room, "○○市国際課")
        await house.post(desk, room.presses(house, "担当する"))
        await _reads(town, asker, "担当者が決まりました")
        await _shows(room, "佐藤さんが担当します")
        if room.edits:
            await eventually(lambda: "担当: 佐藤" in room.reads()[0], what="the edited card")
            assert "団体: ○○市国際課" in room.reads()[0]

        await house.post(desk, room.writes("メモ: 前例なし", below=card))
        await _shows(room, "のメモとして残しました")
        await house.post(desk, room.writes("対象は海外の地方政府です。", below=card))
        await _reads(town, asker, "対象は海外の地方政府です。")
        await house.post(asker, town.says(asker, "議会への説明資料も必要です", event="3"))
        await _shows(room, "議会への説明資料も必要です")
        await house.post(desk, room.writes("解決", below=card))
        await _reads(town, asker, "お役に立ちましたか")
        await house.post(asker, town.says(asker, "役に立った", event="4"))
        await _shows(room, "評価: 役に立った")

        assert not any("前例なし" in text for text in town.reads(asker))
        assert house.rows("SELECT state, rating, organisation FROM ticket") == [("resolved", "good", "○○市国際課")]
        moves = [move for (move,) in house.rows("SELECT move FROM ticket_event ORDER BY id")]
        assert moves == ["open", "detail", "claim", "note", "reply", "add", "resolve", "rate"]
        if room.edits:
            await eventually(lambda: "状況: 解決" in room.reads()[0], what="the card of the resolved ticket")


@pytest.mark.parametrize("desk", CHANNELS)
async def test_a_stranger_in_the_room_and_one_who_was_removed_move_nothing(tmp_path: Path, town: Town, desk: str) -> None:
    room: Room = ROOMS[desk](town)
    strangers = {"slack": "U0STRANGER", "telegram": "78", "line": "U44444444444444444444444444444444"}
    async with houses(tmp_path, town, start=False, CLAIR_DESK=room.address) as house:
        register(house, room.advisor, "佐藤")
        removed = register(house, f"{desk}:{strangers[desk]}", "元職員")
        remove(house, removed)
        await house.start()
        card = await _opened(house, town, room, "telegram" if desk != "telegram" else "line")
        await house.post(desk, room.writes("勝手な回答です。", below=card, advisor=strangers[desk]))
        await _shows(room, "相談員として登録されていないため")
        assert house.rows("SELECT state FROM ticket") == [("open",)]
        assert not any("勝手な回答" in text for channel in CHANNELS for text in town.reads(channel))
