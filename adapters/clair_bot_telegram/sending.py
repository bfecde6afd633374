"""One delivery, part by part. Imports the SDK: only for modules that are imported late."""

import asyncio
from typing import Any

from telegram import Bot, Message
from telegram.error import BadRequest, ChatMigrated

from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot_telegram.connection import DEADLINE
from clair_bot_telegram.failures import UNREADABLE, delivery_error, says
from clair_bot_telegram.rendering import Part, render


class Delivery:
    """The sending of one outbound message."""

    def __init__(self, bot: Bot, message: OutboundMessage) -> None:
        """Render it."""
        self._bot = bot
        self._message = message
        self._parts = render(message)
        self._moved_to: int | None = None
        self.username = ""
        """Our own name, as the platform writes it under what we sent; empty until then."""

    async def run(self) -> Receipt:
        """Send what is left of it.

        Raises:
            DeliveryError: with the number of parts that were accepted in all attempts.
        """
        ids = []
        for index in range(self._message.parts_sent, len(self._parts)):
            try:
                sent = await self._sent(self._parts[index])
            except UNREADABLE as error:
                raise delivery_error(error, parts_sent=index) from None  # the cause's text may hold the token
            ids.append(str(sent.message_id))
            self.username = (sent.from_user and sent.from_user.username) or self.username
        moved = str(self._moved_to) if self._moved_to is not None else ""
        address = Address(channel=self._message.to.channel, recipient=moved) if moved else None
        return Receipt(message_ids=tuple(ids), moved_to=address)

    async def _sent(self, part: Part) -> Message:
        try:
            return await self._written(part)
        except ChatMigrated as error:
            if self._moved_to is not None:  # it moves in circles
                raise
            self._moved_to = error.new_chat_id
        return await self._written(part)

    async def _written(self, part: Part) -> Message:
        """Send with markup, and once more with less where the platform says what it cannot take; it took nothing then."""
        payload = dict(part.payload)
        try:
            return await self._called(payload)
        except BadRequest as error:
            if says(error, "can't parse entities"):
                payload.pop("parse_mode", None)
                payload["text"] = part.plain
            elif says(error, "message thread not found") and payload.pop("message_thread_id", None) is not None:
                pass  # the topic was deleted: the room itself still reads
            else:
                raise
        return await self._called(payload)

    async def _called(self, payload: dict[str, Any]) -> Message:
        parameters = dict(payload)
        chat_id = self._moved_to if self._moved_to is not None else parameters["chat_id"]
        text = parameters.pop("text")
        del parameters["chat_id"]
        async with asyncio.timeout(DEADLINE):
            return await self._bot.send_message(chat_id, text, api_kwargs=parameters)
