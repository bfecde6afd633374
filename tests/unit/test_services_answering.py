"""Where the bars lie: answered, asked back, refused."""

import pytest
from tests.unit.chats import FAIR, PROCEDURE, SHEET, STATISTICS

from clair_bot.domain.articles import Article, Bars, Hit, Search
from clair_bot.domain.conversations import Language, Outcome
from clair_bot.services.answering import decide, show_article
from clair_bot.services.languages import language_of, small_talk
from clair_bot.services.phrases import BY_LANGUAGE

BARS = Bars(answer=0.6, margin=0.15)
ARTICLES = (FAIR, PROCEDURE, STATISTICS, SHEET)


def search(*chances: float, question: str = "質問", articles: tuple[Article, ...] = ARTICLES * 2) -> Search:
    hits = tuple(Hit(article=article, score=chance, confidence=chance) for article, chance in zip(articles, chances, strict=False))
    return Search(question=question, terms=("質問",), hits=hits)


@pytest.mark.parametrize(
    ("chances", "outcome", "shown"),
    [
        ((), Outcome.REFUSED, 0),
        ((0.0,), Outcome.REFUSED, 0),
        ((0.09, 0.09), Outcome.REFUSED, 0),
        ((0.1, 0.09), Outcome.REFUSED, 1),
        ((0.59, 0.5, 0.4, 0.3), Outcome.REFUSED, 3),
        ((0.6,), Outcome.ANSWERED, 1),
        ((0.6, 0.59), Outcome.ANSWERED, 1),
        ((0.9, 0.75), Outcome.ANSWERED, 1),
        ((0.9, 0.76), Outcome.CHOICES, 2),
        ((0.9, 0.89, 0.88, 0.87, 0.86), Outcome.CHOICES, 4),
        ((1.0, 1.0), Outcome.CHOICES, 2),
    ],
)
def test_the_bars(chances: tuple[float, ...], outcome: Outcome, shown: int) -> None:
    decision = decide(search(*chances), BARS)
    assert (decision.outcome, len(decision.hits)) == (outcome, shown)


def test_two_articles_of_one_name_are_left_to_their_chances() -> None:
    twins = (FAIR, FAIR)
    decision = decide(search(0.3, 0.2, question=FAIR.title, articles=twins), BARS)
    assert decision.outcome is Outcome.REFUSED


@pytest.mark.parametrize("language", Language)
def test_an_article_is_shown_whole(language: Language) -> None:
    phrases = BY_LANGUAGE[language]
    short, long = show_article(FAIR, language), show_article(FAIR, language, details=True)
    assert short.card
    assert long.card
    assert (short.card.sources, long.card.sources) == (FAIR.sources, FAIR.sources)
    assert long.card.blocks == FAIR.details
    assert [button.label for button in short.buttons] == [phrases.button_more, phrases.button_human, phrases.button_menu]
    assert [button.label for button in long.buttons] == [phrases.button_human, phrases.button_menu]
    assert short.paragraphs == ((phrases.japanese_only,) if language is not Language.JA else ())


@pytest.mark.parametrize(
    ("text", "usual", "expected"),
    [
        ("食品展に出たい", Language.JA, Language.JA),
        ("食品展に出たい", Language.EN, Language.JA),
        ("食品展に出たい", Language.EASY, Language.EASY),
        ("姉妹都市提携", Language.EN, Language.JA),
        ("姉妹都市提携", Language.EASY, Language.EASY),
        ("How can we join the fair?", Language.JA, Language.EN),
        ("How can we join the fair?", Language.EASY, Language.EN),
        ("JET ALT CLAIR", Language.JA, Language.JA),
        ("JET ALT CLAIR", Language.EN, Language.EN),
        ("12", Language.EN, Language.EN),
        ("😀", Language.EASY, Language.EASY),
        ("ﾒﾆｭｰ", Language.EN, Language.JA),
        ("어떻게", Language.JA, None),
        ("請問如何申請", Language.JA, None),
        ("Làm thế nào để đăng ký tham gia?", Language.JA, None),
    ],
)
def test_the_language_of_a_text(text: str, usual: Language, expected: Language | None) -> None:
    assert language_of(text, usual) is expected


@pytest.mark.parametrize(
    "text", ["ありがとう", "助かりました！", "Thanks a lot", "了解です", "OK", "こんにちは", "はじめまして。", "Good morning"]
)
def test_small_talk(text: str) -> None:
    assert small_talk(text) in {"thanks", "hello"}


@pytest.mark.parametrize(
    "text",
    [
        "こんにちは、食品展に出たいです",
        "ありがとうございます。では費用は？",
        "お世話になっております。姉妹都市の件で教えて",
        "history",
        "食品展",
    ],
)
def test_what_only_begins_politely_is_no_small_talk(text: str) -> None:
    assert small_talk(text) is None
