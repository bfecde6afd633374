"""Envelopes: a rendered mail with its headers, as the bytes that go over the wire."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, quote
from typing import Any

from clair_bot.messages import File, OutboundMessage
from clair_bot_mail.addresses import Mailbox
from clair_bot_mail.configuration import Sender
from clair_bot_mail.rendering import ATTACHED_LIMIT, render
from clair_bot_mail.texts import header, is_link

_KEY = re.compile(r"[A-Za-z0-9-]{1,64}")
_MEDIA_TYPE = re.compile(r"(?:application|audio|font|image|text|video)/[A-Za-z0-9][A-Za-z0-9.+-]{0,80}")
"""What may be attached under its own name: a mail or a multipart inside would be read as a part of ours."""
_NAME_LIMIT = 120
_VERBATIM = frozenset({"From", "To", "Reply-To", "Subject", "List-Unsubscribe", "List-Id"})


class _Wire(EmailPolicy):
    """Lines end in CR LF, everything is ASCII; and what is ours alone to write is not read again.

    The library reads a header as soon as it is set, and undoes encoded words in it: ``=?utf-8?q?=0ABcc:?=`` in somebody's title would
    become a line of its own. It also puts spaces into long names, and encodes long addresses in angle brackets.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return a header as it is kept."""
        return (name, str(value)) if name in _VERBATIM else super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Return a header as it is read."""
        return value if name in _VERBATIM else super().header_fetch_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as bytes."""
        return f"{name}: {value}\r\n".encode("utf-8" if self.utf8 else "ascii") if name in _VERBATIM else super().fold_binary(name, value)


_POLICY = _Wire(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail to one recipient."""

    sender: Mailbox
    recipient: Mailbox
    message_id: str
    message: OutboundMessage
    info: str
    reply_to: Mailbox | None

    def content(self, *, limit: int = ATTACHED_LIMIT) -> bytes:
        """Return the mail; the bytes of files only up to a limit."""
        mail = render(self.message, sender_info=self.info, limit=limit)
        made = EmailMessage(policy=_POLICY)
        self._head(made, mail.subject)
        made.set_content(mail.text)
        made.add_alternative(mail.html, subtype="html")
        for file in mail.attached:
            _attach(made, file)
        made["Content-Language"] = "en" if self.message.language == "en" else "ja"  # behind the content, which takes such headers along
        return made.as_bytes(policy=_POLICY.clone(utf8=True) if self.recipient.needs_utf8 else _POLICY)

    def _head(self, made: EmailMessage, subject: str) -> None:
        made["Date"] = format_datetime(datetime.now(UTC))
        made["Message-ID"] = self.message_id
        made["From"] = _shown("From", self.sender)
        made["To"] = _shown("To", self.recipient)
        if self.reply_to:
            made["Reply-To"] = _shown("Reply-To", self.reply_to)
        made["Subject"] = _encoded("Subject", subject)
        made["Auto-Submitted"] = "auto-generated"
        if self.message.issue:
            made["Precedence"] = "bulk"
            made["List-Id"] = f"<bulletins.{self.sender.domain}>"
        if is_link(self.message.unsubscribe):
            made["List-Unsubscribe"] = f"<{self.message.unsubscribe}>"
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def envelope_of(message: OutboundMessage, recipient: Mailbox, sender: Sender) -> Envelope:
    """Return the envelope of a message; its id belongs to the delivery and is the same at every attempt."""
    key = message.idempotency_key
    if not _KEY.fullmatch(key):
        key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return Envelope(
        sender=sender.mailbox,
        recipient=recipient,
        message_id=f"<{key}@{sender.mailbox.domain}>",
        message=message,
        info=sender.info,
        reply_to=sender.reply_to,
    )


def _encoded(name: str, words: str) -> str:
    """Return words for a header in ASCII, folded; always encoded where they could be taken for encoded words themselves."""
    plain = words.isascii() and "=?" not in words
    return words if plain else Header(words, "utf-8", header_name=name).encode(linesep="\r\n")


def _shown(name: str, mailbox: Mailbox) -> str:
    """Return an address for a header, behind its name where it has one."""
    if not mailbox.name:
        return mailbox.address
    words = _encoded(name, mailbox.name)
    if words == mailbox.name:
        words = f'"{quote(words)}"'
    return f"{words} <{mailbox.address}>"


def _attach(made: EmailMessage, file: File) -> None:
    known = _MEDIA_TYPE.fullmatch(file.media_type)
    maintype, subtype = file.media_type.split("/") if known else ("application", "octet-stream")
    name = (
        header(file.name).replace("=?", "= ?")[-_NAME_LIMIT:] or "file"
    )  # its end tells what kind it is; the whole name stands in the text
    made.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=name)
