"""Measures the product's own analyser and ranking on a folder in BEIR's form."""

import csv
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clair_bot.errors import ConfigurationError
from clair_bot.retrieval import dictionary
from clair_bot.retrieval.analyser import Analyser
from clair_bot.retrieval.cache import Cache
from clair_bot.retrieval.index import Index

_DEPTH: Final = 10
_RELEVANT: Final = 1
_FIGURES: Final = ("ndcg@10", "recall@10", "precision@10", "mrr", "success@1")


def open_analyser(knowledge: Path, cache: Path) -> Analyser:
    """Return the analyser that the retriever over this knowledge uses."""
    return Analyser(dictionary.compiled(dictionary.read(knowledge / dictionary.FOLDER), Cache(cache)))


def evaluate(folder: Path, split: str = "dev", *, analyser: Analyser | None = None) -> dict[str, float]:
    """Rank the folder's corpus for each judged query, and return the figures of ``clair-bot eval retrieval --json``.

    All are means over the queries that have judgements. nDCG has the judgement as gain and log2(rank + 1) as discount; a document is
    relevant from 1 on; mrr looks at the first ten. ``seconds`` is for analysing and ranking all queries, without building the index.

    Args:
        folder: ``corpus.jsonl`` (_id, title, text), ``queries.jsonl`` (_id, text), ``qrels/<split>.tsv``.
        split: Which judgements.
        analyser: The retriever's, from ``open_analyser``; without one, the same but for the office's own words.

    Raises:
        ConfigurationError: A file is missing or not in this form.
    """
    try:
        corpus = list(_lines(folder / "corpus.jsonl"))
        ids = [str(document["_id"]) for document in corpus]
        judged = _judgements(folder / "qrels" / f"{split}.tsv")
        queries = [(str(query["_id"]), str(query["text"])) for query in _lines(folder / "queries.jsonl")]
        analyser = analyser or Analyser()
        index = Index.fit(analyser.document_terms(f"{document.get('title', '')}\n{document['text']}") for document in corpus)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(str(folder), "BEIR形式（corpus.jsonl、queries.jsonl、qrels/）として読めません。") from error
    queries = [(query, text) for query, text in queries if judged.get(query)]
    started = time.perf_counter()
    rankings = [index.best(analyser.terms(text), _DEPTH)[0] for _, text in queries]
    seconds = time.perf_counter() - started
    rows = [_figures([ids[place] for place in ranking], judged[query]) for (query, _), ranking in zip(queries, rankings, strict=True)]
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)] if rows else [0.0] * len(_FIGURES)
    figures = {name: round(mean, 4) for name, mean in zip(_FIGURES, means, strict=True)}
    return {"queries": len(rows), **figures, "seconds": round(seconds, 3)}


def _figures(ranking: Sequence[str], judged: Mapping[str, int]) -> tuple[float, float, float, float, float]:
    """Return nDCG, recall, precision, reciprocal rank and success of one query."""
    gains = [judged.get(document, 0) for document in ranking]
    ideal = _dcg(sorted(judged.values(), reverse=True)[:_DEPTH])
    relevant = sum(gain >= _RELEVANT for gain in judged.values())
    places = [place for place, gain in enumerate(gains, start=1) if gain >= _RELEVANT]
    found = len(places)
    return (
        _dcg(gains) / ideal if ideal else 0.0,
        found / relevant if relevant else 0.0,
        found / _DEPTH,
        1 / places[0] if places else 0.0,
        float(places[:1] == [1]),
    )


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    """Return each query's judged documents. The first line is a heading."""
    judged: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t")
        next(rows, None)
        for query, document, score in rows:
            judged.setdefault(query, {})[document] = int(score)
    return judged
