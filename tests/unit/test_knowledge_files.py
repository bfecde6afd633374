"""Reading the folder of articles: what serves, and what an editor is told about the rest."""

from pathlib import Path

import pytest

from clair_bot.domain.articles import Area
from clair_bot.messages import Block, BlockKind
from clair_bot.retrieval.knowledge import Library, load

HEAD = """---
id: i-4-fair
title: 食品展に出展するには
aliases:
  - 食品展に出したい
  - 物産展の申込み先
  - 県産品を海外で売る
area: I
point: 4
audience: [municipality, ngo]
owner: 経済交流課
sources:
  - title: フラッシュ
    url: https://example.org/a
    as_of: "2024-12"
  - title: 中期経営計画
    url: null
    as_of: 不明
as_of: "2024-12-11"
review_by: 2027-03-31
related: [i-4-other]
lang: ja
---
"""
ARTICLE = HEAD + "経済交流課に**申し込んで**ください。\n\n## 詳しく\n- 一つ目\n- 二つ目\n\n**「強調」**です。\n続きの行。\n"


def write(folder: Path, text: str | bytes, name: str = "I/i-4-fair.md") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(folder: Path, text: str | bytes, name: str = "I/i-4-fair.md") -> list[tuple[int, str]]:
    write(folder, text, name)
    library = load(folder)
    assert library.articles == ()
    assert all(error.file.endswith(name) for error in library.errors)
    return [(error.line, error.reason) for error in library.errors]


def test_an_article_is_read_with_all_its_parts(tmp_path: Path) -> None:
    write(tmp_path, ARTICLE)
    library = load(tmp_path)
    assert library.errors == ()
    (article,) = library.articles
    assert (article.id, article.area, article.point, article.lang) == ("i-4-fair", Area.I, 4, "ja")
    assert article.aliases == ("食品展に出したい", "物産展の申込み先", "県産品を海外で売る")
    assert article.answer == "経済交流課に申し込んでください。"
    assert article.details == (
        Block(kind=BlockKind.HEADING, text="詳しく"),
        Block(kind=BlockKind.ITEM, text="一つ目"),
        Block(kind=BlockKind.ITEM, text="二つ目"),
        Block(kind=BlockKind.PARAGRAPH, text="「強調」です。続きの行。"),
    )
    assert [(source.url, source.as_of) for source in article.sources] == [("https://example.org/a", "2024-12"), (None, "不明")]
    assert (article.as_of, article.review_by) == ("2024-12-11", "2027-03-31")


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("title: 食品展に出展するには\n", "", 1, "「title」がありません"),
        ("owner: 経済交流課", "owner: ''", 11, "owner"),
        ("owner: 経済交流課", "owner: 5", 11, "owner"),
        ("lang: ja", "lang: fr", 22, "lang"),
        ("lang: ja", "lang: ja\ncolour: red", 23, "「colour」は使えません"),
        ("area: I\n", "area: IX\n", 8, "area"),
        ("area: I\n", "area: II\n", 8, "フォルダー"),
        ("point: 4", "point: 9", 9, "1から5まで"),
        ("point: 4", "point: 3", 2, "「i-3-」"),
        ("point: 4", "point: '4'", 9, "整数"),
        ("id: i-4-fair", "id: i-4-Fair", 2, "英小文字"),
        ("id: i-4-fair", "id: i-4-fare", 2, "ファイル名"),
        ("  - 物産展の申込み先\n  - 県産品を海外で売る\n", "", 4, "3個から6個"),
        ("aliases:\n", "aliases: はい\n_:\n", 4, ""),
        ('as_of: "2024-12-11"', 'as_of: "2024/12/11"', 19, "as_of"),
        ('as_of: "2024-12-11"', 'as_of: "2024-02-30"', 19, "as_of"),
        ("review_by: 2027-03-31", "review_by: 2027-03", 20, "review_by"),
        ("url: null", "url: ftp://x", 12, "url"),
        ('    as_of: "2024-12"\n', "", 12, "as_of"),
        ("related: [i-4-other]", "related: いいえ", 21, "related"),
        ("audience: [municipality, ngo]", "audience: [everyone]", 10, "audience"),
        ("lang: ja", "lang: ja\nlang: ja", 23, "二度"),
    ],
)
def test_each_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, part: str) -> None:
    assert old in ARTICLE
    found = faults(tmp_path, ARTICLE.replace(old, new, 1))
    assert any(where == line and part in reason for where, reason in found), found


def test_no_source_is_a_fault(tmp_path: Path) -> None:
    start, end = ARTICLE.index("sources:"), ARTICLE.index('as_of: "2024-12-11"')
    assert faults(tmp_path, ARTICLE[:start] + "sources: []\n" + ARTICLE[end:]) == [(12, "sources: 出典を一つ以上書いてください。")]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        (b"", 1, "空です"),
        (" \n\n", 1, "空です"),
        ("# 見出し\n", 1, "「---」"),
        ("---\nid: x\n", 1, "閉じる"),
        ("---\n- 一覧\n---\n本文", 1, "「項目: 値」"),
        ("---\nid: x\ntitle: [閉じない\n---\n本文", 4, "YAML"),
        ("---\nid: x\ntitle: a: b\n---\n本文", 3, "YAML"),
        ("---\nas_of: 2024-02-30\n---\n本文", 1, "読めない値"),
        ("---\nid: \x07\n---\n本文", 1, "読めない値"),
        ("---\nid: x\ntitle: 食品展\n---\n".encode("cp932"), 3, "UTF-8"),
        (HEAD, 24, "短い答え"),
        (HEAD + "## 詳しく\n本文\n", 24, "短い答え"),
        (HEAD + "\n\n" + "あ" * 301, 26, "301字"),
    ],
)
def test_a_broken_file_is_a_sentence_and_never_a_crash(tmp_path: Path, text: str | bytes, line: int, part: str) -> None:
    found = faults(tmp_path, text)
    assert any(where == line and part in reason for where, reason in found), found


def test_a_faulty_article_does_not_cost_the_others(tmp_path: Path) -> None:
    write(tmp_path, ARTICLE)
    write(tmp_path, "壊れています", "II/ii-1-broken.md")
    library = load(tmp_path)
    assert [article.id for article in library.articles] == ["i-4-fair"]
    assert len(library.errors) == 1


def test_the_second_article_of_an_id_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, ARTICLE)
    write(tmp_path, ARTICLE, "old/I/i-4-fair.md")
    library = load(tmp_path)
    assert len(library.articles) == 1
    assert [(error.line, "重なって" in error.reason) for error in library.errors] == [(2, True)]


def test_guides_dictionary_and_hidden_files_are_no_articles(tmp_path: Path) -> None:
    for name in ("README.md", "I/README.md", "dictionary/notes.md", ".git/x.md", "questions.jsonl"):
        write(tmp_path, "記事ではありません", name)
    assert load(tmp_path) == Library(articles=(), errors=())


def test_a_missing_folder_is_one_error(tmp_path: Path) -> None:
    assert len(load(tmp_path / "none").errors) == 1


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    write(tmp_path, b"\xef\xbb\xbf" + ARTICLE.replace("\n", "\r\n").encode())
    assert [article.id for article in load(tmp_path).articles] == ["i-4-fair"], load(tmp_path).errors


def test_articles_stand_in_the_order_of_areas_points_and_ids(tmp_path: Path) -> None:
    for area, point, name in (("II", 1, "b"), ("I", 5, "a"), ("I", 4, "z"), ("base", 1, "a"), ("I", 4, "a")):
        identifier = f"{area.lower()}-{point}-{name}"
        text = ARTICLE.replace("i-4-fair", identifier).replace("area: I\n", f"area: {area}\n").replace("point: 4", f"point: {point}")
        write(tmp_path, text, f"{area}/{identifier}.md")
    assert [article.id for article in load(tmp_path).articles] == ["i-4-a", "i-4-z", "i-5-a", "ii-1-b", "base-1-a"]
