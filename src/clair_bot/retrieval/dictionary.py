"""The office's own words: a table that people write, compiled for the tokeniser, so that it knows them as one word."""

import csv
import hashlib
import importlib.util
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from clair_bot.errors import ConfigurationError, KnowledgeError
from clair_bot.retrieval.cache import Cache
from clair_bot.retrieval.characters import fold

FOLDER: Final = "dictionary"
_FORMAT: Final = 2
# Left and right id of a proper noun. The cost is low enough that the whole word wins over its parts.
_ENTRY: Final = "{word},4786,4786,-5000,{word},名詞,固有名詞,一般,*,*,*,{word},{word},*,A,*,*,*\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The dictionary as the analyser takes it."""

    binary: Path
    """Sudachi's user dictionary."""
    expansions: Mapping[str, tuple[str, ...]]
    """What each word stands for in the index: the name that its variants share, and its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The table as written: each word with the name that it shares with its variants."""

    names: Mapping[str, str]
    errors: tuple[KnowledgeError, ...]


def read(folder: Path) -> Words:
    """Read every ``*.csv`` of the folder: a word, then its variants separated by ``;``, then a note for people."""
    names: dict[str, str] = {}
    errors: list[KnowledgeError] = []
    for path in sorted(folder.glob("*.csv")):
        try:
            rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        except (OSError, UnicodeDecodeError, csv.Error):
            errors.append(KnowledgeError(str(path), 1, "用語の表が読めません。UTF-8のCSVで保存してください。"))
            continue
        for number, row in enumerate(rows, start=1):
            if not row or row[0].startswith("#") or not row[0].strip() or (number == 1 and row[0] == "term"):
                continue
            reason = _enter(names, row)
            if reason:
                errors.append(KnowledgeError(str(path), number, reason))
    return Words(names=names, errors=tuple(errors))


def _enter(names: dict[str, str], row: Sequence[str]) -> str:
    """Add a row's words, and return what is wrong with it, or nothing."""
    words = [_folded(word) for word in (row[0], *(row[1].split(";") if len(row) > 1 else ())) if word.strip()]
    for word in words:
        if "," in word or '"' in word or len(word) < 2:  # noqa: PLR2004  # a single character would cut other words apart
            return f"「{word}」は登録できません。2文字以上で、コンマと引用符を含まない語にしてください。"
        if names.get(word, words[0]) != words[0]:
            return f"「{word}」が二つの語に登録されています。"
    names.update(dict.fromkeys(words, words[0]))
    return ""


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", fold(word.strip())).lower()


def compiled(words: Words, cache: Cache) -> Compiled | None:
    """Return the compiled dictionary from the cache, compiling it first when the words or the tokeniser have changed.

    Compiling takes about four seconds, because Sudachi reads its whole system dictionary for it.

    Args:
        words: What ``read`` gave.
        cache: Where to keep it.
    """
    if not words.names:
        return None
    key = hashlib.sha256(
        json.dumps([_FORMAT, version("sudachipy"), version("sudachidict-core"), sorted(words.names.items())]).encode()
    ).hexdigest()
    folder = cache.folder("dictionary", key, lambda target: _compile(words, target), _check)
    expansions = json.loads((folder / "expansions.json").read_text(encoding="utf-8"))
    return Compiled(binary=folder / "user.dic", expansions={word: tuple(terms) for word, terms in expansions.items()})


def system_dictionary() -> Path:
    """Return where Sudachi's own dictionary lies, without importing it."""
    found = importlib.util.find_spec("sudachidict_core")
    if found is None or found.origin is None:
        raise ConfigurationError("sudachidict_core", "Sudachiの辞書がありません。clair-botをインストールし直してください。")
    return Path(found.origin).parent / "resources" / "system.dic"


def _check(folder: Path) -> None:
    json.loads((folder / "expansions.json").read_text(encoding="utf-8"))


def _compile(words: Words, target: Path) -> None:
    from sudachipy.sudachipy import build_user_dic

    from clair_bot.retrieval.analyser import Analyser

    source = "".join(_ENTRY.format(word=word) for word in sorted(words.names))
    build_user_dic(system=system_dictionary(), lex=[source.encode()], output=target / "user.dic", description="clair-bot")
    plain = Analyser()  # without these words, so that it shows their parts
    expansions = {word: _expansion(word, words.names, plain.document_terms(word)) for word in words.names}
    (target / "expansions.json").write_text(json.dumps(expansions, ensure_ascii=False), encoding="utf-8")


def _expansion(word: str, names: Mapping[str, str], parts: Sequence[str]) -> list[str]:
    """Return the shared name, the other words inside this one, and the parts: each of them may be what the other side wrote."""
    inside = [name for other, name in names.items() if other != word and other in word and not other.isascii()]
    return list(dict.fromkeys([names[word], *inside, *(part for part in parts if part != word)]))
