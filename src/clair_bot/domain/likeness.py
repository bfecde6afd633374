"""Likeness: which earlier questions say nearly the same, by the words they share."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

ENOUGH = 0.3
"""A share of the rarer words below this is no likeness worth showing."""


def alike(terms: Iterable[str], others: Sequence[tuple[int, Sequence[str]]], limit: int) -> list[int]:
    """Return the keys of those most like ``terms``, best first: shared words weighted by rarity, over all words of both.

    Args:
        terms: Words of the new question.
        others: Key and words of each earlier one, newest first; of equal ones the newer is better.
        limit: The most to return.
    """
    mine = frozenset(terms)
    sets = [(key, frozenset(words)) for key, words in others]
    often = Counter(word for _, words in sets for word in words)
    weights = {word: math.log(1 + (len(sets) + 1) / (often[word] + 1)) for word in mine | often.keys()}
    scored = [(_share(mine, words, weights), -place, key) for place, (key, words) in enumerate(sets)]
    return [key for score, _, key in sorted(scored, reverse=True)[:limit] if score >= ENOUGH]


def _share(one: frozenset[str], other: frozenset[str], weights: dict[str, float]) -> float:
    either = sum(weights[word] for word in one | other)
    return sum(weights[word] for word in one & other) / either if either else 0.0
