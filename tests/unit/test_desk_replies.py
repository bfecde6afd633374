"""What reaches an asker: canned replies, replies to several at once, drafts of articles, and what never arrives."""

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat

from clair_bot.domain.attachments import COUNT_LIMIT
from clair_bot.domain.tickets import CannedReply
from clair_bot.messages import Address, Attachment, InboundKind

UNKNOWN = "月面基地に補助金は出ますか"
CANNED = (
    CannedReply(
        key="受領",
        text="{団体名}様　受付番号{受付番号}を{担当課}の{担当者}が受け取りました。{回答予定}までにお答えします。",
        answers=False,
    ),
    CannedReply(key="お礼", text="ありがとうございました。"),
    CannedReply(key="お待ちください", text="お待ちください。", answers=False),
    CannedReply(key="期限", text="{期限}までですね。{なぞ}"),
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat(templates=CANNED)
    chat.register("佐藤", ADVISOR, "IV")
    chat.says(UNKNOWN)
    return chat


def _desk(chat: Chat, text: str, number: int = 1, sender: str = ADVISOR) -> str:
    return chat.reads(chat.advises(text, chat.card(number), sender=sender), DESK)


# canned replies


def test_a_canned_reply_is_filled_in_and_sent(chat: Chat) -> None:
    chat.says("○○市国際課")
    said = chat.advises("定型 受領", chat.card())
    expected = "○○市国際課様　受付番号1を交流親善課の佐藤が受け取りました。11月25日（水）17:15までにお答えします。"
    assert expected in chat.reads(said)
    chat.advises("定型 お礼", chat.card())
    assert (chat.tickets(), chat.history()[-1].template) == (["waiting"], "お礼")


def test_a_gap_stops_it(chat: Chat) -> None:
    assert "定型文「受領」の団体名が分からないため送れません" in _desk(chat, "定型 受領")
    assert "定型文「期限」の期限が分からない" in _desk(chat, "定型 期限")
    assert chat.tickets() == ["open"]
    assert "受け取りました" not in chat.everything_to(ASKER)


def test_what_was_filled_in_is_not_filled_again() -> None:
    chat = Chat(templates=(CannedReply(key="名", text="{団体名}様"),))
    chat.says(UNKNOWN)
    chat.says("{国}市")
    assert "{国}市様" in chat.reads(chat.advises("定型 名", chat.card()))


@pytest.mark.parametrize("order", ["定型", "定型文", "定型 ?", "canned"])
def test_they_are_listed_with_how_often_they_were_used(chat: Chat, order: str) -> None:
    chat.advises("定型 お礼", chat.card())
    heard = _desk(chat, order)
    assert "お礼（1回）: ありがとうございました。" in heard
    assert "受領（0回、回答としては扱いません）" in heard
    assert "\n期限" not in _desk(chat, "定型 ?お礼")


def test_one_that_is_not_there(chat: Chat) -> None:
    assert "「ない」という定型文はありません" in _desk(chat, "定型 ない")
    assert "定型文は登録されていません" in _desk_of_empty()


def _desk_of_empty() -> str:
    chat = Chat()
    chat.says(UNKNOWN)
    return _desk(chat, "定型")


# receipts


def test_a_receipt_is_heard_and_the_answer_is_owed_all_the_same(chat: Chat) -> None:
    chat.says("○○市国際課")
    ticket, planned = chat.ticket(), list(chat.store.state.reminders.values())
    said = chat.advises("定型 受領", chat.card())
    assert chat.reads(said).startswith("相談員からのお知らせです（受付番号1）。\n○○市国際課様")
    assert chat.reads(said, DESK) == "相談者にお送りします（受付番号1）。回答としては扱わないため、回答の期限は変わりません。"
    assert (chat.ticket(), list(chat.store.state.reminders.values())) == (ticket, planned)
    chat.clock.advance(5 * 86_400)
    assert "回答予定（11月25日（水）17:15）を過ぎました" in chat.reads(chat.remind(), DESK)


def test_a_receipt_has_a_line_of_its_own_and_is_no_answer_to_draft_from(chat: Chat) -> None:
    chat.says("○○市国際課")
    chat.advises("定型 受領", chat.card())
    event = chat.history()[-1]
    assert (event.move, event.actor, event.template) == ("receipt", "advisor:1", "受領")
    assert "お知らせ（佐藤）○○市国際課様" in _desk(chat, "経過")
    assert "受領（1回" in _desk(chat, "定型")
    assert "まだ回答がありません" in _desk(chat, "下書き")
    chat.advises("お答えします。", chat.card())
    heard = _desk(chat, "下書き")
    assert "お答えします。" in heard
    assert "受け取りました" not in heard


def test_a_receipt_does_not_break_into_the_talk(chat: Chat) -> None:
    """What is asked of a new ticket step by step goes on."""
    chat.says("○○市国際課")
    chat.advises("定型 受領", chat.card())
    chat.says("フランス")
    assert chat.ticket().country == "フランス"
    assert chat.moves() == ["open", "detail", "receipt", "detail"]


@pytest.mark.parametrize("order", ["お答えします。", "解決", "保留 3日", "担当"])
def test_whatever_stands_when_a_receipt_goes_out_stands_afterwards(chat: Chat, order: str) -> None:
    chat.advises(order, chat.card())
    before = chat.ticket()
    said = chat.advises("定型 お待ちください", chat.card())
    assert "お待ちください。" in chat.reads(said)
    assert chat.ticket() == before


def test_a_receipt_reaches_those_who_are_answered_together(merged: Chat) -> None:
    said = merged.advises("定型 お待ちください", merged.card(1))
    assert [message.thread for message in said if message.to == ASKER] == ["", "two"]
    assert (merged.tickets(), merged.moves(2)[-1]) == (["open", "merged", "open"], "receipt")


@pytest.mark.parametrize("order", ["取消", "終了"])
def test_what_is_finished_gets_no_receipt(chat: Chat, order: str) -> None:
    if order == "取消":
        chat.says("取消")
    else:
        chat.advises("解決", chat.card())
        chat.clock.advance(30 * 86_400)
        chat.remind()
    before = chat.everything_to(ASKER)
    assert "その操作はできません" in _desk(chat, "定型 お待ちください")
    assert chat.everything_to(ASKER) == before


@pytest.mark.parametrize("text", ["", "回答 本当の回答です。", "本当の回答です。"])
def test_a_receipt_that_is_changed_afterwards_does_not_become_an_answer(chat: Chat, text: str) -> None:
    chat.advises("定型 お待ちください", chat.card(), message_id="r1")
    before = chat.ticket()
    said = chat.advises(text, kind=InboundKind.EDITED, message_id="r1")
    assert "取り消すには、訂正を返信してください" in chat.reads(said, DESK)
    assert (chat.reads(said), chat.ticket(), chat.history()[-1].text) == ("", before, "お待ちください。")


# several at once


@pytest.fixture
def merged(chat: Chat) -> Chat:
    """The second ticket is answered together with the first, the third is not."""
    for thread in ("two", "three"):
        chat.says("月面の同じ話", thread=thread)
    chat.advises("統合 1", chat.card(2))
    return chat


def test_whose_ticket_is_merged_is_told(merged: Chat) -> None:
    assert merged.tickets() == ["open", "merged", "open"]
    assert (merged.ticket(2).merged_into, merged.ticket(2).answer_due) == (1, None)
    assert "まとめてお答えします" in merged.everything_to(ASKER)


def test_a_reply_and_the_end_reach_all_of_them(merged: Chat) -> None:
    said = merged.advises("お答えします。", merged.card(1))
    assert [message.thread for message in said if message.to == ASKER] == ["", "two"]
    assert [merged.reads([message]).splitlines()[0] for message in said if message.to == ASKER] == [
        "相談員からの回答です（受付番号1）。",
        "相談員からの回答です（受付番号2）。",
    ]
    assert merged.tickets() == ["waiting", "merged", "open"]
    said = merged.advises("解決", merged.card(1))
    assert [message.thread for message in said if message.to == ASKER] == ["", "two"]
    assert merged.tickets() == ["resolved", "resolved", "open"]


def test_a_corrected_reply_reaches_all_of_them(merged: Chat) -> None:
    merged.advises("30名です。", merged.card(1), message_id="a1")
    said = merged.advises("13名です。", kind=InboundKind.EDITED, message_id="a1")
    assert [message.thread for message in said if message.to == ASKER] == ["", "two"]


def test_who_writes_more_is_on_their_own_again(merged: Chat) -> None:
    merged.advises("お答えします。", merged.card(1))
    merged.says("私は別のことを尋ねています", thread="two")
    assert (merged.tickets()[1], merged.ticket(2).merged_into) == ("open", None)
    assert merged.ticket(2).answer_due is not None
    said = merged.advises("もう一つ。", merged.card(1))
    assert [message.thread for message in said if message.to == ASKER] == [""]


@pytest.mark.parametrize(
    ("order", "number", "sentence"),
    [
        ("統合 1", 1, "まとめられません"),
        ("統合 99", 1, "まとめられません"),
        ("統合", 1, "まとめる先の受付番号を指定"),
        ("統合 二", 1, "まとめる先の受付番号を指定"),
        ("統合 3", 1, "その操作はできません"),  # others are merged into it
        ("統合 2", 3, "まとめられません"),  # it is merged itself
    ],
)
def test_what_cannot_be_merged(merged: Chat, order: str, number: int, sentence: str) -> None:
    assert sentence in _desk(merged, order, number)
    assert merged.tickets() == ["open", "merged", "open"]


# what never arrives


@pytest.mark.parametrize("words", ["お答えします。", "回答 お答えします。", "定型 お礼"])
def test_a_reply_to_a_closed_ticket_is_refused_with_a_sentence(chat: Chat, words: str) -> None:
    chat.advises("解決", chat.card())
    chat.clock.advance(30 * 86_400)
    chat.remind()
    before = chat.everything_to(ASKER)
    assert _desk(chat, words) == "受付番号1は「終了」のため、その操作はできません。"
    assert chat.everything_to(ASKER) == before


def test_who_was_removed_from_the_desk_reaches_nobody(chat: Chat) -> None:
    with chat.store.write() as work:
        work.advisors.add(name="鈴木", address=Address(channel="slack", recipient="U2"), desks=(), roles=(), capacity=1)
        work.advisors.remove(1)
        work.commit()
    assert "相談員として登録されていない" in _desk(chat, "お答えします。")
    assert chat.moves() == ["open"]


def test_what_a_removed_person_did_keeps_their_name(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    chat.register("鈴木", "U2", "IV")
    with chat.store.write() as work:
        work.advisors.remove(1)
        work.commit()
    assert "担当（佐藤）" in _desk(chat, "経過", sender="U2")
    assert "対応中　佐藤" in _desk(chat, "一覧", sender="U2")


def test_a_long_reply_arrives_whole(chat: Chat) -> None:
    text = "長" * 5_000
    assert text in chat.reads(chat.advises(text, chat.card()))
    assert chat.history()[-1].text == text


def test_a_thread_of_two_hundred_messages_is_one_ticket(chat: Chat) -> None:
    for number in range(100):
        chat.advises(f"{number}番目の回答です。", chat.card())
        chat.says(f"{number}番目の追記です。")
    assert (chat.tickets(), len(chat.history())) == (["assigned"], 201)
    heard = _desk(chat, "経過")
    assert "99番目の追記です。" in heard
    assert len(heard.splitlines()) == 31


# files


def _files(count: int) -> tuple[Attachment, ...]:
    return tuple(Attachment(handle=f"h{number}", name=f"{number}.pdf") for number in range(count))


def test_an_advisors_file_goes_with_its_words(chat: Chat) -> None:
    said = chat.advises("図のとおりです。", chat.card(), kind=InboundKind.MEDIA, attachments=_files(1))
    assert "図のとおりです。" in chat.reads(said)
    assert "ファイル「0.pdf」を相談者にお送りします" in chat.reads(said, DESK)
    (kept,) = chat.store.state.attachments.values()
    assert (kept.attachment.to_desk, kept.attachment.ticket_id) == (False, 1)


def test_of_many_files_so_many_are_passed_on_and_the_asker_is_told(chat: Chat) -> None:
    heard = chat.sends(InboundKind.MEDIA, attachments=_files(COUNT_LIMIT + 1))
    assert f"一度にお渡しできるファイルは{COUNT_LIMIT}件まで" in heard
    assert len(chat.store.state.attachments) == COUNT_LIMIT
    assert all(kept.attachment.to_desk for kept in chat.store.state.attachments.values())


# drafts


def test_an_answered_ticket_becomes_a_draft_without_personal_data(chat: Chat) -> None:
    chat.says("連絡先は 090-1234-5678 です。月面の話")
    chat.advises("マイナンバー 1234 5678 9012 は不要です。", chat.card())
    heard = _desk(chat, "下書き")
    assert "id: iv-1-ticket-1" in heard
    assert "受付番号1への回答（2026-11-24）" in heard
    assert UNKNOWN in heard
    assert "5678 9012" not in heard
    assert "は不要です。" in heard
    assert chat.moves()[-1] == "draft"
    assert chat.everything_to(ASKER).count("iv-1-ticket") == 0


def test_without_an_answer_there_is_no_draft(chat: Chat) -> None:
    assert "まだ回答がありません" in _desk(chat, "下書き")
    assert chat.moves() == ["open"]


def test_notes_are_no_part_of_a_draft(chat: Chat) -> None:
    chat.advises("メモ: 内緒です", chat.card())
    chat.advises("お答えします。", chat.card())
    assert "内緒" not in _desk(chat, "下書き")
