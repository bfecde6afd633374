"""The ranking's model, fitted by rank-bm25."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rank_bm25 import BM25Okapi


class PositiveOkapi(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """Okapi whose idf is positive for every term.

    rank-bm25's own idf is 0 for a term in half of the documents, and it replaces the negative ones above by a part of the average,
    which may be negative itself: in a small corpus a matching document would then stand behind one that does not match.
    """

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        for term, count in nd.items():
            self.idf[term] = math.log(1 + (self.corpus_size - count + 0.5) / (count + 0.5))


def fit(documents: Iterable[Sequence[str]], *, k1: float, b: float) -> Any:
    """Return the model fitted on documents given as terms. At least one document is needed."""
    return PositiveOkapi(documents, k1=k1, b=b)
