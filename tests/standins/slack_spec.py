"""What Slack demands of a post: the SDK's block models, and the documentation's sentences where the models know nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

# ChatPostMessageArguments of @slack/web-api 8.2.0; misspelt ones are refused by its types.
POST_ARGUMENTS = {
    "channel",
    "text",
    "blocks",
    "attachments",
    "thread_ts",
    "reply_broadcast",
    "metadata",
    "mrkdwn",
    "parse",
    "link_names",
    "unfurl_links",
    "unfurl_media",
    "markdown_text",
    "icon_emoji",
    "icon_url",
    "username",
    "as_user",
}
# ChatUpdateArguments, FilesGetUploadURLExternalArguments and FilesCompleteUploadExternalArguments of the same.
UPDATE_ARGUMENTS = {
    "channel",
    "ts",
    "text",
    "blocks",
    "attachments",
    "metadata",
    "parse",
    "link_names",
    "markdown_text",
    "file_ids",
    "as_user",
    "reply_broadcast",
}
UPLOAD_ARGUMENTS = {"filename", "length", "alt_txt", "snippet_type"}
COMPLETE_ARGUMENTS = {"files", "channel_id", "channels", "initial_comment", "thread_ts", "blocks"}
ANSWER_ARGUMENTS = {"text", "blocks", "response_type", "replace_original", "delete_original", "unfurl_links", "unfurl_media", "thread_ts"}
KNOWN_BLOCKS = {"actions", "context", "divider", "header", "image", "rich_text", "section"}
RICH_ELEMENTS = {
    "text": ({"type", "text"}, {"style"}),
    "link": ({"type", "url"}, {"text", "style", "unsafe"}),
}
STYLES = {"bold", "italic", "strike", "code"}


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def post(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the arguments of chat.postMessage."""
    yield from (f"unknown argument {name}" for name in body.keys() - POST_ARGUMENTS)
    if not isinstance(body.get("channel"), str) or not body["channel"]:
        yield "channel is required"
    thread = body.get("thread_ts")
    if thread is not None and not (isinstance(thread, str) and re.fullmatch(r"\d{10}\.\d{6}", thread)):
        yield "ts is a string of digits, never a number"
    if body.get("reply_broadcast") and not thread:
        yield "reply_broadcast is only used with thread_ts"
    metadata = body.get("metadata")
    if metadata is not None and not (isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)):
        yield "metadata needs event_type and event_payload"
    yield from content(body)


def update(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the arguments of chat.update."""
    yield from (f"unknown argument {name}" for name in body.keys() - UPDATE_ARGUMENTS)
    if str(body.get("channel", ""))[:1] not in {"C", "D", "G"}:
        yield "for direct messages, ensure that this value is a DM ID (starts with D) instead of a User ID"
    if not re.fullmatch(r"\d{10}\.\d{6}", str(body.get("ts", ""))):
        yield "ts is the timestamp of the message to be updated"
    if "blocks" not in body:
        yield "what becomes of blocks that are not named is told in two ways"
    yield from content(body)


def upload(body: Mapping[str, Any], *, content_type: str) -> Iterator[str]:
    """Yield what is wrong with the arguments of files.getUploadURLExternal."""
    if content_type != "application/x-www-form-urlencoded":
        yield "live Slack refuses JSON here"
    yield from (f"unknown argument {name}" for name in body.keys() - UPLOAD_ARGUMENTS)
    if not body.get("filename") or not re.fullmatch(r"[1-9]\d*", str(body.get("length", ""))):
        yield "filename and length, the size in bytes, are required"


def complete(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the arguments of files.completeUploadExternal."""
    yield from (f"unknown argument {name}" for name in body.keys() - COMPLETE_ARGUMENTS)
    files = body.get("files")
    if not (isinstance(files, list) and files and all(isinstance(file, dict) and file.keys() <= {"id", "title"} for file in files)):
        yield "files is an array of file ids and their titles"
    if str(body.get("channel_id", ""))[:1] not in {"C", "D", "G"}:
        yield "channel_id is the id of a channel; without one the file will be private"
    if "thread_ts" in body and not re.fullmatch(r"\d{10}\.\d{6}", str(body["thread_ts"])):
        yield "thread_ts is another message's ts"


def answer(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an answer at a response_url."""
    yield from (f"unknown argument {name}" for name in body.keys() - ANSWER_ARGUMENTS)
    if body.get("response_type") not in {"ephemeral", "in_channel"}:
        yield "response_type is ephemeral or in_channel"
    yield from content(body)


def content(body: Mapping[str, Any]) -> Iterator[str]:
    text, blocks = body.get("text"), body.get("blocks") or []
    if not isinstance(text, str) or not text.strip():
        yield "text should always be there: it is what a notification shows"
    elif units(text) >= 4_000:
        yield "we recommend limiting the text field to under 4,000 characters"
    elif "<" in text or ">" in text or re.search(r"&(?!amp;|lt;|gt;)", text):
        yield "the characters & < > are to be replaced by entities"
    if len(blocks) > 50:
        yield "you can include up to 50 blocks in each message"
    if len(json.dumps(blocks, ensure_ascii=False)) > 13_000:
        yield "msg_blocks_too_long was met around 13,200 characters"
    for block in blocks:
        yield from _block(block)


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    if block.get("type") not in KNOWN_BLOCKS:
        yield f"unknown block {block.get('type')}"
        return
    try:
        parsed = Block.parse(dict(block))
        assert parsed is not None
        parsed.validate_json()
    except (SlackObjectFormationError, AssertionError, ValueError, TypeError) as error:
        yield f"{block['type']}: {error}"
    if block["type"] == "rich_text":
        for element in block["elements"]:
            yield from _rich(element)
    for element in block.get("elements", ()) if block["type"] == "actions" else ():
        if units(element["text"]["text"]) > 75 or len(element["value"]) > 2_000 or len(element["action_id"]) > 255:
            yield "a button's text has at most 75 characters, its value 2,000, its action_id 255"
    if block["type"] == "image":
        yield from _image(block)
    for element in block.get("elements", ()) if block["type"] == "context" else ():
        if units(element["text"]) > 2_000:
            yield "a text in a context was met to hold 2,000 characters"
    if block["type"] == "header" and units(block["text"]["text"]) > 150:
        yield "a header has at most 150 characters"


def _image(block: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"https://\S{1,2990}", str(block.get("image_url", ""))):
        yield "an image has an address of at most 3,000 characters, which Slack fetches"
    if not 1 <= units(str(block.get("alt_text", ""))) <= 2_000:
        yield "an image has an alt_text of at most 2,000 characters"


def _rich(element: Mapping[str, Any]) -> Iterator[str]:
    """Check a rich text element: the SDK's models take any."""
    match element.get("type"):
        case "rich_text_list":
            if element.get("style") not in {"bullet", "ordered"} or not element.get("elements"):
                yield "a list has a style and elements"
            for item in element["elements"]:
                yield from _rich(item)
        case "rich_text_section" | "rich_text_quote":
            if not element.get("elements"):
                yield "a section has elements"
            for inline in element["elements"]:
                yield from _inline(inline)
            if sum(units(str(inline.get("text", ""))) for inline in element["elements"]) > 3_000:
                yield "a section holds 3,000 characters"
        case other:
            yield f"unknown rich text element {other}"


def _inline(inline: Mapping[str, Any]) -> Iterator[str]:
    required, optional = RICH_ELEMENTS.get(inline.get("type", ""), (set(), set()))
    if not required or not required <= inline.keys() <= required | optional:
        yield f"malformed inline element {sorted(inline)}"
    if any(not isinstance(inline.get(name, "x"), str) or not inline.get(name, "x") for name in ("text", "url")):
        yield "text and url are strings that are not empty"
    style = inline.get("style", {})
    if not (isinstance(style, dict) and style.keys() <= STYLES):
        yield "unknown style"
