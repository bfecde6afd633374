"""Sieving: a feed is looked over once, cheaply and exactly, and only what we use of it goes on to the library that knows all its versions.

That library takes time that grows with the square of an author's name, of the number of categories, of attributes, of nesting, and its
second parser for what is no XML is easily kept busy. So it sees well-formed XML, and of that only titles, texts, links and dates.
"""

import html
import re
from collections.abc import Sequence
from typing import Final
from xml.parsers import expat

from clair_bot.errors import FeedError
from clair_bot.feeds.cleaning import in_pieces

DEEPEST = 100
MOST_TAGS = 50_000
MOST_ITEMS = 300
"""Items that are looked at; those without a title do not count as entries."""
MOST_FIELDS = 50
"""Elements of one item."""
MOST_ATTRIBUTES = 50
LONGEST_ATTRIBUTE = 2_000
LONGEST_TAG = 50_000
"""Bytes of a tag, of whatever element: its attributes are handed over in one call that nothing interrupts."""
MOST_REFERENCES = 200_000
"""Signs ``&``: each costs a call, and four more bytes where it was not escaped."""
_HEADS: Final = {"rss", "rdf"}
_BODIES: Final = {"channel", "feed"}
_ITEMS: Final = {"item", "entry"}
_FIELDS: Final = {
    "title", "link", "guid", "id", "description", "summary", "content", "encoded",
    "pubdate", "date", "published", "updated", "modified", "issued", "created",
}  # fmt: skip
_INLINE: Final = {
    "a", "abbr", "b", "big", "blockquote", "br", "center", "code", "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "q", "ruby", "rt", "rp", "s", "section", "small", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
"""Elements of text. None of them means anything to the library."""
_TAG: Final = re.compile(rb"""<[^<>"']*+(?:"[^"]*+"[^<>"']*+|'[^']*+'[^<>"']*+)*+>""")
_LONG: Final = re.compile(rb"<[A-Za-z_][^<]{%d,}" % LONGEST_TAG)
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
_OF_XML: Final = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"}
_PREFIXED: Final = re.compile(r"[</\s]([A-Za-z_][\w.-]{0,30}):[A-Za-z_][\w.-]{0,60}(?=[\s/>=])")
_DECLARED: Final = re.compile(r"\sxmlns:([A-Za-z_][\w.-]{0,30})\s{0,8}=")
_ROOT: Final = re.compile(r"<[A-Za-z_][\w:.-]{0,60}")
_HOMES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
"""What prefixes mean that a feed uses without declaring them."""


def sieved(text: str) -> tuple[str, bytes]:
    """Return the name of the outermost element, and XML that holds only what we use.

    Raises:
        FeedError: It declares entities, is nested too deeply, is too large in some other way, or is not well-formed.
    """
    if text.count("&") > MOST_REFERENCES:
        raise FeedError(
            f"記号「&」が{MOST_REFERENCES:,}個を超えているため、読み込みません。新着だけを載せた、小さなフィードを登録してください。"
        )
    data = _with_prefixes(_REFERENCE.sub(_reference, in_pieces(_NOT_XML, text))).encode("utf-8", "replace")
    if any((tag := _TAG.match(data, place.start())) and tag.end() - tag.start() > LONGEST_TAG for place in _LONG.finditer(data)):
        raise _attributes()
    sieve = _Sieve(data)
    try:
        sieve.parser.Parse(data, True)  # noqa: FBT003 - the last piece; it takes no names
    except expat.ExpatError as error:
        raise FeedError(
            f"フィードの書き方（XML）が{error.lineno}行目で正しくないため、読み取れません。サイトの担当者に確かめてください。"
        ) from error
    return sieve.root, b'<?xml version="1.0" encoding="utf-8"?>\n' + sieve.kept()


class _Sieve:
    """Walks through the elements and remembers what to leave out."""

    def __init__(self, data: bytes) -> None:
        self.root = ""
        self._data = data
        self._start = 0
        self._stack: list[str] = []
        self._tags = self._items = self._fields = 0
        self._left_out: list[tuple[int, int]] = []
        self._leaving: tuple[int, int] | None = None
        """Depth and place of the element that is being left out."""
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._enter
        self.parser.EndElementHandler = self._leave
        self.parser.StartDoctypeDeclHandler = _refuse_declarations
        self.parser.EntityDeclHandler = _refuse_entities

    def kept(self) -> bytes:
        """Return the document from its outermost element, without what was left out."""
        pieces, place = [], self._start
        for start, end in self._left_out:
            pieces.append(self._data[place:start])
            place = end
        return b"".join([*pieces, self._data[place:]])

    def _enter(self, name: str, attributes: Sequence[str]) -> None:
        name = name.rpartition(" ")[2].lower()
        self._tags += 1
        self._stack.append(name)
        if self._tags > MOST_TAGS or len(self._stack) > DEEPEST:
            raise FeedError(
                f"タグが{MOST_TAGS:,}個か、入れ子が{DEEPEST}段を超えているため、読み込みません。小さなフィードを登録してください。"
            )
        if not self.root:
            self.root, self._start = name, self.parser.CurrentByteIndex
        if self._leaving is not None:
            return
        if not self._is_used(name):
            self._leaving = len(self._stack), self.parser.CurrentByteIndex
        elif len(attributes) > 2 * MOST_ATTRIBUTES or any(len(value) > LONGEST_ATTRIBUTE for value in attributes):
            raise _attributes()

    def _leave(self, _: str) -> None:
        if self._leaving is not None and self._leaving[0] == len(self._stack):
            tag = _TAG.match(self._data, self.parser.CurrentByteIndex)
            self._left_out.append((self._leaving[1], tag.end() if tag else self.parser.CurrentByteIndex))
            self._leaving = None
        self._stack.pop()

    def _is_used(self, name: str) -> bool:
        """Tell whether the element that was just entered goes on to the library."""
        around = self._stack[-2] if len(self._stack) > 1 else ""
        if not around:
            return True
        if around in _ITEMS:
            self._fields += 1
            return name in _FIELDS and self._fields <= MOST_FIELDS
        if around in _HEADS | _BODIES:
            if name in _ITEMS:
                self._items, self._fields = self._items + 1, 0
                return self._items <= MOST_ITEMS
            return name == "channel" and around in _HEADS
        return name in _INLINE


def _refuse_declarations(_name: str, _system: str | None, _public: str | None, has_subset: bool) -> None:  # noqa: FBT001 - expat calls it
    if has_subset:
        raise _declares()


def _refuse_entities(*_: object) -> None:
    raise _declares()


def _attributes() -> FeedError:
    return FeedError(
        f"属性が{MOST_ATTRIBUTES}個か{LONGEST_ATTRIBUTE:,}文字を超えるタグがあり、読み込みません。サイトの担当者に確かめてください。"
    )


def _declares() -> FeedError:
    return FeedError(
        "文書型（DOCTYPE）の中に ENTITY などの宣言があり、安全のため読み込みません。宣言のないフィードをサイトの担当者に依頼してください。"
    )


def _reference(match: re.Match[str]) -> str:
    """Return a reference that XML knows, for one of HTML's such as ``&nbsp;`` and for a sign that was not escaped.

    Inside of a CDATA section that is the same to HTML.
    """
    found = match[0]
    if found in _OF_XML:
        return found
    sign = html.unescape(found) if found.endswith(";") else found
    if sign == found:
        return "&amp;" + found[1:]
    return "".join(f"&#{ord(character)};" for character in sign if not _NOT_XML.match(character))


def _with_prefixes(text: str) -> str:
    """Declare prefixes that are used and nowhere declared."""
    root = _ROOT.search(text)
    used = set(_PREFIXED.findall(text)) - set(_DECLARED.findall(text)) - {"xml", "xmlns"}
    if root is None or not used or len(used) > MOST_ATTRIBUTES:
        return text
    names = "".join(f' xmlns:{prefix}="{_HOMES.get(prefix.lower(), "urn:undeclared")}"' for prefix in sorted(used))
    return text[: root.end()] + names + text[root.end() :]
