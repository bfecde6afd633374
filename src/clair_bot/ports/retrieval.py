"""What the core asks of the knowledge base."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from clair_bot.domain.articles import Area, Article, Search


class Retriever(Protocol):
    """Finds the articles that may answer a question. Safe to call from several threads."""

    def search(self, question: str, *, limit: int = 10) -> Search:
        """Analyse the question and rank the articles.

        Args:
            question: As typed, any length; the retriever reads at most its first 1,000 characters.
            limit: The most hits to return.
        """
        ...

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id, or None."""
        ...

    def areas(self) -> Mapping[Area, Sequence[Article]]:
        """Return the articles of each area, in the order of points and ids."""
        ...
