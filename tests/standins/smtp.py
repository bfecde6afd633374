"""A mail server on loopback: aiosmtpd, with a memory, and with the moods of real servers."""

import asyncio
import ssl
from collections import defaultdict, deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"
"""In place of a reply: the connection breaks."""
SILENCE = "silence"
"""In place of a reply: nothing comes."""
LONGEST_LINE = 998


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A mail that was accepted."""

    sender: str
    recipient: str
    content: bytes
    connection: int
    options: tuple[str, ...]

    @property
    def message(self) -> EmailMessage:
        """Return it parsed."""
        parsed = message_from_bytes(self.content, policy=WIRE)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def body(self, kind: str) -> str:
        """Return the plain or the HTML body, its line ends as they were written."""
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """Return what a person reads."""
        return self.body("plain").strip()


class SmtpStandIn:
    """Keeps mails, and answers differently where it was told to.

    Stages: ``greeting``, ``EHLO``, ``MAIL``, ``RCPT``, ``RSET``, ``DATA`` (before the content), ``content`` (in the middle of it), ``end``
    (all of it is there, and not kept), ``accepted`` (kept, before the reply).
    """

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        utf8: bool = False,
        size: int = 2**25,
    ) -> None:
        """Listen to nobody yet.

        Args:
            users: Name → password; None: nobody has to log in.
            tls: Offers STARTTLS with this; or speaks TLS from the start.
            implicit: The latter.
            utf8: Offers SMTPUTF8.
            size: The most bytes of a mail.
        """
        self.users = users
        self.kept: list[Kept] = []
        self.connections = 0
        self.open: set[asyncio.BaseTransport] = set()
        self.most_open = 0
        self.commands: list[str] = []
        self.paths: list[str] = []
        """What came with MAIL and RCPT, as it came."""
        self.violations: list[str] = []
        self.delay = 0.0
        """Seconds before a mail is answered."""
        self.tls = tls
        self.implicit = implicit
        self.utf8 = utf8
        self.size = size
        self.port = 0
        self._moods: defaultdict[str, deque[str]] = defaultdict(deque)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a port of its own; again on the same one after ``refuse``."""
        loop = asyncio.get_running_loop()
        implicit = self.tls if self.implicit else None
        self._server = await loop.create_server(lambda: _Conversation(self), "127.0.0.1", self.port, ssl=implicit)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody."""
        self.refuse()
        await asyncio.sleep(0.01)

    def refuse(self) -> None:
        """Refuse connections from now on, and break those that there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.hang_up()

    def hang_up(self) -> None:
        """Break the connections that there are."""
        for transport in [*self.open]:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()

    def answer_next(self, stage: str, *replies: str) -> None:
        """Answer like this at the next times that a conversation comes to a stage: a reply, ``DROP`` or ``SILENCE``."""
        self._moods[stage] += replies

    def mood(self, stage: str) -> str:
        """Return what to answer, or nothing out of the ordinary."""
        moods = self._moods[stage]
        return moods.popleft() if moods else ""

    def url(self, *, user: str = "", query: str = "") -> str:
        """Return the address for ``SMTP_URL``."""
        scheme = "smtps" if self.implicit else "smtp+starttls" if self.tls else "smtp"
        account = f"{user}:{(self.users or {})[user]}@" if user else ""
        return f"{scheme}://{account}localhost:{self.port}{query}" if self.tls else f"{scheme}://{account}127.0.0.1:{self.port}{query}"

    def to(self, recipient: str) -> list[Kept]:
        """Return the mails to somebody, in order."""
        return [kept for kept in self.kept if kept.recipient == recipient]

    def authenticate(self, _: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Check a password."""
        assert isinstance(data, LoginPassword)
        good = self.users is not None and self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=good, handled=False, auth_data=data)


class _Conversation(SMTP):
    """One connection."""

    def __init__(self, standin: SmtpStandIn) -> None:
        super().__init__(
            _Desk(standin),
            hostname="mail.example.jp",
            loop=asyncio.get_running_loop(),
            enable_SMTPUTF8=standin.utf8,
            data_size_limit=standin.size,
            tls_context=None if standin.implicit else standin.tls,
            auth_require_tls=False,
            authenticator=standin.authenticate,
        )
        self._standin = standin
        self._auth_required = standin.users is not None
        self.number = 0
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self.number:
            self._standin.connections += 1
            self.number = self._standin.connections
        self._standin.open.add(transport)
        self._standin.most_open = max(self._standin.most_open, len(self._standin.open))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._standin.open.discard(self.transport)
        self._standin.open.discard(self._original_transport)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        if self._greeted:
            await super().push(status)
        else:
            self._greeted = True
            if not await self.moody("greeting"):
                await super().push(status)

    async def moody(self, stage: str) -> bool:
        """Answer out of the ordinary; False: nothing was said."""
        reply = self._standin.mood(stage)
        if reply == DROP:
            self.break_off()
        elif reply == SILENCE:
            await asyncio.sleep(60)
        elif reply:
            await super().push(reply)
            if reply.startswith("421") and self.transport:
                self.transport.close()
        return bool(reply)

    def break_off(self) -> None:
        """Break the connection at once."""
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.abort()

    def _may_send(self) -> bool:
        users = self._standin.users
        if users is None:
            return True
        return (
            isinstance(self.session, Session) and isinstance(data := self.session.auth_data, LoginPassword) and data.login.decode() in users
        )

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd looks for such names
        if not await self.moody("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802  # aiosmtpd looks for such names
        self._standin.commands.append("MAIL")
        self._standin.paths.append(arg)
        if not self._may_send():
            await self.push("530 5.7.0 Authentication required")
        elif not await self.moody("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802  # aiosmtpd looks for such names
        self._standin.commands.append("RCPT")
        self._standin.paths.append(arg)
        if not await self.moody("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802  # aiosmtpd looks for such names
        self._standin.commands.append("RSET")
        if not await self.moody("RSET"):
            await super().smtp_RSET(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd looks for such names
        self._standin.commands.append("DATA")
        if await self.moody("DATA"):
            return
        if mood := self._standin.mood("content"):
            assert mood == DROP
            await self.push("354 Go on")
            await self._reader.readuntil(b"\r\n")
            self.break_off()
            return
        await super().smtp_DATA(arg)


class _Desk:
    """What becomes of a mail that has been said to its end."""

    def __init__(self, standin: SmtpStandIn) -> None:
        self._standin = standin

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str | None:  # noqa: N802  # as above
        if self._standin.delay:
            await asyncio.sleep(self._standin.delay)
        if await server.moody("end"):
            return None
        assert isinstance(envelope.content, bytes)
        self._look(envelope.content, smtputf8=envelope.smtp_utf8)
        (recipient,) = envelope.rcpt_tos
        self._standin.kept.append(
            Kept(
                sender=envelope.mail_from or "",
                recipient=recipient,
                content=envelope.content,
                connection=server.number,
                options=tuple(envelope.mail_options),
            )
        )
        if await server.moody("accepted"):
            return None
        return "250 2.0.0 Ok: queued"

    def _look(self, content: bytes, *, smtputf8: bool) -> None:
        lines = content.split(b"\r\n")
        if any(len(line) > LONGEST_LINE for line in lines):
            self._standin.violations.append("a line of more than 998 octets")
        if any(b"\n" in line or b"\r" in line for line in lines):
            self._standin.violations.append("a bare CR or LF")
        if not smtputf8 and not content.isascii():
            self._standin.violations.append("8-bit content that nobody asked for")
