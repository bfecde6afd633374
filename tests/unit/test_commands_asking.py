"""``clair-bot ask``, ``search`` and ``eval``: one JSON document on standard output, and a status that scripts can trust."""

import json
from pathlib import Path

import pytest
from tests.unit.commands import Shell

ANSWERED = "海外の食品展に県産品を出したい"
REFUSED = "月面基地の建設費用"
CANDIDATE = {"id", "title", "area", "score", "confidence"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared: compiling the index again and again would tell nothing."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, cache, monkeypatch)


def test_an_answer_as_json(shell: Shell) -> None:
    result = shell.run("ask", "日本ふるさと名産食品展に出展するには", "--json")
    assert (result.status, result.err) == (0, "")
    document = result.document
    assert set(document) >= {"outcome", "language", "confidence", "area", "answer", "candidates", "related"}
    assert (document["outcome"], document["language"], document["area"]) == ("answered", "ja", "I")
    assert 0.0 <= document["confidence"] <= 1.0
    assert set(document["answer"]) == {"id", "title", "text", "sources", "owner"}
    assert document["answer"]["id"] == "i-1-food-fair"
    assert document["answer"]["sources"] == [{"title": "中期経営計画", "url": None, "as_of": "不明"}]
    assert document["related"] == ["iv-1-procedure"]
    assert 1 <= len(document["candidates"]) <= 10
    assert all(set(candidate) == CANDIDATE for candidate in document["candidates"])
    assert "ふるさと" in result.out  # not escaped: people read it too


def test_a_refusal_as_json_is_no_failure(shell: Shell) -> None:
    result = shell.run("ask", REFUSED, "--json")
    document = result.document
    assert result.status == 0
    assert (document["outcome"], document["answer"], document["area"], document["related"]) == ("refused", None, None, [])


@pytest.mark.parametrize("question", ["！？", "😀"])
def test_a_question_without_a_word_is_refused(shell: Shell, question: str) -> None:
    document = shell.run("ask", question, "--json").document
    assert (document["outcome"], document["confidence"], document["candidates"]) == ("refused", 0.0, [])


@pytest.mark.parametrize(("words", "language"), [(("--lang", "easy"), "easy"), (("--lang", "en"), "en"), ((), "ja")])
def test_the_language_that_was_asked_for(shell: Shell, words: tuple[str, ...], language: str) -> None:
    assert shell.run("ask", ANSWERED, "--json", *words).document["language"] == language


def test_an_english_question_is_english(shell: Shell) -> None:
    assert shell.run("ask", "How can we join a food fair abroad?", "--json").document["language"] == "en"


def test_an_explanation_is_part_of_the_one_document(shell: Shell) -> None:
    document = shell.run("ask", ANSWERED, "--json", "--explain").document
    assert document["candidates"]
    assert len(document) > 7


def test_an_answer_for_people(shell: Shell) -> None:
    result = shell.run("ask", "日本ふるさと名産食品展に出展するには", "--explain")
    assert (result.status, result.err) == (0, "")
    for words in ("日本ふるさと名産食品展に出展するにはの答えです。", "出典: 中期経営計画", "担当: 本部"):
        assert words in result.out


def test_a_refusal_for_people(shell: Shell) -> None:
    assert "確かなお答えが見つかりませんでした" in shell.run("ask", REFUSED).out


@pytest.mark.parametrize("question", ["", "   ", "あ" * 2_001])
def test_a_question_that_cannot_be_read_fails_with_one_sentence(shell: Shell, question: str) -> None:
    for command in ("ask", "search"):
        result = shell.run(command, question, "--json")
        assert (result.status, result.out) == (1, "")
        assert len(result.err.splitlines()) == 1


def test_a_ranking_as_json(shell: Shell) -> None:
    result = shell.run("search", "姉妹都市の手順", "--json", "--limit", "2")
    assert (result.status, set(result.document)) == (0, {"hits"})
    hits = result.document["hits"]
    assert hits[0]["id"] == "iv-1-procedure"
    assert len(hits) <= 2
    assert all(set(hit) == {"id", "title", "area", "score"} for hit in hits)
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_a_ranking_of_nothing(shell: Shell) -> None:
    assert shell.run("search", "！？", "--json").document == {"hits": []}
    assert "見つかりませんでした" in shell.run("search", "！？").out


def test_a_ranking_for_people(shell: Shell) -> None:
    assert "姉妹都市提携までの手順  [iv-1-procedure]" in shell.run("search", "姉妹都市").out


@pytest.mark.parametrize(
    "words",
    [
        ("ask",),
        ("ask", ANSWERED, "--lang", "fr"),
        ("search", ANSWERED, "--limit", "0"),
        ("search", ANSWERED, "--limit", "x"),
        ("ask", ANSWERED, "--nonsense"),
        ("nonsense",),
        ("eval", "retrieval"),
        ("channel", "check", "fax"),
    ],
)
def test_wrong_usage_is_2(shell: Shell, words: tuple[str, ...]) -> None:
    result = shell.run(*words)
    assert (result.status, result.out) == (2, "")
    assert result.err


def test_a_wrong_setting_is_one_sentence_that_names_it(shell: Shell) -> None:
    shell.set(CLAIR_KNOWLEDGE_DIR=str(shell.folder / "nowhere"))
    result = shell.run("ask", ANSWERED, "--json")
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("CLAIR_KNOWLEDGE_DIR: ")
    assert len(result.err.splitlines()) == 1


def write_folder(folder: Path) -> None:
    def write(name: str, *rows: dict[str, str]) -> None:
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

    (folder / "qrels").mkdir(parents=True)
    write(
        "corpus.jsonl",
        {"_id": "d1", "title": "食品展", "text": "海外の食品展に出展する"},
        {"_id": "d2", "title": "姉妹都市", "text": "提携の手順"},
    )
    write("queries.jsonl", {"_id": "q1", "text": "食品展に出展したい"}, {"_id": "q2", "text": "姉妹都市の提携"})
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\n", encoding="utf-8")


def test_an_evaluation_as_json(shell: Shell) -> None:
    write_folder(shell.folder / "beir")
    result = shell.run("eval", "retrieval", str(shell.folder / "beir"), "--split", "test", "--json")
    assert (result.status, result.err) == (0, "")
    document = result.document
    assert set(document) == {"queries", "ndcg@10", "recall@10", "precision@10", "mrr", "success@1", "seconds"}
    assert document["queries"] == 2
    assert [document[name] for name in ("ndcg@10", "recall@10", "mrr", "success@1")] == [1, 1, 1, 1]
    assert document["precision@10"] == pytest.approx(0.1)


@pytest.mark.parametrize("words", [("nowhere",), ("beir", "--split", "nosuch")])
def test_an_evaluation_of_nothing_fails_with_one_sentence(shell: Shell, words: tuple[str, ...]) -> None:
    write_folder(shell.folder / "beir")
    result = shell.run("eval", "retrieval", str(shell.folder / words[0]), *words[1:], "--json")
    assert (result.status, result.out) == (1, "")
    assert len(result.err.splitlines()) == 1
