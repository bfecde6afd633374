"""Running a command in this process as a shell would: status, standard output, standard error."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer.main

from clair_bot.__main__ import main
from clair_bot.retrieval.retriever import Bm25Retriever, open_retriever

ARTICLE = """---
id: {id}
title: {title}
aliases: {aliases}
area: {area}
point: 1
audience: [municipality]
owner: 本部（担当課は要確認）
sources:
  - title: 中期経営計画
    url: null
    as_of: 不明
as_of: 不明
review_by: 2027-03-31
related: [{related}]
lang: ja
---
{title}の答えです。

## 詳しく
- 公開情報で確認できていない点は、相談員におつなぎします。
"""
ARTICLES = (
    ("i-1-food-fair", "I", "日本ふるさと名産食品展に出展するには", ["食品展の申込み先", "海外の物産展に出たい", "県産品を海外で売る"]),
    ("ii-1-sheet", "II", "災害時多言語表示シートの作り方", ["避難所の掲示を外国語で作る", "避難所の貼り紙", "外国人の避難者への案内"]),
    ("iv-1-procedure", "IV", "姉妹都市提携までの手順", ["友好都市になるには", "調印式の段取り", "海外の街と縁を結ぶ流れ"]),
)


def write_knowledge(folder: Path) -> None:
    """Write a small knowledge base."""
    for name, area, title, aliases in ARTICLES:
        path = folder / area / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        related = "" if name == "iv-1-procedure" else "iv-1-procedure"
        text = ARTICLE.format(id=name, title=title, area=area, aliases=json.dumps(aliases, ensure_ascii=False), related=related)
        path.write_text(text, encoding="utf-8")


commands_of = cache(typer.main.get_command)
"""The tree of commands, which keeps nothing of a run: a process builds it once, and so do hundreds of runs within one."""


class Library:
    """A small knowledge base that nobody changes, opened once for all who read it."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.knowledge = folder / "knowledge"
        write_knowledge(self.knowledge)
        self._opened = open_retriever(self.knowledge, self.cache)

    def open(self, knowledge: Path, cache: Path) -> Bm25Retriever:
        """Stand in for ``open_retriever``."""
        assert (knowledge, cache) == (self.knowledge, self.cache)
        return self._opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return standard output as the one JSON document that it must be."""
        return json.loads(self.out)


class Shell:
    """Runs commands with a small knowledge base and a database of their own."""

    def __init__(self, folder: Path, knowledge: Path | Library, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take a cache for a knowledge base that may be changed, or the library that is everybody's."""
        self.folder = folder
        self._patch = monkeypatch
        self._library = knowledge if isinstance(knowledge, Library) else None
        ours = ("SLACK_", "LINE_", "TELEGRAM_", "CLAIR_", "DATABASE_", "PORT")
        for name in [name for name in os.environ if name.startswith(ours)]:
            monkeypatch.delenv(name)
        if isinstance(knowledge, Library):
            place, cache = knowledge.knowledge, knowledge.cache
        else:
            place, cache = folder / "knowledge", knowledge
            write_knowledge(place)
        self.set(CLAIR_KNOWLEDGE_DIR=str(place), CLAIR_CACHE_DIR=str(cache), DATABASE_URL=f"sqlite:///{folder / 'clair.db'}")

    def set(self, **variables: str) -> None:
        """Set environment variables."""
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def run(self, *words: str) -> Result:
        """Run ``clair-bot`` with these words."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        status: int | str | None = 0
        with _streams(out, err), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["clair-bot", *words])
            patch.setattr("typer.main.get_command", commands_of)
            if self._library:
                patch.setattr("clair_bot.bootstrap.open_retriever", self._library.open)
            try:
                main()
            except SystemExit as end:
                status = end.code
        structlog.reset_defaults()
        return Result(status=int(status or 0), out=_read(out), err=_read(err))


@contextlib.contextmanager
def _streams(out: io.TextIOWrapper, err: io.TextIOWrapper) -> Iterator[None]:
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
