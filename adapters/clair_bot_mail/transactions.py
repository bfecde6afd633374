"""One transaction: MAIL, RCPT, DATA. Knows at each moment whether the mail may have been accepted. Imports the SDK."""

import asyncio
import re
from collections.abc import Callable

import aiosmtplib

from clair_bot.errors import DeliveryError
from clair_bot_mail.envelopes import Envelope
from clair_bot_mail.faults import Lost, Refused, Stage

_DOTS = re.compile(rb"^\.", re.MULTILINE)
_DRAIN_SECONDS = 0.01
_OK, _GO_ON = 2, 3
"""The hundreds of SMTP's codes; 4 and 5 are refusals."""


class Transaction:
    """The sending of one envelope."""

    def __init__(self, envelope: Envelope, on_end: Callable[[], None]) -> None:
        """Render nothing yet.

        Args:
            envelope: What to send.
            on_end: Called when everything was said and only the server's answer is missing.
        """
        self._envelope = envelope
        self._on_end = on_end
        self.ended = False
        """True from the final dot on: the server may have accepted the mail."""

    async def run(self, client: aiosmtplib.SMTP) -> None:
        """Send it.

        Raises:
            Refused: The server said no.
            Lost: The connection broke.
            DeliveryError: The server cannot take such an address.
        """
        try:
            await self._introduce(client)
            await self._say(client, Stage.CONTENT, b"DATA", good=_GO_ON)
            await self._hand_over(client)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            raise Lost("connection lost", ended=self.ended) from error
        except aiosmtplib.SMTPException as error:  # an answer that is none
            raise Lost("strange answer", ended=self.ended) from error

    async def _introduce(self, client: aiosmtplib.SMTP) -> None:
        """Name both sides, and choose what fits into the server."""
        envelope, utf8 = self._envelope, self._envelope.recipient.needs_utf8
        if utf8 and not client.supports_extension("smtputf8"):
            raise DeliveryError("mail: the server takes no such address (SMTPUTF8)", permanent=True)
        self._content = self._fitting(client.esmtp_extensions.get("size", ""))
        options = [b"SMTPUTF8"] if utf8 else []
        if client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(self._content))
        await self._say(client, Stage.SENDER, b"MAIL", b"FROM:<%s>" % envelope.sender.address.encode(), *options)
        await self._say(client, Stage.RECIPIENT, b"RCPT", b"TO:<%s>" % envelope.recipient.address.encode())

    def _fitting(self, size: str) -> bytes:
        """Return the mail, with its files only named where the server's limit is too low for them."""
        content = self._envelope.content()
        limit = int(size) if size.isascii() and size.isdecimal() else 0
        return self._envelope.content(limit=0) if 0 < limit < len(content) else content

    async def _say(self, client: aiosmtplib.SMTP, stage: Stage, *words: bytes, good: int = _OK) -> None:
        self._read(await client.execute_command(*words), stage, good)

    def _read(self, reply: aiosmtplib.SMTPResponse, stage: Stage, good: int = _OK) -> None:
        kind = reply.code // 100
        if kind in {4, 5}:
            raise Refused(stage, reply.code, reply.message)
        if kind != good:
            raise Lost("strange answer", ended=self.ended)

    async def _hand_over(self, client: aiosmtplib.SMTP) -> None:
        """Send the content, and its end only when all of it has gone: what breaks before that was certainly not accepted."""
        protocol = client.protocol
        waiting = getattr(client.transport, "get_write_buffer_size", None)  # uvloop's transports are of no class of asyncio's
        if protocol is None or waiting is None:
            raise Lost("connection lost")
        protocol.write(_DOTS.sub(b"..", self._content))
        while waiting():  # noqa: ASYNC110  # transports tell nobody when they are empty
            await asyncio.sleep(_DRAIN_SECONDS)
        if not client.is_connected:
            raise Lost("connection lost")
        self.ended = True
        self._on_end()
        protocol.write(b".\r\n")
        self._read(await protocol.read_response(), Stage.END)
