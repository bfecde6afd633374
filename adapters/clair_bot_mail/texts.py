"""What all texts of a mail go through: cleaning, one line, shortening; and which addresses are links."""

import re
import unicodedata
from urllib.parse import urlsplit

_ZWJ = "\u200d"
_REGIONAL = range(0x1F1E6, 0x1F200)
_EXTENDERS = (range(0x1F3FB, 0x1F400), range(0xE0020, 0xE0080), range(0x1160, 0x1200), range(0xFF9E, 0xFFA0))
"""Skin tones, tags of flags, Hangul vowels and finals, halfwidth voicing marks."""
_BREAKS = "。、，！？!?・）」』】 \u3000"
"""Behind these a title may be shortened without parting a word."""
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_URL = re.compile(r"https?://[!-~]+")
"""In print: without spaces, controls and what is not ASCII. What else an address needs is percent-encoded."""
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])
"""What would let a header be read in another order than it stands."""


def clean(text: str) -> str:
    """Return the text without what no mail can carry: one kind of line end, no controls but tabs, no half characters."""
    lines = _LINE_ENDS.sub("\n", text)
    kept = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) != "Cc")
    return kept.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def line(text: str) -> str:
    """Return the text in one line."""
    return re.sub(r"\s*[\n\t]\s*", " ", clean(text)).strip()


def header(text: str) -> str:
    """Return the text as a header may hold it: one line, and nothing that turns its order around."""
    return line(text).translate(_BIDI).strip()


def shorten(text: str, limit: int) -> str:
    """Return the text in at most ``limit`` characters, ending in 「…」 where it was longer; never parted inside a grapheme cluster."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and _joined(text, end):
        end -= 1
    good = next((place for place in range(end, end * 2 // 3, -1) if text[place - 1] in _BREAKS), end)
    return text[:good].rstrip(" \u3000、，・") + "…"


def _joined(text: str, place: int) -> bool:
    """Tell whether the characters around a place are one to a person; where this simplifies, it joins more."""
    before, after = text[place - 1], text[place]
    if _ZWJ in {before, after} or unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    if ord(before) in _REGIONAL and ord(after) in _REGIONAL:
        flags = re.search("[\U0001f1e6-\U0001f1ff]*$", text[:place])
        return flags is not None and len(flags[0]) % 2 == 1
    return any(ord(after) in span for span in _EXTENDERS)


def is_link(url: str, *, schemes: frozenset[str] = frozenset({"http", "https"})) -> bool:
    """Tell whether an address may be linked or loaded."""
    if not _URL.fullmatch(url) or set(url) & set('<>"`\\'):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)
