"""A person corrects a message in a group; and what LINE cannot do: correct ours."""

import dataclasses
import importlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from tests.standins.line import GROUP, USER
from tests.standins.line_harness import LineHarness, line_harness

from clair_bot.messages import Button, InboundKind


@pytest.fixture
async def line() -> AsyncIterator[LineHarness]:
    async with line_harness() as harness:
        yield harness


async def test_an_edit_names_the_message_and_how_it_reads_now(line: LineHarness) -> None:
    (first,) = await line.heard(line.standin.text_event("食品店", event="1", room=GROUP))
    line.standin.advance(seconds=30)
    (edit,) = await line.heard(line.standin.edited_event("食品展", of="1", event="2"), strict=False)
    assert (edit.kind, edit.text, edit.message_id) == (InboundKind.EDITED, "食品展", first.message_id)
    assert (edit.address, edit.sender, edit.direct, edit.addressed) == (first.address, USER, False, False)
    assert edit.sent_at - first.sent_at >= timedelta(seconds=29)
    assert edit.reply_handle == ""
    assert edit.event_ids != first.event_ids


async def test_the_mention_is_taken_out_of_an_edit_too(line: LineHarness) -> None:
    (edit,) = await line.heard(line.standin.edited_event("@窓 食品展は？", of="1", event="2", mention="@窓"), strict=False)
    assert (edit.addressed, edit.text) == (True, "食品展は？")


async def test_edits_of_one_message_differ(line: LineHarness) -> None:
    edits = [line.standin.edited_event(text, of="1", event=text) for text in ("一", "二")]
    heard = await line.heard(*edits, line.standin.redelivered(edits[0]), strict=False)
    assert len({one.message_id for one in heard}) == 1
    assert [one.event_ids for one in heard] == [heard[0].event_ids, heard[1].event_ids, heard[0].event_ids]
    assert heard[0].event_ids != heard[1].event_ids


async def test_edits_without_an_id_differ_from_each_other_and_from_the_message(line: LineHarness) -> None:
    def nameless(event: dict[str, Any], *, at: int) -> dict[str, Any]:
        return {**{name: value for name, value in event.items() if name != "webhookEventId"}, "timestamp": at}

    spoken = nameless(line.standin.text_event("一", event="1", room=GROUP), at=1_000)
    there, back, again = (
        nameless(line.standin.edited_event(text, of="1", event="1"), at=at) for text, at in (("二", 2_000), ("一", 3_000), ("二", 4_000))
    )
    heard = await line.heard(spoken, there, back, again, line.standin.redelivered(there), strict=False)
    assert len({one.event_ids for one in heard}) == 4
    assert heard[1].event_ids == heard[4].event_ids


@pytest.mark.parametrize(
    "change",
    [
        {"message": None},
        {"message": {"type": "text", "text": "番号なし"}},
        {"message": {"type": "text", "id": "1"}},
        {"message": {"type": "text", "id": ["1"], "text": "x"}},
        {"message": {"type": "image", "id": "1"}},
        {"message": {"type": "sticker", "id": "1"}},
        {"message": [], "edited": True},
        {"mode": "standby"},
        {"source": {"type": "group"}},
    ],
)
async def test_what_is_no_edit_gives_no_message(line: LineHarness, change: dict[str, Any]) -> None:
    event = {**line.standin.edited_event("x", of="1", event="2"), **change}
    assert await line.heard(event, strict=False) == ()


async def test_the_sdk_reads_the_same_from_the_event(line: LineHarness) -> None:
    webhooks = importlib.import_module("linebot.v3.webhooks")  # slow to load, and untyped
    event = line.standin.edited_event("食品展", of="1", event="2")
    read = webhooks.MessageEditedEvent.from_dict(event)
    (edit,) = await line.heard(event, strict=False)
    assert (edit.message_id, edit.text) == (read.message.id, read.message.text)


# ours


@pytest.mark.parametrize("maybe_sent", [False, True])
async def test_what_takes_the_place_of_a_message_is_left(line: LineHarness, maybe_sent: bool) -> None:  # noqa: FBT001
    assert not line.adapter.edits
    asked = await line.asked()
    said = line.answer(asked, "新しい言葉", replaces=("1", "2"), maybe_sent=maybe_sent, buttons=(Button(label="はい", action="yes"),))
    assert (await line.adapter.send(said)).message_ids == ("1", "2")
    assert line.calls() == []
    await line.adapter.send(dataclasses.replace(said, replaces=(), maybe_sent=False))
    assert line.calls() == ["reply"]  # the reply token was not spent
