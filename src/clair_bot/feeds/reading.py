"""Reading: one look at a feed, of whatever kind."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from clair_bot.domain.feeds import Entry, Feed, FeedKind, Reading
from clair_bot.errors import FeedError
from clair_bot.feeds import folders, mailboxes, pages, syndication
from clair_bot.feeds.fetching import Document, Fetcher

_PARSERS: Final[Mapping[FeedKind, Callable[[Document], tuple[Entry, ...]]]] = {
    FeedKind.RSS: syndication.parse,
    FeedKind.PAGE: pages.parse,
}
_READERS: Final[Mapping[FeedKind, Callable[[Path], tuple[Entry, ...]]]] = {
    FeedKind.MAILBOX: mailboxes.read,
    FeedKind.FOLDER: folders.read,
}


class FeedReader:
    """Reads feeds. What takes time runs in a thread, so that the loop goes on."""

    def __init__(self, *, allow: Collection[str] = (), fetcher: Fetcher | None = None) -> None:
        """Keep what may be reached.

        Args:
            allow: ``host:port`` pairs that may be reached though private, such as a page of the intranet.
            fetcher: Who fetches; None: over HTTP, with the usual limits.
        """
        self._fetcher = fetcher or Fetcher(allow=allow)

    async def read(self, feed: Feed) -> Reading:
        """Return what a feed holds now, or that nothing is new.

        Raises:
            FeedError: It cannot be read; the sentence says why and what to do.
        """
        if parse := _PARSERS.get(feed.kind):
            document = await self._fetcher.fetch(feed.location, feed.etag)
            if document is None:
                return Reading(etag=feed.etag, unchanged=True)
            return Reading(entries=await asyncio.to_thread(parse, document), etag=document.etag)
        return Reading(entries=await asyncio.to_thread(_READERS[feed.kind], _place(feed.location)))


def _place(location: str) -> Path:
    """Return a path on this machine.

    Raises:
        FeedError: It is none.
    """
    location = location.strip()
    if not location or "\0" in location or "://" in location:
        raise FeedError("ファイルかフォルダーの場所が正しくありません。このサーバーの中の場所を登録してください。")
    return Path(location).expanduser()
