"""Sending: one message over a connection that lives, within one deadline, never twice. Imports the SDK: only imported late."""

import asyncio

import aiosmtplib

from clair_bot.errors import DeliveryError
from clair_bot.messages import OutboundMessage, Receipt
from clair_bot_mail.addresses import mailbox
from clair_bot_mail.configuration import Account, Sender
from clair_bot_mail.connections import Connections
from clair_bot_mail.envelopes import Envelope, envelope_of
from clair_bot_mail.faults import Lost, Refused, loss, refusal
from clair_bot_mail.transactions import Transaction

BEFORE_SECONDS = 11.0
"""For everything up to the end of the mail, waiting for a free connection among it. A breach is harmless: again later."""
AFTER_SECONDS = 10.0
"""For the server's answer to the whole mail. A breach leaves us in doubt."""


class Sending:
    """Sends over one account."""

    def __init__(self, account: Account, sender: Sender) -> None:
        """Connect to nobody yet."""
        self._sender = sender
        self._connections = Connections(account, sender.mailbox.domain)

    async def send(self, message: OutboundMessage) -> Receipt:
        """Send a message to its recipient.

        Raises:
            DeliveryError: nothing else.
        """
        recipient = mailbox(message.to.recipient)
        if recipient is None:
            raise DeliveryError("mail: no address", permanent=True)
        envelope = envelope_of(message, recipient, self._sender)
        if message.parts_sent:
            return Receipt(message_ids=(envelope.message_id,))
        if message.maybe_sent:
            raise DeliveryError("mail: cannot be repeated safely", uncertain=True)
        await self._in_time(envelope)
        return Receipt(message_ids=(envelope.message_id,))

    async def check(self) -> None:
        """Connect and log in anew.

        Raises:
            DeliveryError: nothing else.
        """
        try:
            async with asyncio.timeout(BEFORE_SECONDS), self._connections.slots:
                self._connections.keep(await self._connections.opened())
        except TimeoutError:
            raise loss(Lost("no connection in time")) from None
        except Lost as lost:
            raise loss(lost) from None
        except Refused as refused:
            raise refusal(refused) from None

    async def aclose(self) -> None:
        """Close connections."""
        await self._connections.aclose()

    async def _in_time(self, envelope: Envelope) -> None:
        loop = asyncio.get_running_loop()
        transaction: Transaction | None = None
        try:
            async with asyncio.timeout(BEFORE_SECONDS) as deadline, self._connections.slots:
                transaction = Transaction(envelope, lambda: deadline.reschedule(loop.time() + AFTER_SECONDS))
                await self._through(transaction)
        except TimeoutError:
            raise loss(Lost("no answer in time", ended=bool(transaction and transaction.ended))) from None
        except Lost as lost:
            raise loss(lost) from None
        except Refused as refused:
            raise refusal(refused) from None

    async def _through(self, transaction: Transaction) -> None:
        """Use a connection that is open already, and a new one where that turns out to be gone before anything was accepted."""
        if client := await self._connections.kept():
            try:
                return await self._over(client, transaction)
            except Lost as lost:
                if lost.ended:
                    raise
            except Refused as refused:
                if not refused.closing or transaction.ended:
                    raise
        return await self._over(await self._connections.opened(), transaction)

    async def _over(self, client: aiosmtplib.SMTP, transaction: Transaction) -> None:
        """Run the transaction; the connection is kept after an answer, and closed after anything else."""
        try:
            await transaction.run(client)
        except (Refused, DeliveryError):
            self._connections.keep(client, clean=False)
            raise
        except BaseException:
            client.close()
            raise
        self._connections.keep(client)
