"""Passages as plain text, in the manner of the mail magazine: rules, brackets, one address a line."""

from collections.abc import Sequence

from clair_bot_mail.passages import Kind, Passage

RULE = "━" * 32
_TIGHT = {
    *((kind, kind) for kind in (Kind.NUMBERED, Kind.ENTRY, Kind.FACT, Kind.NOTE, Kind.LINK)),
    (Kind.HEADING, Kind.NUMBERED),
    (Kind.HEADING, Kind.ENTRY),
    (Kind.ENTRY, Kind.LINK),
    (Kind.LINK, Kind.ENTRY),
    (Kind.FACT, Kind.LINK),
    (Kind.LINK, Kind.FACT),
    (Kind.NOTE, Kind.LINK),
    (Kind.LINK, Kind.NOTE),
    (Kind.RULE, Kind.NOTE),
    (Kind.RULE, Kind.LINK),
}
"""Neighbours without an empty line between them."""
_BEFORE = {Kind.TITLE: "■ ", Kind.HEADING: "■ ", Kind.ENTRY: "・"}


def plain_body(passages: Sequence[Passage]) -> str:
    """Return the text. Lines are as long as they are: the reader's program wraps them, and no address breaks."""
    text = ""
    before: Kind | None = None
    for passage in passages:
        if before is not None:
            text += "\n" if (before, passage.kind) in _TIGHT else "\n\n"
        text += _drawn(passage)
        before = passage.kind
    return f"{text}\n"


def _drawn(passage: Passage) -> str:
    match passage.kind:
        case Kind.MASTHEAD | Kind.LABEL:
            return f"{RULE}\n{passage.text}\n{RULE}"
        case Kind.RULE:
            return RULE
        case Kind.PICTURE:
            return f"{named(passage.name, passage.text)}\n{passage.url}".strip()
        case Kind.FACT | Kind.LINK:
            return named(passage.name, passage.text or passage.url)
        case _:
            return _BEFORE.get(passage.kind, "") + passage.text


def named(name: str, value: str) -> str:
    """Return ``name: value``, or the one that there is."""
    return ": ".join(filter(None, (name, value)))
