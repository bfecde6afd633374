"""Posting a delivery: part by part, each tagged, and looked for before it is repeated."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from clair_bot.errors import DeliveryError
from clair_bot.messages import OutboundMessage, Receipt
from clair_bot_slack import faults
from clair_bot_slack.api import SlackApi
from clair_bot_slack.rendering import Part, render

EVENT_TYPE = "clair_out"
PAGE = 200
PAGES = 5
"""How far back a post is looked for: a thousand messages of its thread or channel."""
ANSWERS_AT_ONE_URL = 5
"""Slack: a ``response_url`` works five times."""
_PLAIN = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


class Posting:
    """Sends what is rendered. Slack knows no idempotency key: each post carries the delivery's key in its ``metadata``."""

    def __init__(self, api: SlackApi) -> None:
        """Keep the way to Slack."""
        self._api = api

    async def send(self, message: OutboundMessage) -> Receipt:
        """Post the parts that are not there yet.

        Raises:
            DeliveryError: With the number of parts that are there.
        """
        # In Slack a reply is a message in the thread below.
        message = replace(message, thread=message.thread or message.reply_to)
        parts = render(message)
        url = self._answer_url(message)
        done: dict[int, str] = {}
        if message.maybe_sent:
            if url:
                # An answer that only one person sees stands in no history: nobody can find out.
                raise DeliveryError("answer_not_traceable", uncertain=True, parts_sent=message.parts_sent)
            done = await self._posted(message)
        for number in range(message.parts_sent, len(parts)):
            if number in done:
                continue
            try:
                done[number] = await self._part(message, parts[number], number, url)
            except DeliveryError as error:
                raise replace(error, parts_sent=number) from error
        return Receipt(message_ids=tuple(done[number] for number in sorted(done) if done[number]))

    def _answer_url(self, message: OutboundMessage) -> str:
        deadline, _, url = message.reply_handle.partition(" ")
        if not (deadline.isascii() and deadline.isdigit()) or int(deadline) <= datetime.now(UTC).timestamp():
            return ""
        return url if self._api.may_answer_at(url) else ""

    async def _part(self, message: OutboundMessage, part: Part, number: int, url: str) -> str:
        if url and number < ANSWERS_AT_ONE_URL:
            seen_by = "in_channel" if message.to.recipient.startswith("D") else "ephemeral"
            answer = {"text": part.text, "blocks": list(part.blocks), "response_type": seen_by, "replace_original": False}
            if await self._api.answer_at(url, answer):
                return ""
        try:
            return await self._post(message, part, number)
        except DeliveryError as error:
            if not faults.is_malformed(error):
                raise
        return await self._post(message, replace(part, blocks=()), number)

    async def _post(self, message: OutboundMessage, part: Part, number: int) -> str:
        body: dict[str, Any] = {
            "channel": message.to.recipient,
            "text": part.text,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"outbox_id": message.idempotency_key, "part": number}},
            **({"blocks": list(part.blocks)} if part.blocks else {}),
            **({"thread_ts": message.thread} if message.thread else {}),
            **_PLAIN,
        }
        try:
            answer = await self._api.call("chat.postMessage", body=body)
        except DeliveryError as error:
            if not error.uncertain:
                raise
            found = (await self._posted(message)).get(number)
            if found is None:
                # It may still be on its way: the next attempt comes later, and looks again before it posts.
                raise
            return found
        return str(answer.get("ts") or "")

    async def _posted(self, message: OutboundMessage) -> dict[int, str]:
        """Look which parts of this delivery stand in the channel or thread already, by their tags.

        Raises:
            DeliveryError: ``uncertain``, when that cannot be seen.
        """
        try:
            return await self._search(message)
        except DeliveryError as error:
            raise DeliveryError(
                f"look_up_failed: {error.reason}", uncertain=True, retry_after=error.retry_after, parts_sent=message.parts_sent
            ) from error

    async def _search(self, message: OutboundMessage) -> dict[int, str]:
        query: dict[str, Any] = {"channel": await self._channel(message.to.recipient), "limit": PAGE, "include_all_metadata": True}
        if message.thread:
            query["ts"] = message.thread
        found: dict[int, str] = {}
        for _ in range(PAGES):
            page = await self._api.call("conversations.replies" if message.thread else "conversations.history", query=query)
            fresh = _tagged(page, message.idempotency_key)
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor or (found and not fresh):
                return found | fresh
            found |= fresh
            query["cursor"] = cursor
        if message.thread:
            raise DeliveryError("thread_too_long")
        return found

    async def _channel(self, recipient: str) -> str:
        """Return the direct channel of a person: history knows channels only."""
        if not recipient.startswith(("U", "W")):
            return recipient
        answer = await self._api.call("conversations.open", body={"users": recipient})
        channel = (answer.get("channel") or {}).get("id")
        return str(channel or recipient)


def _tagged(page: Mapping[str, Any], key: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for message in page.get("messages") or ():
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == EVENT_TYPE and payload.get("outbox_id") == key:
            found[int(payload.get("part") or 0)] = str(message.get("ts") or "")
    return found
