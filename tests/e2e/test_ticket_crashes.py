"""The process dies at every step of a ticket's life: nothing is lost, and nothing is said twice."""

from pathlib import Path

import pytest
from tests.e2e.houses import Town, eventually, houses
from tests.e2e.rooms import SlackRoom, card_of

QUESTION = "月面基地との姉妹都市提携に補助金は出ますか"


@pytest.mark.chaos
async def test_a_crash_after_every_step_loses_nothing_and_says_nothing_twice(tmp_path: Path, town: Town) -> None:
    """Asker on LINE (its retry keys), desk on Slack (looks before it repeats): both promise that nothing arrives twice."""
    room = SlackRoom(town)
    async with houses(tmp_path, town) as house:
        said: list[tuple[str, str]] = []

        async def step(channel: str, text: str, *, below: str = "") -> None:
            """Say something, die as soon as it was acknowledged, come back, and see that it was handled."""
            said.append((channel, text))
            number = len(said)
            request = town.says("line", text, event=str(number)) if channel == "line" else room.writes(text, below=below)
            assert await house.post(channel, request) == 200
            await house.kill()
            await house.start()
            await eventually(lambda: house.rows("SELECT count(*) FROM inbox WHERE state = 'done'") == [(number,)], what=f"step {number}")

        await step("line", QUESTION)
        card = str(await eventually(lambda: card_of(house, room), what="the card's id", seconds=45))
        await step("line", "○○市国際課")
        for text in ("担当", "メモ: 前例なし", "対象は海外の地方政府です。"):
            await step("slack", text, below=card)
        await step("line", "資料も必要です")
        await step("slack", "解決", below=card)
        await step("line", "役に立った")

        moves = [move for (move,) in house.rows("SELECT move FROM ticket_event ORDER BY id")]
        assert moves == ["open", "detail", "claim", "note", "reply", "add", "resolve", "rate"]
        await eventually(
            lambda: house.rows("SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending')") == [(0,)], what="the end", seconds=60
        )
        for words in ("受付番号は1です", "担当者が決まりました", "対象は海外の地方政府です。", "お役に立ちましたか"):
            assert sum(words in text for text in town.reads("line")) == 1, words
        for words in ("相談者からの補足", "メモとして残しました", "相談者から追記がありました", "評価: 役に立った"):
            assert sum(words in text for text in room.reads()) == 1, words
        assert house.rows("SELECT count(*) FROM delivery WHERE state NOT IN ('sent', 'cancelled')") == [(0,)]
