"""LINE's units of length: UTF-16 code units for texts, grapheme clusters for labels; and splitting by them."""

import re
import unicodedata
from collections.abc import Iterator

_ZWJ = "\u200d"
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_HALFWIDTH_MARKS = "\uff9e\uff9f"
_HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)

# From the best place to part a text to the last resort; each is a pattern that ends where the new part begins.
_SENTENCE = re.compile(r"[。！？]+[」』）]*|[.!?]+\s")
_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), _SENTENCE, re.compile(r"[、，\s]"))


def units(text: str) -> int:
    """Return the number of UTF-16 code units, LINE's measure of a text: an emoji mostly counts two."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)  # noqa: PLR2004  # the end of the basic plane


def clusters(text: str) -> Iterator[str]:
    """Yield the grapheme clusters, what a person calls characters: a family emoji is one.

    Follows UAX 29 for what occurs in Japanese and English text and in emoji; where it simplifies, it yields more clusters, not fewer.
    """
    start = 0
    for place in range(1, len(text)):
        if not _joined(text, start, place):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _joined(text: str, start: int, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if before in "\r\n" or after in "\r\n":
        return False
    if before == _ZWJ and place - 1 > start:
        return unicodedata.category(after) in {"So", "Sm"}
    if ord(before) in _REGIONAL and ord(after) in _REGIONAL:
        return (place - start) % 2 == 1
    return _extends(after)


def _extends(character: str) -> bool:
    code = ord(character)
    if character == _ZWJ or character in _HALFWIDTH_MARKS:
        return True
    if code in _SKIN_TONES or code in _TAGS or code in _HANGUL_VOWELS_AND_FINALS:
        return True
    return unicodedata.category(character) in {"Mn", "Me", "Mc"}


def shorten(text: str, limit: int) -> str:
    """Return the text in at most ``limit`` grapheme clusters, ending in 「…」 where it was longer."""
    parts = list(clusters(text))
    return text if len(parts) <= limit else "".join(parts[: limit - 1]) + "…"


def shorten_units(text: str, limit: int) -> str:
    """Return the text in at most ``limit`` UTF-16 units, ending in 「…」 where it was longer."""
    return text if units(text) <= limit else text[: _reach(text, limit - 1)] + "…"


def shorten_sentences(text: str, limit: int) -> str:
    """Return the text in at most ``limit`` UTF-16 units, ended behind a sentence where one ends near, and in 「…」 where it was longer."""
    if units(text) <= limit:
        return text
    if limit <= 0:
        return ""
    window = text[: _reach(text, limit - 1)]
    ends = [found.end() for found in _SENTENCE.finditer(window) if found.end() > len(window) // 3]
    return window[: ends[-1] if ends else len(window)].rstrip() + "…"


def split(text: str, limit: int) -> list[str]:
    """Part the text into pieces of at most ``limit`` UTF-16 units; joined again they are the text.

    Parts at the end of a paragraph, else of a line, a sentence, a clause; inside a word only where there is nothing else, and inside
    a grapheme cluster only where that alone is longer than the limit.
    """
    pieces = []
    while units(text) > limit:
        end = _best_end(text[: _reach(text, limit)])
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text] if text else pieces


def _reach(text: str, limit: int) -> int:
    """Return how many code points fit into the limit without parting a grapheme cluster."""
    used, end = 0, 0
    for cluster in clusters(text):
        used += units(cluster)
        if used > limit:
            break
        end += len(cluster)
    return end or _bare_reach(text, limit)


def _bare_reach(text: str, limit: int) -> int:
    used, end = 0, 0
    for character in text:
        used += units(character)
        if used > limit:
            break
        end += 1
    return max(end, 1)


def _best_end(window: str) -> int:
    """Return where to part: not before the middle, since many small pieces are worse than a part inside a paragraph."""
    for pattern in _BREAKS:
        ends = [found.end() for found in pattern.finditer(window)]
        good = [end for end in ends if end > len(window) // 2 and not (end < len(window) and _joined(window, end - 1, end))]
        if good:
            return good[-1]
    return len(window)
