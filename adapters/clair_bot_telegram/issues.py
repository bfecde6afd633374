"""A bulletin in lines: notice, head, contents, the items under their labels, foot; broken between items."""

from collections.abc import Iterator
from dataclasses import dataclass

from clair_bot.messages import Issue, Item, Picture
from clair_bot_telegram.lines import is_link, one_line, paragraph, written
from clair_bot_telegram.spans import BLANK, Group, Line, Span
from clair_bot_telegram.texts import clean, cut, units

SUMMARY_LIMIT = 200
"""Of the first paragraph, where an item has no summary."""
BANNER_LIMIT = 300
"""Of a notice that every message of the bulletin begins with; a longer one stands above the first alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    contents: str
    archive: str
    picture: str
    owner: str = "（{}）"
    fact: str = "{}：{}"


_WORDS = {
    "ja": _Words(contents="目次", archive="バックナンバー", picture="写真"),
    "en": _Words(contents="Contents", archive="Back number", picture="Photo", owner=" ({})", fact="{}: {}"),
    "easy": _Words(contents="もくじ", archive="前の お知らせの ページ", picture="写真"),
}


def issue(said: Issue, language: str) -> Iterator[Group]:
    """Yield the bulletin's groups, in order."""
    words = _WORDS.get(language, _WORDS["ja"])
    items = _items(said)
    notice = tuple(paragraph(said.notice, tag="b"))
    banner = notice if said.notice.strip() and units(said.notice) <= BANNER_LIMIT else ()
    yield Group(lines=(*notice, *_head(said, words, alone=items[0].title if len(items) == 1 else "")))
    rest = [tuple(paragraph(text)) for text in said.lead]
    if len(items) > 1:
        rest.append((*written(words.contents, tag="b"), *_contents(said), BLANK))
    for section in said.sections:
        for place, item in enumerate(section.items):
            label = (*written(_bracketed(section.label), tag="b"),) if place == 0 else ()
            rest.append((*label, *_item(item, words, numbered=len(items) > 1), BLANK))
    rest.append((*(line for text in said.footer for line in written(text, tag="i")), BLANK))
    yield from (Group(lines=lines, banner=banner) for lines in rest)


def only_page(said: Issue) -> str:
    """Return the address of the only item's page, or nothing where there are more items or no page."""
    items = _items(said)
    return items[0].url.strip() if len(items) == 1 and is_link(items[0].url.strip()) else ""


def _items(said: Issue) -> list[Item]:
    return [item for section in said.sections for item in section.items]


def _head(said: Issue, words: _Words, *, alone: str) -> Iterator[Line]:
    yield from written(one_line(f"{said.masthead} {said.number}"), tag="b")
    date, url = one_line(said.date), said.archive_url.strip()
    spans = [Span(text=date)] if date else []
    if url:
        spans += [Span(text="　")] if spans else []
        spans += [Span(text=words.archive, tag="a", href=url)] if is_link(url) else [Span(text=one_line(f"{words.archive} {url}"))]
    if spans:
        yield tuple(spans)
    yield BLANK
    if said.title.strip() != alone.strip():  # a bulletin that is named after its only item says so once
        yield from paragraph(said.title, tag="b")


def _contents(said: Issue) -> Iterator[Line]:
    for section in said.sections:
        for item in section.items:
            yield from written(f"{item.number}. {_bracketed(section.label)}{one_line(item.title)}")


def _item(item: Item, words: _Words, *, numbered: bool) -> Iterator[Line]:
    owner = words.owner.format(one_line(item.owner)) if item.owner.strip() else ""
    number = f"{item.number}. " if numbered else ""
    yield from written(f"{number}{_bracketed(item.mark)}{one_line(item.title)}{owner}", tag="b")
    yield from written(_summary(item))
    for name, value in item.facts:
        if value.strip():
            yield from written(words.fact.format(one_line(name), value.strip()) if name.strip() else value)
    yield from written(item.url)
    if item.picture:
        yield from _picture(item.picture, words)


def _summary(item: Item) -> str:
    if item.summary.strip():
        return item.summary
    first = clean(next((text for text in item.paragraphs if text.strip()), "")).strip()
    pieces = cut(first, SUMMARY_LIMIT)
    return pieces[0].rstrip() + ("…" if len(pieces) > 1 else "")


def _picture(picture: Picture, words: _Words) -> Iterator[Line]:
    url, caption = picture.url.strip(), one_line(picture.caption)
    if is_link(url):
        prefix = words.fact.format(words.picture, "") if caption else ""
        yield (*([Span(text=prefix)] if prefix else []), Span(text=caption or words.picture, tag="a", href=url))
    elif caption or url:
        yield from written(words.fact.format(words.picture, f"{caption} {url}".strip()))


def _bracketed(text: str) -> str:
    return f"【{one_line(text)}】" if text.strip() else ""
