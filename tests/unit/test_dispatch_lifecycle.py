"""Somebody came, left, took something back; a room moved."""

from dataclasses import replace

import pytest
from tests.unit.chats import ASKER, DESK, DESK_IV, FAIR, Chat

from clair_bot.domain.deliveries import DeliveryState
from clair_bot.messages import Address, InboundKind

UNKNOWN = "月面基地に補助金は出ますか"
ANSWERED = "食品展に出したい"
ROOM = Address(channel="telegram", recipient="-5")
NEW = Address(channel="slack", recipient="C9NEW")


@pytest.fixture
def chat() -> Chat:
    return Chat()


def test_who_comes_is_greeted(chat: Chat) -> None:
    heard = chat.sends(InboundKind.JOINED)
    assert "クレア相談ボットです" in heard
    assert "[メニュー]" in heard


def test_a_room_is_told_when_we_answer(chat: Chat) -> None:
    said = chat.take(chat.message(kind=InboundKind.JOINED, address=ROOM, direct=False, addressed=False))
    assert "私あてに呼びかけていただいたときだけ" in chat.reads(said, ROOM)


def test_nothing_more_goes_to_who_left(chat: Chat) -> None:
    chat.says(ANSWERED)
    other = chat.take(chat.message(ANSWERED, address=ROOM))
    assert chat.sends(InboundKind.LEFT) == ""
    states = {row.delivery.message.to: row.delivery.state for row in chat.store.state.deliveries.values()}
    assert states == {ASKER: DeliveryState.CANCELLED, ROOM: DeliveryState.QUEUED}
    assert len(other) == 1


def test_who_comes_back_is_known(chat: Chat) -> None:
    chat.says("月面の話")
    chat.sends(InboundKind.LEFT)
    chat.sends(InboundKind.JOINED)
    assert "受付番号1　相談員が確認中" in chat.says("状況")


def test_a_room_that_moved_is_answered_where_it_is(chat: Chat) -> None:
    chat.take(chat.message("姉妹都市について", address=ROOM))
    there = replace(ROOM, recipient="-500")
    chat.take(chat.message(kind=InboundKind.MOVED, address=ROOM, moved_to=there))
    assert {row.delivery.message.to for row in chat.store.state.deliveries.values()} == {there}
    assert "姉妹都市提携までの手順の答え" in chat.reads(chat.take(chat.message("1", address=there)), there)


def test_a_move_without_a_new_place_changes_nothing(chat: Chat) -> None:
    assert chat.sends(InboundKind.MOVED) == ""
    assert chat.inbox() == {"done": 1}


def test_a_desks_room_that_moved_takes_its_tickets_along(chat: Chat) -> None:
    chat.says(UNKNOWN)
    card = chat.card()
    chat.take(chat.message(kind=InboundKind.MOVED, address=DESK, direct=False, addressed=False, moved_to=NEW))
    assert chat.ticket().desk == NEW
    said = chat.advises("お答えします。", card, room=NEW)
    assert "お答えします。" in chat.reads(said)
    assert "相談者にお送りします" in chat.reads(said, NEW)
    said = chat.take(chat.message("月面の砂", thread="t"))
    assert "新しい相談です" in chat.reads(said, NEW)
    assert chat.advises("昼ごはんに行きませんか", room=NEW) == []


def test_a_desks_room_that_we_were_removed_from_hears_nothing_more(chat: Chat) -> None:
    chat.says(UNKNOWN)
    chat.take(chat.message(kind=InboundKind.LEFT, address=DESK, direct=False, addressed=False))
    states = {row.delivery.message.to: row.delivery.state for row in chat.store.state.deliveries.values()}
    assert states == {ASKER: DeliveryState.QUEUED, DESK: DeliveryState.CANCELLED}


def _everything(chat: Chat) -> str:
    """Return all that is stored of what the asker wrote."""
    state = chat.store.state
    parts = (state.received, state.inquiries, state.tickets, state.ticket_events, state.conversations)
    return "\n".join(str(row) for table in parts for row in table.values())


def test_a_question_taken_back_is_hidden_and_its_ticket_goes_with_it(chat: Chat) -> None:
    chat.take(chat.message(UNKNOWN, message_id="m1"))
    said = chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="m1"))
    assert chat.reads(said) == ""
    assert "ご質問を相談者が取り消しました" in chat.reads(said, DESK)
    assert chat.tickets() == ["cancelled"]
    assert "月面" not in _everything(chat)
    assert "先にご質問を" in chat.says("相談")


def test_an_answered_question_taken_back_is_hidden(chat: Chat) -> None:
    chat.take(chat.message(ANSWERED, message_id="m1"))
    assert chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="m1")) == []
    assert ANSWERED not in _everything(chat)
    assert chat.outcomes() == ["answered"]


def test_words_added_to_a_ticket_and_taken_back_are_hidden_and_the_ticket_stays(chat: Chat) -> None:
    chat.says(UNKNOWN)
    chat.advises("お答えします。", chat.card())
    chat.take(chat.message("秘密の追記です", message_id="m2"))
    chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="m2"))
    assert "秘密の追記" not in _everything(chat)
    assert (chat.tickets(), chat.ticket().question) == (["open"], UNKNOWN)


def test_a_resolved_tickets_question_taken_back_is_hidden_and_it_stays_resolved(chat: Chat) -> None:
    chat.take(chat.message(UNKNOWN, message_id="m1"))
    chat.advises("解決", chat.card())
    chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="m1"))
    assert "月面" not in _everything(chat)
    assert chat.tickets() == ["resolved"]


def test_what_was_never_kept_can_be_taken_back(chat: Chat) -> None:
    chat.says(ANSWERED)
    assert chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="unknown")) == []
    assert ANSWERED in _everything(chat)


def test_only_its_own_chats_message_is_hidden(chat: Chat) -> None:
    """Message ids count from 1 in each chat."""
    chat.take(chat.message(ANSWERED, message_id="1"))
    chat.take(chat.message("別の食品展の話", message_id="1", address=ROOM))
    chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="1", address=ROOM))
    assert ANSWERED in _everything(chat)
    assert "別の食品展の話" not in _everything(chat)


def test_a_picture_taken_back_changes_nothing_else(chat: Chat) -> None:
    chat.says(UNKNOWN)
    chat.take(chat.message(kind=InboundKind.MEDIA, message_id="p1"))
    chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="p1"))
    assert (chat.tickets(), chat.ticket().question) == (["open"], UNKNOWN)


def test_everybody_goes_on_after_all_that(chat: Chat) -> None:
    for kind in InboundKind:
        chat.take(chat.message(kind=kind, address=DESK_IV))
    assert FAIR.answer in chat.says(ANSWERED)
    assert chat.inbox() == {"done": len(InboundKind)}  # a correction of what we never heard is not kept
