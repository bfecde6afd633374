"""Previews of bulletins: what each channel's adapter would draw, as text, as a page, or as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import typer

from clair_bot.bootstrap import Application
from clair_bot.domain.bulletins import Bulletin
from clair_bot.domain.conversations import Language
from clair_bot.errors import ClairBotError
from clair_bot.messages import Bubble, OutboundMessage
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.bulletins.prints import message_of

_ALL = "all"
_BLOCKS = frozenset({"p", "br", "ul", "li", "h3", "hr", "div"})
_STYLE = (
    "body{font-family:sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;line-height:1.7}"
    "article{border:1px solid #999;border-radius:.5rem;padding:0 1rem;margin:1rem 0}"
    ".b{display:inline-block;border:1px solid #999;border-radius:1rem;padding:0 .8rem;margin:.2rem}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A bulletin on one channel."""

    channel: str
    message: OutboundMessage
    bubbles: Sequence[Bubble]


def channels(application: Application, wanted: str) -> list[str]:
    """Return the channels to draw for.

    Raises:
        typer.BadParameter: nothing draws for this one.
    """
    known = sorted(application.previews)
    if wanted != _ALL and wanted not in known:
        raise typer.BadParameter(f"{wanted} というチャンネルはありません。使えるもの: {', '.join(known)}, {_ALL}")
    return known if wanted == _ALL else [wanted]


def draw(application: Application, press: Press, bulletin: Bulletin, names: Sequence[str], language: Language) -> list[Drawing]:
    """Return a bulletin as each channel's adapter draws it."""
    found = []
    for name in names:
        message = message_of(press, bulletin, channel=name, language=language)
        found.append(Drawing(channel=name, message=message, bubbles=application.previews[name](message)))
    return found


def text(drawn: Sequence[Drawing]) -> str:
    """Return drawings as plain words."""
    return "\n\n".join(f"━━ {one.channel} ━━\n{_words(one.bubbles)}" for one in drawn)


def _words(bubbles: Sequence[Bubble]) -> str:
    parts = []
    for bubble in bubbles:
        reader = _Words()
        reader.feed(bubble.html)
        reader.close()
        buttons = "".join(f"\n[{button.label}]" for button in bubble.buttons)
        parts.append(reader.text() + buttons)
    return "\n────\n".join(parts)


class _Words(HTMLParser):
    """Takes the words out of HTML; the address of a link stands behind what it is laid under."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._href = ""
        self._begin = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._begin = dict(attrs).get("href") or "", len(self._parts)
        elif tag == "hr":
            self._parts.append("\n――――\n")
        elif tag in _BLOCKS:
            self._parts.append("\n・" if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href and "".join(self._parts[self._begin :]).strip() != self._href:
            self._parts.append(f" <{self._href}>")
        if tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        self._parts.append(data)

    def text(self) -> str:
        """Return the words, without blank lines in a row."""
        lines = [line.rstrip() for line in "".join(self._parts).split("\n")]
        kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
        return "\n".join(kept).strip()


def payload(drawn: Sequence[Drawing]) -> Mapping[str, Any]:
    """Return what the adapters are given, and what they draw."""
    from clair_bot.storage.codec import pack_outbound

    return {
        one.channel: {
            "message": pack_outbound(one.message),
            "bubbles": [
                {"html": bubble.html, "buttons": [{"label": button.label, "action": button.action} for button in bubble.buttons]}
                for bubble in one.bubbles
            ],
        }
        for one in drawn
    }


def save(file: Path, drawn: Sequence[Drawing]) -> None:
    """Write a page with all drawings.

    Raises:
        ClairBotError: it cannot be written.
    """
    try:
        file.write_text(_page(drawn), encoding="utf-8")
    except OSError as error:
        raise ClairBotError(f"{file} に書き込めません。場所と権限を確かめてください。") from error


def _page(drawn: Sequence[Drawing]) -> str:
    sections = "".join(f"<h2>{escape(one.channel)}</h2>{''.join(map(_article, one.bubbles))}" for one in drawn)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>プレビュー</title><style>{_STYLE}</style></head><body>{sections}</body></html>\n"
    )


def _article(bubble: Bubble) -> str:
    buttons = "".join(f'<span class="b">{escape(button.label)}</span>' for button in bubble.buttons)
    return f"<article>{bubble.html}{f'<p>{buttons}</p>' if buttons else ''}</article>"
