"""Quality and speed of the retrieval, beside its peers: ``uv run python benchmarks/retrieval.py [--sizes 1000,10000,100000]``.

Every peer answers the same questions, from the typed question to its ten best, with the terms of the same analyser, and its time
includes the analysis. The larger corpora are sentences put together anew, some of them often and most of them seldom.
"""

import argparse
import json
import re
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import tantivy

from clair_bot.retrieval import model
from clair_bot.retrieval.analyser import Analyser
from clair_bot.retrieval.cache import Cache
from clair_bot.retrieval.evaluation import evaluate, open_analyser
from clair_bot.retrieval.index import K1, B, Index
from clair_bot.retrieval.knowledge import load

ROOT = Path(__file__).parent.parent
SETS = ROOT.parent / "shared" / "eval"
BARS = {"city-faq": ("ndcg@10", 0.56), "wiki-passages": ("success@1", 0.90)}
Ranker = Callable[[str], object]


def quality(analyser: Analyser) -> None:
    print("Quality (split dev)")
    for name, (figure, bar) in BARS.items():
        if not (SETS / name).is_dir():
            print(f"  {name}: not measured, {SETS / name} is not there")
            continue
        found = evaluate(SETS / name, analyser=analyser)
        print(f"  {name}: {json.dumps(found)}  ({figure} {found[figure]:.3f}, bar {bar}: {'met' if found[figure] >= bar else 'MISSED'})")


def material() -> tuple[list[str], list[str]]:
    """Return sentences and questions: Wikipedia's, or those of the knowledge where the sets are not there."""
    folder = SETS / "wiki-passages"
    if folder.is_dir():
        texts = [json.loads(line)["text"] for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
        questions = [json.loads(line)["text"] for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()][::9]
    else:
        print(f"  {folder} is not there: sentences and questions of knowledge/ instead")
        articles = load(ROOT / "knowledge").articles
        texts = [text for article in articles for text in (article.answer, *(block.text for block in article.details))]
        questions = [alias for article in articles for alias in article.aliases]
    return [sentence for text in texts for sentence in re.split("(?<=。)", text) if sentence.strip()], questions


def corpus(sentences: Sequence[str], size: int) -> list[str]:
    """Return texts of two to four sentences, drawn with a frequency that falls with the rank (Zipf, 0.6)."""
    random = np.random.default_rng(size)
    chance = 1 / np.arange(1, len(sentences) + 1) ** 0.6
    order = random.permutation(len(sentences))
    lengths = random.integers(2, 5, size)
    drawn = order[random.choice(len(sentences), lengths.sum(), p=chance / chance.sum())].tolist()
    ends = np.cumsum(lengths).tolist()
    return ["".join(sentences[number] for number in drawn[end - length : end]) for length, end in zip(lengths.tolist(), ends, strict=True)]


def timed(rankers: dict[str, Ranker], questions: Sequence[str], *, rounds: int = 5) -> dict[str, float]:
    """Return each one's microseconds for a question: the best of some rounds, taking turns so that all have the same weather."""
    best = dict.fromkeys(rankers, float("inf"))
    for number in range(rounds + 1):
        for name, rank in rankers.items():
            started = time.perf_counter()
            for question in questions[:10] if number == 0 else questions:
                rank(question)
            if number:
                best[name] = min(best[name], time.perf_counter() - started)
    return {name: seconds / len(questions) * 1e6 for name, seconds in best.items()}


def tantivy_ranker(documents: Sequence[Sequence[str]], analyser: Analyser) -> Ranker:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("terms", tokenizer_name="whitespace")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(200_000_000, 1)
    for document in documents:
        writer.add_document(tantivy.Document(terms=" ".join(document)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def rank(question: str) -> Any:
        terms = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", term)) for term in analyser.terms(question)]
        return searcher.search(tantivy.Query.boolean_query(terms), 10, count=False).hits

    return rank


def bm25s_ranker(documents: Sequence[Sequence[str]], analyser: Analyser) -> Ranker:
    peer = bm25s.BM25(k1=K1, b=B, method="lucene")
    peer.index(documents, show_progress=False)
    return lambda question: peer.retrieve([analyser.terms(question)], k=10, show_progress=False)


def rank_bm25_ranker(documents: Sequence[Sequence[str]], analyser: Analyser) -> Ranker:
    peer = model.fit(documents, k1=K1, b=B)
    return lambda question: np.argsort(peer.get_scores(analyser.terms(question)))[::-1][:10]


def speed(size: int, sentences: Sequence[str], questions: Sequence[str], analyser: Analyser) -> None:
    texts = corpus(sentences, size)
    started = time.perf_counter()
    index = Index.fit(map(analyser.document_terms, texts))
    built = time.perf_counter() - started

    def check(folder: Path) -> None:
        Index.load(folder)

    with tempfile.TemporaryDirectory() as place:
        Cache(Path(place)).folder("bench", "0" * 24, index.save, check)
        started = time.perf_counter()
        folder = Cache(Path(place)).folder("bench", "0" * 24, index.save, check)
        index = Index.load(folder)
        loaded = time.perf_counter() - started
        documents = [analyser.document_terms(text) for text in texts]
        rankers: dict[str, Ranker] = {
            "tokenising": analyser.terms,
            "clair-bot": lambda question: index.best(analyser.terms(question), 10),
            "tantivy": tantivy_ranker(documents, analyser),
            "bm25s": bm25s_ranker(documents, analyser),
        }
        figures = timed(rankers, questions)
        few = list(questions[:: 1 + size // 1000])[:100]  # it takes a third of a second for one
        figures |= timed({"rank-bm25": rank_bm25_ranker(documents, analyser)}, few, rounds=1)
    print(f"  {size:,} documents: built in {built:.1f} s (analysis included), opened from the cache in {loaded:.3f} s")
    floor, ours = figures.pop("tokenising"), figures.pop("clair-bot")
    print(f"    tokenising alone {floor:8.1f} µs a question")
    print(f"    clair-bot        {ours:8.1f} µs    {ours / floor:.2f} x tokenising")
    for name, figure in figures.items():
        print(f"    {name:16} {figure:8.1f} µs    {figure / ours:.2f} x clair-bot{'' if figure > ours else '  BEHIND'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="numbers of documents, separated by commas")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",") if size]
    with tempfile.TemporaryDirectory() as cache:
        analyser = open_analyser(ROOT / "knowledge", Path(cache))
        quality(analyser)
        print("Speed, from the typed question to the ten best; one core")
        sentences, questions = material()
        for size in sizes:
            speed(size, sentences, questions, analyser)
    print(f"Largest resident size {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB (peers included)")


if __name__ == "__main__":
    main()
