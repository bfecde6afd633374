"""The table of addresses that lead through us: clicks are counted, nobody is remembered."""

import secrets
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlmodel import Session

from clair_bot.storage.bulletin_tables import LinkRow
from clair_bot.storage.columns import table_of
from clair_bot.storage.insertions import Insertion

_L = table_of(LinkRow)
_PUT = Insertion(lambda dialect: dialect.insert(_L).on_conflict_do_nothing(index_elements=["bulletin_id", "url"]))


class SqlLinks:
    """Repository of counted links."""

    def __init__(self, session: Session) -> None:
        """Work in this session."""
        self._session = session
        self._connection = session.connection

    def put(self, bulletin_id: int, url: str) -> str:
        """Return the token for an address in a bulletin, the same each time."""
        there = select(_L.c.token).where(_L.c.bulletin_id == bulletin_id, _L.c.url == url)
        token: str | None = self._connection().execute(there).scalar()
        if token is None:
            new = {"token": secrets.token_urlsafe(9), "bulletin_id": bulletin_id, "url": url, "clicks": 0}
            self._connection().execute(_PUT.on(self._session), new)
            token = self._connection().execute(there).scalar_one()  # ours, or of another who was faster
        return token

    def follow(self, token: str) -> str | None:
        """Count a click; return where it leads. Nobody is remembered."""
        statement = update(_L).where(_L.c.token == token).values(clicks=_L.c.clicks + 1).returning(_L.c.url)
        url: str | None = self._connection().execute(statement).scalar()
        return url

    def clicks(self, bulletin_id: int) -> Mapping[str, int]:
        """Return how often each address was followed."""
        rows = self._connection().execute(select(_L.c.url, _L.c.clicks).where(_L.c.bulletin_id == bulletin_id).order_by(_L.c.url))
        return {url: count for url, count in rows}  # noqa: C416  # rows are not tuples to the type checker
