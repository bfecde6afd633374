"""The files of a message: which of them are pictures or documents that Slack holds for us.

Members as in https://docs.slack.dev/reference/objects/file-object.
"""

from collections.abc import Iterable

from clair_bot.messages import Attachment
from clair_bot_slack.fields import Frame, count, word

_NOT_HELD = {"external", "hidden_by_limit", "tombstone"}
"""Modes of a file that lies elsewhere, is beyond the workspace's plan, or was deleted."""
_NO_DOCUMENTS = ("audio/", "video/", "application/vnd.slack-")
"""Voices and clips; canvases, lists and posts of Slack's own, which have no bytes to fetch."""


def attachments(files: Iterable[Frame]) -> tuple[Attachment, ...]:
    """Return what can be fetched, in order. The handle is the file's address at Slack."""
    return tuple(
        Attachment(handle=url, name=word(file, "name"), media_type=word(file, "mimetype"), size=count(file, "size"))
        for file in files
        if (url := _address(file))
    )


def _address(file: Frame) -> str:
    # ``check_file_info``: a file of a channel shared with others, of which the event tells only the id.
    held = word(file, "mode") not in _NOT_HELD and word(file, "file_access") in {"", "visible"} and file.get("is_external") is not True
    if not held or word(file, "mimetype").startswith(_NO_DOCUMENTS):
        return ""
    return word(file, "url_private_download") or word(file, "url_private")
