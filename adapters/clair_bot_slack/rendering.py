"""What goes out: our meaning as Block Kit. Pure functions; each part is one Slack message.

``text`` beside the blocks carries the same words in full, escaped, so that a part can also be sent without its blocks.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from clair_bot.messages import BlockKind, Card, File, OutboundMessage, Source
from clair_bot_slack import markup
from clair_bot_slack.issues import issue
from clair_bot_slack.packing import Group, Part, pack, single
from clair_bot_slack.pieces import (
    DIVIDER,
    LABEL_LIMIT,
    Piece,
    bullet,
    bullets,
    cut,
    is_link,
    link,
    note,
    plain,
    rich,
    running,
    section,
    title,
)

__all__ = ["Part", "render"]

NAME_LIMIT = 300
"""Of a file, in its line; the file itself keeps the whole name."""
BUTTONS_IN_A_ROW = 10
"""Slack allows 25; more than ten are hard to read."""
LINK_LABEL_LIMIT = 40
"""Longer titles are cut by Slack's narrow windows: then the button is a number, and the title stands in the text."""

_WORDS = {
    "ja": ("出典", "{}時点", "時点不明"),
    "en": ("Source", "as of {}", "date unknown"),
    "easy": ("もとの情報", "{}の情報", "いつの情報か分かりません"),
}


def render(message: OutboundMessage) -> tuple[Part, ...]:
    """Return the Slack messages that together say all of it, in order; none for an empty message."""
    return (*pack(_groups(message)), *map(_file, message.files))


def _groups(message: OutboundMessage) -> Iterator[Group]:
    yield from single(_before(message))
    if message.issue:
        if message.card or any(paragraph.strip() for paragraph in message.paragraphs):
            yield Group(pieces=(DIVIDER,))
        yield from issue(message.issue, message.language)
    yield from single(_behind(message))


def _before(message: OutboundMessage) -> Iterator[Piece]:
    for paragraph in message.paragraphs:
        yield from running(paragraph)
    if message.card:
        if any(paragraph.strip() for paragraph in message.paragraphs):
            yield DIVIDER
        yield from _card(message.card, message.language)


def _behind(message: OutboundMessage) -> Iterator[Piece]:
    for number, choice in enumerate(message.choices, 1):
        yield from running(f"{number}. {choice.title}")
    yield from _buttons(
        [(_choice_label(number, choice.title), choice.action) for number, choice in enumerate(message.choices, 1)], "choice"
    )
    yield from _buttons([(button.label, button.action) for button in message.buttons], "button")


def _choice_label(number: int, title: str) -> str:
    label = f"{number}. {title}"
    return label if len(label) <= LINK_LABEL_LIMIT else str(number)


def _card(card: Card, language: str) -> Iterator[Piece]:
    yield from title(card.title)
    for kind, blocks in groupby(card.blocks, key=lambda block: block.kind):
        if kind is BlockKind.ITEM:
            yield from bullets(block.text for block in blocks)
        else:
            for block in blocks:
                yield from running(block.text, bold=kind is BlockKind.HEADING)
    if card.sources:
        yield from _sources(card.sources, language)
    yield from note(card.note)


def _sources(sources: Sequence[Source], language: str) -> Iterator[Piece]:
    heading, dated, undated = _WORDS.get(language, _WORDS["ja"])
    yield from running(heading, bold=True)
    for source in sources:
        when = dated.format(source.as_of) if source.as_of and source.as_of != "不明" else undated
        name, url = markup.clean(source.title) or heading, markup.clean(source.url or "")
        if not is_link(url, name):
            yield from bullets([f"{name}（{when}） {url}".rstrip()])
            continue
        block = rich(bullet([link(url, name), {"type": "text", "text": f"（{when}）"}]))
        yield Piece(blocks=(block,), text=f"・{name}（{when}） {url}")


def _buttons(buttons: Sequence[tuple[str, str]], name: str) -> Iterator[Piece]:
    for start in range(0, len(buttons), BUTTONS_IN_A_ROW):
        row = buttons[start : start + BUTTONS_IN_A_ROW]
        drawn = [
            {"type": "button", "action_id": f"{name}-{start + n}", "text": plain(cut(label, LABEL_LIMIT)), "value": action}
            for n, (label, action) in enumerate(row)
        ]
        yield Piece(blocks=({"type": "actions", "elements": drawn},), text=" ".join(f"[{markup.clean(label)}]" for label, _ in row))


def _file(file: File) -> Part:
    """Return a file's own part, with the words that stand for it in a preview, and where Slack takes no file."""
    name, url = cut(file.name, NAME_LIMIT), markup.clean(file.url)
    if is_link(url, name):
        line = section([{"type": "text", "text": "📎 "}, link(url, name)])
    else:
        url, line = "", section([{"type": "text", "text": f"📎 {name}"}])
    return Part(text=markup.escape(f"📎 {name} {url}".rstrip()), blocks=(rich(line),), file=file)
