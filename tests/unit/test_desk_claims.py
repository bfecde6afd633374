"""Who gets a ticket: by claim, by name, and by turns as capacity and absence allow."""

from dataclasses import replace

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat
from tests.unit.desks import desks as usual_desks

from clair_bot.domain.advisors import Role
from clair_bot.domain.desks import Assignment, Desks
from clair_bot.messages import Address

UNKNOWN = "月面基地に補助金は出ますか"


@pytest.fixture
def chat() -> Chat:
    """Two sit at the fourth desk, one at the second."""
    chat = Chat()
    chat.register("佐藤", ADVISOR, "IV")
    chat.register("鈴木", "U2", "IV")
    chat.register("高橋", "U3", "II")
    chat.says(UNKNOWN)
    return chat


def _by_turns() -> Chat:
    usual = usual_desks(DESK)
    turns = {key: replace(desk, assignment=Assignment.TURNS) if key == "IV" else desk for key, desk in usual.by_key.items()}
    return Chat(desks=Desks(by_key=turns))


def _holder(chat: Chat, number: int = 1) -> str:
    with chat.store.read() as work:
        assignee = chat.ticket(number).assignee
        return work.advisors.name(assignee) if assignee else ""


def _person(sender: str) -> Address:
    return Address(channel=DESK.channel, recipient=sender)


# claims


def test_a_claim_is_told_to_asker_and_desk_and_the_card_shows_it(chat: Chat) -> None:
    said = chat.advises("担当", chat.card())
    assert chat.reads(said) == "受付番号1の担当者が決まりました。回答までお待ちください。"
    assert "受付番号1を佐藤さんが担当します" in chat.reads(said, DESK)
    assert "状況: 対応中（担当: 佐藤）" in chat.reads(chat.edits, DESK)
    assert "[担当を外れる]" in chat.reads(chat.edits, DESK)
    assert (chat.tickets(), _holder(chat)) == (["assigned"], "佐藤")


def test_of_twenty_claims_at_once_one_wins_and_nineteen_are_told() -> None:
    chat = Chat()
    for number in range(20):
        chat.register(f"相談員{number}", f"U{number}")
    chat.says(UNKNOWN)
    card = chat.card()
    place = {"address": DESK, "direct": False, "addressed": False, "reply_to": card}
    said = chat.take(*(chat.message("担当", sender=f"U{number}", **place) for number in range(20)))
    answers = [message.paragraphs[0] for message in said if message.to == DESK]
    assert [answer for answer in answers if "さんが担当します" in answer] == [f"受付番号1を{_holder(chat)}さんが担当します。"]
    assert answers.count(f"受付番号1は、すでに{_holder(chat)}さんが担当しています。") == 19
    assert chat.moves() == ["open", "claim"]
    assert chat.reads(said).count("担当者が決まりました") == 1


def test_ones_own_ticket_is_not_claimed_again(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    assert "すでにあなたが担当しています" in chat.reads(chat.advises("担当", chat.card()), DESK)
    assert chat.moves() == ["open", "claim"]


@pytest.mark.parametrize(("order", "state"), [("お答えします。", "回答済み"), ("解決", "解決")])
def test_what_is_answered_is_not_claimed(chat: Chat, order: str, state: str) -> None:
    chat.advises(order, chat.card())
    heard = chat.reads(chat.advises("担当", chat.card(), sender="U2"), DESK)
    assert f"「{state}" in heard
    assert "その操作はできません" in heard


def test_who_answers_has_it(chat: Chat) -> None:
    chat.advises("お答えします。", chat.card(), sender="U2")
    assert _holder(chat) == "鈴木"
    chat.advises("補足します。", chat.card())
    assert _holder(chat) == "鈴木"


def test_a_released_ticket_is_free_again(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    heard = chat.reads(chat.advises("担当解除", chat.card()), DESK)
    assert "担当者を待っています" in heard
    assert (chat.tickets(), _holder(chat)) == (["open"], "")
    assert "[担当する]" in chat.reads(chat.edits, DESK)
    chat.advises("担当", chat.card(), sender="U2")
    assert _holder(chat) == "鈴木"
    assert [event.text for event in chat.history()] == [UNKNOWN, "佐藤", "佐藤", "鈴木"]


def test_what_nobody_has_is_not_released(chat: Chat) -> None:
    assert "その操作はできません" in chat.reads(chat.advises("担当解除", chat.card()), DESK)


# by name


@pytest.mark.parametrize("name", ["鈴木", "@鈴木", "鈴木さん", " 鈴 木 "])
def test_somebody_is_named(chat: Chat, name: str) -> None:
    said = chat.advises(f"割当 {name}", chat.card())
    assert _holder(chat) == "鈴木"
    assert "受付番号1を鈴木さんに割り当てました" in chat.reads(said, DESK)
    assert "受付番号1があなたに割り当てられました" in chat.reads(said, _person("U2"))
    assert "担当者が決まりました" in chat.reads(said)
    last = chat.history()[-1]
    assert (last.move, last.actor, last.text) == ("assign", "advisor:1", "鈴木")


def test_it_goes_on_to_somebody_else_and_the_asker_is_not_told_again(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    said = chat.advises("割当 鈴木", chat.card())
    assert (chat.reads(said), _holder(chat), chat.tickets()) == ("", "鈴木", ["assigned"])


@pytest.mark.parametrize("before", [("担当",), ("お答えします。",), ("割当 佐藤", "不在")])
def test_who_has_it_already_is_not_given_it_again(chat: Chat, before: tuple[str, ...]) -> None:
    for order in before:
        chat.advises(order, chat.card())
    ticket, moves = chat.ticket(), chat.moves()
    said = chat.advises("割当 佐藤", chat.card())
    assert [(message.to, message.paragraphs) for message in said] == [(DESK, ("受付番号1は、すでに佐藤さんが担当しています。",))]
    assert (chat.ticket(), chat.moves(), chat.edits) == (ticket, moves, [])


def test_who_had_it_when_it_was_resolved_does_not_have_it(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    chat.advises("解決", chat.card())
    assert "「解決」のため、その操作はできません" in chat.reads(chat.advises("割当 佐藤", chat.card()), DESK)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("山田", "「山田」という相談員は見つかりません"), ("高橋", "高橋さんは交流親善課の相談員ではありません")],
)
def test_who_is_not_there_or_sits_elsewhere_is_not_given_it(chat: Chat, name: str, sentence: str) -> None:
    assert sentence in chat.reads(chat.advises(f"割当 {name}", chat.card()), DESK)
    assert (chat.moves(), chat.tickets()) == (["open"], ["open"])


def test_who_is_away_is_not_given_it(chat: Chat) -> None:
    chat.advises("不在", sender="U2", addressed=True)
    assert "鈴木さんは不在です" in chat.reads(chat.advises("割当 鈴木", chat.card()), DESK)
    chat.advises("復帰", sender="U2", addressed=True)
    assert "割り当てました" in chat.reads(chat.advises("割当 鈴木", chat.card()), DESK)


def test_a_withdrawn_ticket_is_not_given_to_anybody(chat: Chat) -> None:
    chat.says("取消")
    assert "「取り下げ」のため、その操作はできません" in chat.reads(chat.advises("割当 鈴木", chat.card()), DESK)
    assert _holder(chat) == ""


# by turns


def test_by_turns_the_longest_without_one_comes_first() -> None:
    chat = _by_turns()
    for number, name in enumerate(("佐藤", "鈴木", "高橋"), 1):
        chat.register(name, f"U{number}", "IV")
    for number in range(7):
        chat.says(UNKNOWN, thread=f"t{number}")
    assert [_holder(chat, number) for number in range(1, 8)] == ["佐藤", "鈴木", "高橋"] * 2 + ["佐藤"]
    assert {event.actor for event in chat.history(1)} == {"asker", "clock"}


def test_the_asker_and_the_person_are_told_and_the_card_shows_it() -> None:
    chat = _by_turns()
    chat.register("佐藤", ADVISOR, "IV")
    said = chat.take(chat.message(UNKNOWN))
    assert "担当者が決まりました" in chat.reads(said)
    assert "受付番号1があなたに割り当てられました" in chat.reads(said, _person(ADVISOR))
    assert "（担当: 佐藤）" in chat.reads(chat.edits, DESK)


def test_who_has_enough_is_passed_over() -> None:
    chat = _by_turns()
    chat.register("佐藤", "U1", "IV", capacity=1)
    chat.register("鈴木", "U2", "IV", capacity=3)
    for number in range(5):
        chat.says(UNKNOWN, thread=f"t{number}")
    assert [_holder(chat, number) for number in range(1, 6)] == ["佐藤", "鈴木", "鈴木", "鈴木", ""]
    assert chat.tickets()[-1] == "open"
    chat.advises("解決", chat.card(1), sender="U1")  # room for one more
    chat.says(UNKNOWN, thread="t9")
    assert _holder(chat, 6) == "佐藤"


def test_who_is_away_is_passed_over_on_those_days_only() -> None:
    chat = _by_turns()
    chat.register("佐藤", "U1", "IV")
    chat.register("鈴木", "U2", "IV")
    chat.advises("不在 11/24-11/25", sender="U1", addressed=True)
    chat.says(UNKNOWN, thread="a")
    chat.says(UNKNOWN, thread="b")
    chat.clock.advance(2 * 86_400)
    chat.says(UNKNOWN, thread="c")
    assert [_holder(chat, number) for number in (1, 2, 3)] == ["鈴木", "鈴木", "佐藤"]


def test_supervisors_and_administrators_get_none_by_turns() -> None:
    chat = _by_turns()
    chat.register("監督", "U1", "IV", roles={Role.SUPERVISOR})
    chat.register("管理", "U2", roles={Role.ADMIN})
    chat.says(UNKNOWN)
    assert (_holder(chat), chat.tickets()) == ("", ["open"])
    assert "割り当てられる人がいません" in chat.reads(chat.advises("割当", chat.card(), sender="U1"), DESK)


def test_where_nobody_sits_the_fallback_takes_turns() -> None:
    chat = _by_turns()
    chat.register("本部", "U1", "base")
    chat.says(UNKNOWN)
    assert _holder(chat) == "本部"


def test_assigning_without_a_name_goes_by_turns(chat: Chat) -> None:
    chat.advises("割当", chat.card())
    assert _holder(chat) == "佐藤"
    chat.advises("割当", chat.card())
    assert _holder(chat) == "鈴木"


# absences and lists


def test_an_absence_is_told_back(chat: Chat) -> None:
    assert "11月24日（火）から11月24日（火）まで不在" in chat.reads(chat.advises("不在", addressed=True), DESK)
    assert "12月1日（火）から12月5日（土）まで" in chat.reads(chat.advises("不在 12/1-12/5", addressed=True), DESK)
    assert "のように、今日以降の日で指定してください" in chat.reads(chat.advises("不在 いつか", addressed=True), DESK)


def test_who_is_not_registered_cannot_be_away() -> None:
    assert "相談員として登録されていない" in Chat.reads(Chat().advises("不在", addressed=True), DESK)


def test_lists_show_what_is_at_ones_desks(chat: Chat) -> None:
    chat.says("多言語表示シートの食品展", thread="a")
    chat.says("相談", thread="a")  # the first area's
    chat.advises("担当", chat.card(1))
    heard = chat.reads(chat.advises("一覧", addressed=True), DESK)
    assert heard.splitlines()[0] == "対応中の相談: 1件"
    assert "受付番号1　対応中　佐藤" in heard
    assert "該当する相談はありません" in chat.reads(chat.advises("一覧 自分", sender="U2", addressed=True), DESK)
    assert "受付番号1" in chat.reads(chat.advises("一覧 自分", addressed=True), DESK)
    assert "該当する相談はありません" in chat.reads(chat.advises("一覧 未割当", addressed=True), DESK)
    assert "該当する相談はありません" in chat.reads(chat.advises("一覧 期限超過", addressed=True), DESK)
    chat.clock.advance(5 * 86_400)
    assert "期限を過ぎた相談: 1件" in chat.reads(chat.advises("一覧 期限超過", addressed=True), DESK)


def test_a_list_says_what_each_time_means(chat: Chat) -> None:
    assert "担当者待ち　担当者なし　回答予定: 11月25日（水）17:15　" in chat.reads(chat.advises("一覧", addressed=True), DESK)
    chat.advises("お答えします。", chat.card())
    heard = chat.reads(chat.advises("一覧", addressed=True), DESK)
    assert "回答済み（相談者の返事待ち）　佐藤　解決の目標: 12月1日（火）17:15　" in heard
    assert "回答予定" not in heard


def test_the_history_reads_as_people_speak(chat: Chat) -> None:
    orders = ("担当", "割当 鈴木", "担当解除", "担当", "担当解除", "保留 2日", "優先 至急", "転送 II 言葉の件")
    for order in orders:
        chat.advises(order, chat.card())
    heard = [line.partition("　")[2] for line in chat.reads(chat.advises("経過", chat.card(), sender="U3"), DESK).splitlines()[2:]]
    assert heard == [
        "担当（佐藤）",
        "割当（佐藤）鈴木",
        "担当解除（佐藤）鈴木",
        "担当（佐藤）",
        "担当解除（佐藤）",
        "保留（佐藤）11月26日（木）09:00まで",
        "優先度（佐藤）至急",
        "転送（佐藤）交流親善課 → 多文化共生課 言葉の件",
    ]
    assert [event.text for event in chat.history()[6:8]] == ["2026-11-26T09:00:00+09:00", "urgent"]


def test_what_became_of_a_merged_and_of_a_rated_ticket_reads_as_people_speak(chat: Chat) -> None:
    chat.says("月面の同じ話", thread="two")
    chat.advises("統合 1", chat.card(2))
    assert "統合（佐藤）受付番号1" in chat.reads(chat.advises("経過", chat.card(2)), DESK)
    chat.advises("解決", chat.card(1))
    chat.presses("rate:1:poor")
    assert "評価（相談者）足りなかった" in chat.reads(chat.advises("経過", chat.card(1)), DESK)


def test_a_list_is_cut_and_says_how_many_more() -> None:
    chat = Chat()
    chat.register("佐藤", ADVISOR)
    for number in range(23):
        chat.says(UNKNOWN, thread=f"t{number}")
    heard = chat.reads(chat.advises("一覧", addressed=True), DESK)
    assert (heard.count("受付番号"), heard.splitlines()[-1]) == (20, "ほか3件")


def test_nothing_of_claims_goes_to_the_asker_but_that_somebody_has_it(chat: Chat) -> None:
    chat.advises("割当 鈴木", chat.card())
    heard = chat.everything_to(ASKER)
    assert "鈴木" not in heard
