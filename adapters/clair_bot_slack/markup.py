"""Slack's text markup, both ways: what arrives becomes plain words, what leaves is escaped and split."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator

_TOKEN = re.compile(r"<([^<>]*)>")
_SENTENCE_END = re.compile(r"[。．！？!?\n]+[」』）)]*|[.](?=\s)")  # noqa: RUF001
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}


def plain(text: str, *, bots: Collection[str]) -> str:
    """Undo Slack's escapes, and take the mentions of our bot out.

    Args:
        text: As it stands in an event.
        bots: User ids of our bot.
    """
    text = _TOKEN.sub(lambda token: _words(token[1], bots), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def mentions(text: str) -> list[str]:
    """Return the user ids that the text mentions, in order."""
    return re.findall(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>", text)


def _words(token: str, bots: Collection[str]) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return "" if target[1:] in bots else target
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    return _link(target, label)


def _link(url: str, label: str) -> str:
    """Return what was typed: Slack makes links of bare addresses by itself."""
    if not label or label in {url, url.removeprefix("http://"), url.removeprefix("https://"), url.removeprefix("mailto:")}:
        return label or url
    return f"{label} ({url})"


def escape(text: str) -> str:
    """Escape for ``text`` fields: the three characters that Slack names, no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clean(text: str) -> str:
    """Take out what no JSON reader is obliged to take: NUL and unpaired surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def units(character: str) -> int:
    """Return the UTF-16 units that a character takes once escaped: the largest count that anyone could apply."""
    return {"&": 5, "<": 4, ">": 4}.get(character) or (2 if ord(character) > 0xFFFF else 1)  # noqa: PLR2004


def size(text: str) -> int:
    """Return the UTF-16 units of a text once escaped."""
    return sum(map(units, text))


def split(text: str, limit: int) -> Iterator[str]:
    """Cut into pieces of at most ``limit`` units at a line's or sentence's end, else at a blank, else between characters.

    The pieces joined are the text: nothing is lost.
    """
    start = 0
    while start < len(text):
        end = _reach(text, start, limit)
        if end < len(text):
            end = _sentence_end(text, start, end) or _whole(text, start, end)
        yield text[start:end]
        start = end


def _reach(text: str, start: int, limit: int, units_of: Callable[[str], int] = units) -> int:
    room = limit
    for index in range(start, len(text)):
        room -= units_of(text[index])
        if room < 0:
            return max(index, start + 1)
    return len(text)


def _sentence_end(text: str, start: int, end: int) -> int:
    """Return the last good place to cut in the later three quarters, or 0."""
    earliest = start + (end - start) // 4
    places = [found.end() for found in _SENTENCE_END.finditer(text, start, end) if found.end() > earliest]
    blank = text.rfind(" ", earliest, end)
    return places[-1] if places else blank + 1


def _whole(text: str, start: int, end: int) -> int:
    """Move a cut back so that it does not part a character from its marks; give up after 40."""
    for place in range(end, max(start, end - 40), -1):
        if not (unicodedata.combining(text[place]) or text[place] in _JOINERS or text[place - 1] == "\u200d"):
            return place
    return end
