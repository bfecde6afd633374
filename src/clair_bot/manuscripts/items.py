"""Items of a bulletin: from a table of the front matter, or from a section of the body."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from clair_bot.domain.bulletins import LONGEST_TITLE, BulletinItem, Category
from clair_bot.domain.names import folded_name
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts import fields, markup
from clair_bot.manuscripts.trees import Many, Node, Place, Table, Text
from clair_bot.manuscripts.words import CATEGORIES, OFFICES, folded_key, nearest, shown

_Reader = Callable[[Node, str], Any]


def _title(node: Node, name: str) -> str:
    return fields.line(node, name, most=LONGEST_TITLE)


def _category(node: Node, name: str) -> Category:
    return fields.one_of(node, name, CATEGORIES)


def _office(node: Node, name: str) -> Any:
    return fields.one_of(node, name, OFFICES)


def _picture(node: Node, name: str) -> str:
    return fields.address(node, name, schemes=("https",))


READERS: Final[Mapping[str, _Reader]] = {
    "title": _title,
    "text": fields.text,
    "category": _category,
    "office": _office,
    "owner": fields.line,
    "place": fields.line,
    "event_date": fields.day,
    "deadline": fields.day,
    "audience": fields.line,
    "url": fields.address,
    "contact": fields.line,
    "picture": _picture,
    "caption": fields.line,
    "published_at": fields.instant,
    "source": fields.line,
}
"""What each key of an item wants."""
_JAPANESE: Final = {
    "題名": "title",
    "見出し": "title",
    "本文": "text",
    "区分": "category",
    "種類": "category",
    "事務所": "office",
    "海外事務所": "office",
    "担当": "owner",
    "担当課": "owner",
    "場所": "place",
    "開催": "event_date",
    "開催日": "event_date",
    "締切": "deadline",
    "締め切り": "deadline",
    "締切日": "deadline",
    "〆切": "deadline",
    "対象": "audience",
    "リンク": "url",
    "アドレス": "url",
    "問い合わせ": "contact",
    "問合せ": "contact",
    "問い合わせ先": "contact",
    "写真": "picture",
    "説明": "caption",
    "写真の説明": "caption",
    "掲載": "published_at",
    "出典": "source",
}
NAMES: Final = {**{key: key for key in READERS}, **_JAPANESE}
_NAMED: Final = re.compile(r"([^\s:：]{1,20})\s*[:：]\s*(\S.*)")
_PREFIX: Final = re.compile(r"【([^【】]{1,30})】\s*")
_LIKE: Final = 4
"""A word in front of a colon is taken for a misspelt field when it is at least so long, and in small Latin letters."""


def read_items(node: Node) -> list[BulletinItem]:
    """Return the items of the front matter."""
    if not isinstance(node, Many):
        raise node.place.fault("items は、「- title: …」を並べた一覧で書いてください。")
    return [_item(part, number) for number, part in enumerate(node.parts, 1)]


def _item(node: Node, number: int) -> BulletinItem:
    if not isinstance(node, Table):
        raise node.place.fault(f"items の{number}件目は、「title: …」のように項目名を付けて書いてください。")
    return _built(read_keys(node, NAMES, READERS, f"items の{number}件目"), node.place, f"items の{number}件目")


def read_keys(table: Table, names: Mapping[str, str], readers: Mapping[str, _Reader], where: str) -> dict[str, Any]:
    """Return the values of a table by their English keys; what is empty is not there.

    Raises:
        ClairBotError: a key is unknown or is there twice, or a value is not what was expected.
    """
    found: dict[str, Any] = {}
    for key, node in table.entries.items():
        name = names.get(folded_key(key))
        if name is None:
            raise unknown(key, names, table.keys[key], where)
        if name in found:
            raise table.keys[key].fault(f"「{shown(key)}」は、同じ意味の項目がほかにもあります。1つにしてください。")
        if not (isinstance(node, Text) and not node.text.strip()):
            found[name] = readers[name](node, key)
    return found


def unknown(key: str, names: Iterable[str], place: Place, where: str) -> ClairBotError:
    """Return what is raised for an unknown key."""
    near = nearest(folded_key(key), names)
    hint = f"「{near}」の間違いではありませんか。" if near else f"使えるもの: {'、'.join(name for name in names if name.isascii())}"
    return place.fault(f"{where}に「{shown(key)}」という項目はありません。{hint}")


def _built(values: dict[str, Any], place: Place, where: str) -> BulletinItem:
    if not values.get("title"):
        raise place.fault(f"{where}に題名がありません。title を書いてください。")
    if values.get("office") and "category" not in values:
        values["category"] = Category.OFFICE
    return BulletinItem(**values)


def read_section(heading: str, lines: list[tuple[int, str]], place: Place) -> BulletinItem:
    """Return the item of a section: its heading, the fields that its first lines are, and its text."""
    given, title = _prefixed(markup.plain(heading))
    table = Table(place=place)
    while lines and not lines[0][1].strip():
        lines = lines[1:]
    while lines and (pair := _field(*lines[0], place.file)):
        key, node = pair
        if key in table.entries:
            raise node.place.fault(f"「{key}」が2回書かれています。1つにしてください。")
        table.entries[key], table.keys[key] = node, node.place
        lines = lines[1:]
    values = read_keys(table, NAMES, READERS, f"「{shown(title)}」")
    said = markup.read("\n".join(line for _, line in lines), links=not values.get("url"))
    fields.refuse_controls(said.text, "本文", place)
    for name, value in (("title", _title(Text(place=place, text=title), "見出し")), ("text", said.text)):
        if name in values and value:
            raise place.fault(f"「{shown(title)}」の{name}は、見出しと本文で書くため、項目としては書けません。")
        values.setdefault(name, value)
    item = _built({**given, **values}, place, "この見出し")
    return _with_addresses(item, said)


def _with_addresses(item: BulletinItem, said: markup.Said) -> BulletinItem:
    if said.picture and not item.picture:
        item = replace(item, picture=said.picture, caption=item.caption or said.caption)
    return replace(item, url=item.url or said.url)


def _prefixed(title: str) -> tuple[dict[str, Any], str]:
    """Return what 【…】 in front of a title says, as far as it is known, and the title without it."""
    given: dict[str, Any] = {}
    while match := _PREFIX.match(title):
        word = folded_name(match[1])
        if word in OFFICES and "office" not in given:
            given["office"] = OFFICES[word]
        elif word in CATEGORIES and "category" not in given:
            given["category"] = CATEGORIES[word]
        else:
            break
        title = title[match.end() :]
    return given, title


def _field(number: int, line: str, file: str) -> tuple[str, Text] | None:
    """Return the field that a line is; None: it is text."""
    match = _NAMED.fullmatch(line.strip())
    if match is None:
        return None
    key, place = folded_key(match[1]), Place(file=file, line=number)
    if key in NAMES:
        return match[1], Text(place=place, text=match[2])
    near = nearest(key, READERS) if len(key) >= _LIKE and re.fullmatch(r"[a-z_]+", match[1]) and not match[2].startswith("//") else ""
    if near and len(near) - len(key) in {-1, 0, 1}:
        raise place.fault(f"「{shown(match[1])}」は「{near}」の間違いではありませんか。本文の場合は、その上に空行を入れてください。")
    return None
