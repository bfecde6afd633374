"""Mails: subject, words and date of one mail, whatever charset it came in."""

import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

from clair_bot.domain.feeds import Entry
from clair_bot.feeds.charsets import decode
from clair_bot.feeds.cleaning import entry, from_html, from_text

MOST_PARTS = 50
DEEPEST = 8
_MOST_LINES: Final = 60_000
"""2 MB in lines of the usual length are half as many."""
_LONGEST_HEADER: Final = 4_000
_HEADERS: Final = re.compile(rb"^content-(type|disposition)[ \t]{0,8}:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_NESTING: Final = re.compile(rb"\s*(?:multipart|message)/", re.IGNORECASE)
_FAULTS: Final = (
    MessageError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    OSError,
)
"""What the parser trips over in mails that are broken, or built to break it."""


def read(data: bytes) -> Entry | None:
    """Return a mail as an entry; None where it has no subject, is malformed, or is nested beyond reason."""
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not _is_reasonable(data):
        return None
    try:
        mail = message_from_bytes(data)
        return entry(title=from_text(_subject(mail)), text=_text(mail), published_at=_date(mail))
    except _FAULTS:
        return None


def _is_reasonable(data: bytes) -> bool:
    """Tell whether the parser may see a mail: its time grows with lines times depth, and with the square of a header's length."""
    if data.count(b"\n") > _MOST_LINES:
        return False
    depth = 0
    for count, match in enumerate(_HEADERS.finditer(data), start=1):
        depth += bool(match[1].lower() == b"type" and _NESTING.match(match[2]))
        if count > 2 * MOST_PARTS or depth > DEEPEST or len(match[2]) > _LONGEST_HEADER:
            return False
    return True


def _subject(mail: Message) -> str:
    """Return the subject in one line."""
    raw = _raw(mail, "subject")
    if raw.isascii() and "\x1b" not in raw:
        try:
            pieces = decode_header(raw)
        except (HeaderParseError, binascii.Error, ValueError):
            return raw
        return "".join(piece if isinstance(piece, str) else decode(piece, [charset or ""]) for piece, charset in pieces)
    return decode(raw.encode("ascii", "surrogateescape"))


def _raw(mail: Message, name: str) -> str:
    """Return a header as it came, bytes beyond ASCII escaped, unfolded."""
    value = next((value for key, value in mail.raw_items() if key.lower() == name), "")
    return re.sub(r"\n[ \t]", " ", str(value)[:_LONGEST_HEADER])


def _date(mail: Message) -> datetime | None:
    """Return the date; one without a zone is taken as universal time, as the standard has it."""
    try:
        found = parsedate_to_datetime(_raw(mail, "date"))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(mail: Message) -> str:
    """Return the words: the first plain part, otherwise the first HTML part; attachments are none."""
    parts = list(_parts(mail))
    for kind, clean in (("text/plain", from_text), ("text/html", from_html)):
        for part in parts:
            if part.get_content_type() == kind and (text := clean(_decoded(part))):
                return text
    return ""


def _parts(mail: Message) -> Iterator[Message]:
    """Yield the parts that are read, not what hangs on the mail or is another mail."""
    waiting = [mail]
    count = 0
    while waiting and count < MOST_PARTS:
        part = waiting.pop()
        count += 1
        if part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            waiting.extend(reversed([piece for piece in inner if isinstance(piece, Message)] if isinstance(inner, list) else []))
        elif not part.is_multipart() and part.get_content_disposition() != "attachment" and not part.get_filename():
            yield part


def _decoded(part: Message) -> str:
    """Return the text of a part."""
    payload = part.get_payload(decode=True)
    label = part.get_content_charset() or ""
    return decode(payload, [label]) if isinstance(payload, bytes) else ""
