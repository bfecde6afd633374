"""Passages: what a mail says, in order, before it is drawn as plain text and as HTML. Both say the same words."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a passage is."""

    NOTICE = "notice"  # above everything else, not to be overlooked
    MASTHEAD = "masthead"  # the magazine's name, number and date, between rules
    TITLE = "title"  # of the issue, or of a card
    HEADING = "heading"  # names what follows: TOPICS, sources, a card's heading
    LABEL = "label"  # of a section, between rules
    ITEM = "item"  # the title of one item
    PARAGRAPH = "paragraph"  # running text
    NUMBERED = "numbered"  # one line of a list that carries its own number
    ENTRY = "entry"  # one entry of a list
    FACT = "fact"  # name: value
    LINK = "link"  # an address on a line of its own, behind a name where it has one
    PICTURE = "picture"  # caption and address
    RULE = "rule"  # between items, and above what stands at the foot
    NOTE = "note"  # small lines at the foot


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One of them."""

    kind: Kind
    text: str = ""
    name: str = ""
    """Before a fact's value, a picture's caption or a link's address."""
    url: str = ""
