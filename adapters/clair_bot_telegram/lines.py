"""Words into lines of a message: the pieces that cards, bulletins and files are made of."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from clair_bot_telegram.spans import BLANK, Line, Span
from clair_bot_telegram.texts import clean, units

_LONGEST_LINK = 1024


def is_link(url: str) -> bool:
    """Tell whether the address is one that people may be sent to."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    fine = url.isprintable() and " " not in url and clean(url) == url
    return fine and parts.scheme in {"http", "https"} and bool(parts.netloc) and units(url) <= _LONGEST_LINK


def one_line(text: str) -> str:
    """Return the text with its line ends as blanks."""
    return " ".join(clean(text).split())


def written(text: str, *, tag: str = "") -> Iterator[Line]:
    """Yield the text line by line."""
    for words in clean(text).strip().splitlines():
        yield (Span(text=words.rstrip(), tag=tag if words.strip() else ""),)


def paragraph(text: str, *, tag: str = "") -> Iterator[Line]:
    """Yield the text line by line, with a blank line below."""
    yield from written(text, tag=tag)
    yield BLANK
