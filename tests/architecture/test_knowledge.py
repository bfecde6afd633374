"""The knowledge that ships is complete and sound."""

import re
from collections import Counter
from pathlib import Path

import pytest

from clair_bot.domain.articles import POINTS, Area
from clair_bot.retrieval.knowledge import load

ROOT = Path(__file__).parents[2]
LIBRARY = load(ROOT / "knowledge")
ACTION_BYTES = 60


def test_every_article_is_accepted() -> None:
    assert [str(error) for error in LIBRARY.errors] == []


def test_every_point_of_the_plan_is_covered() -> None:
    counts = Counter((article.area, article.point) for article in LIBRARY.articles)
    assert sum(counts.values()) >= 120
    thin = [f"{area}-{point}" for area in Area for point in range(1, POINTS[area] + 1) if counts[area, point] < 2]
    assert thin == []


def test_names_are_unique_and_relations_exist() -> None:
    names = Counter(name for article in LIBRARY.articles for name in (article.title, *article.aliases))
    assert [name for name, count in names.items() if count > 1] == []
    ids = {article.id for article in LIBRARY.articles}
    assert [f"{article.id} → {other}" for article in LIBRARY.articles for other in article.related if other not in ids] == []


def test_ids_fit_into_buttons() -> None:
    assert [article.id for article in LIBRARY.articles if len(f"more:{article.id}".encode()) > ACTION_BYTES] == []


@pytest.mark.parametrize("article", LIBRARY.articles, ids=lambda article: article.id)
def test_an_article_is_short_dated_and_sourced(article: object) -> None:
    from clair_bot.domain.articles import Article

    assert isinstance(article, Article)
    assert 0 < len(article.answer) <= 300
    assert 3 <= len(article.aliases) <= 6
    assert article.sources
    assert article.owner
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", article.review_by)
    assert not re.search(r"することができ|ご確認下さい|[！!]|http", article.answer)
