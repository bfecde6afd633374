"""What goes out: our meaning as a subject, a plain text and an HTML body. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass

from clair_bot.messages import BlockKind, Card, File, OutboundMessage, Source
from clair_bot_mail.html import html_body
from clair_bot_mail.issues import foot, issue, paragraphs
from clair_bot_mail.passages import Kind, Passage
from clair_bot_mail.plain import plain_body
from clair_bot_mail.subjects import subject_of
from clair_bot_mail.texts import clean, line
from clair_bot_mail.words import Words, words

ATTACHED_LIMIT = 10_000_000
"""Bytes of all attached files together: a third more on the wire, and few servers take over 20 MB. The rest is named in words."""
_KINDS = {BlockKind.PARAGRAPH: Kind.PARAGRAPH, BlockKind.HEADING: Kind.HEADING, BlockKind.ITEM: Kind.ENTRY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail as it is read, before it is encoded."""

    subject: str
    text: str
    html: str
    attached: tuple[File, ...] = ()


def render(message: OutboundMessage, *, sender_info: str = "", limit: int = ATTACHED_LIMIT) -> Mail:
    """Return the mail that says all of it.

    Args:
        message: What to say.
        sender_info: Who sends it, for the foot; empty: not shown.
        limit: Bytes of all attached files together; 0: all files are named in words.
    """
    attached = _attached(message.files, limit)
    passages = tuple(_passages(message, sender_info, attached, words(message.language)))
    subject = subject_of(message)
    return Mail(
        subject=subject,
        text=plain_body(passages),
        html=html_body(passages, title=subject, language=message.language),
        attached=attached,
    )


def _attached(files: tuple[File, ...], limit: int) -> tuple[File, ...]:
    taken, size = [], 0
    for file in files:
        if file.content and size + len(file.content) <= limit:
            taken.append(file)
            size += len(file.content)
    return tuple(taken)


def _passages(message: OutboundMessage, sender_info: str, attached: tuple[File, ...], said: Words) -> Iterator[Passage]:
    yield from paragraphs(message.paragraphs)
    if message.card:
        yield from _card(message.card, said)
    if message.issue:
        yield from issue(message.issue, said)
    for number, choice in enumerate(message.choices, 1):
        yield Passage(kind=Kind.NUMBERED, text=f"{number}. {line(choice.title)}")
    if message.buttons:
        labels = "".join(said.quoted.format(line(button.label)) for button in message.buttons)
        yield Passage(kind=Kind.PARAGRAPH, text=said.in_chats.format(labels).rstrip())
    for file in message.files:
        yield from _file(file, said, attached=file in attached)
    yield from foot(message, sender_info, said)


def _card(card: Card, said: Words) -> Iterator[Passage]:
    if title := line(card.title):
        yield Passage(kind=Kind.TITLE, text=title)
    for block in card.blocks:
        if text := clean(block.text).strip("\n"):
            yield Passage(kind=_KINDS[block.kind], text=text)
    if card.sources:
        yield Passage(kind=Kind.HEADING, text=said.sources)
        for source in card.sources:
            yield from _source(source, said)
    yield from paragraphs((card.note,))


def _source(source: Source, said: Words) -> Iterator[Passage]:
    dated = said.undated if source.as_of in {"", "不明"} else said.as_of.format(line(source.as_of))
    yield Passage(kind=Kind.ENTRY, text=f"{line(source.title)}{dated}")
    if source.url and line(source.url):
        yield Passage(kind=Kind.LINK, url=line(source.url))


def _file(file: File, said: Words, *, attached: bool) -> Iterator[Passage]:
    name = said.attached if attached else said.file
    yield Passage(kind=Kind.FACT, name=name, text=line(file.name))
    if attached:
        return
    if url := line(file.url):
        yield Passage(kind=Kind.LINK, url=url)
    else:
        yield Passage(kind=Kind.PARAGRAPH, text=said.file_unsent)
