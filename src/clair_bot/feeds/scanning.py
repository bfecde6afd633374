"""Scanning: one cheap look at a page before the sanitiser sees it, for what would keep it busy."""

import re
from typing import Final

from clair_bot.errors import FeedError

DEEPEST = 400
MOST_TAGS = 20_000
"""Opened elements of a page; nested in each other, so many take the sanitiser about two seconds."""
MOST_SIGNS = 100_000
"""Signs that begin a tag or an entity, or seem to."""
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"})
"""Elements that nobody closes."""
_ENDING_THEMSELVES: Final = frozenset({"p", "li", "dt", "dd", "tr", "td", "th", "option"})
"""Elements that end where the next one of their kind begins."""
_TAG: Final = re.compile(r"</?([A-Za-z][\w:.-]{0,100})")


def scan(text: str) -> None:
    """Look over HTML.

    Raises:
        FeedError: It is nested too deeply or has too many elements.
    """
    if text.count("<") + text.count("&") > MOST_SIGNS:
        raise _too_many(MOST_SIGNS)
    stack: list[str] = []
    count = 0
    for match in _TAG.finditer(text):
        count += text[match.start() + 1] != "/"
        if count > MOST_TAGS:
            raise _too_many(MOST_TAGS)
        _step(match, stack)


def _step(match: re.Match[str], stack: list[str]) -> None:
    """Enter or leave an element; one that was never closed ends with the element around it."""
    name = match[1].lower()
    if match[0].startswith("</"):
        if name in stack:
            del stack[len(stack) - 1 - stack[::-1].index(name) :]
    elif name not in _VOID and not (name in _ENDING_THEMSELVES and stack and stack[-1] == name):
        stack.append(name)
        if len(stack) > DEEPEST:
            raise too_deep()


def too_deep() -> FeedError:
    """Return the sentence for a page that is nested too deeply."""
    return FeedError(f"タグの入れ子が{DEEPEST}段を超えているため、読み込みません。アドレスが正しいか、サイトの担当者に確かめてください。")


def _too_many(most: int) -> FeedError:
    return FeedError(f"タグや記号が{most:,}個を超えているため、読み込みません。新着だけを載せた、小さなページを登録してください。")
