"""What is handed to a person: one live ticket for a conversation, from the refusal to the asker's next word."""

import pytest
from tests.unit.chats import ASKER, DESK, DESK_IV, FAIR, Chat, shown
from tests.unit.desks import desks

from clair_bot.domain.articles import Area
from clair_bot.domain.deliveries import Priority
from clair_bot.messages import InboundKind

UNKNOWN = "月面基地に補助金は出ますか"
ANSWERED = "食品展に出したい"


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def waiting() -> Chat:
    """An advisor has answered; it is the asker's turn."""
    chat = Chat()
    chat.says(UNKNOWN)
    chat.advises("対象は海外の地方政府です。何名でのご参加ですか。", chat.card())
    assert chat.tickets() == ["waiting"]
    return chat


# a refusal opens a ticket


def test_the_desk_gets_a_card_with_everything(chat: Chat) -> None:
    said = chat.take(chat.message(UNKNOWN))
    assert [message.to for message in said] == [DESK, ASKER]
    card = shown(said[0])
    expected = (
        "新しい相談です",
        "受付番号1　交流親善課",
        UNKNOWN,
        "分野: Ⅳ 国際交流・国際協力",
        "姉妹都市提携までの手順（50%）",
        "連絡手段: line",
    )
    for words in (*expected, "状況: 担当者待ち　回答予定: 11月25日（水）17:15"):
        assert words in card
    assert [row.priority for row in chat.store.state.deliveries.values()] == [Priority.DESK, Priority.REPLY]
    assert [row.delivery.ticket_id for row in chat.store.state.deliveries.values()] == [1, None]


def test_who_asked_is_not_shown_to_the_desk(chat: Chat) -> None:
    (card, _) = chat.take(chat.message(UNKNOWN))
    assert ASKER.recipient not in shown(card)


def test_further_refusals_are_added_to_the_live_ticket(chat: Chat) -> None:
    chat.says(UNKNOWN)
    said = chat.take(chat.message("月面の砂はもらえますか"))
    assert "受付番号1に書き加え" in chat.reads(said)
    assert "月面の砂はもらえますか" in chat.reads(said, DESK)
    assert (chat.tickets(), chat.moves(), chat.outcomes()) == (["open"], ["open", "add"], ["refused", "refused"])


def test_while_the_desk_thinks_questions_are_answered_as_usual(chat: Chat) -> None:
    chat.says(UNKNOWN)
    assert FAIR.answer in chat.says(ANSWERED)
    assert chat.moves() == ["open"]


def test_small_talk_opens_no_ticket_and_is_not_added_to_one(chat: Chat) -> None:
    chat.says("ありがとうございます")
    assert chat.tickets() == []
    chat.says(UNKNOWN)
    chat.says("ありがとうございます")
    assert chat.moves() == ["open"]


def test_people_and_threads_have_tickets_of_their_own(chat: Chat) -> None:
    chat.says(UNKNOWN)
    chat.says(UNKNOWN, thread="t")
    chat.take(chat.message(UNKNOWN, address=DESK_IV))
    assert chat.tickets() == ["open"] * 3


# the word that asks for a person


def test_asking_for_a_person_before_any_question(chat: Chat) -> None:
    assert "先にご質問を文章で送ってください" in chat.says("相談")
    assert chat.tickets() == []


def test_asking_for_a_person_after_an_answer(chat: Chat) -> None:
    chat.says(ANSWERED)
    said = chat.take(chat.message("相談"))
    assert "受付番号は1" in chat.reads(said)
    assert ANSWERED in chat.reads(said, DESK)
    assert (chat.ticket().question, chat.ticket().area) == (ANSWERED, Area.I)


def test_asking_for_a_person_twice_opens_one_ticket(chat: Chat) -> None:
    chat.says(ANSWERED)
    chat.says("相談")
    assert "すでに受付番号1" in chat.says("相談")
    assert (chat.tickets(), chat.moves()) == (["open"], ["open"])


def test_asking_for_a_person_for_what_the_desk_has_already(chat: Chat) -> None:
    chat.says(UNKNOWN)
    chat.says("月面の砂はもらえますか")
    assert "すでに受付番号1" in chat.says("相談")
    assert chat.moves() == ["open", "add"]


def test_asking_for_a_person_for_another_question_adds_it_to_the_live_ticket(chat: Chat) -> None:
    """An answer that was not good enough goes to the desk as well, whatever it has already."""
    chat.says(UNKNOWN)
    chat.says(ANSWERED)
    said = chat.take(chat.message("相談"))
    assert "受付番号1に書き加え" in chat.reads(said)
    assert ANSWERED in chat.reads(said, DESK)
    assert (chat.tickets(), chat.moves()) == (["open"], ["open", "add"])
    assert "すでに受付番号1" in chat.says("相談")


def test_a_resolved_ticket_does_not_stand_in_the_way(chat: Chat) -> None:
    chat.says(UNKNOWN)
    chat.advises("解決", chat.card())
    assert "受付番号は2" in chat.says("相談")
    assert chat.tickets() == ["resolved", "open"]


def test_the_reply_handle_goes_to_the_asker_whatever_the_desk_hears_first(chat: Chat) -> None:
    """LINE: an answer with the handle is free, one without it is a paid push."""
    for text in (UNKNOWN, "月面の別の話", ANSWERED, "相談", "取消", ANSWERED, "相談", "メニュー"):
        message = chat.message(text)
        said = chat.take(message)
        assert [(heard.to, heard.reply_handle) for heard in said if heard.reply_handle] == [(ASKER, message.reply_handle)], text
    card = chat.card(2)
    message = chat.message("お答えします。", address=DESK, direct=False, addressed=False, reply_to=card)
    said = chat.take(message)
    assert [(heard.to, heard.reply_handle) for heard in said] == [(ASKER, ""), (DESK, message.reply_handle)]
    message = chat.message("それでは3名です。")
    assert [heard.reply_handle for heard in chat.take(message) if heard.to == ASKER] == [message.reply_handle]


# taking it back


def test_the_asker_withdraws(chat: Chat) -> None:
    chat.says(UNKNOWN)
    said = chat.take(chat.message("取消"))
    assert "受付番号1の相談を取り下げました" in chat.reads(said)
    assert "相談者が取り下げました" in chat.reads(said, DESK)
    assert (chat.tickets(), chat.moves()) == (["cancelled"], ["open", "cancel"])
    assert "いまお預かりしている相談はありません" in chat.says("取消")


def test_the_asker_withdraws_after_an_answer(waiting: Chat) -> None:
    waiting.says("取消")
    assert waiting.tickets() == ["cancelled"]
    assert FAIR.answer in waiting.says(ANSWERED)


# after the advisor's answer


def test_what_the_asker_writes_next_belongs_to_the_ticket(waiting: Chat) -> None:
    said = waiting.take(waiting.message(ANSWERED))
    assert "受付番号1に書き加え" in waiting.reads(said)
    assert ANSWERED in waiting.reads(said, DESK)
    assert (waiting.tickets(), waiting.outcomes()) == (["open"], ["refused"])
    assert FAIR.answer in waiting.says(ANSWERED)  # the desk's turn again


@pytest.mark.parametrize("number", ["3", "３", "12"])
def test_a_number_answers_the_advisor(waiting: Chat, number: str) -> None:
    """Also while the choices of the refusal are still fresh: what was said last is the advisor's question."""
    said = waiting.take(waiting.message(number))
    assert "受付番号1に書き加え" in waiting.reads(said)
    assert number in waiting.reads(said, DESK)


def test_choices_that_were_asked_for_since_still_count(waiting: Chat) -> None:
    waiting.says("メニュー")
    assert "Ⅰ 海外での経済活動の記事です" in waiting.says("1")
    assert waiting.moves() == ["open", "reply"]


def test_a_new_question_leaves_the_ticket_until_the_desk_writes_again(waiting: Chat) -> None:
    card = waiting.card()
    assert "受付番号1の相談はそのまま続いています" in waiting.says("新しい質問")
    assert FAIR.answer in waiting.says(ANSWERED)
    assert FAIR.answer in waiting.says(ANSWERED)
    assert waiting.moves() == ["open", "reply"]
    waiting.advises("補足します。", card)
    assert "受付番号1に書き加え" in waiting.says(ANSWERED)


def test_a_refused_question_beside_the_ticket_is_added_to_it(waiting: Chat) -> None:
    waiting.says("新しい質問")
    assert "受付番号1に書き加え" in waiting.says("月面の砂はもらえますか")
    assert waiting.tickets() == ["open"]


def test_asking_for_a_person_beside_the_ticket(waiting: Chat) -> None:
    waiting.says("新しい質問")
    assert "先にご質問を" in waiting.says("相談")
    waiting.says(ANSWERED)
    assert "受付番号1に書き加え" in waiting.says("相談")
    assert "すでに受付番号1" in waiting.says("相談")


def test_a_new_question_without_a_ticket_greets(chat: Chat) -> None:
    assert "お尋ねになりたいことを文章で送ってください" in chat.says("新しい質問")
    chat.says(UNKNOWN)
    chat.says("新しい質問")
    assert FAIR.answer in chat.says(ANSWERED)


def test_words_and_buttons_work_all_the_same(waiting: Chat) -> None:
    assert "回答済み" in waiting.says("状況")
    assert "分野をお選びください" in waiting.presses("menu")
    assert "お役に立てましたら" in waiting.says("ありがとうございます")
    assert "読み取れません" in waiting.sends(InboundKind.MEDIA)
    assert waiting.moves() == ["open", "reply"]


# which desk


@pytest.mark.parametrize(("question", "desk"), [(UNKNOWN, DESK_IV), (ANSWERED, DESK), ("まったく別の話", DESK)])
def test_the_area_decides_the_desk(question: str, desk: object) -> None:
    chat = Chat(desks=desks(DESK, {Area.IV: DESK_IV}))
    chat.says(question)
    chat.says("相談")
    assert chat.ticket().desk == desk


def test_an_unlikely_candidate_does_not_decide_the_desk() -> None:
    chat = Chat(desks=desks(DESK, {Area.IV: DESK_IV}))
    chat.retriever.finds("土星", ("iv-2-procedure", 0.19))
    chat.says("土星の話")
    assert (chat.ticket().area, chat.ticket().desk) == (None, DESK)


def test_without_a_desk_the_ticket_is_kept_and_said_so() -> None:
    chat = Chat(desks=desks(None))
    said = chat.take(chat.message(UNKNOWN))
    assert [message.to for message in said] == [ASKER]
    assert "相談窓口の準備が整っていない" in chat.reads(said)
    assert "受付番号1に書き加え" in chat.says("月面の砂はもらえますか")
    chat.says("取消")
    assert chat.moves() == ["open", "add", "cancel"]
    with chat.store.read() as work:
        assert work.tickets.without_desk() == 0


def test_a_desk_for_another_area_alone_leaves_the_rest_without() -> None:
    chat = Chat(desks=desks(None, {Area.IV: DESK_IV}))
    chat.says(ANSWERED)
    assert "準備が整っていない" in chat.says("相談")
    with chat.store.read() as work:
        assert work.tickets.without_desk() == 1
