"""Rendering: a document as the file that would be read as exactly this document."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from clair_bot.domain.bulletins import BulletinItem, Category, Document
from clair_bot.domain.names import folded_name
from clair_bot.domain.subscriptions import AREA_TOPICS, OFFICE_TOPICS
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts.bulletins import EVERYONE, read

_ITEM_KEYS = ("owner", "place", "event_date", "deadline", "audience", "url", "contact", "picture", "caption", "published_at", "source")
_JAPANESE = {
    "category": "区分",
    "office": "事務所",
    "owner": "担当",
    "place": "場所",
    "event_date": "開催",
    "deadline": "締切",
    "audience": "対象",
    "contact": "問い合わせ",
    "picture": "写真",
    "caption": "説明",
    "published_at": "掲載",
    "source": "出典",
}


def render(document: Document) -> str:
    """Return a document as a Markdown file: as people would write it where that reads back the same, otherwise all in front matter."""
    readable = _render(document, body=True)
    return readable if _reads_as(readable, document) else _render(document, body=False)


def _reads_as(text: str, document: Document) -> bool:
    try:
        return read(text, file="") == document
    except ClairBotError:
        return False


def _render(document: Document, *, body: bool) -> str:
    lines = ["---", *_front(document)]
    if not body:
        lines += _listed("lead", document.lead)
        lines += ["items:", *(line for item in document.items for line in _entry(item))] if document.items else []
        return "\n".join([*lines, "---", ""])
    paragraphs = "\n\n".join(document.lead)
    sections = [_section(item) for item in document.items]
    return "\n".join([*lines, "---", *([paragraphs, ""] if paragraphs else []), "\n".join(sections)]).rstrip("\n") + "\n"


def _front(document: Document) -> Iterator[str]:
    yield f"title: {_quoted(document.title)}"
    yield f"kind: {document.kind.value}"
    yield from (f"number: {document.number}",) if document.number is not None else ()
    for name in ("areas", "offices", "languages"):
        yield from _words(name, getattr(document, name))
    yield from _audience(document)
    for name in ("send_at", "recurrence", "timezone"):
        value = getattr(document, name)
        yield from (f"{name}: {_quoted(value)}",) if value else ()
    for name in ("office_hours", "drill"):
        yield from (f"{name}: true",) if getattr(document, name) else ()
    yield from (f"corrects: {document.corrects}",) if document.corrects is not None else ()


def _audience(document: Document) -> Iterator[str]:
    named = document.segment and not document.everyone and folded_name(document.segment) not in EVERYONE
    if named:
        yield f"audience: {_quoted(document.segment)}"
        return
    yield from (f"segment: {_quoted(document.segment)}",) if document.segment else ()
    audience = document.audience
    if audience.is_everyone:
        yield from ("audience: all",) if document.everyone else ()
        return
    yield "audience:"
    yield from ("  everyone: true",) if document.everyone else ()
    others = audience.topics - {*AREA_TOPICS, *OFFICE_TOPICS}
    parts = (
        ("areas", audience.topics & frozenset(AREA_TOPICS)),
        ("offices", audience.topics & frozenset(OFFICE_TOPICS)),
        ("topics", others),
        *((name, getattr(audience, name)) for name in ("prefectures", "kinds", "roles", "languages", "channels")),
    )
    for name, values in parts:
        yield from (f"  {line}" for line in _words(name, sorted(values)))


def _words(name: str, values: Iterable[str]) -> list[str]:
    words = [_quoted(value) for value in values]
    return [f"{name}: [{', '.join(words)}]"] if words else []


def _listed(name: str, values: Iterable[str]) -> list[str]:
    found = [f"  - {_quoted(value)}" for value in values]
    return [f"{name}:", *found] if found else []


def _entry(item: BulletinItem) -> Iterator[str]:
    pairs = [("title", item.title), ("text", item.text), *_marks(item), *((key, getattr(item, key)) for key in _ITEM_KEYS)]
    for number, (key, value) in enumerate((key, value) for key, value in pairs if value):
        yield f"{'    ' if number else '  - '}{key}: {_quoted(_shown(value))}"


def _marks(item: BulletinItem) -> list[tuple[str, Any]]:
    """Return category and office as far as they have to be said."""
    usual = Category.OFFICE if item.office else Category.INFO
    return [("category", item.category if item.category is not usual else ""), ("office", item.office)]


def _section(item: BulletinItem) -> str:
    prefix = "" if item.category in {Category.INFO, Category.OFFICE} and item.office else f"【{item.category.value}】"
    prefix = "" if item.category is Category.INFO else prefix
    pairs = [("office", item.office), *((key, getattr(item, key)) for key in _ITEM_KEYS)]
    if item.office and item.category is Category.INFO:
        pairs = [("category", item.category), *pairs]
    found = [f"{_JAPANESE.get(key, key)}: {_shown(value)}" for key, value in pairs if value]
    return "\n".join([f"## {prefix}{item.title}", *found, "", *([item.text, ""] if item.text else [])])


def _shown(value: Any) -> str:
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _quoted(text: str) -> str:
    """Return a text in quotation marks, as YAML and JSON have them in common, without control characters."""
    plain = "".join(one for one in text if unicodedata.category(one) not in {"Cc", "Cs"} or one in "\n\t")
    return "".join(one if one.isprintable() or one == "\u3000" else _escaped(one) for one in json.dumps(plain, ensure_ascii=False))


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004  # where four digits end
