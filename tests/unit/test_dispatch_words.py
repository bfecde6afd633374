"""The words of the interface: typed in Japanese or English, in any width and case, or pressed as a button."""

import jaconv
import pytest
from tests.unit.chats import Chat, shown

from clair_bot.domain.articles import Area
from clair_bot.messages import OutboundMessage
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
    "human": "このご質問を相談員に引き継ぎました",
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


def _spoken(messages: list[OutboundMessage]) -> set[tuple[str, str]]:
    return {(button.label, button.action) for message in messages for button in message.buttons}


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_every_label_that_is_shown_can_be_typed(language: str) -> None:
    """Typing the label does the same on every channel."""

    answered, refused = ("Tell me about the food fair", "Tell me about the moon") if language == "en" else (QUESTION, "月面の話")

    def begun() -> Chat:
        chat = Chat()
        chat.presses(f"lang:{language}")
        chat.store.state.deliveries.clear()
        chat.says(answered)
        return chat

    chat = begun()
    shown_buttons = _spoken([row.delivery.message for row in chat.store.state.deliveries.values()])
    chat.says(refused)
    chat.advises("お答えします。", chat.card())
    shown_buttons |= _spoken([row.delivery.message for row in chat.store.state.deliveries.values()])
    assert {action.split(":")[0] for _, action in shown_buttons} >= {"menu", "human", "more", "cancel", "new"}
    for label, action in shown_buttons:
        typed, pressed = begun(), begun()
        assert typed.says(label) == pressed.presses(action), label


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
    assert heard.startswith("受付番号2　相談員が確認中　2026-11-25受付\n受付番号1　取り下げ　2026-11-25受付")
    assert "No. 2: with an advisor, received 2026-11-25" in _in_english(chat)


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
