"""The files of tickets in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from clair_bot.domain.attachments import AttachmentState, StoredAttachment
from clair_bot.messages import Attachment
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import Kept, MemoryState

_HELD = timedelta(minutes=2)


class MemoryAttachments:
    """An ``Attachments``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def add(self, *, ticket_id: int, channel: str, to_desk: bool, file: Attachment, token: str) -> int:
        """Store that a file is wanted; return its id."""
        stored = StoredAttachment(
            id=self._state.next_id("attachment"),
            ticket_id=ticket_id,
            channel=channel,
            to_desk=to_desk,
            file=_stored(file, name=file.name[:200], media_type=file.media_type[:100]),
            state=AttachmentState.WANTED,
            attempts=0,
            token=clean(token),
        )
        self._state.attachments[stored.id] = Kept(attachment=stored, next_at=self._now, created_at=self._now)
        return stored.id

    def claim(self, channels: Collection[str], limit: int) -> Sequence[StoredAttachment]:
        """Take wanted files of these channels for fetching."""
        claimed: list[StoredAttachment] = []
        for number, row in sorted(self._state.attachments.items()):
            wanted = row.attachment.state is AttachmentState.WANTED and row.attachment.channel in channels and row.next_at <= self._now
            if wanted and len(claimed) < limit:
                taken = replace(row.attachment, attempts=row.attachment.attempts + 1)
                self._state.attachments[number] = replace(row, attachment=taken, next_at=self._now + _HELD)
                claimed.append(taken)
        return claimed

    def again(self, attachment_id: int, next_at: datetime) -> None:
        """Let a file be fetched again later."""
        if row := self._state.attachments.get(attachment_id):
            self._state.attachments[attachment_id] = replace(row, next_at=next_at)

    def ready(self, attachment_id: int, *, name: str, media_type: str, content: bytes) -> None:
        """Store a file's bytes."""
        if row := self._state.attachments.get(attachment_id):
            file = _stored(row.attachment.file, name=name, media_type=media_type)
            self._change(row, AttachmentState.READY, file=replace(file, size=len(content)), content=content)

    def refused(self, attachment_id: int, reason: str) -> None:  # noqa: ARG002  # the reason is for people who look into the table
        """Store that a file is not passed on."""
        if row := self._state.attachments.get(attachment_id):
            self._change(row, AttachmentState.REFUSED)

    def content(self, attachment_id: int) -> bytes | None:
        """Return a file's bytes; None when they are gone."""
        row = self._state.attachments.get(attachment_id)
        return row.content if row else None

    def opened(self, attachment_id: int, token: str) -> tuple[str, str, bytes] | None:
        """Return name, media type and bytes of a file to whoever has its token."""
        row = self._state.attachments.get(attachment_id)
        if row is None or row.attachment.token != clean(token) or row.content is None:
            return None
        return row.attachment.file.name, row.attachment.file.media_type, row.content

    def forget(self, before: datetime) -> int:
        """Delete the bytes of files older than this; return how many."""
        old = [row for row in self._state.attachments.values() if row.created_at < before and row.content is not None]
        for row in old:
            self._change(row, AttachmentState.FORGOTTEN, content=None)
        return len(old)

    def _change(self, row: Kept, state: AttachmentState, *, file: Attachment | None = None, content: bytes | None = None) -> None:
        changed = replace(row.attachment, state=state, file=file or row.attachment.file)
        self._state.attachments[changed.id] = replace(row, attachment=changed, content=content)


def _stored(file: Attachment, *, name: str, media_type: str) -> Attachment:
    return replace(file, handle=clean(file.handle), name=clean(name), media_type=clean(media_type))
