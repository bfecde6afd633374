"""The retriever: opens the knowledge, ranks its articles for a question, and says how sure it is of each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from clair_bot.domain.articles import Area, Article, Hit, Search
from clair_bot.errors import KnowledgeError
from clair_bot.retrieval import dictionary, stock
from clair_bot.retrieval.analyser import Analyser
from clair_bot.retrieval.cache import Cache
from clair_bot.retrieval.confidence import Estimator, Row
from clair_bot.retrieval.index import Index


class Bm25Retriever:
    """Implements ``clair_bot.ports.Retriever``. Immutable after opening, so that threads share it."""

    def __init__(
        self,
        *,
        words: Analyser,
        index: Index,
        articles: Sequence[Article],
        names: Sequence[Sequence[Sequence[str]]],
        errors: Sequence[KnowledgeError],
    ) -> None:
        """Take over what was opened; use ``open_retriever``.

        Args:
            words: Analyses questions as the articles were analysed.
            index: One document for each article, in the same order.
            articles: In the order of areas, points and ids.
            names: For each article, the terms of its title and of each alias.
            errors: The faults of what was left out.
        """
        self._analyser = words
        self._index = index
        self._articles = tuple(articles)
        self._by_id = {article.id: article for article in articles}
        self._estimator = Estimator(index, names)
        self.errors = tuple(errors)

    def search(self, question: str, *, limit: int = 10) -> Search:
        """Analyse the question and rank the articles."""
        terms = self._analyser.terms(question)
        # One more than asked for: how far the runner-up is behind says how sure the first one is.
        documents, scores = self._index.best(terms, max(limit, 2))
        chances = self._estimator.estimate(terms, documents, scores)
        articles = self._articles
        hits = tuple(
            Hit(article=articles[document], score=score, confidence=chance)
            for document, score, chance in zip(documents[:limit], scores, chances, strict=False)
        )
        return Search(question=question, terms=tuple(terms), hits=hits)

    def explain(self, question: str) -> tuple[list[str], list[Row]]:
        """Return the ids of the first ten articles, and what the confidence of each is made from."""
        terms = self._analyser.terms(question)
        documents, scores = self._index.best(terms, 10)
        return [self._articles[document].id for document in documents], self._estimator.features(terms, documents, scores)

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id, or None."""
        return self._by_id.get(article_id)

    def areas(self) -> Mapping[Area, Sequence[Article]]:
        """Return the articles of each area, in the order of points and ids."""
        return {area: [article for article in self._articles if article.area is area] for area in Area}


def open_retriever(knowledge: Path, cache: Path) -> Bm25Retriever:
    """Open the knowledge, from the cache when nothing has changed.

    Args:
        knowledge: The folder of articles.
        cache: A folder that may be deleted at any time, need not exist, and may be shared by processes.
    """
    store = Cache(cache)
    written = dictionary.read(knowledge / dictionary.FOLDER)
    words = Analyser(dictionary.compiled(written, store))
    opened = stock.open_stock(knowledge, words, store)
    return Bm25Retriever(
        words=words, index=opened.index, articles=opened.articles, names=opened.names, errors=(*written.errors, *opened.errors)
    )
