"""Fits the confidence model on knowledge/questions.jsonl and prints how often it errs: ``uv run python benchmarks/confidence.py``.

Each question's chance in the table comes from a model that has not seen it, nor any other question about the same article.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clair_bot.retrieval.confidence import ANSWER_BAR, FEATURES
from clair_bot.retrieval.retriever import Bm25Retriever, open_retriever

ROOT = Path(__file__).parent.parent
FOLDS = 10
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a question's first hit looks like. Questions without a hit are refused whatever the model says."""

    group: str
    answerable: bool
    right: bool
    features: tuple[float, ...]


def samples(retriever: Bm25Retriever, questions: Path) -> tuple[list[Sample], int]:
    """Return a sample for each question with a hit, and how many questions there are."""
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        hits, features = retriever.explain(row["question"])
        if hits:
            group = row["expect"][0] if row["expect"] else row["question"]
            found.append(Sample(group=group, answerable=bool(row["expect"]), right=hits[0] in row["expect"], features=features[0]))
    return found, len(rows)


def fit(features: Floats, right: Floats, ridge: float = 1.0) -> Floats:
    """Return intercept and coefficients of a ridge logistic regression, by Newton's method on standardised features."""
    mean, spread = features.mean(0), features.std(0) + 1e-9
    table = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    penalty = ridge * np.diag([0.0] + [1.0] * features.shape[1])
    weights = np.zeros(table.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (chance - right) + penalty @ weights
        weights -= np.linalg.solve((table.T * (chance * (1 - chance))) @ table + penalty, slope)
    coefficients = weights[1:] / spread
    return np.concatenate([[weights[0] - coefficients @ mean], coefficients])


def unseen(found: list[Sample]) -> Floats:
    """Return each sample's chance by a model fitted on the other folds; a fold holds whole groups."""
    features = np.array([sample.features for sample in found])
    right = np.array([sample.right for sample in found], float)
    groups = sorted({sample.group for sample in found})
    order = dict(zip(groups, np.random.default_rng(7).permutation(len(groups)) % FOLDS, strict=True))
    fold = np.array([order[sample.group] for sample in found])
    chances = np.zeros(len(found))
    for number in range(FOLDS):
        weights = fit(features[fold != number], right[fold != number])
        chances[fold == number] = 1 / (1 + np.exp(-(weights[0] + features[fold == number] @ weights[1:])))
    return chances


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        retriever = open_retriever(ROOT / "knowledge", Path(cache))
        found, asked = samples(retriever, ROOT / "knowledge" / "questions.jsonl")
    right = np.array([sample.right for sample in found])
    answerable = np.array([sample.answerable for sample in found])
    weights = fit(np.array([sample.features for sample in found]), right.astype(float))
    print(f"{asked} questions, {len(found)} with a hit, {answerable.sum()} of them answerable, first hit right for {right.sum()}")
    print("features      intercept", *FEATURES)
    print("COEFFICIENTS: Final = (" + ", ".join(f"{weight:.3f}" for weight in weights) + ")")
    chances = unseen(found)
    print(f"Brier score {np.mean((chances - right) ** 2):.3f}")
    print("bar    answered  of the answerable   wrong among answered   unanswerable answered")
    for bar in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, ANSWER_BAR):
        given = chances >= bar
        wrong = (given & ~right).sum() / max(given.sum(), 1)
        print(
            f"{bar:.2f} {given.sum():10d} {(given & answerable).sum() / answerable.sum():18.1%}"
            f" {wrong:22.1%} {(given & ~answerable).sum():17d} of {asked - answerable.sum()}"
        )


if __name__ == "__main__":
    main()
