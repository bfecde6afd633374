"""Posting a delivery: part by part, each tagged, and looked for before it is repeated; or in the place of an earlier one."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from clair_bot.errors import DeliveryError
from clair_bot.messages import File, OutboundMessage, Receipt
from clair_bot_slack import faults
from clair_bot_slack.api import SlackApi
from clair_bot_slack.packing import Part
from clair_bot_slack.rendering import render
from clair_bot_slack.traces import Traces, tag
from clair_bot_slack.uploads import Uploads

_log = structlog.get_logger()
ANSWERS_AT_ONE_URL = 5
"""Slack: a ``response_url`` works five times."""
_PLAIN = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
_TS = re.compile(r"[0-9]+\.[0-9]+")


class Posting:
    """Sends what is rendered. The id of a post is its ts, that of a file its ``F…``."""

    def __init__(self, api: SlackApi) -> None:
        """Keep the way to Slack."""
        self._api = api
        self._traces = Traces(api)
        self._uploads = Uploads(api)

    async def send(self, message: OutboundMessage) -> Receipt:
        """Change the parts that take an earlier one's place, and post those that are not there yet.

        Raises:
            DeliveryError: With the number of parts that are there.
        """
        # In Slack a reply is a message in the thread below.
        message = replace(message, thread=message.thread or message.reply_to)
        parts = render(message)
        url = self._answer_url(message)
        earlier = _earlier(message.replaces, parts)
        done = {number: identifier for number, identifier in earlier.items() if number < message.parts_sent}
        # An edit may be repeated at any time; only what is posted anew could stand there twice.
        if message.maybe_sent and set(range(message.parts_sent, len(parts))) - earlier.keys():
            if url:
                # An answer that only one person sees stands in no history: nobody can find out.
                raise DeliveryError("answer_not_traceable", uncertain=True, parts_sent=message.parts_sent)
            done |= await self._traces.posted(message, parts)
        for number in range(message.parts_sent, len(parts)):
            if number in done:
                continue
            try:
                done[number] = await self._part(message, parts, number, url, earlier.get(number, ""))
            except DeliveryError as error:
                raise replace(error, parts_sent=number) from error
        return Receipt(message_ids=tuple(done[number] for number in sorted(done) if done[number]))

    def _answer_url(self, message: OutboundMessage) -> str:
        deadline, _, url = message.reply_handle.partition(" ")
        if not (deadline.isascii() and deadline.isdigit()) or int(deadline) <= datetime.now(UTC).timestamp():
            return ""
        return url if self._api.may_answer_at(url) else ""

    async def _part(self, message: OutboundMessage, parts: Sequence[Part], number: int, url: str, earlier: str) -> str:
        part = parts[number]
        if earlier:
            await self._change(message, part, earlier)
            return earlier
        if part.file and part.file.content:
            return await self._file(message, parts, number, part.file)
        if url and number < ANSWERS_AT_ONE_URL and await self._answered(message, part, url):
            return ""
        return await self._said(message, parts, number)

    async def _answered(self, message: OutboundMessage, part: Part, url: str) -> bool:
        """Answer with pictures or, where that is refused, without: what else is wrong there, no simpler form would mend."""
        seen_by = "in_channel" if message.to.recipient.startswith("D") else "ephemeral"
        for form in part.forms()[:-1]:
            answer = {"text": form.text, "blocks": list(form.blocks), "response_type": seen_by, "replace_original": False}
            if await self._api.answer_at(url, answer):
                return True
        return False

    async def _said(self, message: OutboundMessage, parts: Sequence[Part], number: int) -> str:
        *rich, plainest = parts[number].forms()
        for form in rich:
            try:
                return await self._post(message, parts, number, form)
            except DeliveryError as error:
                if not faults.is_malformed(error):
                    raise
        return await self._post(message, parts, number, plainest)

    async def _post(self, message: OutboundMessage, parts: Sequence[Part], number: int, form: Part) -> str:
        body: dict[str, Any] = {
            "channel": message.to.recipient,
            "text": form.text,
            "metadata": tag(message, number),
            **({"blocks": list(form.blocks)} if form.blocks else {}),
            **({"thread_ts": message.thread} if message.thread else {}),
            **_PLAIN,
        }
        try:
            answer = await self._api.call("chat.postMessage", body=body)
        except DeliveryError as error:
            if not error.uncertain:
                raise
            found = (await self._traces.posted(message, parts[: number + 1])).get(number)
            if found is None:
                # It may still be on its way: the next attempt comes later, and looks again before it posts.
                raise
            return found
        return str(answer.get("ts") or "")

    async def _change(self, message: OutboundMessage, part: Part, ts: str) -> None:
        """Give an earlier post these words and buttons. One that is gone or may not be changed any more is left, and so is a file."""
        if part.file:
            return
        # Slack: for direct messages the channel is the DM's id, not the person's. The tag stays where none is given.
        place = {"channel": await self._api.channel_of(message.to.recipient), "ts": ts, "text": part.text}
        *rich, plainest = part.forms()
        for form in rich:
            try:
                await self._api.call("chat.update", body={**place, "blocks": list(form.blocks)})
            except DeliveryError as error:
                if faults.cannot_be_changed(error):
                    return
                if not faults.is_malformed(error):
                    raise
            else:
                return
        # Whether blocks that are not named stay or go is told in two ways: an empty list takes them away in both.
        await self._api.call("chat.update", body={**place, "blocks": list(plainest.blocks)})

    async def _file(self, message: OutboundMessage, parts: Sequence[Part], number: int, file: File) -> str:
        channel = await self._api.channel_of(message.to.recipient)
        try:
            file_id = await self._uploads.upload(file)
            await self._share(message, file_id, file, channel)
        except DeliveryError as error:
            if not faults.is_refused_file(error):
                raise
            _log.warning("slack_file_refused", reason=error.reason, file=file.id)
            return await self._said(message, parts, number)
        return file_id

    async def _share(self, message: OutboundMessage, file_id: str, file: File, channel: str) -> None:
        try:
            await self._uploads.share(file_id, file, channel, message.thread)
        except DeliveryError as error:
            if not (error.uncertain and await self._traces.shows(message, file_id)):
                raise


def _earlier(replaces: Sequence[str], parts: Sequence[Part]) -> dict[int, str]:
    """Pair the parts with the ids whose place they take, in order: words with posts, files with files.

    A shared file cannot be changed: one that has an id stands there already.
    """
    posts = [identifier for identifier in replaces if _TS.fullmatch(identifier)]
    files = [identifier for identifier in replaces if identifier.startswith("F")]
    words = (number for number, part in enumerate(parts) if part.file is None)
    handed_on = (number for number, part in enumerate(parts) if part.file is not None)
    return dict(zip(words, posts, strict=False)) | dict(zip(handed_on, files, strict=False))
