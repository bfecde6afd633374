"""The counted links in memory."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import Link, MemoryState


class MemoryLinks:
    """A ``Links``."""

    def __init__(self, state: MemoryState) -> None:
        """Work on this state."""
        self._state = state

    def put(self, bulletin_id: int, url: str) -> str:
        """Return the token for an address in a bulletin, the same each time."""
        url = clean(url)
        for token, link in self._state.links.items():
            if (link.bulletin_id, link.url) == (bulletin_id, url):
                return token
        token = secrets.token_urlsafe(9)
        self._state.links[token] = Link(bulletin_id=bulletin_id, url=url)
        return token

    def follow(self, token: str) -> str | None:
        """Count a click; return where it leads. Nobody is remembered."""
        link = self._state.links.get(clean(token))
        if link is None:
            return None
        self._state.links[clean(token)] = replace(link, clicks=link.clicks + 1)
        return link.url

    def clicks(self, bulletin_id: int) -> Mapping[str, int]:
        """Return how often each address was followed."""
        return {link.url: link.clicks for link in self._state.links.values() if link.bulletin_id == bulletin_id}
