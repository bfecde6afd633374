"""The confidence on the questions that we keep: strange ones are refused nearly always, clear ones answered."""

import json
from pathlib import Path

import pytest

from clair_bot.retrieval.confidence import ANSWER_BAR, COEFFICIENTS, FEATURES, Estimator
from clair_bot.retrieval.index import Index
from clair_bot.retrieval.retriever import Bm25Retriever, open_retriever

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Bm25Retriever:
    return open_retriever(KNOWLEDGE, tmp_path_factory.mktemp("cache"))


def questions(*, answerable: bool) -> list[dict[str, list[str]]]:
    lines = (KNOWLEDGE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for line in lines if bool((row := json.loads(line))["expect"]) is answerable]


def test_every_expected_article_exists(retriever: Bm25Retriever) -> None:
    missing = {name for row in questions(answerable=True) for name in row["expect"] if retriever.article(name) is None}
    assert not missing


def test_strange_questions_are_refused_nearly_always(retriever: Bm25Retriever) -> None:
    rows = questions(answerable=False)
    answered = [row["question"] for row in rows if any(h.confidence >= ANSWER_BAR for h in retriever.search(str(row["question"])).hits[:1])]
    assert len(answered) <= len(rows) * 0.05, answered


def test_questions_of_colleagues_are_answered_and_rarely_wrongly(retriever: Bm25Retriever) -> None:
    rows = questions(answerable=True)
    given = [
        (row, hits[0].article.id)
        for row in rows
        if (hits := retriever.search(str(row["question"])).hits) and hits[0].confidence >= ANSWER_BAR
    ]
    assert len(given) >= len(rows) * 0.7
    assert sum(name not in row["expect"] for row, name in given) <= len(given) * 0.1


def test_more_of_the_question_in_the_name_means_more_confidence() -> None:
    index = Index.fit([["姉妹", "都市", "手順"], ["研修", "日程"], ["助成", "金額"]])
    estimator = Estimator(index, [[["姉妹", "都市", "手順"]], [["研修", "日程"]], [["助成", "金額"]]])
    chances = [
        estimator.estimate(terms, *index.best(terms, 10))[0]
        for terms in (["手順", "天気", "予報"], ["都市", "手順", "天気"], ["姉妹", "都市", "手順"])
    ]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


def test_a_coefficient_stands_for_each_feature() -> None:
    assert len(COEFFICIENTS) == len(FEATURES) + 1
