"""One delivery, part by part. Imports the SDK: only for modules that are imported late."""

import asyncio
from typing import Any

from telegram import Bot, Message
from telegram.error import BadRequest, ChatMigrated, TelegramError

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot_telegram.connection import DEADLINE
from clair_bot_telegram.failures import UNREADABLE, delivery_error, refuses_file, says, settles
from clair_bot_telegram.rendering import Part, render
from clair_bot_telegram.uploads import replace_by, upload, ways

_PLACING = ("message_thread_id", "reply_parameters")
"""Where a new message goes. An edit leaves it where it is, and takes no such parameters."""


class Delivery:
    """The sending of one outbound message, or its taking the place of an earlier one."""

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
        done, known = self._message.parts_sent, self._message.replaces[: len(self._parts)]
        if self._message.maybe_sent and not (known and len(known) == len(self._parts)):
            raise self._doubtful(done)
        ids = [*known[:done]] + [await self._placed(index) for index in range(done, len(self._parts))]
        address = Address(channel=self._message.to.channel, recipient=str(self._moved_to)) if self._moved_to is not None else None
        return Receipt(message_ids=tuple(ids), moved_to=address)

    async def _placed(self, index: int) -> str:
        """Change the message whose place this part takes, or send the part anew; return the message's id."""
        if index < len(self._message.replaces):
            message_id = self._message.replaces[index]
            if await self._changed(index, message_id):
                return message_id
            if self._message.maybe_sent:  # it may have been sent anew already
                raise self._doubtful(index)
        try:
            sent = await self._followed(self._parts[index])
        except UNREADABLE as error:
            raise delivery_error(error, parts_sent=index) from None  # the cause's text may hold the token
        if not isinstance(sent, Message):
            raise DeliveryError("telegram: no message came back", uncertain=True, parts_sent=index)
        self.username = (sent.from_user and sent.from_user.username) or self.username
        return str(sent.message_id)

    async def _changed(self, index: int, message_id: str) -> bool:
        """Return False where a text would have to take the place of a file: the platform does not do that."""
        if not (message_id.isascii() and message_id.isdecimal()):
            return True  # what is no id of the platform's names no message that could be changed
        try:
            await self._followed(self._parts[index], int(message_id))
        except UNREADABLE as error:
            if says(error, "no text in the message to edit"):
                return False
            if not settles(error):
                raise delivery_error(error, parts_sent=index, repeatable=True) from None
        return True

    def _doubtful(self, parts_sent: int) -> DeliveryError:
        return DeliveryError("telegram: cannot be repeated safely", uncertain=True, parts_sent=parts_sent)

    async def _followed(self, part: Part, message_id: int | None = None) -> Message | bool:
        """Send, or change a message; once more at its new address where the room has moved."""
        try:
            return await self._handed(part, message_id)
        except ChatMigrated as error:
            if self._moved_to is not None:  # it moves in circles
                raise
            self._moved_to = error.new_chat_id
        return await self._handed(part, message_id)

    async def _handed(self, part: Part, message_id: int | None) -> Message | bool:
        """Hand the file over in the best way that the platform takes, and name it in words where it takes none."""
        for way in ways(part.file) if part.file else ():
            try:
                return await self._written(part, message_id, way)
            except TelegramError as error:
                if not refuses_file(error):
                    raise
        return await self._written(part, message_id)

    async def _written(self, part: Part, message_id: int | None, way: str = "") -> Message | bool:
        """Send with markup, and once more with less where the platform says what it cannot take; it took nothing then."""
        payload = dict(part.payload)
        try:
            return await self._called(part, payload, message_id, way)
        except BadRequest as error:
            if says(error, "can't parse entities"):
                payload.pop("parse_mode", None)
                payload["text"] = part.plain
            elif says(error, "WEBPAGE_") and not payload["link_preview_options"]["is_disabled"]:
                payload["link_preview_options"] = {"is_disabled": True}  # the page cannot be drawn: its address still stands there
            elif says(error, "message thread not found") and payload.pop("message_thread_id", None) is not None:
                pass  # the topic was deleted: the room itself still reads
            else:
                raise
        return await self._called(part, payload, message_id, way)

    async def _called(self, part: Part, payload: dict[str, Any], message_id: int | None, way: str) -> Message | bool:
        chat_id = self._moved_to if self._moved_to is not None else payload["chat_id"]
        placing = {name: payload[name] for name in _PLACING if name in payload}
        look = {name: payload[name] for name in payload.keys() - {"chat_id", "text", *_PLACING}}
        async with asyncio.timeout(DEADLINE):
            if part.file and way and message_id is not None:
                return await replace_by(self._bot, part.file, way, chat_id, message_id)
            if part.file and way:
                return await upload(self._bot, part.file, way, chat_id, placing)
            if message_id is not None:  # without buttons it takes away those that were there
                return await self._bot.edit_message_text(payload["text"], chat_id, message_id, api_kwargs=look)
            return await self._bot.send_message(chat_id, payload["text"], api_kwargs={**look, **placing})
