"""A bulletin as passages, in the manner of the mail magazine: head, contents, sections in full, foot."""

from collections.abc import Iterator

from clair_bot.messages import Issue, Item, OutboundMessage, Picture, Section
from clair_bot_mail.passages import Kind, Passage
from clair_bot_mail.texts import clean, line
from clair_bot_mail.words import Words


def issue(drawn: Issue, words: Words) -> Iterator[Passage]:
    """Yield everything above the foot."""
    if notice := clean(drawn.notice).strip():
        yield Passage(kind=Kind.NOTICE, text=notice)
    if head := masthead(drawn):
        yield Passage(kind=Kind.MASTHEAD, text=head)
    if title := line(drawn.title):
        yield Passage(kind=Kind.TITLE, text=title)
    yield from paragraphs(drawn.lead)
    yield from _contents(drawn, words)
    for section in drawn.sections:
        yield from _section(section, words)


def masthead(drawn: Issue) -> str:
    """Return the magazine's name, number and date."""
    return "\u3000".join(filter(None, map(line, (drawn.masthead, drawn.number, drawn.date))))


def paragraphs(texts: tuple[str, ...]) -> Iterator[Passage]:
    """Yield running text, without what is empty."""
    for text in texts:
        if cleaned := clean(text).strip("\n"):
            yield Passage(kind=Kind.PARAGRAPH, text=cleaned)


def foot(message: OutboundMessage, sender_info: str, words: Words) -> Iterator[Passage]:
    """Yield what stands below: who publishes it, back numbers, how to stop it, and the sender as the law wants it shown."""
    notes = [line(text) for text in message.issue.footer] if message.issue else []
    links = [(words.archive, line(message.issue.archive_url))] if message.issue else []
    links.append((words.unsubscribe, line(message.unsubscribe)))
    passages = [Passage(kind=Kind.NOTE, text=note) for note in notes if note]
    passages += [Passage(kind=Kind.LINK, name=name, url=url) for name, url in links if url]
    if info := line(sender_info):
        passages.append(Passage(kind=Kind.NOTE, text=info))
    if passages:
        yield Passage(kind=Kind.RULE)
        yield from passages


def _contents(drawn: Issue, words: Words) -> Iterator[Passage]:
    entries = [(item, section.label) for section in drawn.sections for item in section.items]
    if len(entries) < 2:  # noqa: PLR2004  # one item needs no table of contents
        return
    yield Passage(kind=Kind.HEADING, text=words.contents)
    for item, label in entries:
        yield Passage(kind=Kind.NUMBERED, text=f"{item.number}. {_bracketed(label)}{line(item.title)}")


def _section(section: Section, words: Words) -> Iterator[Passage]:
    if label := _bracketed(section.label):
        yield Passage(kind=Kind.LABEL, text=label)
    for place, item in enumerate(section.items):
        if place:
            yield Passage(kind=Kind.RULE)
        yield from _item(item, words)


def _item(item: Item, words: Words) -> Iterator[Passage]:
    owner = words.owner.format(line(item.owner)) if line(item.owner) else ""
    yield Passage(kind=Kind.ITEM, text=f"{item.number}. {_bracketed(item.mark)}{line(item.title)}{owner}")
    yield from paragraphs(item.paragraphs or (item.summary,))
    for name, value in item.facts:
        if line(name) or line(value):
            yield Passage(kind=Kind.FACT, name=line(name), text=clean(value).strip())
    if url := line(item.url):
        yield Passage(kind=Kind.LINK, url=url)
    if item.picture:
        yield _picture(item.picture, words)


def _picture(picture: Picture, words: Words) -> Passage:
    return Passage(kind=Kind.PICTURE, name=words.picture, text=line(picture.caption), url=line(picture.url))


def _bracketed(text: str) -> str:
    return f"【{line(text)}】" if line(text) else ""
