"""In which language the bot speaks: by word, and by message."""

import pytest
from tests.unit.chats import FAIR, Chat

from clair_bot.services.phrases import EASY, EN, JA

ENGLISH = "How do we join a food fair abroad?"
JAPANESE = "食品展に出したい"
WORDS = {
    "English": EN,
    "ＥＮＧＬＩＳＨ": EN,
    "英語": EN,
    "lang:en": EN,
    "日本語": JA,
    "Japanese": JA,
    "lang:ja": JA,
    "やさしい日本語": EASY,
    "easy japanese": EASY,
    "lang:easy": EASY,
}


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.mark.parametrize("word", WORDS)
def test_a_word_or_a_button_switches(chat: Chat, word: str) -> None:
    phrases = WORDS[word]
    heard = chat.presses(word) if ":" in word else chat.says(word)
    assert phrases.language_set in heard
    (said,) = chat.take(chat.message("menu"))
    assert said.paragraphs == (phrases.menu,)
    assert said.language == next(iter(chat.store.state.conversations.values())).language


def test_a_language_that_there_is_not_is_japanese(chat: Chat) -> None:
    assert JA.language_set in chat.presses("lang:xx")


def test_an_english_question_is_answered_in_english_and_back(chat: Chat) -> None:
    (answer,) = chat.take(chat.message(ENGLISH))
    assert answer.language == "en"
    assert answer.paragraphs == (EN.japanese_only,)
    assert "Ask an advisor" in [button.label for button in answer.buttons]
    assert EN.menu in chat.says("menu")  # the words that follow are understood in it
    (answer,) = chat.take(chat.message(JAPANESE))
    assert (answer.language, answer.paragraphs) == ("ja", ())
    assert JA.menu in chat.says("メニュー")


@pytest.mark.parametrize("text", ["JET ALT CLAIR", "ALT", "CLAIR Paris"])
def test_names_and_abbreviations_are_no_language(chat: Chat, text: str) -> None:
    assert "受付番号は1" in chat.says(text)


def test_easy_japanese_stays_easy(chat: Chat) -> None:
    chat.says("やさしい日本語")
    (answer,) = chat.take(chat.message(JAPANESE))
    assert (answer.language, answer.paragraphs) == ("easy", (EASY.japanese_only,))
    assert EASY.refused in chat.says("月面の 話が 聞きたい")


def test_an_english_refusal_is_english_and_the_desk_reads_japanese(chat: Chat) -> None:
    said = chat.take(chat.message("Is there a subsidy for a base on the moon?"))
    assert "Your reference number is 1" in chat.reads(said)
    (card,) = [message for message in said if message.to == chat.ticket().desk]
    assert card.language == "ja"
    assert "新しい相談です" in card.paragraphs[0]


def test_an_advisors_reply_speaks_the_askers_language(chat: Chat) -> None:
    chat.says("Is there a subsidy for a base on the moon?")
    said = chat.advises("No, there is none.", chat.card())
    assert "A reply from the advisor (number 1).\nNo, there is none.\n[New question]" in chat.reads(said)


UNSERVED = ["어떻게 신청합니까", "Как подать заявку?", "如何申请参加食品展", "¿Cómo puedo participar en la feria de alimentos?", "วิธีสมัคร"]


@pytest.mark.parametrize("text", UNSERVED)
def test_a_language_that_is_not_served_gets_a_sentence_and_no_ticket(chat: Chat, text: str) -> None:
    heard = chat.says(text)
    assert "Please ask in Japanese or English" in heard
    assert "[相談員に聞く]" in heard
    assert (chat.tickets(), chat.outcomes()) == ([], [])


@pytest.mark.parametrize("text", UNSERVED)
def test_and_a_person_takes_it_when_asked_to(chat: Chat, text: str) -> None:
    chat.says(text)
    assert "1" in chat.says("human")
    assert chat.ticket().question == text


def test_and_with_a_live_ticket_it_is_added_to_it(chat: Chat) -> None:
    chat.says("月面の話")
    chat.says(UNSERVED[0])
    assert "受付番号1に書き加え" in chat.says("相談")
    assert [event.text for event in chat.history()] == ["月面の話", UNSERVED[0]]


def test_the_article_says_nothing_of_languages_where_it_is_in_the_askers(chat: Chat) -> None:
    assert JA.japanese_only == ""
    assert chat.says(JAPANESE).startswith(FAIR.title)
