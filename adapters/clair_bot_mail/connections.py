"""Connections to the server: a few are kept open and used again. Imports the SDK: only for modules that are imported late."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

import aiosmtplib

from clair_bot.errors import DeliveryError
from clair_bot_mail.configuration import Account, Security
from clair_bot_mail.faults import Lost, Refused, Stage

QUIET_SECONDS = 5.0
"""A connection that was quiet for longer is asked whether it still lives."""
KEPT_SECONDS = 30.0
"""Connections that nobody uses are closed: servers count them."""
GOODBYE_SECONDS = 2.0
_BROKEN = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)


@dataclass(slots=True, kw_only=True)
class _Kept:
    client: aiosmtplib.SMTP
    since: float
    clean: bool
    """False after a refusal: the server has to forget it first."""


class Connections:
    """The pool. ``slots`` bounds how many are open at once; whoever holds one takes a connection, and keeps it or closes it."""

    def __init__(self, account: Account, greeting: str) -> None:
        """Open nothing yet.

        Args:
            account: The server.
            greeting: Our own name, for EHLO.
        """
        self._account = account
        self._greeting = greeting
        self._kept: list[_Kept] = []
        self._tls: ssl.SSLContext | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.slots = asyncio.Semaphore(account.connections)

    async def kept(self) -> aiosmtplib.SMTP | None:
        """Return a connection that was used before and still answers, or None."""
        now = asyncio.get_running_loop().time()
        while self._kept:
            found = self._kept.pop()
            lively = found.clean and now - found.since < QUIET_SECONDS
            if found.client.is_connected and (lively or await _answers(found.client)):
                return found.client
            found.client.close()
        return None

    async def opened(self) -> aiosmtplib.SMTP:
        """Return a new connection, greeted, protected and logged in.

        Raises:
            Refused: The server does not let us in.
            Lost: It cannot be reached.
            DeliveryError: ``channel_down``, when it does not offer what the settings ask for.
        """
        client = self._client(await self._context())
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _translated(error) from None  # the cause may name the account
        except BaseException:
            client.close()
            raise
        return client

    def keep(self, client: aiosmtplib.SMTP, *, clean: bool = True) -> None:
        """Take a connection back for the next mail; not clean: the server refused something on it."""
        if not client.is_connected:
            client.close()
            return
        loop = asyncio.get_running_loop()
        self._kept.append(_Kept(client=client, since=loop.time(), clean=clean))
        if self._timer is None:
            self._timer = loop.call_later(KEPT_SECONDS, self._sweep)

    async def aclose(self) -> None:
        """Say goodbye on all kept connections."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        kept, self._kept = self._kept, []
        await asyncio.gather(*(_leave(found.client) for found in kept))

    def _sweep(self) -> None:
        """Close what nobody has used for a while, and look again later where something is left."""
        self._timer = None
        loop = asyncio.get_running_loop()
        old = [found for found in self._kept if loop.time() - found.since >= KEPT_SECONDS]
        self._kept = [found for found in self._kept if found not in old]
        for found in old:
            found.client.close()
        if self._kept:
            self._timer = loop.call_later(KEPT_SECONDS, self._sweep)

    async def _context(self) -> ssl.SSLContext | None:
        """Return the system's trust, loaded once; there is no way to do without verification."""
        if self._tls is None and self._account.security is not Security.PLAIN:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls

    def _client(self, context: ssl.SSLContext | None) -> aiosmtplib.SMTP:
        # Without timeouts of its own: whoever uses the connection has one deadline for all of it.
        return aiosmtplib.SMTP(
            hostname=self._account.host,
            port=self._account.port,
            username=self._account.user or None,
            password=self._account.password or None,
            local_hostname=self._greeting,
            timeout=None,
            use_tls=self._account.security is Security.TLS,
            start_tls=self._account.security is Security.STARTTLS,
            tls_context=context,
        )


async def _answers(client: aiosmtplib.SMTP) -> bool:
    """Ask for a sign of life that also makes the server forget what it refused."""
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await client.rset()
    except (aiosmtplib.SMTPException, OSError):  # a TimeoutError is an OSError
        return False
    except BaseException:
        client.close()
        raise
    return True


async def _leave(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await client.quit()
    client.close()


def _translated(error: Exception) -> Refused | Lost | DeliveryError:
    """Return what a failed connection means; without the words of the server, which may name the account."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        stage = Stage.LOGIN if isinstance(error, aiosmtplib.SMTPAuthenticationError) else Stage.GREETING
        return Refused(stage, error.code, error.message)
    if any(isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError) for reason in (error, error.__cause__)):
        return DeliveryError("mail: the server's certificate or TLS is not accepted", channel_down=True)
    if isinstance(error, _BROKEN):
        return Lost("no connection")
    return DeliveryError("mail: the server does not offer AUTH or STARTTLS", channel_down=True)
