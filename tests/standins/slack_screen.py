"""What people see: Slack's messages as lines of words, markup undone."""

import re
from collections.abc import Iterator, Mapping
from typing import Any


def shown(message: Mapping[str, Any]) -> str:
    """Return a message as people read it."""
    files = [f"📎 {file['title']}" for file in message.get("files", ())]
    if message.get("blocks"):
        return "\n".join([*(line for block in message["blocks"] for line in _lines(block)), *files])
    words = str(message["text"]).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return "\n".join(filter(None, [words, *files]))


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield block["text"]["text"]
        case "context":
            yield " ".join(_small(element) for element in block["elements"])
        case "image":
            yield f"🖼 {block['alt_text']}"
        case "actions":
            yield " ".join(f"[{element['text']['text']}]" for element in block["elements"])
        case "rich_text":
            for element in block["elements"]:
                for section in element["elements"] if element["type"] == "rich_text_list" else [element]:
                    mark = "• " if element["type"] == "rich_text_list" else ""
                    yield mark + "".join(part.get("text") or part["url"] for part in section["elements"])


def _small(element: Mapping[str, Any]) -> str:
    if element["type"] != "mrkdwn":
        return str(element["text"])
    return re.sub(r"<[^<>|]*\|([^<>]*)>", r"\1", element["text"])
