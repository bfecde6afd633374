"""Mailboxes: a visitor's message goes in as any platform's would, and what was sent is read back from the outbox."""

import hashlib
import hmac
import json
import uuid
from collections import deque
from collections.abc import Sequence

from clair_bot.bootstrap import Application
from clair_bot.domain.deliveries import Delivery
from clair_bot.messages import Address, InboundMessage, WebhookRequest
from clair_bot.web.simulator.forms import Posted
from clair_bot.web.simulator.views import CHANNEL, View

_SIGNATURE = "x-clair-signature"
_KEPT = 1_000
"""How many of the last messages a page shows."""
_PAGE = 200


class Mailbox:
    """The simulator's side of the ``web`` channel."""

    def __init__(self, application: Application) -> None:
        """Work through the application's adapter and store."""
        self._application = application

    async def translate(self, posted: Posted, view: View, visitor: str) -> Sequence[InboundMessage]:
        """Return the message as the channel's adapter understands it."""
        event = {
            "event": str(uuid.uuid4()),
            "visitor": view.sender(visitor),
            "view": view.look,
            "text": posted.text,
            "action": posted.action,
            "reply_to": posted.reply_to,
            "room": view.room,
        }
        body = json.dumps(event, ensure_ascii=True).encode()
        proof = hmac.new(self._application.web_secret.encode(), body, hashlib.sha256).hexdigest()
        request = WebhookRequest(headers={_SIGNATURE: proof}, body=body, received_at=self._application.clock.now())
        return (await self._application.adapters[CHANNEL].receive(request)).messages

    def record(self, messages: Sequence[InboundMessage]) -> None:
        """Store the messages and wake the dispatcher.

        Raises:
            StorageError: nothing was stored.
        """
        self._application.intake.record(messages)
        self._application.inbox_waker.wake()

    def since(self, address: Address, after: int) -> Sequence[Delivery]:
        """Return what was sent behind a delivery's id.

        Raises:
            StorageError: the database does not serve.
        """
        with self._application.store.read() as work:
            return work.outbox.read(address, after=after, limit=_PAGE)

    def all(self, address: Address) -> Sequence[Delivery]:
        """Return the last of what was sent.

        Raises:
            StorageError: the database does not serve.
        """
        found: deque[Delivery] = deque(maxlen=_KEPT)
        while more := self.since(address, found[-1].id if found else 0):
            found.extend(more)
        return tuple(found)
