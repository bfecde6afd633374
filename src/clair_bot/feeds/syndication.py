"""Syndication: RSS and Atom, in whatever version and charset."""

import contextlib
import io
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import feedparser

from clair_bot.domain.feeds import Entry
from clair_bot.errors import FeedError
from clair_bot.feeds import dates
from clair_bot.feeds.charsets import declared, decode
from clair_bot.feeds.cleaning import MOST_ENTRIES, address, entry, from_html
from clair_bot.feeds.fetching import Document
from clair_bot.feeds.sieving import sieved

_ROOTS: Final = {"rss", "rdf", "feed"}
_PAGE: Final = re.compile(
    r"(?:\s{0,1000}(?:<\?xml[^<>]{0,200}>|<!--[^<>]{0,1000}-->)){0,5}\s{0,1000}"
    r"<(?:!doctype\s{1,20}html|html|head|body|title|meta|div|main|script|h1|p|ul|table)\b",
    re.IGNORECASE,
)
_FAULTS: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a parser that has grown over twenty years may trip over."""
_LONGEST_DATE: Final = 100
_DATES: Final = ("published", "updated", "created")


def parse(document: Document) -> tuple[Entry, ...]:
    """Return the entries of a feed. Runs in a thread.

    Raises:
        FeedError: It is no feed, or cannot be read; the sentence says why and what to do.
    """
    text = decode(document.body, declared(document.body, document.content_type)).lstrip()
    if _PAGE.match(text):
        raise _page()
    if not text.startswith("<"):
        raise _no_feed()
    root, data = sieved(text)
    if root not in _ROOTS:
        raise _page() if root == "html" else _no_feed()
    return tuple(_entries(_parsed(data, document.url), document.url))


def is_feed(body: bytes) -> bool:
    """Tell whether a document is RSS or Atom, as far as its beginning shows."""
    return bool(re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", body[:2_000])) and not _PAGE.match(body[:2_000].decode("ascii", "replace"))


def _parsed(data: bytes, url: str) -> list[Any]:
    """Let the library find the entries; what it sees leaves it nothing to expand, to fetch or to guess."""
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        found = feedparser.parse(io.BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False)
    except _FAULTS as error:
        raise FeedError("フィードの書き方が正しくないため、読み取れませんでした。サイトの担当者に確かめてください。") from error
    return list(found["entries"])


def _entries(found: list[Any], base: str) -> Iterator[Entry]:
    """Yield what has a title, up to the limit."""
    count = 0
    for raw in found:
        if count == MOST_ENTRIES:
            return
        # The library's own ``get`` gives one date for another, with a warning.
        if piece := entry(
            title=from_html(_string(dict.get(raw, "title"))),
            text=from_html(_body(raw)),
            url=address(_string(dict.get(raw, "link")).replace("&amp;", "&"), base),  # CDATA sections escape nothing
            published_at=_moment(raw),
        ):
            count += 1
            yield piece


def _body(raw: Any) -> str:
    """Return the longer of content and summary."""
    contents = [_string(dict.get(part, "value")) for part in dict.get(raw, "content") or () if isinstance(part, dict)]
    return max([*contents, _string(dict.get(raw, "summary"))], key=len)


def _moment(raw: Any) -> datetime | None:
    """Return when an entry was published, or changed where that is not said."""
    for name in _DATES:
        words = _string(dict.get(raw, name))[:_LONGEST_DATE]
        own = dates.moment(words)
        if own and (":" not in words or "年" in words or "/" in words):  # of which the library would see the year alone
            return own
        parsed = dict.get(raw, f"{name}_parsed")
        if isinstance(parsed, time.struct_time):
            with contextlib.suppress(ValueError, OverflowError):
                return datetime(*parsed[:6], tzinfo=UTC)
        if own:
            return own
    return None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _page() -> FeedError:
    return FeedError("フィードではなく HTML のページです。新着の一覧ページを見張る場合は、種別 page で登録してください。")


def _no_feed() -> FeedError:
    return FeedError("RSS でも Atom でもない内容です。フィードのアドレスを確かめ、登録し直してください。")
