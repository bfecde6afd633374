"""BM25 as arrays: rank-bm25 fits the model, and a query adds up its own terms' postings."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

K1: Final = 0.9
B: Final = 0.8
"""Measured: a higher k1 helps the city's FAQ a little, a lower one Wikipedia's passages; b matters little."""

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Postings = tuple[int, Integers, Floats]
"""How many documents have a term, which, and what it adds to the score of each."""
_MANY: Final = 256
"""How many scores may be sorted without a thought."""
_POSITIVE: Final = 5e-324
_ARRAYS: Final = ("bounds", "documents", "impacts", "weights")


class Index:
    """Postings with their contributions to a score, computed in advance. Immutable, so that threads share it."""

    def __init__(self, *, size: int, terms: Sequence[str], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the arrays over.

        Args:
            size: How many documents there are.
            terms: The vocabulary; a term's number is its position.
            arrays: ``bounds``, where each term's postings begin (one longer than terms); ``documents`` and ``impacts``, the
                postings; ``weights``, each term's idf.

        Raises:
            ValueError: The arrays do not fit together.
        """
        self._bounds: list[int] = arrays["bounds"].tolist()
        self._documents: Integers = arrays["documents"]
        self._impacts: Floats = arrays["impacts"]
        self.size = size
        self.terms = terms
        self._numbers = {term: number for number, term in enumerate(terms)}
        self._postings: dict[str, Postings] = {}
        self.weights: list[float] = arrays["weights"].tolist()
        if not len(self._documents) == len(self._impacts) == self._bounds[-1] or len(self._bounds) != len(terms) + 1:
            raise ValueError("the arrays do not fit together")

    @classmethod
    def fit(cls, documents: Iterable[Sequence[str]], *, k1: float = K1, b: float = B) -> Self:
        """Fit the model on documents given as terms, in corpus order.

        Args:
            documents: A term that counts several times stands there several times.
            k1: How late repetition stops to count.
            b: How much a long document is held back.
        """
        from clair_bot.retrieval.model import fit

        pool: dict[str, str] = {}  # one string for each word, however often it occurs
        pooled = ([pool.setdefault(term, term) for term in document] for document in documents)
        first = next(pooled, None)
        if first is None:
            return cls(size=0, terms=(), arrays={name: np.zeros(int(name == "bounds"), np.int64) for name in _ARRAYS})
        model = fit(chain([first], pooled), k1=k1, b=b)
        numbers = {term: number for number, term in enumerate(model.idf)}
        lengths = np.fromiter(map(len, model.doc_freqs), np.int64, model.corpus_size)
        total = int(lengths.sum())
        term = np.fromiter((numbers[word] for words in model.doc_freqs for word in words), np.int64, total)
        count = np.fromiter(chain.from_iterable(words.values() for words in model.doc_freqs), np.float64, total)
        order = np.argsort(term, kind="stable")
        document = np.repeat(np.arange(model.corpus_size), lengths)[order]
        term, count = term[order], count[order]
        weights = np.fromiter(model.idf.values(), np.float64, len(numbers))
        bounds = np.concatenate(([0], np.cumsum(np.bincount(term, minlength=len(numbers)))))
        length = np.asarray(model.doc_len, np.float64)[document]
        norm = model.k1 * (1 - model.b + model.b * length / (model.avgdl or 1))
        impacts = weights[term] * (count * (model.k1 + 1) / (count + norm))
        arrays = {"bounds": bounds, "documents": document, "impacts": impacts, "weights": weights}
        return cls(size=model.corpus_size, terms=tuple(numbers), arrays=arrays)

    def best(self, terms: Iterable[str], limit: int) -> tuple[list[int], list[float]]:
        """Return the documents with the highest positive scores and these scores; equal scores in corpus order."""
        found = self._found(terms)
        if not found or limit < 1:
            return [], []
        sums = _sums(found, self.size)
        documents = (sums >= _bar(sums, found, limit)).nonzero()[0]
        scores = sums[documents]
        if len(documents) > _MANY:
            kept = scores >= _peak_bar(scores, limit)
            documents, scores = documents[kept], scores[kept]
        order = (-scores).argsort(kind="stable")[:limit]
        return documents[order].tolist(), scores[order].tolist()

    def scores(self, terms: Iterable[str]) -> Floats:
        """Return every document's score, as rank-bm25's ``get_scores`` does."""
        return _sums(found, self.size) if (found := self._found(terms)) else np.zeros(self.size)

    def _found(self, terms: Iterable[str]) -> list[Postings]:
        """Return the postings of the known terms, one for each time that a term is asked."""
        return [postings for term in terms if (postings := self._postings.get(term) or self._cut(term)) is not None]

    def _cut(self, term: str) -> Postings | None:
        """Return a term's part of the arrays, and keep it for the next question: cutting costs more than adding up."""
        number = self._numbers.get(term)
        if number is None:
            return None
        start, end = self._bounds[number], self._bounds[number + 1]
        return self._postings.setdefault(term, (end - start, self._documents[start:end], self._impacts[start:end]))

    def save(self, folder: Path) -> None:
        """Write the arrays as ``.npy`` and the vocabulary as JSON."""
        arrays = {
            "bounds": np.asarray(self._bounds),
            "documents": self._documents,
            "impacts": self._impacts,
            "weights": np.asarray(self.weights, np.float64),
        }
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        (folder / "terms.json").write_text(json.dumps({"size": self.size, "terms": self.terms}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map what ``save`` wrote into memory.

        Raises:
            OSError, ValueError, KeyError: It is not what ``save`` wrote.
        """
        stored = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
        # As plain arrays over the same pages: slicing a memmap costs several times as much.
        arrays = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in _ARRAYS}
        return cls(size=stored["size"], terms=stored["terms"], arrays=arrays)


def _sums(found: Sequence[Postings], size: int) -> Floats:
    documents = np.concatenate([documents for _, documents, _ in found])
    impacts = np.concatenate([impacts for _, _, impacts in found])
    sums: Floats = np.bincount(documents, impacts, size)  # type: ignore[assignment]  # floats, as the weights are
    return sums


def _bar(sums: Floats, found: Sequence[Postings], limit: int) -> float:
    """Return a score that at least as many documents as asked for reach, so that nothing below it is among the best.

    A partition of all sums would give the best such bar, but takes several milliseconds, because most of them are equal: zero.
    The documents of the rarest term give a good one.
    """
    enough = [postings for postings in found if postings[0] >= limit]
    if not enough:
        return _POSITIVE
    sample = sums[min(enough, key=itemgetter(0))[1][:_MANY]]
    sample.sort()
    return float(sample[-limit])


def _peak_bar(scores: Floats, limit: int) -> float:
    """Return a score that at least as many of these reach: the lowest of the highest peaks, each over every so many scores."""
    columns = max(limit, math.isqrt(len(scores)))
    rows = len(scores) // columns
    if not rows:
        return _POSITIVE
    peaks = np.sort(scores[: rows * columns].reshape(rows, columns).max(axis=0))
    return float(peaks[-limit])
