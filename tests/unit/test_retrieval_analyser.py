"""Analysis: different ways of writing give the same terms, and empty words give none."""

import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clair_bot.retrieval import dictionary
from clair_bot.retrieval.analyser import LONGEST_QUESTION, Analyser
from clair_bot.retrieval.cache import Cache
from clair_bot.retrieval.characters import fold

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plain() -> Analyser:
    return Analyser()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    """An analyser with the repository's own dictionary. Compiling it takes four seconds, once."""
    words = dictionary.read(REPOSITORY / "knowledge" / "dictionary")
    assert words.errors == ()
    return Analyser(dictionary.compiled(words, Cache(tmp_path_factory.mktemp("cache"))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("申込", "申し込み"),
        ("ｻｰﾊﾞｰ", "サーバー"),
        ("ＪＥＴ", "jet"),
        ("令和８年度", "令和8年度"),
        ("國學院", "国学院"),
        ("髙橋さんと山﨑さん", "高橋さんと山崎さん"),
        ("渡邊と渡邉", "渡辺と渡辺"),
        ("辻\U000e0100さんの外国\u200b人支援", "辻さんの外国人支援"),
        (unicodedata.normalize("NFD", "ガイドブックとパンフレット"), "ガイドブックとパンフレット"),
        ("助成が受けられますか", "助成を受けられるのでしょうか。"),
    ],
)
def test_ways_of_writing_are_the_same(plain: Analyser, one: str, other: str) -> None:
    assert plain.terms(one) == plain.terms(other) != []


@pytest.mark.parametrize(
    "question", ["", "   ", "。、！？", "🙂", "を教えてください", "それはどういうことですか？", "How is it done?"[:3] + " is the"]
)
def test_questions_without_content_have_no_terms(plain: Analyser, question: str) -> None:
    assert plain.terms(question) == []


def test_a_name_in_brackets_is_not_lost(plain: Analyser) -> None:
    assert "クレア" in plain.terms("自治体国際化協会（クレア）の住所")


def test_only_the_first_thousand_characters_of_a_question_are_read(plain: Analyser) -> None:
    assert plain.terms("。" * LONGEST_QUESTION + "助成") == []
    assert plain.terms("。" * (LONGEST_QUESTION - 2) + "助成") == ["助成"]


def test_documents_are_read_to_their_end(plain: Analyser) -> None:
    assert plain.document_terms("助成の話。" * 30_000).count("助成") >= 29_900


@given(st.text(st.characters(codec=None), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_has_terms_and_composition_does_not_change_them(plain: Analyser, text: str) -> None:
    terms = plain.terms(text)
    assert all(isinstance(term, str) and term for term in terms)
    assert terms == plain.terms(fold(text))


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("クレアの住所", "自治体国際化協会の住所"),
        ("CLAIRとは", "自治体国際化協会"),
        ("ＡＬＴの給料", "外国語指導助手"),
        ("CIRを呼びたい", "国際交流員の派遣"),
        ("SEAの仕事", "スポーツ国際交流員"),
        ("タブマネになりたい", "多文化共生マネージャー養成研修"),
        ("友好都市の相手", "姉妹都市"),
        ("取りまとめ県の仕事", "取りまとめ団体"),
        ("LGOTPの募集", "自治体職員協力交流事業"),
        ("JIAMの研修", "全国市町村国際文化研修所"),
        ("NY事務所の電話", "ニューヨーク事務所"),
        ("災害時多言語支援センター", "災害多言語支援センターの設置"),
        ("文化の共生", "多文化共生"),
        ("国際協会の仕事", "地域国際化協会"),
    ],
)
def test_the_offices_words_meet_their_variants_and_their_parts(office: Analyser, asked: str, written: str) -> None:
    assert set(office.terms(asked)) & set(office.document_terms(written))


def test_abbreviations_inside_other_words_stay_out(office: Analyser) -> None:
    for word in ("seat", "salt", "research", "クレアチン", "jetty"):
        assert office.terms(word) != office.terms("SEA")
        assert not {"スポーツ国際交流員", "外国語指導助手", "自治体国際化協会", "jetプログラム"} & set(office.terms(word))


def test_threads_do_not_disturb_each_other(plain: Analyser) -> None:
    questions = [f"{number}年度の国際交流の助成と研修の申込み" for number in range(40)]
    expected = [plain.terms(question) for question in questions]
    found: list[list[list[str]]] = []

    def work() -> None:
        for _ in range(20):
            found.append([plain.terms(question) for question in questions])  # noqa: PERF401  # interleaved on purpose

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(terms == expected for terms in found)


def test_the_table_of_words_reports_what_it_cannot_take(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        'term,variants,note\n# 覚え書き\n国際課,国際室;交流室\nあ,,\n別の課,国際室,\n"a,b",,\n\n', encoding="utf-8"
    )
    (tmp_path / "b.csv").write_bytes("国際,,\n".encode("cp932"))
    words = dictionary.read(tmp_path)
    assert words.names == {"国際課": "国際課", "国際室": "国際課", "交流室": "国際課"}
    assert [(Path(error.file).name, error.line) for error in words.errors] == [("a.csv", 4), ("a.csv", 5), ("a.csv", 6), ("b.csv", 1)]


def test_no_table_means_no_dictionary(tmp_path: Path) -> None:
    assert dictionary.compiled(dictionary.read(tmp_path / "none"), Cache(tmp_path)) is None
    assert not list(tmp_path.iterdir())
