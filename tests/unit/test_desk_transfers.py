"""A ticket goes to another desk: in the same room, in another room, abroad; its history goes along."""

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, DESK_IV, Chat
from tests.unit.desks import desks as usual_desks

from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Office
from clair_bot.messages import Address, InboundKind

UNKNOWN = "月面基地に補助金は出ますか"


@pytest.fixture
def chat() -> Chat:
    """All desks have one room."""
    chat = Chat()
    chat.register("佐藤", ADVISOR, "IV")
    chat.register("高橋", "U3", "II")
    chat.says(UNKNOWN)
    return chat


@pytest.fixture
def two() -> Chat:
    """The second desk has a room of its own, on another platform."""
    chat = Chat(desks=usual_desks(DESK, {Area.II: DESK_IV}))
    chat.says(UNKNOWN)
    return chat


def test_within_one_room_the_card_stays_and_changes(chat: Chat) -> None:
    card = chat.card()
    said = chat.advises("転送 II 言葉の件です", card)
    assert chat.reads(said) == "受付番号1は、多文化共生課がお答えすることになりました。"
    assert "受付番号1が交流親善課から転送されました。言葉の件です" in chat.reads(said, DESK)
    assert "受付番号1を多文化共生課に転送しました" in chat.reads(said, DESK)
    assert chat.reads(chat.edits, DESK).startswith("新しい相談です")
    assert "受付番号1　多文化共生課" in chat.reads(chat.edits, DESK)
    assert chat.card() == card
    ticket = chat.ticket()
    assert (ticket.desk_key, ticket.area, ticket.office) == ("II", Area.II, None)


def test_the_desk_that_it_left_may_no_longer_answer_and_the_new_one_may(chat: Chat) -> None:
    card = chat.card()
    chat.advises("転送 II", card)
    assert "多文化共生課の相談のため、操作できません" in chat.reads(chat.advises("お答えします。", card), DESK)
    assert "お答えします。" in chat.reads(chat.advises("お答えします。", card, sender="U3"))


def test_the_history_goes_along(chat: Chat) -> None:
    chat.advises("メモ: 前例なし", chat.card())
    chat.advises("転送 II 言葉の件", chat.card())
    assert chat.moves() == ["open", "note", "transfer"]
    assert chat.history()[-1].text == "交流親善課 → 多文化共生課 言葉の件"
    heard = chat.reads(chat.advises("経過", chat.card(), sender="U3"), DESK)
    for words in (UNKNOWN, "メモ（佐藤）前例なし", "転送（佐藤）交流親善課 → 多文化共生課 言葉の件"):
        assert words in heard


def test_whoever_had_it_has_it_no_more(chat: Chat) -> None:
    chat.advises("担当", chat.card())
    chat.advises("保留 3日", chat.card())
    chat.advises("転送 II", chat.card())
    ticket = chat.ticket()
    assert (ticket.assignee, ticket.snoozed_until, chat.tickets()) == (None, None, ["open"])


def test_an_answered_ticket_is_transferred_and_stays_answered(chat: Chat) -> None:
    chat.advises("お答えします。", chat.card())
    chat.advises("転送 II", chat.card())
    assert (chat.tickets(), chat.ticket().answer_due) == (["waiting"], None)


def test_to_another_room_the_old_card_says_where_it_went_and_a_new_one_comes(two: Chat) -> None:
    card = two.card()
    said = two.advises("転送 II 言葉の件です", card)
    assert two.reads(two.edits, DESK) == "受付番号1を多文化共生課に転送しました。"
    assert two.reads(said, DESK_IV).startswith("新しい相談です")
    assert UNKNOWN in two.reads(said, DESK_IV)
    assert "交流親善課から転送されました。言葉の件です" in two.reads(said, DESK_IV)
    assert (two.ticket().desk, two.card() != card) == (DESK_IV, True)
    said = two.advises("お答えします。", two.card(), room=DESK_IV)
    assert "お答えします。" in two.reads(said)
    assert two.reads(said, DESK) == ""


def test_a_word_in_the_old_room_still_means_the_ticket(two: Chat) -> None:
    """Nobody's sentence is lost: while nobody is registered anywhere, both rooms may."""
    card = two.card()
    two.advises("転送 II", card)
    assert "お答えします。" in two.reads(two.advises("お答えします。", card))


def test_what_the_asker_adds_goes_to_the_new_room(two: Chat) -> None:
    two.advises("転送 II", two.card())
    said = two.take(two.message("月面の砂はもらえますか"))
    assert "月面の砂はもらえますか" in two.reads(said, DESK_IV)
    assert two.reads(said, DESK) == ""


def test_an_office_abroad_takes_it_with_its_own_hours(chat: Chat) -> None:
    before = chat.ticket().answer_due
    said = chat.advises("転送 ニューヨーク", chat.card())
    ticket = chat.ticket()
    assert (ticket.desk_key, ticket.area, ticket.office) == ("NY", Area.VII, Office.NEW_YORK)
    assert "ニューヨーク事務所がお答えすることに" in chat.reads(said)
    assert ticket.answer_due != before


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ("転送 IV", "すでに交流親善課にあります"),
        ("転送 総務課", "「総務課」という転送先はありません"),
    ],
)
def test_what_is_no_other_desk(chat: Chat, order: str, sentence: str) -> None:
    assert sentence in chat.reads(chat.advises(order, chat.card()), DESK)
    assert chat.moves() == ["open"]


def test_without_a_word_the_desks_are_offered_as_buttons(chat: Chat) -> None:
    (offered,) = chat.advises("転送", chat.card())
    actions = {button.action for button in offered.buttons}
    assert actions == {f"t:transfer:1:{key}" for key in chat.desks.by_key if key != "IV"}
    chat.advises("", chat.card(), kind=InboundKind.ACTION, action="t:transfer:1:NY")
    assert chat.ticket().desk_key == "NY"


@pytest.mark.parametrize("end", ["解決", "取消"])
def test_a_finished_ticket_is_not_transferred(chat: Chat, end: str) -> None:
    if end == "取消":
        chat.says(end)
    else:
        chat.advises(end, chat.card())
    assert "その操作はできません" in chat.reads(chat.advises("転送 II", chat.card()), DESK)
    assert chat.ticket().desk_key == "IV"


def test_a_desk_without_a_room_is_said_so_by_no_card() -> None:
    chat = Chat(desks=usual_desks(None, {Area.IV: DESK}))
    chat.says(UNKNOWN)
    said = chat.advises("転送 II", chat.card())
    assert "転送しました" in chat.reads(said, DESK)
    assert chat.ticket().desk is None
    assert "受付番号1　" in chat.says("状況")


# from another channel


@pytest.fixture
def abroad(chat: Chat) -> Chat:
    """佐藤 also writes to the bot in person on Telegram."""
    with chat.store.write() as work:
        work.advisors.add(name="佐藤", address=HOME, desks=("IV",), roles=chat.store.state.advisors[1].roles, capacity=10)
        work.commit()
    return chat


HOME = Address(channel="telegram", recipient="77")
IN_PERSON = {"address": HOME, "sender": "77"}


def test_an_advisor_answers_by_number_from_another_channel(abroad: Chat) -> None:
    said = abroad.take(abroad.message("回答 1 お答えします。", **IN_PERSON))
    assert abroad.reads(said) == "相談員からの回答です（受付番号1）。\nお答えします。\n[新しい質問]"
    assert "相談者にお送りします（受付番号1）" in abroad.reads(said, HOME)
    assert abroad.history()[-1].actor == "advisor:1"
    assert "回答済み" in abroad.reads(abroad.edits, DESK)


@pytest.mark.parametrize(
    ("order", "move"),
    [
        ("担当 1", "claim"),
        ("メモ: 1 前例なし", "note"),
        ("転送 #1 II", "transfer"),
        ("保留 受付番号1 3日", "snooze"),
        ("解決 1番", "resolve"),
    ],
)
def test_other_words_work_from_there_too(abroad: Chat, order: str, move: str) -> None:
    abroad.take(abroad.message(order, **IN_PERSON))
    assert abroad.moves() == ["open", move]


def test_a_reply_to_the_notice_of_an_assignment_needs_no_number(abroad: Chat) -> None:
    """The first address is told: there a reply is an answer, as in the room."""
    abroad.advises("割当 佐藤", abroad.card(), sender="U3", room=DESK)
    abroad.register("鈴木", "U9", "IV")
    said = abroad.advises("割当 佐藤", abroad.card(), sender="U9")
    person = Address(channel="slack", recipient=ADVISOR)
    assert "受付番号1があなたに割り当てられました" in abroad.reads(said, person)
    abroad.deliver()
    sent = next(row.delivery.message_ids[0] for row in abroad.store.state.deliveries.values() if row.delivery.message.to == person)
    said = abroad.take(abroad.message("お答えします。", address=person, sender=ADVISOR, reply_to=sent))
    assert "お答えします。" in abroad.reads(said)


def test_a_number_that_is_not_there_or_not_theirs(abroad: Chat) -> None:
    assert "受付番号9の相談は見つかりません" in abroad.reads(abroad.take(abroad.message("担当 9", **IN_PERSON)), HOME)
    abroad.advises("転送 II", abroad.card())
    assert "多文化共生課の相談のため" in abroad.reads(abroad.take(abroad.message("回答 1 お答えします。", **IN_PERSON)), HOME)
    assert "お答えします。" not in abroad.everything_to(ASKER)


def test_an_advisor_who_asks_is_an_asker(abroad: Chat) -> None:
    said = abroad.take(abroad.message("月面の砂はもらえますか", **IN_PERSON))
    assert "受付番号は2です" in abroad.reads(said, HOME)
    assert "月面の砂はもらえますか" in abroad.reads(said, DESK)
    abroad.advises("お答えします。", abroad.card(2))
    said = abroad.take(abroad.message("3名です", **IN_PERSON))
    assert "受付番号2に書き加え" in abroad.reads(said, HOME)
    assert abroad.reads(said) == ""
    assert abroad.moves(1) == ["open"]


def test_in_a_room_that_is_no_desk_tickets_are_not_worked(abroad: Chat) -> None:
    room = Address(channel="slack", recipient="C9")
    said = abroad.take(abroad.message("回答 1 お答えします。", address=room, sender=ADVISOR, direct=False))
    assert (abroad.reads(said), abroad.moves(1)) == ("", ["open"])
    assert abroad.reads(said, room)
