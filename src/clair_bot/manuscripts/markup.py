"""Markup: what of Markdown people put into a bulletin, reduced to plain words. Nothing is lost: addresses stay."""

import re
from dataclasses import dataclass
from typing import Final

from clair_bot.manuscripts.fields import is_address

_BOLD: Final = re.compile(r"\*\*([^*\n]+)\*\*")
_CODE: Final = re.compile(r"`([^`\n]+)`")
_IMAGE: Final = re.compile(r"!\[([^\[\]\n]{0,300})\]\(([^()\s]{1,2000})\)")
_LINK: Final = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,2000})\)")
_BARE: Final = re.compile(r"<(https?://[^<>\s]{1,2000})>")
_HEADING: Final = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_BLANKS: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a text says, and the addresses that were taken out of it."""

    text: str
    url: str = ""
    picture: str = ""
    caption: str = ""


def plain(text: str) -> str:
    """Return a text in plain words; addresses stand behind the words that they were laid under."""
    return read(text, links=False).text


def read(text: str, *, links: bool) -> Said:
    """Return a text in plain words, its first picture, and with ``links`` its first address, which then does not stand in the text."""
    taken: dict[str, str] = {}

    def image(match: re.Match[str]) -> str:
        if links and "picture" not in taken and is_address(match[2], ("https",)):
            taken.update(picture=match[2], caption=match[1].strip())
            return ""
        return f"{match[1]}（{match[2]}）"

    def link(match: re.Match[str]) -> str:
        if links and "url" not in taken and is_address(match[2]):
            taken["url"] = match[2]
        if taken.get("url") == match[2]:
            return match[1]
        return match[1] if match[1] == match[2] else f"{match[1]}（{match[2]}）"

    said = _LINK.sub(link, _IMAGE.sub(image, text))
    said = _HEADING.sub("", _BARE.sub(r"\1", _CODE.sub(r"\1", _BOLD.sub(r"\1", said))))
    said = _BLANKS.sub("\n\n", "\n".join(line.rstrip() for line in said.split("\n")))
    return Said(text=said.strip(), **taken)
