"""Cleaning: whatever was found becomes plain text without markup, traps or excess, and an address that may be opened."""

import html
import re
import unicodedata
from datetime import datetime
from itertools import islice
from typing import Final
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import nh3

from clair_bot.domain.feeds import Entry

MOST_ENTRIES = 100
"""Entries of one reading."""
LONGEST_TITLE = 200
LONGEST_TEXT = 4_000
LONGEST_URL = 2_000
_MOST: Final = (("<", 2_000), ("&", 10_000))
"""Tags and entities of one piece of markup: what stands behind is left out. The sanitiser's time grows with their square."""
_LONGEST_MARKUP: Final = 200_000
_LONGEST_RAW: Final = 20_000
"""Characters of plain text before its blanks are normalised; of markup, ten times as many."""
_PIECE: Final = 50_000
"""Characters that are looked at in one call."""
_EMBEDDED: Final = re.compile(r"data:[a-z/+.-]{1,60};base64,[A-Za-z0-9+/=]++")
_BLOCKS: Final = {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
                  "li", "ol", "p", "pre", "section", "table", "tr", "ul"}  # fmt: skip
_UNREAD: Final = {
    "iframe",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "script",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "xmp",
}
"""Elements whose content is no text for readers, or whose tags would count as text."""
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, marks that turn the direction of writing, characters without a shape. Joiners and variants of 漢字 stay."""
_BLANKS: Final = re.compile(r"[^\S\n]+")
_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_MARK: Final = "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_MARKS_IN_A_ROW: Final = re.compile(f"({_MARK}{{4}}){_MARK}+")
_TAG: Final = re.compile(r"<(/?[a-z0-9]+)[^<>]*>")
_MANY_LINES: Final = re.compile(r"\n{2,}")
_HAS_TAG: Final = re.compile(r"</?[A-Za-z]")
_NO_TAG: Final = re.compile(r"<(?=[^A-Za-z/!?]|$|https?://|mailto:|[^<>\s@]{1,64}@)")
"""A sign in plain text that opens no tag: 3 < 5, <https://…>, <name@example.jp>."""
_SENTENCE_END: Final = re.compile(r"[。！？!?\n]|\.(?=\s)")
_ELLIPSIS: Final = "…"
_JOINER: Final = "\u200d"
_KEPT_IN_URLS: Final = "/:?#[]@!$&()*+,;=%~-._"
_HOST: Final = re.compile(r"[^\s/\\?#@:<>\"'%\[\]]{1,253}")
_PORT: Final = re.compile(r":[0-9]{1,5}")


def entry(*, title: str, text: str, url: str = "", published_at: datetime | None = None) -> Entry | None:
    """Return an entry of cleaned text, shortened to its limits; None without a title."""
    line = shortened(" ".join(title.split()), LONGEST_TITLE)
    if not line:
        return None
    return Entry(title=line, text=shortened(text, LONGEST_TEXT), url=url, published_at=published_at)


def from_html(markup: str) -> str:
    """Return the words of a piece of HTML: no tags, entities decoded once, paragraphs separated by an empty line."""
    markup = _visible(_EMBEDDED.sub("", markup)[:_LONGEST_MARKUP])
    if _HAS_TAG.search(markup):
        markup = markup.replace("\n", " ")
    return _laid_out(_sanitised(markup))


def from_text(text: str) -> str:
    """Return plain text as it is, without whatever looks like a tag."""
    return _laid_out(_sanitised(_NO_TAG.sub("&lt;", _visible(text[:_LONGEST_RAW]).replace("&", "&amp;"))))


def shortened(text: str, limit: int) -> str:
    """Cut a text that is too long, behind a sentence where one ends in the second half of what may stay."""
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, limit // 2, limit - 1)]
    cut = ends[-1] if ends else limit - 1
    while not ends and cut > limit // 2 and _hangs_on(text, cut):
        cut -= 1
    return text[:cut].rstrip() + _ELLIPSIS


def in_pieces(pattern: re.Pattern[str], text: str) -> str:
    """Drop single characters, a part of the text after the other: one call for all of it would hold up every other thread."""
    return "".join(pattern.sub("", text[start : start + _PIECE]) for start in range(0, len(text), _PIECE))


def _hangs_on(text: str, index: int) -> bool:
    """Tell whether a character belongs to the one before it."""
    return unicodedata.category(text[index]).startswith("M") or _JOINER in text[index - 1 : index + 1]


def address(raw: str, base: str = "") -> str:
    """Return an address that may be opened: http(s) with a host and without a user name; otherwise an empty string."""
    raw = "".join(_visible(raw[: 2 * LONGEST_URL]).split())
    try:
        parts = urlsplit(urljoin(base, raw))
        host = parts.netloc.lower()
        if parts.scheme not in {"http", "https"} or not _is_host(host) or parts.port == 0:
            return ""
        url = urlunsplit((parts.scheme, host, *(quote(part, safe=_KEPT_IN_URLS) for part in parts[2:])))
    except ValueError:  # a port or a bracket that is none
        return ""
    return url if len(url) <= LONGEST_URL else ""


def _is_host(netloc: str) -> bool:
    return bool(_HOST.fullmatch(_PORT.sub("", netloc, count=1) if _PORT.search(netloc) else netloc))


def _visible(text: str) -> str:
    """Drop what cannot be seen, and endless piles of marks."""
    return _MARKS_IN_A_ROW.sub(r"\1", in_pieces(_INVISIBLE, _LINE_ENDS.sub("\n", text)))


def _sanitised(markup: str) -> str:
    """Take all markup out. The sanitiser escapes every sign of the text, so what looks like a tag afterwards is one of ours."""
    for sign, most in _MOST:
        if markup.count(sign) > most:
            markup = markup[: next(islice(re.finditer(sign, markup), most, None)).start()]
    markup = nh3.clean(markup, tags=_BLOCKS, clean_content_tags=_UNREAD, attributes={"*": set()}, link_rel=None)
    return html.unescape(_TAG.sub(lambda tag: "\n" if tag[1] == "br" else "\n\n", markup))


def _laid_out(text: str) -> str:
    """Normalise blanks: one between words, none around lines, one empty line between paragraphs."""
    lines = (_BLANKS.sub(" ", line).strip() for line in _visible(text).split("\n"))
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()
