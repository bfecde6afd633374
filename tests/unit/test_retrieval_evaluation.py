"""The evaluation's figures, by hand on a tiny set, and its bars on the shared ones."""

import json
import math
from pathlib import Path

import pytest

from clair_bot.errors import ConfigurationError
from clair_bot.retrieval.evaluation import evaluate

SHARED = Path(__file__).parents[3] / "shared" / "eval"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = [("a", "助成", "助成の話"), ("b", "", "助成と研修の話"), ("c", "研修", "別の研修"), ("d", "空", "無関係")]
    queries = [("q1", "助成はいくら"), ("q2", "研修の時期"), ("q3", "判定なし"), ("q4", "ラーメン")]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps({"_id": i, "title": t, "text": x}) + "\n" for i, t, x in corpus))
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps({"_id": i, "text": x}) + "\n" for i, x in queries))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tb\t2\nq1\ta\t1\nq2\tc\t1\nq2\td\t1\nq4\td\t1\n")
    return tmp_path


def test_the_figures_are_those_worked_out_by_hand(folder: Path) -> None:
    figures = evaluate(folder)
    seconds = figures.pop("seconds")
    first = (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))  # a before b
    second = 1 / (1 + 1 / math.log2(3))  # c found, d not
    assert figures == {
        "queries": 3,
        "ndcg@10": round((first + second + 0) / 3, 4),
        "recall@10": round((1 + 0.5 + 0) / 3, 4),
        "precision@10": round((0.2 + 0.1 + 0) / 3, 4),
        "mrr": round(2 / 3, 4),
        "success@1": round(2 / 3, 4),
    }
    assert seconds >= 0


@pytest.mark.parametrize("harm", ["corpus.jsonl", "queries.jsonl", "qrels/dev.tsv"])
def test_a_folder_in_another_form_is_one_sentence(folder: Path, harm: str) -> None:
    (folder / harm).write_text("{\n[1]\n")
    with pytest.raises(ConfigurationError, match="BEIR"):
        evaluate(folder)
    (folder / harm).unlink()
    with pytest.raises(ConfigurationError, match="BEIR"):
        evaluate(folder)


def test_an_unknown_split_is_one_sentence(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="BEIR"):
        evaluate(folder, "test")


@pytest.mark.parametrize(("name", "figure", "bar"), [("city-faq", "ndcg@10", 0.56), ("wiki-passages", "success@1", 0.90)])
def test_the_bars_are_met(name: str, figure: str, bar: float) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{SHARED / name} is not there")
    assert evaluate(SHARED / name)[figure] >= bar
