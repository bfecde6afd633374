"""The index: rank-bm25's scores, the best documents in the right order, and files that are mapped back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clair_bot.retrieval.index import K1, B, Index
from clair_bot.retrieval.model import fit

WORDS = st.sampled_from(["助成", "研修", "姉妹", "都市", "派遣", "海外", "JET", "a", "b", "c", "d", "e", "\n"])
CORPORA = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=60)
QUERIES = st.lists(st.one_of(WORDS, st.just("どこにもない語")), max_size=8)


@given(CORPORA, QUERIES, st.integers(1, 30))
@settings(max_examples=300, deadline=None)
def test_scores_equal_rank_bm25_and_the_best_are_the_best(corpus: list[list[str]], query: list[str], limit: int) -> None:
    index = Index.fit(corpus)
    expected = fit(corpus, k1=K1, b=B).get_scores(query) if any(corpus) else np.zeros(len(corpus))
    np.testing.assert_allclose(index.scores(query), expected, rtol=1e-12)
    documents, scores = index.best(query, limit)
    exact = index.scores(query)
    order = [place for place in np.argsort(-exact, kind="stable")[:limit].tolist() if exact[place] > 0]
    assert documents == order
    assert scores == exact[order].tolist()


@given(CORPORA, QUERIES)
@settings(max_examples=100, deadline=None)
def test_every_matching_document_scores_and_no_other(corpus: list[list[str]], query: list[str]) -> None:
    matching = [place for place, document in enumerate(corpus) if set(document) & set(query)]
    documents, scores = Index.fit(corpus).best(query, len(corpus))
    assert sorted(documents) == matching
    assert all(score > 0 for score in scores)


@pytest.mark.parametrize("size", [300, 5_000])
def test_many_documents_are_ranked_as_a_full_sort_would(size: int) -> None:
    random = np.random.default_rng(size)
    ranks = np.minimum(random.zipf(1.3, (size, 12)), 400)
    index = Index.fit([[str(word) for word in row] for row in ranks.tolist()])
    for query in random.integers(1, 400, (200, 5)).tolist():
        terms = [str(word) for word in [*query, 1]]
        scores = index.scores(terms)
        documents, _ = index.best(terms, 10)
        assert documents == np.argsort(-scores, kind="stable")[:10].tolist()


def test_a_term_of_every_document_still_counts() -> None:
    documents, scores = Index.fit([["国際", "課"], ["国際"], ["国際", "国際"]]).best(["国際"], 10)
    assert sorted(documents) == [0, 1, 2]
    assert min(scores) > 0


def test_equal_documents_stand_in_corpus_order() -> None:
    documents, _ = Index.fit([["a", "b"]] * 2_000).best(["a"], 10)
    assert documents == list(range(10))


@pytest.mark.parametrize("corpus", [[], [[]], [[], []]])
def test_nothing_is_found_in_nothing(corpus: list[list[str]], tmp_path: Path) -> None:
    Index.fit(corpus).save(tmp_path)
    index = Index.load(tmp_path)
    assert index.size == len(corpus)
    assert index.best(["a"], 10) == ([], [])
    assert index.scores(["a"]).tolist() == [0.0] * len(corpus)


def test_no_terms_or_no_place_give_nothing() -> None:
    index = Index.fit([["a"]])
    assert index.best([], 10) == index.best(["z"], 10) == index.best(["a"], 0) == ([], [])


@given(CORPORA, QUERIES)
@settings(max_examples=25, deadline=None)
def test_a_saved_index_ranks_as_before(tmp_path_factory: pytest.TempPathFactory, corpus: list[list[str]], query: list[str]) -> None:
    folder = tmp_path_factory.mktemp("index")
    index = Index.fit(corpus)
    index.save(folder)
    assert Index.load(folder).best(query, 10) == index.best(query, 10)


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    Index.fit([["a", "b"], ["b"]]).save(tmp_path)
    np.save(tmp_path / "impacts.npy", np.zeros(1))
    with pytest.raises(ValueError, match="do not fit"):
        Index.load(tmp_path)


def test_arrays_of_objects_are_never_unpickled(tmp_path: Path) -> None:
    Index.fit([["a"]]).save(tmp_path)
    np.save(tmp_path / "documents.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"[Oo]bject|pickle"):
        Index.load(tmp_path)
