"""What is asked of a new ticket: organisation, country, deadline; each can be skipped, and no question is swallowed."""

from datetime import date

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, DESK_IV, FAIR, Chat
from tests.unit.desks import desks as usual_desks

from clair_bot.domain.desks import Office, Urgency
from clair_bot.messages import InboundKind

UNKNOWN = "月面基地に補助金は出ますか"
NOWHERE = "まったく別の話"  # no area is known


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.says(NOWHERE)
    return chat


def test_all_three_are_typed_and_the_desk_reads_them(chat: Chat) -> None:
    said = chat.take(chat.message("○○市国際課"))
    assert chat.reads(said).startswith("どの国・地域に関することですか。\n[米国]")
    assert chat.reads(said, DESK) == "相談者からの補足（受付番号1）: ○○市国際課"
    assert "団体: ○○市国際課" in chat.reads(chat.edits, DESK)
    said = chat.take(chat.message("モンゴル"))
    assert chat.reads(said).startswith("いつまでに回答が必要ですか。")
    assert "国・地域: モンゴル" in chat.reads(chat.edits, DESK)
    said = chat.take(chat.message("12月10日まで。県庁には聞きました。"))
    assert chat.reads(said) == "ありがとうございます。受付番号1の担当に伝えました。"
    assert "期限: 12月10日（木）" in chat.reads(chat.edits, DESK)
    assert "試したこと: 12月10日まで。県庁には聞きました。" in chat.reads(chat.edits, DESK)
    ticket = chat.ticket()
    assert (ticket.organisation, ticket.country, ticket.deadline) == ("○○市国際課", "モンゴル", date(2026, 12, 10))
    assert (ticket.question, chat.moves()) == (NOWHERE, ["open", "detail", "detail", "detail"])


def test_all_three_are_skipped(chat: Chat) -> None:
    for step, following in (("organisation", "どの国"), ("country", "いつまでに"), ("deadline", "ありがとうございます")):
        assert following in chat.presses(f"step:{step}:skip")
    assert chat.moves() == ["open"]
    assert FAIR.answer in chat.says("食品展に出したい")


def test_at_most_three_are_asked(chat: Chat) -> None:
    asked = 0
    while "[入力しない]" in chat.says("入力しない"):
        asked += 1
    assert asked == 2  # and the one that came with the number


def test_what_the_question_says_already_is_not_asked() -> None:
    chat = Chat()
    chat.says("フランスのまったく別の話")
    assert chat.ticket().country == "フランス"
    assert "いつまでに" in chat.says("○○市")


def test_the_organisation_of_last_time_is_one_tap(chat: Chat) -> None:
    chat.says("○○市国際課")
    chat.says("取消")
    heard = chat.says(NOWHERE)
    assert "[前回と同じ]" in heard
    assert chat.ticket(2).organisation == "○○市国際課"
    assert "どの国" in chat.says("前回と同じ")
    assert chat.ticket(2).organisation == "○○市国際課"


@pytest.mark.parametrize(
    "text", ["食品展に出したい", "姉妹都市はどう始めますか", "補助金はいくらですか？", "制度を教えてください", "お" * 61]
)
def test_a_question_instead_of_an_answer_is_not_swallowed(chat: Chat, text: str) -> None:
    heard = chat.says(text)
    assert "どの国" not in heard
    assert "detail" not in chat.moves()
    assert text in [asked.question for asked in chat.store.state.inquiries.values()]
    assert chat.ticket().organisation == ""


@pytest.mark.parametrize(
    ("text", "heard"), [("ありがとうございます", "お役に立てましたら"), ("メニュー", "分野をお選び"), ("状況", "受付番号1")]
)
def test_words_and_small_talk_stay_what_they_are_and_the_step_stays_open(chat: Chat, text: str, heard: str) -> None:
    assert heard in chat.says(text)
    assert chat.ticket().organisation == ""
    assert "どの国" in chat.says("○○市")


def test_a_picture_is_no_answer(chat: Chat) -> None:
    chat.sends(InboundKind.MEDIA)
    assert chat.moves() == ["open"]


def test_a_step_expires(chat: Chat) -> None:
    chat.clock.advance(30 * 60)
    chat.says("○○市国際課")
    assert chat.ticket().organisation == ""
    assert chat.moves() == ["open", "add"]


def test_a_button_of_an_earlier_step_changes_nothing(chat: Chat) -> None:
    chat.says("○○市")
    assert chat.presses("step:organisation:skip").startswith("お役に立て")
    assert chat.presses("step:deadline:today").startswith("お役に立て")
    assert (chat.ticket().organisation, chat.ticket().deadline) == ("○○市", None)
    assert "いつまでに" in chat.presses("step:country:none")


@pytest.mark.parametrize("action", ["step:", "step:x:y", "step:country:99", "step:country:-1", "step"])
def test_a_button_that_is_none_gets_a_sentence(chat: Chat, action: str) -> None:
    assert chat.presses(action)
    assert chat.ticket().country == ""


def test_after_the_advisors_answer_no_step_is_open(chat: Chat) -> None:
    chat.advises("何名ですか。", chat.card())
    assert "受付番号1に書き加え" in chat.says("3名")
    assert chat.moves() == ["open", "reply", "add"]


def test_after_a_new_question_no_step_is_open(chat: Chat) -> None:
    chat.says("新しい質問")
    chat.says("○○市国際課")
    assert chat.ticket().organisation == ""


def test_without_a_room_nothing_is_asked() -> None:
    chat = Chat(desks=usual_desks(None))
    assert "団体名" not in chat.says(NOWHERE)


# the country


@pytest.mark.parametrize(
    ("said", "office", "name"),
    [("step:country:0", Office.NEW_YORK, "米国"), ("ハノイ", Office.SINGAPORE, "ベトナム"), ("Germany", Office.LONDON, "ドイツ")],
)
def test_a_country_moves_the_ticket_to_its_office(chat: Chat, said: str, office: Office, name: str) -> None:
    chat.says("○○市")
    heard = chat.presses(said) if said.startswith("step") else chat.says(said)
    ticket = chat.ticket()
    assert (ticket.country, ticket.office, ticket.desk_key) == (name, office, office.value)
    assert f"{chat.desks.get(office.value).name}がお答えすることになりました" in heard
    assert chat.moves() == ["open", "detail", "detail", "transfer"]
    assert chat.history()[-1].actor == "clock"
    assert (ticket.organisation, ticket.answer_due is not None) == ("○○市", True)


def test_a_country_without_an_office_stays_where_it_is(chat: Chat) -> None:
    chat.says("○○市")
    chat.says("台湾")
    assert (chat.ticket().country, chat.ticket().desk_key) == ("台湾", "base")


def test_a_known_area_keeps_the_ticket_whatever_the_country() -> None:
    chat = Chat()
    chat.says(UNKNOWN)
    chat.says("○○市")
    chat.says("韓国")
    assert (chat.ticket().country, chat.ticket().desk_key) == ("韓国", "IV")


def test_a_ticket_that_somebody_has_stays_with_them(chat: Chat) -> None:
    chat.register("佐藤", ADVISOR)
    chat.says("○○市")
    chat.advises("担当", chat.card())
    chat.says("韓国")
    assert (chat.ticket().country, chat.ticket().desk_key, chat.tickets()) == ("韓国", "base", ["assigned"])


# the deadline


@pytest.mark.parametrize(
    ("said", "day", "urgency"),
    [
        ("step:deadline:today", date(2026, 11, 24), Urgency.URGENT),
        ("step:deadline:week", date(2026, 11, 27), Urgency.HIGH),
        ("明日", date(2026, 11, 25), Urgency.URGENT),
        ("11月27日まで", date(2026, 11, 27), Urgency.HIGH),
        ("12月25日", date(2026, 12, 25), Urgency.NORMAL),
        ("step:deadline:none", None, Urgency.NORMAL),
    ],
)
def test_a_deadline_raises_the_urgency(chat: Chat, said: str, day: date | None, urgency: Urgency) -> None:
    before = chat.ticket().answer_due
    assert before
    chat.presses("step:organisation:skip")
    chat.presses("step:country:skip")
    _ = chat.presses(said) if said.startswith("step") else chat.says(said)
    ticket = chat.ticket()
    assert (ticket.deadline, ticket.urgency) == (day, urgency)
    assert ticket.answer_due
    assert (ticket.answer_due < before) == (urgency is not Urgency.NORMAL)
    assert ticket.tried == ""


def test_no_deadline_lowers_it() -> None:
    chat = Chat()
    chat.says("至急、まったく別の話")
    assert chat.ticket().urgency is Urgency.HIGH
    for action in ("step:organisation:skip", "step:country:skip"):
        chat.presses(action)
    chat.says("12月25日")
    assert chat.ticket().urgency is Urgency.HIGH


# in other languages, in threads


def test_in_english_a_japanese_name_does_not_change_the_language() -> None:
    chat = Chat()
    chat.presses("lang:en")
    assert "If you like, tell us your organisation" in chat.says("Tell me about something else entirely")
    heard = chat.says("札幌市")
    assert "Which country or region is it about?" in heard
    assert "[South Korea]" in heard
    assert "When do you need the reply?" in chat.says("韓国")


def test_the_steps_of_two_threads_are_apart(chat: Chat) -> None:
    chat.says(NOWHERE, thread="t")
    chat.says("○○市", thread="t")
    assert (chat.ticket(1).organisation, chat.ticket(2).organisation) == ("", "○○市")


def test_the_question_is_kept_word_for_word() -> None:
    chat = Chat(desks=usual_desks(DESK, {}))
    question = "まったく　別の話\nです…　　ＡＢＣ①"
    chat.says(question)
    assert chat.ticket().question == question
    assert question in chat.everything_to(DESK)
    assert chat.everything_to(DESK_IV) == ""
    assert question not in chat.everything_to(ASKER)
