"""Who may ask what of a desk: every verb, by everybody who might write in its room."""

from dataclasses import dataclass

import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat

from clair_bot.domain.advisors import Role
from clair_bot.domain.tickets import CannedReply
from clair_bot.messages import Address, InboundKind
from clair_bot.services.desk.deeds import DEEDS
from clair_bot.services.desk.orders import WITHOUT_TICKET, WORDS

UNKNOWN = "月面基地に補助金は出ますか"  # the fourth area's


@dataclass(frozen=True, slots=True)
class Asked:
    """How a verb is asked for, and what is written down of it."""

    text: str
    move: str | None
    before: tuple[str, ...] = ()
    """What somebody of the desk has asked before, so that it makes sense."""


ASKED = {
    "say": Asked("お答えします。", "reply"),
    "reply": Asked("回答 お答えします。", "reply"),
    "note": Asked("メモ: 前例なし", "note"),
    "claim": Asked("担当", "claim"),
    "assign": Asked("割当 佐藤", "assign"),
    "release": Asked("担当解除", "release", ("担当",)),
    "transfer": Asked("転送 II", "transfer"),
    "snooze": Asked("保留 3日", "snooze"),
    "wake": Asked("保留解除", "wake", ("保留 3日",)),
    "prioritize": Asked("優先 至急", "prioritize"),
    "canned": Asked("定型 受領", "reply"),
    "seal": Asked("機密", "seal"),
    "read": Asked("全文", "read"),
    "history": Asked("経過", None),
    "merge": Asked("統合 2", "merge"),
    "resolve": Asked("解決", "resolve"),
    "reopen": Asked("再開", "reopen", ("解決",)),
    "draft": Asked("下書き", "draft", ("お答えします。",)),
}
"""Every verb of the desk: a new one needs its line here."""
ALLOWED = ("advisor of the desk", "supervisor", "admin of another desk")
NOT_THEIRS = ("advisor of another desk",)
NOBODY = ("editor", "stranger", "removed")


def _hall() -> Chat:
    """Return a house with somebody of every kind, and two tickets of the fourth desk."""
    chat = Chat(templates=(CannedReply(key="受領", text="受付番号{受付番号}を受け取りました。"),))
    chat.register("佐藤", ADVISOR, "IV")
    chat.register("advisor of the desk", "advisor of the desk", "IV")
    chat.register("supervisor", "supervisor", "IV", roles={Role.SUPERVISOR})
    chat.register("admin of another desk", "admin of another desk", "II", roles={Role.ADMIN})
    chat.register("advisor of another desk", "advisor of another desk", "II")
    chat.register("editor", "editor", "IV", roles={Role.EDITOR, Role.APPROVER})
    removed = chat.register("removed", "removed", "IV")
    with chat.store.write() as work:
        work.advisors.remove(removed.id)
        work.commit()
    chat.says(UNKNOWN)
    chat.says(UNKNOWN, thread="other")
    return chat


def _asks(chat: Chat, verb: str, sender: str) -> str:
    for text in ASKED[verb].before:
        chat.advises(text, chat.card())
    return chat.reads(chat.advises(ASKED[verb].text, chat.card(), sender=sender), DESK)


def test_every_verb_is_tried_and_every_word_leads_to_one() -> None:
    assert set(ASKED) == set(DEEDS)
    assert set(WORDS.values()) == (set(DEEDS) - {"say"}) | WITHOUT_TICKET


@pytest.mark.parametrize("sender", ALLOWED)
@pytest.mark.parametrize("verb", DEEDS)
def test_who_answers_for_the_desk_may(verb: str, sender: str) -> None:
    chat = _hall()
    heard = _asks(chat, verb, sender)
    assert heard
    assert "操作" not in heard
    if move := ASKED[verb].move:
        last = chat.history()[-1]
        assert (last.move, last.actor.partition(":")[0]) == (move, "advisor")
        with chat.store.read() as work:
            assert work.advisors.name(int(last.actor.partition(":")[2])) == sender


@pytest.mark.parametrize("sender", NOT_THEIRS + NOBODY)
@pytest.mark.parametrize("verb", DEEDS)
def test_who_does_not_answer_for_it_may_not(verb: str, sender: str) -> None:
    chat = _hall()
    for text in ASKED[verb].before:
        chat.advises(text, chat.card())
    ticket, moves, heard = chat.ticket(), chat.moves(), chat.everything_to(ASKER)
    said = chat.advises(ASKED[verb].text, chat.card(), sender=sender)
    expected = "交流親善課の相談のため、操作できません" if sender in NOT_THEIRS else "相談員として登録されていないため、操作できません"
    assert expected in chat.reads(said, DESK)
    assert "相談者には送っていません" in chat.reads(said, DESK)
    assert [message.to for message in said] == [DESK]
    assert (chat.ticket(), chat.moves(), chat.everything_to(ASKER)) == (ticket, moves, heard)


@pytest.mark.parametrize("sender", NOT_THEIRS + NOBODY)
@pytest.mark.parametrize("verb", DEEDS)
def test_buttons_are_no_way_around(verb: str, sender: str) -> None:
    chat = _hall()
    ticket = chat.ticket()
    said = chat.advises("", chat.card(), sender=sender, kind=InboundKind.ACTION, action=f"t:{verb}:1:2")
    assert "操作できません" in chat.reads(said, DESK)
    assert (chat.ticket(), chat.moves()) == (ticket, ["open"])


@pytest.mark.parametrize("sender", ["supervisor", "advisor of the desk"])
def test_numbers_are_no_way_into_another_desk(sender: str) -> None:
    chat = _hall()
    chat.says("食品展に出したい", thread="trade")
    chat.says("相談", thread="trade")
    said = chat.advises("担当 3", sender=sender, addressed=True)
    assert "経済交流課の相談のため、操作できません" in chat.reads(said, DESK)


@pytest.mark.parametrize("verb", DEEDS)
def test_where_nobody_is_registered_the_room_itself_may(verb: str) -> None:
    chat = Chat(templates=(CannedReply(key="受領", text="受付番号{受付番号}を受け取りました。"),))
    chat.says(UNKNOWN)
    chat.says(UNKNOWN, thread="other")
    heard = _asks(chat, verb, "anybody")
    if verb == "assign":
        assert "「佐藤」という相談員は見つかりません" in heard
        return
    assert "操作" not in heard
    if move := ASKED[verb].move:
        last = chat.history()[-1]
        assert (last.move, last.actor) == (move, "slack:anybody")


def test_where_nobody_is_registered_a_private_chat_is_an_askers() -> None:
    chat = Chat()
    chat.says(UNKNOWN)
    chat.take(chat.message("担当 1", address=Address(channel="slack", recipient="anybody"), sender="anybody"))
    assert chat.moves() == ["open"]


def test_who_sits_at_the_fallback_answers_for_an_empty_desk() -> None:
    chat = Chat()
    chat.register("本部", "head", "base")
    chat.says(UNKNOWN)
    assert "担当します" in chat.reads(chat.advises("担当", chat.card(), sender="head"), DESK)
    chat.register("交流", "four", "IV")
    chat.says(UNKNOWN, thread="t")
    assert "操作できません" in chat.reads(chat.advises("担当", chat.card(2), sender="head"), DESK)


def test_who_has_a_ticket_keeps_it_in_hand_wherever_it_is() -> None:
    """Who was moved to another desk goes on with what they have."""
    chat = Chat()
    chat.register("佐藤", ADVISOR, "IV")
    chat.register("鈴木", "other", "IV")
    chat.says(UNKNOWN)
    chat.advises("担当", chat.card())
    chat.register("佐藤", ADVISOR, "II")
    assert "相談者にお送りします" in chat.reads(chat.advises("お答えします。", chat.card()), DESK)
