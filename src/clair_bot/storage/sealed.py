"""The table of sealed texts."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import Session

from clair_bot.domain.sealing import WRONG_CODES
from clair_bot.storage.columns import table_of
from clair_bot.storage.desk_tables import SealedTextRow

_S = table_of(SealedTextRow)


class SqlSealedTexts:
    """Repository of sealed texts."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._connection = session.connection
        self._now = now

    def put(self, *, ticket_id: int, token: str, code_hash: str, text: str, expires_at: datetime) -> int:
        """Store a text behind a code; return its id."""
        values = {"ticket_id": ticket_id, "token": token, "code_hash": code_hash, "text": text, "expires_at": expires_at, "wrong_codes": 0}
        stored: int = self._connection().execute(_S.insert().values(values).returning(_S.c.id)).scalar_one()
        return stored

    def open(self, token: str, code_hash: str) -> tuple[int, str] | None:
        """Return ticket and text, once, for the right code; a wrong one counts."""
        closed = (_S.c.token == token, _S.c.opened_at.is_(None), _S.c.expires_at > self._now, _S.c.wrong_codes < WRONG_CODES)
        row = self._connection().execute(select(_S).where(*closed).with_for_update()).first()
        if row is None:
            return None
        if row.code_hash != code_hash:
            self._connection().execute(update(_S).where(_S.c.id == row.id).values(wrong_codes=_S.c.wrong_codes + 1))
            return None
        self._connection().execute(update(_S).where(_S.c.id == row.id).values(opened_at=self._now, text=""))
        return row.ticket_id, row.text

    def forget(self, before: datetime) -> int:
        """Delete texts that expired before this; return how many."""
        return self._connection().execute(delete(_S).where(_S.c.expires_at < before)).rowcount
