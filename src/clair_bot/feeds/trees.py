"""Trees: a page, made well-formed by the sanitiser and then taken apart into elements."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import nh3

from clair_bot.feeds.scanning import DEEPEST, scan, too_deep

_KEPT: Final = {
    "a", "article", "aside", "blockquote", "br", "button", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "li", "main", "nav", "ol", "p", "section", "select", "span", "table", "tbody", "td", "th", "time", "tr", "ul",
}  # fmt: skip
_DROPPED: Final = {"script", "style", "noscript", "template", "svg", "select", "textarea"}
_ATTRIBUTES: Final = {"*": {"class", "id", "role"}, "a": {"href"}, "time": {"datetime"}}
_PIECE: Final = re.compile(r"""<(/?)([a-z0-9]+)((?:\s[a-z-]+="[^"]*")*)>|[^<]+""")
_ATTRIBUTE: Final = re.compile(r"""\s([a-z-]+)="([^"]*)\"""")
_VOID: Final = "br"
LONGEST_TEXT = 8_000
"""Characters of one element's text that are looked at."""


@dataclass(eq=False, slots=True)
class Node:
    """An element."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: "Node | None" = None
    children: "list[Node | str]" = field(default_factory=list)

    def ancestors(self) -> "Iterator[Node]":
        """Yield what this stands in, from the inside."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def pieces(self, *, without: "Node | None" = None) -> Iterator[str]:
        """Yield the text of an element in order, a blank at the border of each element; optionally without that of another."""
        waiting: list[Node | str] = [self]
        length = 0
        while waiting and length < LONGEST_TEXT:
            piece = waiting.pop()
            if isinstance(piece, str):
                length += len(piece)
                yield piece
            elif piece is not without:
                length += 1
                yield "" if piece.tag in {"span", "a"} else " "
                waiting.extend(reversed(piece.children))

    def text(self, *, without: "Node | None" = None) -> str:
        """Return the text in one line."""
        return " ".join("".join(self.pieces(without=without)).split())

    def elements(self) -> "Iterator[Node]":
        """Yield every element inside, in the order of the page."""
        waiting = [child for child in reversed(self.children) if isinstance(child, Node)]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(child for child in reversed(node.children) if isinstance(child, Node))


def grow(markup: str) -> Node:
    """Return the page as a tree.

    Raises:
        FeedError: It is nested too deeply or has too many elements.
    """
    scan(markup)
    clean = nh3.clean(
        markup,
        tags=_KEPT - _DROPPED,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https"},
    )
    root = node = Node("body")
    depth = 0
    for match in _PIECE.finditer(clean):
        below = _grown(node, match)
        depth += (below.parent is node) - (node.parent is below)
        if depth > DEEPEST:  # what the sanitiser made of it may be deeper than it looked
            raise too_deep()
        node = below
    return root


def _grown(node: Node, match: re.Match[str]) -> Node:
    """Add one piece of the sanitiser's output, which is always well-formed; return where the next one belongs."""
    closing, tag, attributes = match.groups()
    if tag is None:
        node.children.append(html.unescape(match[0][:LONGEST_TEXT]))
    elif closing:
        return node.parent or node
    else:
        child = Node(tag, {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}, node)
        node.children.append(child)
        return node if tag == _VOID else child
    return node
