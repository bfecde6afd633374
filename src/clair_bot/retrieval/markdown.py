"""Markdown in, blocks of plain words out."""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from clair_bot.messages import Block, BlockKind

_ASIDE: Final = re.compile(r"[!-~]$")
"""Where a line ends in a letter of the Latin kind, the next one begins after a space; Japanese needs none."""


def blocks(text: str) -> tuple[Block, ...]:
    """Return headings, paragraphs and list items in order, without markup. Links keep their words, pictures their description."""
    found: list[Block] = []
    tokens = MarkdownIt("commonmark", {"html": False}).parse(text)
    inside: list[str] = []  # types of the blocks that are open
    for token in tokens:
        if token.nesting > 0:
            inside.append(token.type)
        elif token.nesting < 0:
            inside.pop()
        elif token.type == "inline":
            _add(found, _kind(inside), _plain(token.children or []))
        elif token.type in {"fence", "code_block"}:
            _add(found, BlockKind.PARAGRAPH, token.content)
    return tuple(found)


def _kind(inside: list[str]) -> BlockKind:
    if inside[-1] == "heading_open":
        return BlockKind.HEADING
    return BlockKind.ITEM if "list_item_open" in inside else BlockKind.PARAGRAPH


def _add(found: list[Block], kind: BlockKind, text: str) -> None:
    if words := text.strip():
        found.append(Block(kind=kind, text=words))


def _plain(children: list[Token]) -> str:
    """Join the words of a line. Bold next to 「」 is not bold by CommonMark's rules: its asterisks are taken out here."""
    text = ""
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            text += " " if _ASIDE.search(text) else ""
        else:
            text += child.content
    return text.replace("**", "")
