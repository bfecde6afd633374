"""The advisors' room: what is written there concerns the ticket that it replies to."""

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, DESK_IV, Chat

from clair_bot.domain.deliveries import Priority
from clair_bot.messages import InboundKind, Receipt
from clair_bot.testing.adapters import UNLIMITED

UNKNOWN = "月面基地に補助金は出ますか"
ANSWERED = "食品展に出したい"


@pytest.fixture
def chat() -> Chat:
    """Somebody waits for an advisor."""
    chat = Chat()
    chat.says(UNKNOWN)
    return chat


def test_a_reply_reaches_the_asker(chat: Chat) -> None:
    card = chat.card()
    said = chat.advises("対象は海外の地方政府です。", card)
    assert [(message.to, message.reply_to) for message in said] == [(ASKER, ""), (DESK, card)]
    assert chat.reads(said) == "相談員からの回答です（受付番号1）。\n対象は海外の地方政府です。\n[新しい質問]"
    assert chat.reads(said, DESK) == "相談者にお送りします（受付番号1）。"
    assert chat.tickets() == ["waiting"]
    (_, reply) = chat.history()
    assert (reply.move, reply.actor, reply.text) == ("reply", f"slack:{ADVISOR}", "対象は海外の地方政府です。")


def test_a_reply_goes_to_the_thread_that_it_came_from(chat: Chat) -> None:
    chat.says(UNKNOWN, thread="t")
    said = chat.advises("お答えします。", chat.card(2))
    assert [(message.to, message.thread) for message in said if message.to == ASKER] == [(ASKER, "t")]


def test_a_reply_goes_before_what_the_desk_hears(chat: Chat) -> None:
    chat.advises("お答えします。", chat.card())
    rows = [row for row in chat.store.state.deliveries.values() if row.delivery.replaces is None][-2:]
    assert [(row.priority, row.delivery.ticket_id) for row in rows] == [(Priority.REPLY, 1), (Priority.DESK, 1)]


def test_a_reply_to_any_of_the_tickets_messages_counts(chat: Chat) -> None:
    chat.says("月面の砂はもらえますか")
    chat.deliver()
    ids = [row.delivery.message_ids[0] for row in chat.store.state.deliveries.values() if row.delivery.message.to == DESK]
    assert len(ids) == 2
    for message_id in ids:
        assert "お答えします。" in chat.reads(chat.advises("お答えします。", message_id))


@pytest.mark.parametrize(
    "words",
    [
        "メモ: 前例なし",
        "メモ：前例なし",
        "note: 前例なし",
        "Note：前例なし",
        "NOTE:前例なし",
        " メモ: 前例なし",
        "ﾒﾓ:前例なし",
        "メモ : 前例なし",
    ],
)
def test_a_note_stays_inside(chat: Chat, words: str) -> None:
    said = chat.advises(words, chat.card())
    assert [message.to for message in said] == [DESK]
    assert "相談者には送っていません" in chat.reads(said, DESK)
    assert (chat.tickets(), chat.moves()) == (["open"], ["open", "note"])
    assert chat.history()[1].text == "前例なし"


@pytest.mark.parametrize("word", ["解決", "resolve", "RESOLVE", "Ｒｅｓｏｌｖｅ", "解決。", " 解決 ", "/resolve"])
def test_a_ticket_is_resolved(chat: Chat, word: str) -> None:
    said = chat.advises(word, chat.card())
    assert "受付番号1の相談を解決としました" in chat.reads(said)
    assert "受付番号1を解決としました" in chat.reads(said, DESK)
    assert chat.tickets() == ["resolved"]


def test_a_resolved_ticket_is_not_resolved_again(chat: Chat) -> None:
    chat.advises("解決", chat.card())
    said = chat.advises("解決", chat.card())
    assert [message.to for message in said] == [DESK]
    assert "「解決」のため、その操作はできません" in chat.reads(said, DESK)


@pytest.mark.parametrize(
    "words",
    [
        "割当 @佐藤",
        "転送 どこか",
        "転送 よろしくお願いします",
        "保留 いつか",
        "優先 たぶん",
        "解決 しました",
        "一覧 全部",
        "list of offices: NY",
        "定型 なし",
    ],
)
def test_a_word_of_the_desk_is_never_an_answer_whatever_follows(chat: Chat, words: str) -> None:
    said = chat.advises(words, chat.card())
    assert [message.to for message in said] == [DESK]
    assert chat.reads(said, DESK)
    assert (chat.tickets(), chat.moves()) == (["open"], ["open"])


@pytest.mark.parametrize(
    "words",
    [
        "担当課に確認します。",
        "割当ての件は未定です。",
        "一覧は次のとおりです。",
        "解決しました。",
        "保留となります。",
        "転送先は総務課です",
    ],
)
def test_a_sentence_that_begins_like_such_a_word_is_an_answer(chat: Chat, words: str) -> None:
    assert words in chat.reads(chat.advises(words, chat.card()))


def test_a_reply_to_a_resolved_ticket_opens_the_talk_again(chat: Chat) -> None:
    chat.advises("解決", chat.card())
    assert "補足します。" in chat.reads(chat.advises("補足します。", chat.card()))
    assert chat.tickets() == ["waiting"]
    assert "受付番号1に書き加え" in chat.says(ANSWERED)


def test_a_reply_to_a_resolved_ticket_beside_a_live_one_arrives_and_leaves_both_as_they_are(chat: Chat) -> None:
    """A conversation has one live ticket: what the asker writes next belongs to that."""
    chat.advises("解決", chat.card())
    chat.says("月面の砂はもらえますか")
    said = chat.advises("1番の補足です。", chat.card(1))
    assert chat.reads(said) == "相談員からの回答です（受付番号1）。\n1番の補足です。"
    assert "相談者にお送りします（受付番号1）" in chat.reads(said, DESK)
    assert chat.tickets() == ["resolved", "open"]
    assert chat.moves(1) == ["open", "resolve", "follow_up"]
    chat.advises("お答えします。", chat.card(2))
    chat.says("3名です。")
    assert (chat.tickets(), chat.moves(2)) == (["resolved", "open"], ["open", "reply", "add"])


def test_a_follow_up_does_not_call_the_asker_back(chat: Chat) -> None:
    chat.advises("解決", chat.card())
    chat.says("月面の砂はもらえますか")
    chat.advises("お答えします。", chat.card(2))
    chat.says("新しい質問")
    chat.advises("1番の補足です。", chat.card(1))
    assert "食品展に出展するにはの答え" in chat.says(ANSWERED)


@pytest.mark.parametrize("words", ["お答えします。", "解決"])
def test_a_withdrawn_ticket_is_not_answered_any_more(chat: Chat, words: str) -> None:
    chat.says("取消")
    said = chat.advises(words, chat.card())
    assert [message.to for message in said] == [DESK]
    assert "「取り下げ」のため、その操作はできません" in chat.reads(said, DESK)
    assert chat.tickets() == ["cancelled"]


def test_a_note_to_a_withdrawn_ticket_is_kept(chat: Chat) -> None:
    chat.says("取消")
    chat.advises("メモ: 電話で聞いた", chat.card())
    assert chat.moves() == ["open", "cancel", "note"]


def test_chatter_is_not_heard(chat: Chat) -> None:
    chat.card()
    assert chat.advises("昼ごはんに行きませんか") == []
    assert chat.advises("メニュー", "somebody else's message") == []
    assert chat.outcomes() == ["refused"]


def test_whoever_calls_us_without_a_reply_is_told_how(chat: Chat) -> None:
    for words in ("メニュー", "1", UNKNOWN, ""):
        said = chat.advises(words, addressed=True)
        assert "その相談の書き込みへの返信として" in chat.reads(said, DESK)
    assert (chat.tickets(), chat.outcomes()) == (["open"], ["refused"])


def test_stickers_are_not_sent_on_but_captions_are(chat: Chat) -> None:
    said = chat.advises("", chat.card(), kind=InboundKind.MEDIA)
    assert [message.to for message in said] == [DESK]
    assert "スタンプや音声は相談者に送れません" in chat.reads(said, DESK)
    assert "図のとおりです。" in chat.reads(chat.advises("図のとおりです。", chat.card(), kind=InboundKind.MEDIA))


def test_buttons_in_the_desks_room_do_nothing(chat: Chat) -> None:
    assert chat.advises("", chat.card(), kind=InboundKind.ACTION, action="cancel") == []
    assert chat.tickets() == ["open"]


def test_the_room_is_greeted_as_a_desk(chat: Chat) -> None:
    said = chat.advises("", kind=InboundKind.JOINED)
    assert chat.reads(said, DESK).startswith("この部屋に相談が届きます。相談の書き込みに返信すると、相談者に届きます。")
    assert UNKNOWN in chat.reads(said, DESK)  # the ticket that waits is shown again


def test_another_rooms_reply_reaches_nobody(chat: Chat) -> None:
    """A message id of the desk's room means nothing elsewhere."""
    card = chat.card()
    said = chat.take(chat.message("なりすまし", address=DESK_IV, reply_to=card))
    assert {message.to for message in said} == {DESK_IV, DESK}  # a question of its own
    assert (chat.tickets(), chat.moves()) == (["open", "open"], ["open"])


def test_a_reply_that_comes_before_the_cards_receipt_waits_for_it(chat: Chat) -> None:
    with chat.store.write() as work:
        work.outbox.claim(DESK.channel, 9, UNLIMITED)
        work.commit()
    assert chat.advises("対象は海外の地方政府です。", "out-of-nowhere") == []
    assert chat.inbox()["pending"] == 1
    (card,) = (row.delivery for row in chat.store.state.deliveries.values() if row.delivery.message.to == DESK)
    with chat.store.write() as work:
        work.outbox.sent(card, Receipt(message_ids=("out-of-nowhere",)))
        work.commit()
    chat.dispatcher.run_pending()
    assert chat.tickets() == ["waiting"]
    assert "pending" not in chat.inbox()


def test_a_reply_to_nothing_of_ours_waits_only_while_something_is_under_way(chat: Chat) -> None:
    chat.card()
    assert chat.advises("昼ごはんはどうしますか", "somebody-elses") == []
    assert "pending" not in chat.inbox()
