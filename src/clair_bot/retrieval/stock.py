"""What the retriever keeps in the cache: the index, the articles and their names, made anew when the knowledge changes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from clair_bot.domain.articles import Area, Article
from clair_bot.errors import KnowledgeError
from clair_bot.messages import Block, BlockKind, Source
from clair_bot.retrieval import analyser, dictionary
from clair_bot.retrieval.analyser import Analyser
from clair_bot.retrieval.cache import Cache
from clair_bot.retrieval.index import Index

_FORMAT: Final = 2
"""Part of the cache's key: raise it when the stored files, the fields' weights or the checks of articles change."""
_TITLE, _ALIAS = 4, 2
"""How often a term counts there; in the answer and the details it counts once."""
_K1, _B = 2.5, 0.6
"""Measured on ``questions.jsonl``: with terms repeated by weight, repetition has to stop counting later than elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """The knowledge, ready to be searched."""

    index: Index
    """One document for each article, in the same order."""
    articles: Sequence[Article]
    names: Sequence[Sequence[Sequence[str]]]
    """For each article, the terms of its title and of each alias."""
    errors: Sequence[KnowledgeError]


def open_stock(knowledge: Path, words: Analyser, cache: Cache) -> Stock:
    """Return the knowledge from the cache, reading and indexing it first when it has changed."""
    folder = cache.folder("knowledge", _key(knowledge), lambda target: _build(knowledge, words, target), _check)
    stored = json.loads((folder / "library.json").read_text(encoding="utf-8"))
    return Stock(
        index=Index.load(folder),
        articles=[_article(fields) for fields in stored["articles"]],
        names=stored["names"],
        errors=[KnowledgeError(*fault) for fault in stored["errors"]],
    )


def _key(knowledge: Path) -> str:
    """Return a hash of everything that the stored files are made from."""
    total = hashlib.sha256(json.dumps([_FORMAT, analyser.VERSION, str(knowledge), dictionary.system_dictionary().stat().st_size]).encode())
    for path in sorted((*knowledge.rglob("*.md"), *(knowledge / dictionary.FOLDER).glob("*.csv"))):
        try:
            content = path.read_bytes()
        except OSError:
            content = b"unreadable"
        total.update(json.dumps([str(path.relative_to(knowledge)), len(content)]).encode())
        total.update(content)
    return total.hexdigest()


def _build(knowledge: Path, words: Analyser, target: Path) -> None:
    from clair_bot.retrieval.knowledge import load

    library = load(knowledge)
    names = [[words.document_terms(name) for name in (article.title, *article.aliases)] for article in library.articles]
    documents = (_document(article, named, words) for article, named in zip(library.articles, names, strict=True))
    Index.fit(documents, k1=_K1, b=_B).save(target)
    stored = {
        "articles": [asdict(article) for article in library.articles],
        "names": names,
        "errors": [(error.file, error.line, error.reason) for error in library.errors],
    }
    (target / "library.json").write_text(json.dumps(stored), encoding="utf-8")


def _document(article: Article, names: Sequence[Sequence[str]], words: Analyser) -> list[str]:
    """Return an article's terms, each as often as its place weighs."""
    title, *aliases = names
    terms = [*title] * _TITLE + [term for alias in aliases for term in alias] * _ALIAS
    return terms + [term for text in (article.answer, *(block.text for block in article.details)) for term in words.document_terms(text)]


def _check(folder: Path) -> None:
    stored = json.loads((folder / "library.json").read_text(encoding="utf-8"))
    if not len(stored["articles"]) == len(stored["names"]) == Index.load(folder).size:
        raise ValueError(folder)


def _article(fields: Mapping[str, Any]) -> Article:
    """Return an article as ``asdict`` and JSON left it."""
    changed: dict[str, Any] = {
        **{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()},
        "area": Area(fields["area"]),
        "sources": tuple(Source(**source) for source in fields["sources"]),
        "details": tuple(Block(kind=BlockKind(block["kind"]), text=block["text"]) for block in fields["details"]),
    }
    return Article(**changed)
