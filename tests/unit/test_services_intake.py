"""Taking in: what concerns us is stored once; talk of a room that is not meant for us is not kept."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.chats import DESK, DESK_IV, Chat
from tests.unit.desks import desks
from tests.unit.stores import OutageStore

from clair_bot.domain.articles import Area
from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address, InboundKind

ROOM = Address(channel="slack", recipient="C1")
TALK: dict[str, Any] = {"address": ROOM, "direct": False, "addressed": False}


@pytest.fixture
def chat() -> Chat:
    return Chat()


def kept(chat: Chat, text: str = "昼ごはんに行きませんか", **more: Any) -> int:
    return chat.intake.record([chat.message(text, **{**TALK, **more})])


def test_talk_that_does_not_concern_us_leaves_nothing_behind(chat: Chat) -> None:
    before = chat.store.state.copy()
    assert kept(chat) == 0
    assert kept(chat, kind=InboundKind.MEDIA) == 0
    assert kept(chat, thread="somebody else's") == 0
    assert kept(chat, reply_to="somebody else's") == 0
    assert chat.store.state == before


def test_what_is_addressed_to_us_is_kept(chat: Chat) -> None:
    assert kept(chat, addressed=True) == 1
    assert kept(chat, direct=True, addressed=True) == 1


@pytest.mark.parametrize("kind", sorted(set(InboundKind) - {InboundKind.TEXT, InboundKind.MEDIA, InboundKind.EDITED}))
def test_what_happens_to_us_is_kept(chat: Chat, kind: InboundKind) -> None:
    assert kept(chat, "", kind=kind) == 1


def test_a_change_is_kept_only_of_what_was_kept(chat: Chat) -> None:
    """Nobody's chatter comes in by being corrected."""
    assert kept(chat, "食べます", kind=InboundKind.EDITED, message_id="m1") == 0
    assert kept(chat, "質問", addressed=True, message_id="m1") == 1
    assert kept(chat, "質問です", kind=InboundKind.EDITED, message_id="m1") == 1
    assert kept(chat, "質問です", kind=InboundKind.EDITED, message_id="m1", address=replace(ROOM, recipient="C2")) == 0
    assert kept(chat, "質問です", kind=InboundKind.EDITED, message_id="m2") == 0


def test_a_thread_in_which_we_have_talked_is_ours(chat: Chat) -> None:
    chat.take(chat.message("食品展に出したい", address=ROOM, direct=False, thread="t"))
    assert kept(chat, "詳しく", thread="t") == 1
    assert kept(chat, "詳しく", thread="u") == 0
    assert kept(chat, "詳しく") == 0
    assert kept(chat, "詳しく", thread="t", address=replace(ROOM, recipient="C2")) == 0


def test_a_reply_to_a_message_of_ours_is_ours(chat: Chat) -> None:
    chat.take(chat.message("食品展に出したい", address=ROOM, direct=False))
    chat.deliver()
    assert kept(chat, "詳しく", reply_to="out1") == 1
    assert kept(chat, "詳しく", reply_to="out2") == 0
    assert kept(chat, "詳しく", reply_to="out1", address=replace(ROOM, recipient="C2")) == 0


def test_everything_in_a_desks_room_is_looked_at() -> None:
    chat = Chat(desks=desks(DESK, {Area.IV: DESK_IV}))
    for room in (DESK, DESK_IV):
        assert kept(chat, address=room) == 1


def test_also_where_that_room_has_moved_to(chat: Chat) -> None:
    chat.take(chat.message(kind=InboundKind.MOVED, address=DESK, moved_to=ROOM))
    assert kept(chat) == 1


def test_an_event_counts_once_for_each_of_its_ids(chat: Chat) -> None:
    first = chat.message("質問", event_ids=("a", "b"))
    assert chat.intake.record([first, first]) == 1
    assert chat.intake.record([chat.message("質問", event_ids=("b", "c"))]) == 0
    assert chat.intake.record([chat.message("質問", event_ids=("c",))]) == 0
    assert chat.intake.record([chat.message("質問", event_ids=("a",), address=ROOM)]) == 1  # another channel's id


def test_of_a_request_what_concerns_us_is_stored(chat: Chat) -> None:
    assert chat.intake.record([chat.message("雑談", **TALK), chat.message("質問"), chat.message("雑談", **TALK)]) == 1
    assert [row.entry.message.text for row in chat.store.state.received.values()] == ["質問"]


def test_nothing_at_all_does_not_even_open_the_database() -> None:
    chat = Chat(store=OutageStore)
    assert isinstance(chat.store, OutageStore)
    chat.store.away = True
    assert chat.intake.record([]) == 0
    with pytest.raises(StorageUnavailable):
        chat.intake.record([chat.message("質問")])
