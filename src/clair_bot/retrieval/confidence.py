"""How likely it is that an article answers the question: a small logistic model over what the two have in common."""

import math
from collections.abc import Mapping, Sequence
from operator import truediv
from typing import Final

from clair_bot.retrieval.index import Index

ANSWER_BAR: Final = 0.7
"""From this confidence on the first article is given as the answer."""
CHOICE_MARGIN: Final = 0.1
"""Articles whose confidence is behind the first one's by less than this are offered together."""

FEATURES: Final = ("named", "closest", "name", "margin", "short")
Row = tuple[float, float, float, float, float]
"""The features of one document, in this order."""
COEFFICIENTS: Final = (-3.347, 5.210, 3.492, 3.758, 1.225, -18.368)
"""Intercept and one coefficient for each feature, as printed by ``benchmarks/confidence.py``, which fits them on
``knowledge/questions.jsonl``. Fit them again after larger changes to the articles, the analyser or the weights of the fields."""


class Estimator:
    """Estimates chances over one index. Immutable, so that threads share it."""

    def __init__(self, index: Index, names: Sequence[Sequence[Sequence[str]]]) -> None:
        """Prepare what does not depend on the question.

        Args:
            index: The articles.
            names: For each article, the terms of its title and of each alias.
        """
        self._weights = dict(zip(index.terms, index.weights, strict=True))
        # A word that no article has counts as much as one that a single article has would, and a little more.
        self._unknown = math.log(1 + (index.size + 0.5) / 0.5)
        self._places = [_places(named) for named in names]
        self._wholes = [[sum(self._weights.get(term, 0.0) for term in set(name)) or 1.0 for name in named] for named in names]

    def estimate(self, terms: Sequence[str], documents: Sequence[int], scores: Sequence[float]) -> list[float]:
        """Return each document's chance to answer the question, in the order given, best score first."""
        return [_chance(row) for row in self.features(terms, documents, scores)]

    def features(self, terms: Sequence[str], documents: Sequence[int], scores: Sequence[float]) -> list[Row]:
        """Return what the model looks at for each document, each about 0 to 1.

        Terms are weighted by their rarity; of a compound and its parts only the parts count, so that a long name does not outweigh what
        else is asked. How much of the question stands in the article's title and aliases; how much in the one of them that has most;
        how much of the best title or alias the question says; how far the runner-up is behind; and how short the question is.
        """
        weights, unknown = self._weights, self._unknown
        asked = [(term, weights.get(term, unknown)) for term in parts(terms)]
        total = sum(weight for _, weight in asked) or 1.0
        short = 1 / (1 + len(asked))
        second = scores[1] if len(scores) > 1 else 0.0
        rows: list[Row] = []
        for document, score in zip(documents, scores, strict=True):
            margin = (score - (second if not rows else scores[0])) / scores[0]
            named, closest, name = self._shared(document, terms, asked)
            rows.append((named / total, closest / total, name, margin, short))
        return rows

    def _shared(self, document: int, terms: Sequence[str], asked: Sequence[tuple[str, float]]) -> tuple[float, float, float]:
        """Return the weight that all names together share with the question, that one name does, and the largest part of a name said."""
        places, wholes = self._places[document], self._wholes[document]
        covered = [0.0] * len(wholes)
        named = 0.0
        for term, weight in asked:
            if term in places:
                named += weight
                for place in places[term]:
                    covered[place] += weight
        said = [0.0] * len(wholes)
        for term in dict.fromkeys(terms):
            for place in places.get(term, ()):
                said[place] += self._weights.get(term, self._unknown)
        return named, max(covered, default=0.0), max(map(truediv, said, wholes), default=0.0)


def parts(terms: Sequence[str]) -> list[str]:
    """Return the distinct terms without those that contain another one: a compound whose parts are there too."""
    distinct = list(dict.fromkeys(terms))
    return [term for term in distinct if not any(other != term and len(other) > 1 and other in term for other in distinct)]


def _places(names: Sequence[Sequence[str]]) -> Mapping[str, tuple[int, ...]]:
    """Return, for each term, which of the names have it."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        for term in dict.fromkeys(name):
            found.setdefault(term, []).append(place)
    return {term: tuple(places) for term, places in found.items()}


def _chance(row: Row) -> float:
    """Return the logistic of the weighted features; written out, because it runs for every hit."""
    start, named, closest, name, margin, short = COEFFICIENTS
    return 1 / (1 + math.exp(-(start + named * row[0] + closest * row[1] + name * row[2] + margin * row[3] + short * row[4])))
