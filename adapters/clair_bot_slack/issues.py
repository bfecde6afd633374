"""A bulletin as Block Kit: notice, head, contents, the items under their labels, foot; broken between items."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from clair_bot.messages import Issue, Item, Picture
from clair_bot_slack import markup
from clair_bot_slack.packing import Group
from clair_bot_slack.pieces import (
    CONTEXT_LIMIT,
    DIVIDER,
    PIECE_LIMIT,
    Json,
    Piece,
    elements,
    is_link,
    is_small,
    link,
    note,
    plain,
    quote,
    rich,
    running,
    section,
    title,
)

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
    fact: str = "：{}"


_WORDS = {
    "ja": _Words(contents="目次", archive="バックナンバー", picture="写真"),
    "en": _Words(contents="Contents", archive="Back number", picture="Photo", owner=" ({})", fact=": {}"),
    "easy": _Words(contents="もくじ", archive="前のお知らせのページ", picture="写真"),
}


def issue(said: Issue, language: str) -> Iterator[Group]:
    """Yield the bulletin's groups, in order."""
    words = _WORDS.get(language, _WORDS["ja"])
    items = [item for section in said.sections for item in section.items]
    notice = tuple(_notice(said.notice))
    banner = notice if markup.size(said.notice) <= BANNER_LIMIT else ()
    yield Group(pieces=(*notice, *_head(said, words, alone=items[0].title if len(items) == 1 else "")))
    rest = [tuple(running(paragraph)) for paragraph in said.lead]
    if len(items) > 1:
        rest.append((*running(words.contents, bold=True), *running("\n".join(_contents(said)))))
    for part in said.sections:
        for place, item in enumerate(part.items):
            label = (DIVIDER, *running(_bracketed(part.label), bold=True)) if place == 0 else ()
            rest.append((*label, *_item(item, words, numbered=len(items) > 1)))
    rest.append((DIVIDER, *_foot(said.footer)))
    yield from (Group(pieces=pieces, banner=banner) for pieces in rest)


def _notice(text: str) -> Iterator[Piece]:
    for piece in running(text.strip(), bold=True):
        yield replace(piece, blocks=(rich(quote(elements(piece.text, bold=True))),)) if piece.text else piece


def _head(said: Issue, words: _Words, *, alone: str) -> Iterator[Piece]:
    yield from title(" ".join(filter(None, (said.masthead.strip(), said.number.strip()))))
    yield from _date(markup.clean(said.date).strip(), markup.clean(said.archive_url).strip(), words)
    if said.title.strip() != alone.strip():  # a bulletin that is named after its only item says so once
        yield from running(said.title.strip(), bold=True)


def _date(date: str, url: str, words: _Words) -> Iterator[Piece]:
    """Yield the date and the way to the archive, as small print where that can be: a context's link is markup."""
    text = "　".join(filter(None, (date, f"{words.archive} {url}" if url else "")))
    if not (is_link(url, words.archive) and "|" not in url and (is_small(date) or not date)):
        yield from note(date)
        yield from running(f"{words.archive} {url}" if url else "")
        return
    linked = {"type": "mrkdwn", "text": f"<{markup.escape(url)}|{words.archive}>", "verbatim": True}
    yield Piece(blocks=({"type": "context", "elements": [*([plain(date)] if date else []), linked]},), text=text)


def _contents(said: Issue) -> Iterator[str]:
    for part in said.sections:
        for item in part.items:
            yield f"{item.number}. {_bracketed(part.label)}{_line(item.title)}"


def _item(item: Item, words: _Words, *, numbered: bool) -> Iterator[Piece]:
    heading = f"{item.number}. " if numbered else ""
    heading += _bracketed(item.mark) + _line(item.title) + (words.owner.format(_line(item.owner)) if item.owner.strip() else "")
    url = markup.clean(item.url).strip()
    lines = [elements(markup.clean(heading), bold=True)]
    lines += [elements(text) for text in [markup.clean(_summary(item)).strip()] if text]
    lines += [_fact(markup.clean(name).strip(), markup.clean(value).strip(), words) for name, value in item.facts]
    lines += [[{"type": "link", "url": url}] if is_link(url, "") else elements(url)]
    yield from _together(line for line in lines if line)
    if item.picture:
        yield from _picture(item.picture, words)


def _together(lines: Iterable[list[Json]]) -> Iterator[Piece]:
    """Yield an item's lines as one block, or one by one where a block does not hold them."""
    written = [(line, "".join(str(element.get("text") or element["url"]) for element in line)) for line in lines]
    text = "\n".join(words for _, words in written)
    if markup.size(text) > PIECE_LIMIT:
        for place, (_, words) in enumerate(written):
            yield from running(words, bold=place == 0)
    elif text.strip():
        broken = [element for line, _ in written for element in ({"type": "text", "text": "\n"}, *line)][1:]
        yield Piece(blocks=(rich(section(broken)),), text=text)


def _summary(item: Item) -> str:
    if item.summary.strip():
        return item.summary
    first = next((paragraph for paragraph in item.paragraphs if paragraph.strip()), "")
    pieces = list(markup.split(first.strip(), SUMMARY_LIMIT))
    return "".join(pieces[:1]).rstrip("\n") + ("…" if len(pieces) > 1 else "")


def _fact(name: str, value: str, words: _Words) -> list[Json]:
    if not name:
        return elements(value)
    return [*elements(name, bold=True), *elements(words.fact.format(value))] if value else []


def _picture(picture: Picture, words: _Words) -> Iterator[Piece]:
    """Yield a picture with its caption, which links to it: where Slack cannot show it, nothing but itself is missing."""
    url, caption = markup.clean(picture.url).strip(), markup.clean(_line(picture.caption))
    shown, prefix = caption or words.picture, words.picture + words.fact.format("") if caption else ""
    text = words.picture + words.fact.format(" ".join(filter(None, (caption, url))))
    if not is_link(url, shown):
        yield from running(text)
        return
    line = rich(section([*elements(prefix), link(url, shown)]))
    image = {"type": "image", "image_url": url, "alt_text": next(markup.split(shown, CONTEXT_LIMIT))}
    yield Piece(blocks=(image, line) if url.startswith("https://") else (line,), text=text)


def _foot(lines: Iterable[str]) -> Iterator[Piece]:
    for line in lines:
        # A context's plain text makes no links.
        yield from running(line) if "://" in line else note(line)


def _bracketed(text: str) -> str:
    return f"【{_line(text)}】" if text.strip() else ""


def _line(text: str) -> str:
    return " ".join(text.split())
