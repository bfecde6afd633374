"""A folder of Markdown in, articles and the faults of the others out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clair_bot.domain.articles import Article
from clair_bot.errors import KnowledgeError
from clair_bot.messages import Block, BlockKind
from clair_bot.retrieval import dictionary, front_matter
from clair_bot.retrieval.front_matter import Fault
from clair_bot.retrieval.markdown import blocks

LONGEST_ANSWER: Final = 300
"""Characters of the short answer: what every channel shows without splitting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What was read."""

    articles: tuple[Article, ...]
    """In the order of areas, points and ids."""
    errors: tuple[KnowledgeError, ...]
    """Why the other files were left out, in the order of files and lines."""


def paths(folder: Path) -> list[Path]:
    """Return the files that should be articles: every ``.md`` but the READMEs, and not in ``dictionary/`` or hidden folders."""
    return sorted(
        path
        for path in folder.rglob("*.md")
        if path.name != "README.md"
        and not any(part == dictionary.FOLDER or part.startswith(".") for part in path.relative_to(folder).parts)
    )


def load(folder: Path) -> Library:
    """Read every article. A faulty file is reported and left out; the rest serves."""
    if not folder.is_dir():
        return Library(articles=(), errors=(KnowledgeError(str(folder), 1, "知識のフォルダーがありません。"),))
    articles: dict[str, Article] = {}
    errors: list[KnowledgeError] = []
    for path in paths(folder):
        article, faults = _read(path)
        if article and article.id in articles:
            faults = [Fault(front_matter.line_of(path, "id"), f"id「{article.id}」がほかの記事と重なっています。")]
        if article and not faults:
            articles[article.id] = article
        errors += [KnowledgeError(str(path), fault.line, fault.reason) for fault in faults]
    return Library(articles=tuple(sorted(articles.values(), key=_place)), errors=tuple(errors))


def _place(article: Article) -> tuple[int, int, str]:
    return list(type(article.area)).index(article.area), article.point, article.id


def _read(path: Path) -> tuple[Article | None, list[Fault]]:
    """Return the article, or None, and the file's faults."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        return None, [Fault(1, "ファイルが読めません。アクセス権を確かめてください。")]
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return None, [Fault(line, "UTF-8として読めない文字があります。UTF-8で保存し直してください。")]
    if not text.strip():
        return None, [Fault(1, "ファイルが空です。")]
    header = front_matter.read(text)
    if isinstance(header, Fault):
        return None, [header]
    body = blocks(header.body)
    faults = [*header.faults(path), *_answer_faults(body, header.body_line)]
    return (None, faults) if faults else (header.article(body[0].text, body[1:]), [])


def _answer_faults(body: tuple[Block, ...], line: int) -> Iterator[Fault]:
    if not body or body[0].kind is not BlockKind.PARAGRAPH:
        yield Fault(line, "短い答えがありません。見出しや箇条書きの前に、答えを1段落で書いてください。")
    elif len(body[0].text) > LONGEST_ANSWER:
        yield Fault(line, f"短い答えが{len(body[0].text)}字あります。{LONGEST_ANSWER}字以内にしてください。")
