"""A bulletin as it reads in a plain web chat: notice, head, contents, the items under their labels, foot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clair_bot.messages import Issue, Item, Picture, Section
from clair_bot_web.markup import is_link, lines, linked

SUMMARY_LIMIT = 200
"""Characters of the first paragraph, where an item has no summary."""

_SENTENCE_END = re.compile(r"[。．！？!?]+[」』）)]*|[.](?=\s)|\n")  # noqa: RUF001  # Japanese sentences end so


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
    "easy": _Words(contents="もくじ", archive="前の お知らせの ページ", picture="写真"),
}


def drawn(issue: Issue, language: str) -> str:
    """Return the bulletin as HTML."""
    words = _WORDS.get(language, _WORDS["ja"])
    items = [item for section in issue.sections for item in section.items]
    notice = f'<div class="notice"><p><b>{lines(issue.notice)}</b></p></div>' if issue.notice.strip() else ""
    head = "".join(_head(issue, words, alone=items[0].title if len(items) == 1 else ""))
    contents = _contents(issue, words) if len(items) > 1 else ""
    sections = "".join(_section(section, words, numbered=len(items) > 1) for section in issue.sections)
    foot = "<br>".join(lines(line) for line in issue.footer if line.strip())
    return notice + head + contents + sections + (f"<hr><p><small>{foot}</small></p>" if foot else "")


def _head(issue: Issue, words: _Words, *, alone: str) -> Iterator[str]:
    if masthead := f"{issue.masthead} {issue.number}".strip():
        yield f"<h3>{lines(masthead)}</h3>"
    archive = ""
    if url := issue.archive_url.strip():
        archive = linked(url, words.archive) if is_link(url) else lines(f"{words.archive} {url}")
    if small := "　".join(filter(None, (lines(issue.date.strip()), archive))):
        yield f"<p><small>{small}</small></p>"
    if issue.title.strip() != alone.strip():  # a bulletin that is named after its only item says so once
        yield f"<p><b>{lines(issue.title)}</b></p>"
    yield from (f"<p>{lines(paragraph)}</p>" for paragraph in issue.lead if paragraph.strip())


def _contents(issue: Issue, words: _Words) -> str:
    listed = "".join(
        f"<li>{item.number}. {_bracketed(section.label)}{lines(item.title)}</li>" for section in issue.sections for item in section.items
    )
    return f'<p><b>{words.contents}</b></p><ul class="contents">{listed}</ul>'


def _section(section: Section, words: _Words, *, numbered: bool) -> str:
    label = f"<p><b>{_bracketed(section.label)}</b></p>" if section.label.strip() else ""
    return "<hr>" + label + "".join(_item(item, words, numbered=numbered) for item in section.items)


def _item(item: Item, words: _Words, *, numbered: bool) -> str:
    mark = f'<span class="mark">{_bracketed(item.mark)}</span>' if item.mark.strip() else ""
    owner = words.owner.format(lines(item.owner)) if item.owner.strip() else ""
    number = f"{item.number}. " if numbered else ""
    html = f"<p><b>{number}{mark}{lines(item.title)}{owner}</b></p>"
    if summary := _summary(item):
        html += f"<p>{lines(summary)}</p>"
    if facts := "".join(f"<li>{_fact(name, value, words)}</li>" for name, value in item.facts if value.strip()):
        html += f"<ul>{facts}</ul>"
    if url := item.url.strip():
        html += f"<p>{linked(url, lines(url))}</p>"
    return f'<div class="item">{html}{_picture(item.picture, words) if item.picture else ""}</div>'


def _fact(name: str, value: str, words: _Words) -> str:
    return f"<b>{lines(name)}</b>{words.fact.format(lines(value))}" if name.strip() else lines(value)


def _picture(picture: Picture, words: _Words) -> str:
    """Return the way to a picture: a bubble shows none by itself, for it would call somebody else's server."""
    url, caption = picture.url.strip(), picture.caption.strip()
    if not is_link(url):
        caption = f"{caption} {url}".strip()
    if not (url or caption):
        return ""
    prefix = words.picture + words.fact.format("") if caption else ""
    return f"<p>{prefix}{linked(url, lines(caption or words.picture))}</p>"


def _summary(item: Item) -> str:
    """Return the summary or, where there is none, the first paragraph, shortened at a sentence."""
    if item.summary.strip():
        return item.summary
    first = next((paragraph for paragraph in item.paragraphs if paragraph.strip()), "").strip()
    if len(first) <= SUMMARY_LIMIT:
        return first
    ends = [found.end() for found in _SENTENCE_END.finditer(first, 0, SUMMARY_LIMIT)]
    return first[: ends[-1] if ends else SUMMARY_LIMIT].rstrip() + "…"


def _bracketed(text: str) -> str:
    return f"【{lines(text)}】" if text.strip() else ""
