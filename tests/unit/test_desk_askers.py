"""The asker after the answer: how it was, reopening, going on, corrections and withdrawals."""

from typing import Any

import pytest
from tests.unit.chats import ADVISOR, DESK, Chat

from clair_bot.domain.tickets import Rating
from clair_bot.messages import Address, InboundKind

UNKNOWN = "月面基地に補助金は出ますか"
DAY = 86_400


@pytest.fixture
def resolved() -> Chat:
    chat = Chat()
    chat.register("佐藤", ADVISOR)
    chat.says(UNKNOWN)
    chat.advises("お答えします。", chat.card())
    chat.advises("解決", chat.card())
    return chat


def _everything(chat: Chat) -> str:
    state = chat.store.state
    tables = (state.received, state.inquiries, state.tickets, state.ticket_events, state.conversations, state.deliveries)
    return "\n".join(str(row) for table in tables for row in table.values())


# the rating


def test_the_asker_is_asked_how_it_was(resolved: Chat) -> None:
    heard = resolved.everything_to(resolved.ticket().asker)
    assert "今回の回答はお役に立ちましたか。\n[役に立った]\n[足りなかった]\n[相談を再開]" in heard


@pytest.mark.parametrize(
    ("say", "rating", "heard"), [("役に立った", "good", "ありがとうございます"), ("足りなかった", "poor", "[相談を再開]")]
)
def test_one_tap_or_word_rates(resolved: Chat, say: str, rating: str, heard: str) -> None:
    said = resolved.take(resolved.message(say))
    assert heard in resolved.reads(said)
    assert resolved.reads(said, DESK) == f"受付番号1の評価: {say}"
    assert (resolved.ticket().rating, resolved.tickets()) == (Rating(rating), ["resolved"])
    assert resolved.history()[-1].text == rating


def test_the_last_tap_counts(resolved: Chat) -> None:
    resolved.presses("rate:1:good")
    resolved.presses("rate:1:poor")
    assert resolved.ticket().rating is Rating.POOR


def test_a_closed_ticket_is_rated_by_its_button(resolved: Chat) -> None:
    resolved.clock.advance(30 * DAY)
    resolved.remind()
    assert resolved.tickets() == ["closed"]
    assert "[相談を再開]" not in resolved.presses("rate:1:poor")
    assert resolved.ticket().rating is Rating.POOR


@pytest.mark.parametrize("action", ["rate:2:good", "rate:1:so-so", "rate:x:good", "rate::", "rate"])
def test_what_is_no_rating_gets_a_sentence(resolved: Chat, action: str) -> None:
    assert "いまお預かりしている相談はありません" in resolved.presses(action)
    assert resolved.ticket().rating is None


def test_nobody_rates_or_reopens_somebody_elses(resolved: Chat) -> None:
    other = {"address": Address(channel="line", recipient="U2"), "sender": "U2"}
    for action in ("rate:1:poor", "reopen:1"):
        resolved.presses(action, **other)
    assert (resolved.ticket().rating, resolved.tickets()) == (None, ["resolved"])


def test_an_open_ticket_is_not_rated() -> None:
    chat = Chat()
    chat.says(UNKNOWN)
    chat.presses("rate:1:good")
    assert (chat.ticket().rating, chat.moves()) == (None, ["open"])


# reopening


@pytest.mark.parametrize("how", ["reopen:1", "再開", "reopen"])
def test_within_the_window_it_is_taken_up_again(resolved: Chat, how: str) -> None:
    resolved.clock.advance(3 * DAY)
    said = resolved.take(resolved.message(how) if ":" not in how else resolved.message(kind=InboundKind.ACTION, action=how))
    assert "受付番号1の相談を再開しました" in resolved.reads(said)
    assert "受付番号1を相談者が再開しました" in resolved.reads(said, DESK)
    ticket = resolved.ticket()
    assert (resolved.tickets(), resolved.moves()[-1]) == (["open"], "reopen")
    assert ticket.answer_due
    assert ticket.answer_due > resolved.clock.now()
    assert ticket.resolved_at is None


def test_after_the_window_a_linked_ticket_goes_on(resolved: Chat) -> None:
    resolved.clock.advance(10 * DAY)
    resolved.remind()
    said = resolved.take(resolved.message(kind=InboundKind.ACTION, action="reopen:1"))
    assert "受付番号1は終了しているため、続きを受付番号2として交流親善課に引き継ぎました" in resolved.reads(said)
    assert "受付番号1の続き" in resolved.reads(said, DESK)
    assert (resolved.ticket(2).follows, resolved.ticket(2).question, resolved.tickets()) == (1, UNKNOWN, ["closed", "open"])


def test_the_window_counts_even_where_no_clock_has_ticked(resolved: Chat) -> None:
    resolved.clock.advance(10 * DAY)
    resolved.presses("reopen:1")
    assert resolved.tickets()[1:] == ["open"]
    assert resolved.ticket(1).answer_due is None


def test_a_linked_ticket_stays_with_the_desk_of_the_earlier(resolved: Chat) -> None:
    resolved.presses("reopen:1")
    resolved.advises("転送 NY", resolved.card())
    resolved.advises("解決", resolved.card())
    resolved.clock.advance(20 * DAY)
    resolved.presses("reopen:1")
    assert (resolved.ticket(2).desk_key, resolved.ticket(2).office) == ("NY", resolved.ticket(1).office)


def test_a_reply_to_the_answer_reopens_with_its_words(resolved: Chat) -> None:
    resolved.deliver()
    sent = [row.delivery for row in resolved.store.state.deliveries.values() if row.delivery.message.to == resolved.ticket().asker]
    said = resolved.take(resolved.message("まだ分かりません", reply_to=sent[-1].message_ids[0]))
    assert "まだ分かりません" in resolved.reads(said, DESK)
    assert (resolved.tickets(), resolved.history()[-1].text) == (["open"], "まだ分かりません")


def test_a_live_ticket_stands_in_the_way(resolved: Chat) -> None:
    resolved.says("月面の別の話")
    assert "すでに受付番号2" in resolved.presses("reopen:1")
    assert "「解決」のため、その操作はできません" in resolved.reads(resolved.advises("再開", resolved.card(1)), DESK)
    assert resolved.tickets() == ["resolved", "open"]


def test_nothing_to_reopen() -> None:
    assert "再開できる相談がありません" in Chat().says("再開")


def test_an_advisor_reopens_within_the_window_only(resolved: Chat) -> None:
    assert "再開しました" in resolved.reads(resolved.advises("再開", resolved.card()))
    resolved.advises("解決", resolved.card())
    resolved.clock.advance(10 * DAY)
    assert "再開できる期間を過ぎています" in resolved.reads(resolved.advises("再開", resolved.card()), DESK)
    assert resolved.tickets() == ["resolved"]


# corrections


def test_a_corrected_question_reads_as_it_does_now() -> None:
    chat = Chat()
    chat.take(chat.message(UNKNOWN, message_id="m1"))
    said = chat.take(chat.message("火星基地に補助金は出ますか", kind=InboundKind.EDITED, message_id="m1"))
    assert "訂正後の内容を受付番号1の担当に伝えました" in chat.reads(said)
    assert "相談者がご質問を訂正しました（受付番号1）。\n火星基地に補助金は出ますか" in chat.reads(said, DESK)
    assert "火星基地" in chat.reads(chat.edits, DESK)
    assert (chat.ticket().question, chat.moves()) == ("火星基地に補助金は出ますか", ["open", "correct"])
    chat.take(chat.message("火星基地に補助金は出ますか", kind=InboundKind.EDITED, message_id="m1"))
    assert chat.moves() == ["open", "correct"]


def test_a_corrected_addition_reaches_the_desk() -> None:
    chat = Chat()
    chat.says(UNKNOWN)
    chat.advises("何名ですか。", chat.card())
    chat.take(chat.message("3名です", message_id="m2"))
    said = chat.take(chat.message("13名です", kind=InboundKind.EDITED, message_id="m2"))
    assert "13名です" in chat.reads(said, DESK)
    assert "3名です" not in [event.text for event in chat.history()]
    assert chat.ticket().question == UNKNOWN


def test_a_corrected_command_changes_nothing(resolved: Chat) -> None:
    resolved.take(resolved.message("状況", message_id="m3"))
    assert resolved.take(resolved.message("取消", kind=InboundKind.EDITED, message_id="m3")) == []
    assert resolved.tickets() == ["resolved"]


@pytest.fixture
def corrected() -> Chat:
    chat = Chat()
    chat.take(chat.message("月面の最初の言葉です", message_id="m1"))
    chat.take(chat.message(UNKNOWN, kind=InboundKind.EDITED, message_id="m1"))
    return chat


def test_of_a_corrected_question_the_first_words_are_gone(corrected: Chat) -> None:
    corrected.store.state.inquiries.clear()  # what was asked then stays asked
    assert "最初の言葉" not in _everything(corrected)
    assert [event.text for event in corrected.history()] == ["", UNKNOWN]
    assert "すでに受付番号1" in corrected.says("相談")


def test_a_question_that_was_corrected_can_be_taken_back(corrected: Chat) -> None:
    said = corrected.take(corrected.message(kind=InboundKind.WITHDRAWN, message_id="m1"))
    assert "取り消しました" in corrected.reads(said, DESK)
    assert corrected.tickets() == ["cancelled"]
    spoken = {name: row for name, row in corrected.store.state.received.items() if row.entry.message.kind is not InboundKind.EDITED}
    corrected.store.state.received = spoken
    assert UNKNOWN not in _everything(corrected)


def test_and_then_leaves_nothing_at_all(corrected: Chat) -> None:
    corrected.take(corrected.message(kind=InboundKind.WITHDRAWN, message_id="m1"))
    assert UNKNOWN not in _everything(corrected)


def test_a_detail_taken_back_is_gone_from_the_card() -> None:
    chat = Chat()
    chat.says(UNKNOWN)
    chat.take(chat.message("秘密市秘密課", message_id="m1"))
    chat.take(chat.message(kind=InboundKind.WITHDRAWN, message_id="m1"))
    assert "秘密市" not in _everything(chat)
    assert chat.tickets() == ["open"]


# an advisor's own words


def _writes(chat: Chat, text: str, message_id: str = "a1", **more: Any) -> None:
    chat.advises(text, chat.card(), message_id=message_id, **more)


def _edits(chat: Chat, text: str, message_id: str = "a1", **more: Any) -> tuple[str, str]:
    kind = InboundKind.EDITED if text else InboundKind.WITHDRAWN
    said = chat.advises(text, "", kind=kind, message_id=message_id, **more)
    return chat.reads(said), chat.reads(said, DESK)


@pytest.fixture
def asked() -> Chat:
    chat = Chat()
    chat.register("佐藤", ADVISOR)
    chat.says(UNKNOWN)
    return chat


@pytest.mark.parametrize("word", ["", "回答 ", "回答: "])
def test_a_corrected_reply_reaches_the_asker(asked: Chat, word: str) -> None:
    _writes(asked, f"{word}30名までです。")
    heard, desk = _edits(asked, f"{word}13名までです。")
    assert heard == "相談員が回答を訂正しました（受付番号1）。\n13名までです。"
    assert desk == "訂正した回答を相談者にお送りします（受付番号1）。"
    assert asked.history()[-1].text == "13名までです。"
    assert _edits(asked, f"{word}13名までです。") == ("", "")


@pytest.mark.parametrize("text", ["", "メモ: 秘密です", "メモ 秘密です", "定型 秘密です", "転送: 秘密です", "解決"])
def test_a_reply_that_became_something_else_is_not_sent_again(asked: Chat, text: str) -> None:
    _writes(asked, "30名までです。")
    heard, desk = _edits(asked, text)
    assert heard == ""
    assert "回答はすでに相談者へ送られています" in desk
    assert asked.tickets() == ["waiting"]


def test_who_is_no_longer_an_advisor_corrects_nothing(asked: Chat) -> None:
    _writes(asked, "30名までです。")
    with asked.store.write() as work:
        work.advisors.remove(1)
        work.advisors.add(name="鈴木", address=Address(channel="slack", recipient="U2"), desks=(), roles=(), capacity=1)
        work.commit()
    heard, desk = _edits(asked, "でたらめです。")
    assert heard == ""
    assert "相談員として登録されていない" in desk


def test_a_corrected_note_reads_as_it_does_now_and_stays_inside(asked: Chat) -> None:
    _writes(asked, "メモ: 前例なし")
    assert _edits(asked, "メモ: 前例あり") == ("", "受付番号1のメモとして残しました。相談者には送っていません。")
    assert _edits(asked, "前例は二つ")[0] == ""
    assert [event.text for event in asked.history()] == [UNKNOWN, "前例は二つ"]


def test_a_note_taken_back_is_gone(asked: Chat) -> None:
    _writes(asked, "メモ: 前例なし")
    assert _edits(asked, "") == ("", "受付番号1のメモを消しました。")
    assert "前例なし" not in _everything(asked)
    assert asked.moves() == ["open", "note"]
