"""Pages: a list of news in HTML, watched for its links. Links are not followed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from clair_bot.domain.feeds import Entry
from clair_bot.errors import FeedError
from clair_bot.feeds import dates
from clair_bot.feeds.charsets import declared, decode
from clair_bot.feeds.cleaning import address, entry, from_text
from clair_bot.feeds.fetching import Document
from clair_bot.feeds.syndication import is_feed
from clair_bot.feeds.trees import Node, grow

MOST_LINKS = 50
SHORTEST_TITLE = 8
"""Characters of a link's text: what is shorter is 一覧, 詳細, 次へ."""
_SHORTEST_TEXT: Final = 20
"""Characters around a link that count as its text: what is shorter is a label or 「NEW」, which comes and goes."""
_AREAS: Final = {"main", "article", "li", "dl", "table"}
_ASIDE: Final = {"nav", "footer", "aside", "button"}
_ITEMS: Final = {"li", "tr", "article", "dd"}
_HEADINGS: Final = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS: Final = {"p", "div", "section", "dt"}
_MENU: Final = re.compile(
    r"(?:^|\s)(?!(?:has|with|no|is|left|right)[-_])(?:[a-z0-9]{0,20}[-_]?(?:nav|navi|navigation|menu|breadcrumbs?|pankuzu|topicpath|topic-path|pager|pagination|sidebar|sitemap|sns|share|"
    r"footer|gnav|lang|language|skip|submenu|tagcloud|bnr|banner)|(?:nav|menu|footer|breadcrumb|side|pager)[-_][a-z0-9_-]{1,40})(?=\s|$)"
)
_LONGEST_NAME: Final = 200
_MOST_ELEMENTS: Final = 500
"""Elements of one item among which a time is looked for."""
_HEADER: Final = re.compile(r"(?:^|\s)(?:(?:site|global|page)[-_]?)?header(?=\s|$)")
_AT_END: Final = re.compile(r"[\s（(\[\uff3b【・:：|\uff5c-]*$")
_AT_START: Final = re.compile(r"^[\s）)\]\uff3d】・:：|\uff5c-]*")
_BASE: Final = re.compile(r"""<base\s[^<>]{0,200}?href\s{0,8}=\s{0,8}["']([^"'<>]{1,2000})["']""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Link:
    """A link that may be news."""

    node: Node
    item: Node
    """What it stands in: a line of a list, a row of a table, an article."""
    url: str


def parse(document: Document) -> tuple[Entry, ...]:
    """Return the news that a page links to. Runs in a thread.

    Raises:
        FeedError: It holds none, or is no page; the sentence says why and what to do.
    """
    if is_feed(document.body):
        raise FeedError("HTML のページではなく RSS フィードです。種別 rss で登録してください。")
    markup = decode(document.body, declared(document.body, document.content_type))
    base = _BASE.search(markup[:20_000])
    entries = _entries(grow(markup), document.url, (base and address(base[1], document.url)) or document.url)
    if not entries:
        raise FeedError(
            "新着情報のリンク（8文字以上の見出し）が見つかりません。新着の一覧が載っているページのアドレスか、確かめてください。"
        )
    return entries


def _entries(root: Node, page: str, base: str) -> tuple[Entry, ...]:
    """Return entries in the order of the page, each address once."""
    links: dict[str, _Link] = {}
    for node in _in_areas(root):
        if len(links) == MOST_LINKS:
            break
        if link := _candidate(node, page, base):
            links.setdefault(link.url, link)
    shared = [link.item for link in links.values()]
    found = (_entry(link, alone=shared.count(link.item) == 1) for link in links.values())
    return tuple(piece for piece in found if piece)


def _in_areas(root: Node) -> Iterator[Node]:
    """Yield the links that stand in lists, tables and articles, and not in menus, in the order of the page."""
    waiting = [(root, False, False)]
    while waiting:
        node, area, content = waiting.pop()
        if node.tag in _ASIDE or _is_menu(node) or (_is_header(node) and not content):
            continue
        area, content = area or node.tag in _AREAS, content or node.tag in {"main", "article"}
        if node.tag == "a" and area:
            yield node
        waiting.extend((child, area, content) for child in reversed(node.children) if isinstance(child, Node))


def _candidate(node: Node, page: str, base: str) -> _Link | None:
    """Return a link if it leads to another page of this site and has a title."""
    url = address(node.attributes.get("href", ""), base)
    if not url or _site(url) != _site(page) or _bare(url) == _bare(page):
        return None
    if len("".join(_title(node).split())) < SHORTEST_TITLE:
        return None
    return _Link(node, _item(node), url)


def _is_menu(node: Node) -> bool:
    return bool(_MENU.search(_names(node))) or node.attributes.get("role") in {"navigation", "menu", "menubar", "search", "contentinfo"}


def _is_header(node: Node) -> bool:
    return node.tag == "header" or bool(_HEADER.search(_names(node)))


def _names(node: Node) -> str:
    return f"{node.attributes.get('class', '')} {node.attributes.get('id', '')}".lower()[:_LONGEST_NAME]


def _item(node: Node) -> Node:
    """Return the line, row or article around a link; where there is none, the nearest block."""
    around = list(node.ancestors())
    nearest = next((element for element in around if element.tag in _ITEMS), None)
    return nearest or next((element for element in around if element.tag in _BLOCKS), around[0])


def _entry(link: _Link, *, alone: bool) -> Entry | None:
    """Return an entry; the text around its link only where the link has it for itself."""
    title = _title(link.node)
    rest = from_text(dates.without_days(link.item.text(without=link.node))) if alone else ""
    rest = " ".join(f"{rest} {_rest_of_card(link.node)}".split())
    day = _day(link, alone=alone)
    return entry(
        title=from_text(title),
        text=rest if len(rest) >= _SHORTEST_TEXT else "",
        url=link.url,
        published_at=dates.midnight(day) if day else None,
    )


def _title(node: Node) -> str:
    """Return the heading inside a link, or its text, without a day at its beginning or end."""
    heading = next((element for element in node.elements() if element.tag in _HEADINGS), None)
    text = (heading or node).text()
    for _, (start, end) in dates.days(text):
        if not text[:start].strip("（([\uff3b【 "):
            return _AT_START.sub("", text[end:])
        if not text[end:].strip("）)]\uff3d】 更新掲載公開付"):
            return _AT_END.sub("", text[:start])
    return text


def _rest_of_card(node: Node) -> str:
    """Return what a link that is a whole card says beside its heading."""
    heading = next((element for element in node.elements() if element.tag in _HEADINGS), None)
    return from_text(dates.without_days(node.text(without=heading))) if heading else ""


def _day(link: _Link, *, alone: bool) -> date | None:
    """Return the day beside a link: what is marked as a time, what stands around it, what begins or ends its own text."""
    return next(_days(link, alone=alone), None)


def _days(link: _Link, *, alone: bool) -> Iterator[date]:
    own = link.node.text()
    places = [link.item] if alone else []
    for place in (link.node, *places):
        for element in islice(place.elements(), _MOST_ELEMENTS):
            if element.tag == "time":
                yield from (day for day, _ in dates.days(element.attributes.get("datetime") or element.text()))
    if alone:
        yield from (day for day, _ in dates.days(link.item.text(without=link.node)))
    if link.item.tag == "dd" and (term := _term(link.item)):
        yield from (day for day, _ in dates.days(term.text()))
    if _title(link.node) != own:
        yield from (day for day, _ in dates.days(own))


def _term(item: Node) -> Node | None:
    """Return the ``dt`` that a ``dd`` belongs to."""
    found = None
    for child in item.parent.children if item.parent else ():
        if child is item:
            return found
        if isinstance(child, Node) and child.tag == "dt":
            found = child
    return None


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _bare(url: str) -> str:
    return url.partition("#")[0].rstrip("/")
