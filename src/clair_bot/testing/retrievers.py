"""A retriever that finds what it is told to."""

from collections.abc import Mapping, Sequence

from clair_bot.domain.articles import Area, Article, Hit, Search


class ScriptedRetriever:
    """A ``Retriever`` for tests: certain words in a question find certain articles; words that nobody scripted find none."""

    def __init__(self, *articles: Article) -> None:
        """Know these articles, in the order of areas, points and ids."""
        self.asked: list[str] = []
        """The questions that were searched for, in order."""
        self._articles = {article.id: article for article in articles}
        self._script: dict[str, tuple[tuple[str, float], ...]] = {}
        self._faults: dict[str, Exception] = {}

    def finds(self, words: str, *found: tuple[str, float]) -> None:
        """Let a question that contains ``words`` find these article ids with these confidences, best first."""
        self._script[words] = found

    def breaks(self, words: str, error: Exception) -> None:
        """Let whatever contains ``words``, a question or an article's id, raise."""
        self._faults[words] = error

    def withdraw(self, article_id: str) -> None:
        """Forget an article that was published."""
        del self._articles[article_id]

    def heal(self) -> None:
        """Let nothing raise any more."""
        self._faults.clear()

    def search(self, question: str, *, limit: int = 10) -> Search:
        """Return what was scripted for the first words that the question contains. A question of signs alone has no terms."""
        self.asked.append(question)
        self._meet_fault(question)
        found = next((found for words, found in self._script.items() if words in question), ())
        hits = tuple(Hit(article=self._articles[name], score=10 * chance, confidence=chance) for name, chance in found[:limit])
        terms = tuple(word for word in question.split() if any(character.isalnum() for character in word))
        return Search(question=question, terms=terms, hits=hits)

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id, or None."""
        self._meet_fault(article_id)
        return self._articles.get(article_id)

    def areas(self) -> Mapping[Area, Sequence[Article]]:
        """Return the articles of each area."""
        return {area: [article for article in self._articles.values() if article.area is area] for area in Area}

    def _meet_fault(self, text: str) -> None:
        for words, error in self._faults.items():
            if words in text:
                raise error
