"""What becomes of an inquiry: answered, choices, refused; and how a choice is made."""

from dataclasses import replace

import pytest
from tests.unit.chats import ASKER, FAIR, PROCEDURE, Chat

from clair_bot.domain.conversations import CHOICES_LAST
from clair_bot.messages import InboundKind

QUESTION = "食品展に出したいのですが"
CLOSE = "姉妹都市について"
UNKNOWN = "月面基地に補助金は出ますか"


@pytest.fixture
def chat() -> Chat:
    return Chat()


def test_what_is_sure_is_answered_with_its_source(chat: Chat) -> None:
    (answer,) = chat.take(chat.message(QUESTION))
    assert answer.card
    assert (answer.card.title, answer.card.blocks[0].text) == (FAIR.title, FAIR.answer)
    assert answer.card.sources == FAIR.sources
    assert (answer.to, answer.language, answer.reply_to) == (ASKER, "ja", "")
    assert [button.action for button in answer.buttons] == [f"more:{FAIR.id}", "human", "menu"]
    assert (chat.outcomes(), chat.tickets()) == (["answered"], [])
    (conversation,) = chat.store.state.conversations.values()
    assert (conversation.question, conversation.article_id, conversation.inquiry_id) == (QUESTION, FAIR.id, 1)


def test_an_answer_in_a_room_hangs_on_its_question(chat: Chat) -> None:
    room = replace(ASKER, recipient="C1")
    (answer,) = chat.take(chat.message(QUESTION, address=room, direct=False, message_id="7", thread="t"))
    assert (answer.to, answer.thread, answer.reply_to) == (room, "t", "7")


def test_what_is_close_is_asked_back(chat: Chat) -> None:
    (asked,) = chat.take(chat.message(CLOSE))
    assert [choice.action for choice in asked.choices] == ["a:iv-2-procedure", "a:iv-2-statistics"]
    assert [button.action for button in asked.buttons] == ["human", "menu"]
    assert (chat.outcomes(), chat.tickets()) == (["choices"], [])


def test_what_is_not_sure_is_refused_with_what_is_near(chat: Chat) -> None:
    said = chat.take(chat.message(UNKNOWN))
    heard = chat.reads(said)
    assert "受付番号は1" in heard
    assert "確かなお答えが見つかりませんでした" in heard
    assert "1. 姉妹都市提携までの手順\n2. 多言語表示シート" in heard
    assert FAIR.title not in heard
    assert (chat.outcomes(), chat.tickets()) == (["refused"], ["open"])
    assert chat.ticket().candidates == (("iv-2-procedure", 0.5), ("ii-1-sheet", 0.15), ("i-4-fair", 0.05))


def test_a_refusal_with_nothing_near_offers_the_menu(chat: Chat) -> None:
    heard = chat.says("まったく別の話")
    assert "次の記事が近いかもしれません" not in heard
    assert "[相談を取り下げる]\n[メニュー]" in heard


@pytest.mark.parametrize("name", [FAIR.title, "食品展に出展するには。", "物産展の申込み", "物産展の申込み？"])
def test_an_articles_very_name_is_answered_whatever_its_score(chat: Chat, name: str) -> None:
    chat.retriever.finds(name, ("iv-2-procedure", 0.4), (FAIR.id, 0.3))
    chat.retriever.finds("食品展", ("iv-2-procedure", 0.4), (FAIR.id, 0.3))
    assert FAIR.answer in chat.says(name)


@pytest.mark.parametrize("number", ["2", "２", "2番", "２番", " 2. ", "2)", "（2）"[1:], "②"])
def test_a_number_is_a_choice(chat: Chat, number: str) -> None:
    chat.says(CLOSE)
    assert "姉妹都市の数の答え" in chat.says(number)
    assert chat.outcomes() == ["choices"]


@pytest.mark.parametrize("title", [PROCEDURE.title, f"{PROCEDURE.title}。", f"「{PROCEDURE.title}」"])
def test_a_title_is_a_choice(chat: Chat, title: str) -> None:
    chat.says(CLOSE)
    assert PROCEDURE.answer in chat.says(title)
    assert chat.outcomes() == ["choices"]


def test_a_choice_may_be_made_again(chat: Chat) -> None:
    chat.says(CLOSE)
    assert PROCEDURE.answer in chat.says("1")
    assert "姉妹都市の数の答え" in chat.says("2")


@pytest.mark.parametrize("number", ["0", "3", "99", "00"])
def test_a_number_that_was_not_offered_is_said_so(chat: Chat, number: str) -> None:
    chat.says(CLOSE)
    assert "その番号の候補は見当たりません" in chat.says(number)


def test_a_number_without_choices_is_said_so_and_opens_no_ticket(chat: Chat) -> None:
    assert "その番号の候補は見当たりません" in chat.says("1")
    assert chat.tickets() == []


def test_long_numbers_are_inquiries(chat: Chat) -> None:
    chat.says(CLOSE)
    assert "受付番号は1" in chat.says("2026")


def test_choices_are_forgotten_after_an_hour(chat: Chat) -> None:
    chat.says(CLOSE)
    chat.clock.advance(CHOICES_LAST.total_seconds() - 2)
    assert PROCEDURE.answer in chat.says("1")
    chat.clock.advance(1)
    assert "見当たりません" in chat.says("1")


def test_the_last_choices_count(chat: Chat) -> None:
    chat.says(CLOSE)
    chat.says("メニュー")
    assert "Ⅰ 海外での経済活動の記事です" in chat.says("1")
    assert FAIR.answer in chat.says("1")


def test_a_choice_that_is_gone_is_said_so(chat: Chat) -> None:
    chat.says(CLOSE)
    chat.retriever.withdraw(PROCEDURE.id)
    assert "公開を終えています" in chat.says("1")


def test_details_are_shown_at_a_word_and_at_a_button(chat: Chat) -> None:
    chat.says(QUESTION)
    for heard in (chat.says("詳しく"), chat.says("More Details"), chat.presses(f"more:{FAIR.id}")):
        assert "食品展に出展するにはの詳細" in heard
        assert "中期経営計画 2026-04" in heard
        assert "[詳しく見る]" not in heard
    assert "[詳しく見る]" not in chat.presses("a:ii-1-sheet")  # nothing follows its answer


def test_details_before_any_article_are_said_to_be_gone(chat: Chat) -> None:
    assert "公開を終えています" in chat.says("詳しく")


FRIENDLY = {
    "": "文章で送ってください",
    "   \n": "文章で送ってください",
    "　": "文章で送ってください",
    "😀🎉": "文章で送ってください",
    "!!!": "文章で送ってください",
    "ありがとうございました！": "お役に立てましたら",
    "Thank you": "お役に立てましたら",
    "お疲れさまです。": "お疲れさまです",
    "hello": "お疲れさまです",
}


@pytest.mark.parametrize("text", FRIENDLY)
def test_what_asks_nothing_gets_a_friendly_sentence(chat: Chat, text: str) -> None:
    heard = chat.says(text)
    assert FRIENDLY[text] in heard
    assert "[メニュー]" in heard
    assert (chat.tickets(), chat.outcomes()) == ([], [])


def test_two_thousand_characters_are_read_and_one_more_is_not(chat: Chat) -> None:
    assert FAIR.answer in chat.says("食品展" + "あ" * 1_997)
    assert "2,000字以内" in chat.says("食品展" + "あ" * 1_998)
    assert (chat.outcomes(), chat.tickets()) == (["answered"], [])


def test_what_is_too_long_is_not_even_looked_for(chat: Chat) -> None:
    chat.says("あ" * 2_001)
    assert chat.retriever.asked == []


def test_a_sticker_gets_a_sentence_and_its_caption_an_answer(chat: Chat) -> None:
    assert "読み取れません" in chat.sends(InboundKind.MEDIA)
    assert FAIR.answer in chat.sends(InboundKind.MEDIA, text=QUESTION)
    assert chat.outcomes() == ["answered"]
