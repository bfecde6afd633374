"""The words of the interface: typed in Japanese or English, in any width and case, or pressed as a button."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import jaconv
import pytest
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat, shown

from clair_bot.domain.articles import Area
from clair_bot.messages import Address, InboundKind, OutboundMessage
from clair_bot.services.phrases import BY_LANGUAGE

QUESTION = "食品展に出したい"
WORDS = {
    "human": ("相談", "相談員に聞く", "human", "Ask an advisor"),
    "status": ("状況", "status"),
    "menu": ("メニュー", "menu"),
    "help": ("ヘルプ", "使い方", "help"),
    "cancel": ("取消", "取り消し", "相談を取り下げる", "cancel", "Withdraw request"),
    "new": ("新しい質問", "new", "New question"),
}
EXPECTED = {
    "human": "の相談員に引き継ぎました",
    "status": "お預かりしている相談はありません",
    "menu": "分野をお選びください",
    "help": "ご質問を文章で送ってください",
    "cancel": "いまお預かりしている相談はありません",
    "new": "お尋ねになりたいことを文章で送ってください",
}


def _ways(word: str) -> set[str]:
    """Return a word as people type it."""
    wide = jaconv.h2z(word, ascii=True, kana=True)
    narrow = jaconv.z2h(word, ascii=True, kana=True)
    return {
        word,
        word.upper(),
        word.title(),
        wide,
        wide.upper(),
        narrow,
        f"　{word}  ",
        f"{word}。",
        f"「{word}」",
        f"{word}！",
        f"/{word}",
    }


TYPED = [(action, way) for action, words in WORDS.items() for word in words for way in sorted(_ways(word))]


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.mark.parametrize(("action", "typed"), TYPED)
def test_a_word_does_what_its_button_does(chat: Chat, action: str, typed: str) -> None:
    pressed = Chat()
    for who in (chat, pressed):
        who.says(QUESTION)
    heard = chat.says(typed)
    assert EXPECTED[action] in heard
    assert heard == pressed.presses(action)
    assert chat.outcomes() == ["answered"]


def _talk(language: str) -> Iterator[Chat]:
    """Yield the chat after everything that shows buttons, from an answer to a ticket that goes on, and a second one."""
    answered, refused = ("Tell me about the food fair", "Tell me about the moon") if language == "en" else (QUESTION, "月面の話")
    chat = Chat()
    chat.register("佐藤", ADVISOR)
    chat.presses(f"lang:{language}")
    for text in (answered, refused):
        chat.says(text)
        yield chat
    for action in ("step:organisation:skip", "step:country:skip", "new"):
        chat.presses(action)
        yield chat
    for order in ("転送", "保留", "担当", "お答えします。", "解決"):
        chat.advises(order, chat.card())
        yield chat
    chat.presses("rate:1:poor")
    yield chat
    chat.presses("reopen:1")
    chat.says("○○市国際課")
    chat.presses("cancel")
    chat.says(refused)
    chat.says("○○市国際課")
    chat.presses("cancel")
    chat.says(refused)
    yield chat


def _buttons(chat: Chat, who: Address) -> list[tuple[str, str]]:
    """Return the labels and actions of what somebody has before them: the last message, and the card as it is now."""
    rows = [row.delivery for row in chat.store.state.deliveries.values() if row.delivery.message.to == who]
    seen = [*rows[-1:], *[row for row in rows if row.replaces is not None or row.message.card][-1:]] if who == DESK else rows[-1:]
    return sorted({(button.label, button.action) for row in seen for button in row.message.buttons})


def _either_way(chat: Chat, typed: Callable[[], str], pressed: Callable[[], str]) -> tuple[str, str]:
    """Return what is heard after typing and after pressing, each from here; nothing of it has happened then."""
    before, heard = chat.store.state, []
    for does in (typed, pressed):
        chat.store.state = before.copy()
        heard.append(does())
    chat.store.state = before
    return heard[0], heard[1]


def _desk_reads(chat: Chat, does: Callable[[], list[OutboundMessage]]) -> str:
    return chat.reads(does(), DESK)


def _kind(action: str) -> str:
    return re.sub(r":(?:[0-9]+(?![0-9a-z])|i-4-fair)", "", action)


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_every_label_that_an_asker_is_shown_can_be_typed(language: str) -> None:
    """Typing the label does the same on every channel."""
    seen: set[str] = set()
    for chat in _talk(language):
        for label, action in _buttons(chat, ASKER):
            typed, pressed = _either_way(chat, partial(chat.says, label), partial(chat.presses, action))
            assert typed == pressed, label
            seen.add(_kind(action))
    steps = {f"step:organisation:{way}" for way in ("skip", "same")} | {f"step:deadline:{way}" for way in ("today", "week", "none", "skip")}
    assert (
        seen >= {"menu", "human", "more", "cancel", "new", "reopen", "rate:good", "rate:poor", "step:country", "step:country:none"} | steps
    )


def test_every_label_that_an_advisor_is_shown_can_be_typed() -> None:
    seen: set[str] = set()
    for chat in _talk("ja"):
        card = chat.card(max(chat.store.state.tickets)) if chat.store.state.tickets else ""
        for label, action in _buttons(chat, DESK):
            press = partial(chat.advises, "", card, kind=InboundKind.ACTION, action=action)
            typed, pressed = _either_way(
                chat, partial(_desk_reads, chat, partial(chat.advises, label, card)), partial(_desk_reads, chat, press)
            )
            assert typed == pressed != "", label
            seen.add(_kind(action))
    assert seen >= {"t:claim", "t:release", "t:transfer", "t:snooze", "t:canned", "t:resolve", "t:reopen", "t:transfer:NY", "t:snooze:1w"}


def test_the_menu_leads_to_the_articles_of_each_area(chat: Chat) -> None:
    (menu,) = chat.take(chat.message("メニュー"))
    assert [choice.action for choice in menu.choices] == [f"area:{area.value}" for area in Area]
    (articles,) = chat.take(chat.message("4"))
    assert [choice.action for choice in articles.choices] == ["a:iv-2-procedure", "a:iv-2-statistics"]
    assert "姉妹都市の数の答え" in chat.says("2")


def test_an_areas_name_can_be_typed(chat: Chat) -> None:
    chat.says("メニュー")
    assert "多言語表示シート" in chat.says("Ⅱ 多文化共生")


def test_an_area_without_articles_says_so_kindly(chat: Chat) -> None:
    assert "Ⅶ 海外事務所の記事です" in chat.presses("area:VII")


@pytest.mark.parametrize("action", ["area:IX", "area:", "area:I:x", "a:gone", "a:", "more:gone", "vote:7", "x", "：", "a" * 60])
def test_a_button_of_an_older_version_gets_a_sentence(chat: Chat, action: str) -> None:
    heard = chat.presses(action)
    assert "その記事は公開を終えています" in heard
    assert "[メニュー]" in heard
    assert (chat.tickets(), chat.outcomes(), chat.inbox()) == ([], [], {"done": 1})


def test_the_status_lists_ones_own_tickets_in_local_dates(chat: Chat) -> None:
    chat.clock.advance(8 * 3600)  # 17:00 in Greenwich, 02:00 of the next day in Japan
    chat.says("月面の話")
    chat.says("取消")
    chat.says("月面の別の話")
    heard = chat.says("状況")
    expected = "受付番号2　相談員が確認中　2026-11-25受付（交流親善課、11月25日（水）17:15までに回答予定）\n"
    assert heard.startswith(f"{expected}受付番号1　取り下げ　2026-11-25受付\n")
    assert "No. 2: with an advisor, received 2026-11-25 (交流親善課, reply by Wed 2026-11-25, 17:15)" in _in_english(chat)


def _in_english(chat: Chat) -> str:
    chat.presses("lang:en")
    return chat.says("status")


def test_buttons_stay_within_what_every_platform_takes() -> None:
    chat = Chat()
    for text in ("メニュー", QUESTION, "姉妹都市", "月面の話", "ヘルプ", "状況"):
        chat.says(text)
    for row in chat.store.state.deliveries.values():
        message = row.delivery.message
        assert shown(message)
        assert all(len(button.label) <= 20 for button in message.buttons)
        actions = [button.action for button in message.buttons] + [choice.action for choice in message.choices]
        assert all(len(action.encode("ascii")) <= 60 for action in actions)
