"""The head of an article: its fields, checked one by one, so that an editor sees every fault with its line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from frontmatter.default_handlers import YAMLHandler

from clair_bot.domain.articles import POINTS, Area, Article
from clair_bot.messages import Block, Source
from clair_bot.retrieval.fields import CHECKS

_HANDLER: Final = YAMLHandler()
_KEY: Final = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where."""

    line: int
    """From 1."""
    reason: str
    """In Japanese, and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A head that is YAML, though its fields may be wrong."""

    fields: Mapping[str, Any]
    lines: Mapping[str, int]
    repeated: tuple[str, ...]
    body: str
    body_line: int
    """Where the text after the head begins."""

    def faults(self, path: Path) -> Iterator[Fault]:
        """Yield every fault of the fields, in the order of the fields' list."""
        for name in self.repeated:
            yield Fault(self.lines[name], f"項目「{name}」が二度書かれています。")
        for name in self.fields:
            if name not in CHECKS:
                yield Fault(self.lines.get(str(name), 1), f"項目「{name}」は使えません。綴りを確かめてください。")
        for name, check in CHECKS.items():
            if name not in self.fields:
                yield Fault(1, f"項目「{name}」がありません。")
            elif reason := check(self.fields[name]):
                yield Fault(self.lines.get(name, 1), f"{name}: {reason}")
        yield from self._place_faults(path)

    def _place_faults(self, path: Path) -> Iterator[Fault]:
        """Compare fields with each other, and with where the file lies."""
        identifier, area, point = (self.fields.get(name) for name in ("id", "area", "point"))
        if isinstance(identifier, str) and identifier != path.stem:
            yield Fault(self.lines.get("id", 1), f"id「{identifier}」とファイル名「{path.name}」が違います。")
        if not isinstance(area, str) or area not in list(Area):
            return
        if area != path.parent.name:
            yield Fault(self.lines.get("area", 1), f"area「{area}」とフォルダー名「{path.parent.name}」が違います。")
        last = POINTS[Area(area)]
        if type(point) is int and not 1 <= point <= last:
            yield Fault(self.lines.get("point", 1), f"point: 分野{area}は1から{last}までです。")
        elif isinstance(identifier, str) and type(point) is int and not identifier.startswith(f"{area.lower()}-{point}-"):
            yield Fault(self.lines.get("id", 1), f"id「{identifier}」は「{area.lower()}-{point}-」で始めてください。")

    def article(self, answer: str, details: tuple[Block, ...]) -> Article:
        """Return the article. Only for a head without faults."""
        fields = self.fields
        return Article(
            id=fields["id"],
            title=fields["title"].strip(),
            aliases=tuple(alias.strip() for alias in fields["aliases"]),
            area=Area(fields["area"]),
            point=fields["point"],
            audience=tuple(fields["audience"]),
            owner=fields["owner"].strip(),
            sources=tuple(
                Source(title=source["title"].strip(), url=source.get("url"), as_of=str(source["as_of"])) for source in fields["sources"]
            ),
            as_of=str(fields["as_of"]),
            review_by=str(fields["review_by"]),
            related=tuple(fields["related"]),
            lang=fields["lang"],
            answer=answer,
            details=details,
        )


def read(text: str) -> Header | Fault:
    """Split head and body, and read the head as YAML."""
    if not _HANDLER.detect(text):
        return Fault(1, "先頭に「---」で囲んだ見出し項目がありません。")
    try:
        head, body = _HANDLER.split(text)
    except ValueError:
        return Fault(1, "見出し項目を閉じる「---」がありません。")
    try:
        fields = _HANDLER.load(head)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        return Fault(line, "見出し項目の書き方（YAML）に誤りがあります。字下げ、コロンの後の空白、引用符を確かめてください。")
    except (yaml.YAMLError, ValueError, RecursionError):  # a control character; 2024-02-30; brackets without end
        return Fault(1, "見出し項目に読めない値があります。日付と記号を確かめてください。")
    if not isinstance(fields, dict):
        return Fault(1, "見出し項目は「項目: 値」の形で書いてください。")
    keys = _KEY.findall(head)
    first = text[: text.index(head)].count("\n") + 1 if head else 1
    lines = {match[1]: first + head[: match.start()].count("\n") for match in _KEY.finditer(head)}
    repeated = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    start = text.rfind(body) if body.strip() else len(text)
    return Header(fields=fields, lines=lines, repeated=repeated, body=body, body_line=_first_line(text, start, body))


def line_of(path: Path, name: str) -> int:
    """Return the line of a field in a file that has been read without faults."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if line.startswith(f"{name}:")), 1)


def _first_line(text: str, start: int, body: str) -> int:
    """Return the line of the body's first word."""
    return text[: start + len(body) - len(body.lstrip())].count("\n") + 1
