"""The attachment table: files between asker and advisor, with their bytes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from clair_bot.domain.attachments import AttachmentState, StoredAttachment
from clair_bot.messages import Attachment
from clair_bot.storage.columns import table_of
from clair_bot.storage.desk_tables import AttachmentRow

_A = table_of(AttachmentRow)
_WITHOUT_BYTES = [column for column in _A.c if column.name != "content"]
_HELD = timedelta(minutes=2)
"""Fetching and looking for viruses may take so long; then whoever held the file is taken for dead."""


class SqlAttachments:
    """Repository of attachments."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._connection = session.connection
        self._now = now

    def add(self, *, ticket_id: int, channel: str, to_desk: bool, file: Attachment, token: str) -> int:
        """Store that a file is wanted; return its id."""
        values = {
            "ticket_id": ticket_id,
            "channel": channel,
            "to_desk": to_desk,
            "handle": file.handle,
            "name": file.name[:200],
            "media_type": file.media_type[:100],
            "size": file.size,
            "state": AttachmentState.WANTED.value,
            "attempts": 0,
            "next_at": self._now,
            "token": token,
            "error": "",
            "created_at": self._now,
        }
        added: int = self._connection().execute(_A.insert().values(values).returning(_A.c.id)).scalar_one()
        return added

    def claim(self, channels: Collection[str], limit: int) -> Sequence[StoredAttachment]:
        """Take wanted files of these channels for fetching."""
        wanted = (_A.c.state == AttachmentState.WANTED.value, _A.c.next_at <= self._now, _A.c.channel.in_(list(channels)))
        due = select(_A.c.id).where(*wanted).order_by(_A.c.id).limit(limit).with_for_update(skip_locked=True)
        once = due.cte("due").prefix_with("MATERIALIZED")  # PostgreSQL may run it for each row otherwise, and take more than the limit
        mine = _A.c.id.in_(select(once.c.id))
        taken = update(_A).where(mine).values(next_at=self._now + _HELD, attempts=_A.c.attempts + 1)
        rows = self._connection().execute(taken.returning(*_WITHOUT_BYTES)).all()
        return sorted((_attachment(row) for row in rows), key=lambda attachment: attachment.id)

    def again(self, attachment_id: int, next_at: datetime) -> None:
        """Let a file be fetched again later."""
        self._change(attachment_id, next_at=next_at)

    def ready(self, attachment_id: int, *, name: str, media_type: str, content: bytes) -> None:
        """Store a file's bytes."""
        values = {"name": name, "media_type": media_type, "size": len(content), "content": content}
        self._change(attachment_id, state=AttachmentState.READY.value, **values)

    def refused(self, attachment_id: int, reason: str) -> None:
        """Store that a file is not passed on."""
        self._change(attachment_id, state=AttachmentState.REFUSED.value, error=reason[:200])

    def content(self, attachment_id: int) -> bytes | None:
        """Return a file's bytes; None when they are gone."""
        found: bytes | None = self._connection().execute(select(_A.c.content).where(_A.c.id == attachment_id)).scalars().first()
        return found

    def opened(self, attachment_id: int, token: str) -> tuple[str, str, bytes] | None:
        """Return name, media type and bytes of a file to whoever has its token."""
        wanted = (_A.c.id == attachment_id, _A.c.token == token, _A.c.state == AttachmentState.READY.value)
        row = self._connection().execute(select(_A).where(*wanted)).first()
        return (row.name, row.media_type, row.content) if row and row.content is not None else None

    def forget(self, before: datetime) -> int:
        """Delete the bytes of files older than this; return how many."""
        old = update(_A).where(_A.c.created_at < before, _A.c.state == AttachmentState.READY.value)
        return self._connection().execute(old.values(state=AttachmentState.FORGOTTEN.value, content=None)).rowcount

    def _change(self, attachment_id: int, **values: object) -> None:
        self._connection().execute(update(_A).where(_A.c.id == attachment_id).values(values))


def _attachment(row: Row[Any]) -> StoredAttachment:
    return StoredAttachment(
        id=row.id,
        ticket_id=row.ticket_id,
        channel=row.channel,
        to_desk=row.to_desk,
        file=Attachment(handle=row.handle, name=row.name, media_type=row.media_type, size=row.size),
        state=AttachmentState(row.state),
        attempts=row.attempts,
        token=row.token,
    )
