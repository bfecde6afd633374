"""Pictures: whether those that a bulletin names are there, before anybody is sent their address."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from clair_bot.errors import FeedError
from clair_bot.feeds.fetching import Fetcher, Refused

_AT_ONCE = 4
_SERVER_FAULT = 500


class Look(StrEnum):
    """What was seen of a picture."""

    THERE = "there"
    GONE = "gone"  # the server says so, or shows something else
    UNSEEN = "unseen"  # it could not be reached from here: closed networks cannot look


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A picture that was looked at."""

    url: str
    look: Look
    why: str = ""
    """HTTP status or kind of document; empty where it is there."""


async def look_at(urls: Sequence[str], *, allow: Collection[str] = (), fetcher: Fetcher | None = None) -> list[Looked]:
    """Look at pictures, with the guards of feeds; return what was seen, in order."""
    reader, turns = fetcher or Fetcher(allow=allow), asyncio.Semaphore(_AT_ONCE)

    async def one(url: str) -> Looked:
        async with turns:
            return await _look(reader, url)

    return list(await asyncio.gather(*(one(url) for url in urls)))


async def _look(fetcher: Fetcher, url: str) -> Looked:
    try:
        found = await fetcher.fetch(url)
    except Refused as answer:
        gone = answer.status < _SERVER_FAULT
        return Looked(url=url, look=Look.GONE if gone else Look.UNSEEN, why=f"HTTP {answer.status}")
    except FeedError as error:
        return Looked(url=url, look=Look.UNSEEN, why=str(error))
    kind = found.content_type.partition(";")[0].strip().lower() if found else ""
    if kind.startswith("image/"):
        return Looked(url=url, look=Look.THERE)
    return Looked(url=url, look=Look.GONE, why=kind or "種類の分からない文書")
