"""Attachments: pictures and documents on their way between asker and advisor."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from clair_bot.messages import Attachment

SIZE_LIMIT = 10 * 1024 * 1024
"""Bytes. What is larger is refused with a sentence."""
COUNT_LIMIT = 5
"""Files of one message that are passed on."""
MAX_ATTEMPTS = 6
KEPT = timedelta(days=14)
"""How long a file's address works; then its bytes are deleted."""


class AttachmentState(StrEnum):
    """The fate of a file."""

    WANTED = "wanted"  # to be fetched from the platform it came on
    READY = "ready"  # fetched, found harmless, and in the outbox
    REFUSED = "refused"  # too large, of a kind that is not passed on, not harmless, or gone
    FORGOTTEN = "forgotten"  # its bytes were deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment:
    """A file of a ticket."""

    id: int
    ticket_id: int
    channel: str
    """The channel that it came on."""
    to_desk: bool
    """True from the asker to the desk, False the other way."""
    file: Attachment
    state: AttachmentState
    attempts: int
    token: str
    """The secret part of its address."""
