"""What of a delivery stands in its channel already: posts by their tags, files by their names and sizes.

Slack knows no idempotency key. Each post carries the delivery's key in its ``metadata``; a shared file can carry nothing,
so it is known by coming from us, after the delivery's words, under the same name and with the same size.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clair_bot.errors import DeliveryError
from clair_bot.messages import OutboundMessage
from clair_bot_slack import markup
from clair_bot_slack.api import SlackApi
from clair_bot_slack.fields import count, members, word
from clair_bot_slack.packing import Part

EVENT_TYPE = "clair_out"
PAGE = 200
PAGES = 5
"""How far back a post is looked for: a thousand messages of its thread or channel."""


def tag(message: OutboundMessage, number: int) -> dict[str, Any]:
    """Return the ``metadata`` of a part."""
    return {"event_type": EVENT_TYPE, "event_payload": {"outbox_id": message.idempotency_key, "part": number}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """A file that stands in a channel."""

    file_id: str
    names: frozenset[str]
    size: int
    ts: str
    user: str


class Traces:
    """Looks into channels and threads."""

    def __init__(self, api: SlackApi) -> None:
        """Keep the way to Slack."""
        self._api = api
        self._us = ""

    async def posted(self, message: OutboundMessage, parts: Sequence[Part]) -> dict[int, str]:
        """Return which parts stand there already, with their ids.

        Raises:
            DeliveryError: ``uncertain``, when that cannot be seen.
        """
        try:
            tagged, shares = await self._search(message)
            return tagged | await self._files(parts, tagged, shares)
        except DeliveryError as error:
            raise _unseen(message, error) from error

    async def shows(self, message: OutboundMessage, file_id: str) -> bool:
        """Tell whether a file of ours is shown there. Slack shares files some time after it says so.

        Raises:
            DeliveryError: ``uncertain``, when that cannot be seen.
        """
        try:
            _, shares = await self._search(message)
        except DeliveryError as error:
            raise _unseen(message, error) from error
        return any(share.file_id == file_id for share in shares)

    async def _search(self, message: OutboundMessage) -> tuple[dict[int, str], list[_Share]]:
        query: dict[str, Any] = {"channel": await self._api.channel_of(message.to.recipient), "limit": PAGE, "include_all_metadata": True}
        if message.thread:
            query["ts"] = message.thread
        found: dict[int, str] = {}
        shares: list[_Share] = []
        for _ in range(PAGES):
            page = await self._api.call("conversations.replies" if message.thread else "conversations.history", query=query)
            fresh = _tagged(page, message.idempotency_key)
            shares += _shares(page)
            cursor = word(page, "response_metadata", "next_cursor")
            if not cursor or (found and not fresh):
                return found | fresh, shares
            found |= fresh
            query["cursor"] = cursor
        if message.thread:
            raise DeliveryError("thread_too_long")
        return found, shares

    async def _files(self, parts: Sequence[Part], tagged: Mapping[int, str], shares: Sequence[_Share]) -> dict[int, str]:
        """Match the parts that are files; what was tagged in a file's place was said in words."""
        found: dict[int, str] = {}
        for number, part in enumerate(parts):
            if number in tagged or part.file is None:
                continue
            since = max((ts for earlier, ts in tagged.items() if earlier < number), default="")
            size, name = len(part.file.content), markup.clean(part.file.name)
            alike = [share for share in shares if share.size == size and name in share.names and share.file_id not in found.values()]
            ours = [share for share in alike if share.ts > since and share.user == await self._our_user()] if alike else []
            if ours and not since:
                # The same file may have been handed on there by an earlier delivery: nothing tells them apart.
                raise DeliveryError("file_not_traceable")
            if ours:
                found[number] = min(ours, key=lambda share: share.ts).file_id
        return found

    async def _our_user(self) -> str:
        if not self._us:
            self._us = word(await self._api.call("auth.test", body={}), "user_id")
        return self._us


def _unseen(message: OutboundMessage, error: DeliveryError) -> DeliveryError:
    return DeliveryError(f"look_up_failed: {error.reason}", uncertain=True, retry_after=error.retry_after, parts_sent=message.parts_sent)


def _tagged(page: Mapping[str, Any], key: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for message in members(page, "messages"):
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == EVENT_TYPE and payload.get("outbox_id") == key:
            found[int(payload.get("part") or 0)] = word(message, "ts")
    return found


def _shares(page: Mapping[str, Any]) -> Iterator[_Share]:
    for message in members(page, "messages"):
        for file in members(message, "files"):
            yield _Share(
                file_id=word(file, "id"),
                names=frozenset({word(file, "name"), word(file, "title")}),
                size=count(file, "size"),
                ts=word(message, "ts"),
                user=word(file, "user") or word(message, "user"),
            )
