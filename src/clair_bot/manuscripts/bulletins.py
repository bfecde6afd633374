"""Bulletins: a Markdown file with front matter becomes a document."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from clair_bot.domain.articles import Area
from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import LONGEST_TITLE, BulletinKind, Document
from clair_bot.domain.desks import Office
from clair_bot.domain.names import folded_name
from clair_bot.domain.recurrences import parse_recurrence
from clair_bot.domain.subscriptions import Topic
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts import fields, markup
from clair_bot.manuscripts.items import read_items, read_keys, read_section
from clair_bot.manuscripts.texts import decoded, read_bytes
from clair_bot.manuscripts.trees import Many, Node, Place, Table, Text, read_tree
from clair_bot.manuscripts.words import (
    AREA_TOPICS,
    AREAS,
    CHANNELS,
    KINDS,
    LANGUAGES,
    OFFICE_TOPICS,
    OFFICES,
    ORGANISATIONS,
    TOPICS,
)

LARGEST = 1_000_000
"""Bytes of one bulletin's file."""
EVERYONE: Final = frozenset({"all", "everyone", "全員", "登録者全員", "すべて"})
"""What stands for every subscriber, and cannot be the name of a saved audience."""
LONGEST_NAME = 60
"""Characters of the name of a saved audience."""
_MOST = 2_147_483_647
_MOST_NUMBER = 99_999
_MARK = "---"

_JAPANESE: Final = {
    "題名": "title",
    "件名": "title",
    "種類": "kind",
    "分野": "areas",
    "事務所": "offices",
    "海外事務所": "offices",
    "言語": "languages",
    "対象": "audience",
    "配信先": "audience",
    "配信日時": "send_at",
    "繰り返し": "recurrence",
    "項目": "items",
    "号": "number",
    "前文": "lead",
    "リード": "lead",
    "時間帯": "timezone",
    "執務時間": "office_hours",
    "訓練": "drill",
    "訂正": "corrects",
    "保存した対象": "segment",
}


def _recurrence(node: Node, name: str) -> str:
    words = fields.line(node, name)
    try:
        parse_recurrence(words)
    except ValueError as error:
        raise node.place.fault(f"{name}: {error}") from error
    return words


def _lead(node: Node, name: str) -> tuple[str, ...]:
    if isinstance(node, Many):
        found = [fields.text(part, name) for part in node.parts]
    else:
        found = [part.strip() for part in fields.text(node, name).split("\n\n")]
    return tuple(part for part in found if part)


def _title(node: Node, name: str) -> str:
    return fields.line(node, name, most=LONGEST_TITLE)


def _kind(node: Node, name: str) -> BulletinKind:
    return fields.one_of(node, name, KINDS)


def _areas(node: Node, name: str) -> tuple[Area, ...]:
    return fields.many_of(node, name, AREAS)


def _offices(node: Node, name: str) -> tuple[Office, ...]:
    return fields.many_of(node, name, OFFICES)


def _segment(node: Node, name: str) -> str:
    return fields.line(node, name, most=LONGEST_NAME)


def _audience(node: Node, name: str) -> dict[str, Any]:
    """Return which parts of a document an audience is."""
    if isinstance(node, Table):
        return _restricted(node)
    if isinstance(node, Many):
        raise node.place.fault(f"{name} は、保存した対象の名前、all、または「prefectures: …」のような項目で書いてください。")
    words = _segment(node, name)
    return {"everyone": True} if folded_name(words) in EVERYONE else {"segment": words}


_PARTS: Final[Mapping[str, Callable[[Node, str], Any]]] = {
    "areas": lambda node, name: frozenset(fields.many_of(node, name, AREA_TOPICS)),
    "offices": lambda node, name: frozenset(fields.many_of(node, name, OFFICE_TOPICS)),
    "topics": lambda node, name: frozenset(fields.many_of(node, name, TOPICS)),
    "prefectures": fields.prefectures,
    "kinds": lambda node, name: frozenset(fields.many_of(node, name, ORGANISATIONS)),
    "roles": lambda node, name: frozenset(word.text for word in fields.texts(node, name)),
    "languages": lambda node, name: frozenset(fields.many_of(node, name, LANGUAGES)),
    "channels": lambda node, name: frozenset(fields.many_of(node, name, CHANNELS)),
    "everyone": fields.flag,
}
_PART_NAMES: Final = {
    **{key: key for key in _PARTS},
    "分野": "areas",
    "事務所": "offices",
    "海外事務所": "offices",
    "配信の種類": "topics",
    "都道府県": "prefectures",
    "団体": "kinds",
    "団体の種類": "kinds",
    "担当": "roles",
    "言語": "languages",
    "手段": "channels",
    "全員": "everyone",
    "prefecture": "prefectures",
}


def _restricted(table: Table) -> dict[str, Any]:
    found = read_keys(table, _PART_NAMES, _PARTS, "audience")
    topics: frozenset[Topic] = frozenset().union(*(found.pop(key, frozenset()) for key in ("areas", "offices", "topics")))
    everyone = found.pop("everyone", False)
    return {"audience": Audience(topics=topics, **found), "everyone": everyone}


def read_audience(given: Mapping[str, Iterable[str]]) -> Audience:
    """Return the audience that words say, by the keys of a file.

    Raises:
        ClairBotError: a word is not known.
    """
    place = Place(file="", line=0)
    entries: dict[str, Node] = {
        key: Many(place=place, parts=[Text(place=place, text=word) for word in words]) for key, words in given.items()
    }
    try:
        audience: Audience = _restricted(Table(place=place, entries=entries, keys=dict.fromkeys(entries, place)))["audience"]
    except ClairBotError as error:
        raise ClairBotError(str(error).removeprefix(":0: ")) from error
    return audience


_READERS: Final[Mapping[str, Callable[[Node, str], Any]]] = {
    "title": _title,
    "kind": _kind,
    "areas": _areas,
    "offices": _offices,
    "languages": lambda node, name: fields.many_of(node, name, LANGUAGES),
    "audience": _audience,
    "send_at": fields.moment,
    "recurrence": _recurrence,
    "items": lambda node, _: tuple(read_items(node)),
    "number": lambda node, name: fields.whole(node, name, most=_MOST_NUMBER),
    "lead": _lead,
    "timezone": fields.zone,
    "office_hours": fields.flag,
    "drill": fields.flag,
    "corrects": lambda node, name: fields.whole(node, name, most=_MOST),
    "segment": _segment,
}
_NAMES: Final = {**{key: key for key in _READERS}, **_JAPANESE}


def read_file(path: Path) -> Document:
    """Return the document that a file holds.

    Raises:
        ClairBotError: naming file, line, and what to do.
    """
    return read(decoded(read_bytes(path, LARGEST), str(path)), file=str(path))


def read(text: str, *, file: str) -> Document:
    """Return the document that a text is.

    Args:
        text: Markdown with front matter.
        file: Its name, for sentences.

    Raises:
        ClairBotError: naming file, line, and what to do.
    """
    if len(text) > LARGEST:
        raise ClairBotError(f"{file} が大きすぎます。{LARGEST // 1_000_000} MB以内にしてください。")
    front, body, first = _parted(text.replace("\r\n", "\n").replace("\r", "\n"), file)
    tree = read_tree(front, file=file, first_line=2)
    if not isinstance(tree, Table):
        raise Place(file=file, line=2).fault("「title: …」のように、項目名と値を書いてください。")
    values = read_keys(tree, _NAMES, _READERS, "ファイルの先頭")
    _require(values, tree)
    lead, items = _read_body(body, first, file)
    return Document(
        **{
            **values,
            "lead": (*values.get("lead", ()), *lead),
            "items": (*values.get("items", ()), *items),
        }
    )


def _require(values: dict[str, Any], tree: Table) -> None:
    """Refuse what is incomplete or contradicts itself, and put the audience in its place."""
    for key, example in (("title", "title: 秋の号"), ("kind", "kind: newsletter（office、notice、emergency）")):
        if not values.get(key):
            raise tree.place.fault(f"{key} がありません。「{example}」のように書いてください。")
    parts = values.pop("audience", {})
    if parts.get("segment") and values.get("segment"):
        raise tree.place.fault("保存した対象が audience と segment の両方に書かれています。どちらかにしてください。")
    values.update(parts)
    restricted = values.get("audience")
    if values.get("segment") and restricted and not restricted.is_everyone:
        raise tree.place.fault("segment（保存した対象）と audience の条件は、同時に指定できません。どちらかにしてください。")


def _parted(text: str, file: str) -> tuple[str, list[str], int]:
    """Return the front matter, the lines of the body, and the number of the first of these."""
    lines = text.split("\n")
    if not lines or lines[0].strip() != _MARK:
        raise Place(file=file, line=1).fault("1行目に「---」を書き、その下に title などの項目を書いてください。")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _MARK), None)
    if end is None:
        raise Place(file=file, line=1).fault("先頭の項目の終わりに「---」の行がありません。本文の前に書いてください。")
    return "\n".join(lines[1:end]), lines[end + 1 :], end + 2


def _read_body(lines: list[str], first: int, file: str) -> tuple[list[str], list[Any]]:
    """Return the paragraphs of the lead and the items of a body."""
    lead: list[str] = []
    sections: list[tuple[int, str, list[tuple[int, str]]]] = []
    for number, line in enumerate(lines, first):
        if line.startswith("## "):
            sections.append((number, line[3:].strip(), []))
        elif sections:
            sections[-1][2].append((number, line))
        else:
            lead.append(line)
    place = Place(file=file, line=first)
    said = fields.text(Text(place=place, text=markup.plain("\n".join(lead))), "前文")
    paragraphs = [part.strip() for part in said.split("\n\n") if part.strip()]
    return paragraphs, [read_section(heading, inside, Place(file=file, line=number)) for number, heading, inside in sections]
