"""Passages as HTML for mail programs: styles in the tags, no tables, nothing loaded but pictures, no colours (dark mode has its own)."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from clair_bot_mail.passages import Kind, Passage
from clair_bot_mail.plain import named
from clair_bot_mail.texts import is_link

_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")
"""In running text: ASCII in print without quotes, angle brackets, backslashes."""
_CLOSING = ".,;:!?)]"
"""What stands behind an address rather than in it."""
_LANGUAGES = {"en": "en"}
_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
    '<meta name="supported-color-schemes" content="light dark">\n<title>{title}</title>\n</head>\n<body style="margin:0;padding:0">\n'
    '<div style="max-width:42em;margin:0 auto;padding:16px;font-family:sans-serif;line-height:1.7;overflow-wrap:anywhere">\n'
    "{body}</div>\n</body>\n</html>\n"
)
_TAGS = {Kind.TITLE: "h1", Kind.LABEL: "h2", Kind.HEADING: "h2", Kind.ITEM: "h3"}
_STYLES = {
    Kind.NOTICE: "border:2px solid;padding:8px 12px;font-weight:bold",
    Kind.MASTHEAD: "border-top:3px solid;border-bottom:3px solid;padding:8px 0;font-weight:bold",
    Kind.LABEL: "border-bottom:2px solid;padding-bottom:4px;font-size:1.2em;margin:2em 0 1em",
    Kind.NOTE: "margin:0.3em 0;font-size:0.9em",
}
_LIST = "list-style:none;margin:1em 0;padding:0"
_PICTURE = "display:block;max-width:100%;height:auto;margin:0 0 4px"


def html_body(passages: Sequence[Passage], *, title: str, language: str) -> str:
    """Return the whole page."""
    body = "".join(f"{tag}\n" for kind, group in groupby(passages, key=lambda passage: passage.kind) for tag in _drawn(kind, list(group)))
    return _PAGE.format(language=_LANGUAGES.get(language, "ja"), title=escape(title), body=body)


def _drawn(kind: Kind, group: list[Passage]) -> Iterator[str]:
    match kind:
        case Kind.ENTRY:
            yield f"<ul>{''.join(f'<li>{running(passage.text)}</li>' for passage in group)}</ul>"
        case Kind.NUMBERED:
            yield f'<ul style="{_LIST}">{"".join(f"<li>{running(passage.text)}</li>" for passage in group)}</ul>'
        case Kind.FACT:
            yield f"<p>{'<br>'.join(map(_fact, group))}</p>"
        case _:
            yield from map(_single, group)


def _single(passage: Passage) -> str:
    match passage.kind:
        case Kind.RULE:
            return "<hr>"
        case Kind.LINK:
            content = named(escape(passage.name), link(passage.url))
        case Kind.PICTURE:
            content = _picture(passage)
        case _:
            content = running(passage.text)
    tag = _TAGS.get(passage.kind, "p")
    style = f' style="{_STYLES[passage.kind]}"' if passage.kind in _STYLES else ""
    return f"<{tag}{style}>{content}</{tag}>"


def _fact(passage: Passage) -> str:
    return named(f"<b>{escape(passage.name)}</b>" if passage.name else "", running(passage.text))


def _picture(passage: Passage) -> str:
    caption = running(named(passage.name, passage.text))
    if not is_link(passage.url, schemes=frozenset({"https"})):
        return f"{caption}<br>{link(passage.url)}"
    alternative = escape(passage.text or passage.name)
    return f'<img src="{escape(passage.url)}" alt="{alternative}" style="{_PICTURE}">{caption}'


def link(url: str) -> str:
    """Return an address to click on; as mere words where it is none of the web's."""
    return f'<a href="{escape(url)}">{escape(url)}</a>' if is_link(url) else escape(url)


def running(text: str) -> str:
    """Return text as it is written, its lines kept, its web addresses to click on."""
    html, start = "", 0
    for found in _ADDRESS.finditer(text):
        url = found[0].rstrip(_CLOSING)
        html += escape(text[start : found.start()]) + link(url)
        start = found.start() + len(url)
    return (html + escape(text[start:])).replace("\n", "<br>\n")
