"""Handing files on: Slack is given the bytes first, then told where to show them.

As in https://docs.slack.dev/messaging/working-with-files: files.getUploadURLExternal, POST, files.completeUploadExternal.
"""

import json
from dataclasses import replace

from clair_bot.errors import DeliveryError
from clair_bot.messages import File
from clair_bot_slack import markup
from clair_bot_slack.api import SlackApi


class Uploads:
    """Writes files with our token (scope ``files:write``)."""

    def __init__(self, api: SlackApi) -> None:
        """Keep the way to Slack."""
        self._api = api

    async def upload(self, file: File) -> str:
        """Give Slack the bytes and return the id of its file, which nobody sees yet.

        Raises:
            DeliveryError: Never ``uncertain``: what was uploaded and not shared is thrown away by Slack.
        """
        # Form-encoded: live Slack answers JSON with invalid_arguments here, although its page lists both.
        wanted = {"filename": markup.clean(file.name), "length": str(len(file.content))}
        try:
            place = await self._api.call("files.getUploadURLExternal", form=wanted)
            await self._api.put(str(place.get("upload_url") or ""), file.content)
        except DeliveryError as error:
            raise replace(error, uncertain=False) from error
        return str(place.get("file_id") or "")

    async def share(self, file_id: str, file: File, channel: str, thread: str) -> None:
        """Show an uploaded file in a channel or thread.

        Raises:
            DeliveryError: ``uncertain`` when it may have been shown.
        """
        form = {
            "files": json.dumps([{"id": file_id, "title": markup.clean(file.name)}]),
            "channel_id": channel,
            **({"thread_ts": thread} if thread else {}),
        }
        await self._api.call("files.completeUploadExternal", form=form)
