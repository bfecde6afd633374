"""The retriever over a small knowledge: ranking, confidence, faults, and the cache behind it."""

import json
import threading
import unicodedata
from pathlib import Path

import pytest

from clair_bot.domain.articles import Area
from clair_bot.ports import Retriever
from clair_bot.retrieval.confidence import ANSWER_BAR
from clair_bot.retrieval.retriever import Bm25Retriever, open_retriever

ARTICLE = """---
id: {id}
title: {title}
aliases: {aliases}
area: {area}
point: {point}
audience: [municipality]
owner: 本部（担当課は要確認）
sources:
  - title: 中期経営計画
    url: null
    as_of: 不明
as_of: 不明
review_by: 2027-03-31
related: []
lang: ja
---
{answer}

## 詳しく
- 公開情報で確認できていない点は、相談員におつなぎします。
"""
ARTICLES = (
    ("i-4-food-fair", "I", 4, "日本ふるさと名産食品展に出展するには", ["食品展の申込み先", "海外の物産展に出たい", "県産品を海外で売る"]),
    ("ii-1-sheet", "II", 1, "災害時多言語表示シートの作り方", ["避難所の掲示を外国語で作る", "避難所の貼り紙", "外国人の避難者への案内"]),
    ("iii-1-salary", "III", 1, "外国語指導助手の報酬額の目安", ["給料はいくらか", "年収の見込み", "予算に載せる人件費"]),
    ("iv-2-procedure", "IV", 2, "姉妹都市提携までの手順", ["友好都市になるには", "調印式の段取り", "海外の街と縁を結ぶ流れ"]),
    ("iv-2-statistics", "IV", 2, "日本の自治体の姉妹都市の数", ["提携の件数", "全国の統計", "相手国の内訳"]),
)


def write(folder: Path, *, answer: str = "相談員がお答えします。") -> Path:
    for identifier, area, point, title, aliases in ARTICLES:
        text = ARTICLE.format(
            id=identifier, title=title, aliases=json.dumps(aliases, ensure_ascii=False), area=area, point=point, answer=answer
        )
        path = folder / area / f"{identifier}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Bm25Retriever:
    root = tmp_path_factory.mktemp("retriever")
    return open_retriever(write(root / "knowledge"), root / "cache")


def first(retriever: Retriever, question: str) -> str:
    hits = retriever.search(question).hits
    return hits[0].article.id if hits else ""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("うちの県産品を海外の物産展で売りたい", "i-4-food-fair"),
        ("避難所に貼る外国語の紙", "ii-1-sheet"),
        ("外国語指導助手に払う給料はいくら？", "iii-1-salary"),
        ("姉妹都市を結ぶ手順", "iv-2-procedure"),
        ("姉妹都市は全国に何件", "iv-2-statistics"),
    ],
)
def test_the_right_article_comes_first(retriever: Bm25Retriever, question: str, expected: str) -> None:
    assert first(retriever, question) == expected


def test_a_search_keeps_question_terms_and_order(retriever: Bm25Retriever) -> None:
    search = retriever.search("姉妹都市の提携の手順を教えて", limit=2)
    assert search.question == "姉妹都市の提携の手順を教えて"
    assert search.terms == ("姉妹", "都市", "提携", "手順")
    assert [hit.article.id for hit in search.hits] == ["iv-2-procedure", "iv-2-statistics"]
    assert search.hits[0].score > search.hits[1].score > 0
    assert all(0 <= hit.confidence <= 1 for hit in search.hits)
    assert search.hits[0].confidence > search.hits[1].confidence


@pytest.mark.parametrize("question", ["", "？？？", "教えてください", "ラーメン", "\x00", "\ud800", "🙂" * 500])
def test_a_question_without_a_known_word_has_no_hits(retriever: Bm25Retriever, question: str) -> None:
    assert retriever.search(question).hits == ()


def test_the_limit_does_not_change_the_confidence(retriever: Bm25Retriever) -> None:
    question = "姉妹都市の提携の手順"
    assert retriever.search(question, limit=1).hits == retriever.search(question).hits[:1]
    assert retriever.search(question, limit=0).hits == ()


def test_confidence_tells_clear_questions_from_strange_ones(retriever: Bm25Retriever) -> None:
    assert retriever.search("日本ふるさと名産食品展に出展したい").hits[0].confidence > ANSWER_BAR
    for question in ("都市計画の用途地域の変更の手続き", "外国の大統領の年収", "全国の天気予報", "食品の賞味期限の表示の義務"):
        assert all(hit.confidence < ANSWER_BAR for hit in retriever.search(question).hits), question


def test_composition_of_characters_does_not_matter(retriever: Bm25Retriever) -> None:
    question = "避難所の貼り紙は何語で作ればいいですか、ガイドはありますか"
    assert retriever.search(unicodedata.normalize("NFD", question)).hits == retriever.search(question).hits


def test_articles_are_found_by_id_and_area(retriever: Bm25Retriever) -> None:
    found = retriever.article("iv-2-procedure")
    assert found is not None
    assert found.title == "姉妹都市提携までの手順"
    assert retriever.article("x") is None
    areas = retriever.areas()
    assert list(areas) == list(Area)
    assert [article.id for article in areas[Area.IV]] == ["iv-2-procedure", "iv-2-statistics"]
    assert areas[Area.BASE] == []


def test_the_cache_gives_the_same_and_a_change_is_seen(tmp_path: Path) -> None:
    knowledge, cache = write(tmp_path / "knowledge"), tmp_path / "cache"
    built = open_retriever(knowledge, cache)
    opened = open_retriever(knowledge, cache)
    assert opened.search("姉妹都市の手順") == built.search("姉妹都市の手順")
    assert len(list(cache.glob("knowledge-*"))) == 1
    write(knowledge, answer="提携の前に議会の議決が要ります。")
    changed = open_retriever(knowledge, cache).search("議会の議決").hits
    assert len(changed) == len(ARTICLES)
    assert changed[0].article.answer == "提携の前に議会の議決が要ります。"


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    knowledge, cache = write(tmp_path / "knowledge"), tmp_path / "cache"
    expected = open_retriever(knowledge, cache).search("姉妹都市の手順")
    (folder,) = cache.glob("knowledge-*")
    for name in ("impacts.npy", "library.json", "terms.json"):
        (folder / name).write_bytes(b"broken")
        assert open_retriever(knowledge, cache).search("姉妹都市の手順") == expected


def test_faults_are_kept_beside_the_rest_also_from_the_cache(tmp_path: Path) -> None:
    knowledge = write(tmp_path / "knowledge")
    (knowledge / "I" / "i-1-broken.md").write_text("壊れています", encoding="utf-8")
    for _ in range(2):
        opened = open_retriever(knowledge, tmp_path / "cache")
        assert [(Path(error.file).name, error.line) for error in opened.errors] == [("i-1-broken.md", 1)]
        assert first(opened, "姉妹都市の手順") == "iv-2-procedure"


def test_an_empty_or_missing_knowledge_serves_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        opened = open_retriever(folder, tmp_path / "cache")
        assert opened.search("姉妹都市").hits == ()
        assert all(not articles for articles in opened.areas().values())


def test_threads_share_it(retriever: Bm25Retriever) -> None:
    questions = ["姉妹都市の手順", "避難所の貼り紙", "外国語指導助手の給料", "食品展の申込み"]
    expected = [retriever.search(question) for question in questions]
    found: list[bool] = []

    def work() -> None:
        found.extend([retriever.search(question) for question in questions] == expected for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 200
