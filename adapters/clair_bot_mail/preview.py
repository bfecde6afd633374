"""Draws a mail from the very body that is sent, reduced to what a page of ours may show."""

from html import escape
from html.parser import HTMLParser

from clair_bot.messages import Bubble, OutboundMessage
from clair_bot_mail.rendering import Mail, render
from clair_bot_mail.texts import is_link

_TAGS = {"h1": "h3", "h2": "h3", **{tag: tag for tag in ("p", "br", "b", "ul", "li", "h3", "small", "hr", "a")}}
"""What is kept, and as what."""
_UNPAIRED = frozenset({"br", "hr"})
_UNSEEN = frozenset({"head", "title", "style", "script"})


def preview(message: OutboundMessage) -> tuple[Bubble, ...]:
    """Return the one bubble: subject and HTML body."""
    return (Bubble(html=drawn(render(message))),)


def drawn(mail: Mail) -> str:
    """Return a mail as safe HTML."""
    reader = _Reducing()
    reader.feed(mail.html)
    reader.close()
    return f'<div class="mail"><p><b>{escape(mail.subject)}</b></p><hr>{reader.html.strip()}</div>'


class _Reducing(HTMLParser):
    """Copies what is allowed, without its attributes; a picture becomes a link, for a preview loads nothing from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.html = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        attributes = dict(attrs)
        if tag == "img":
            self.html += _link(attributes.get("src"), attributes.get("alt")) + "<br>"
        elif tag == "a":
            href = attributes.get("href") or ""
            self.html += f'<a href="{escape(href)}">' if is_link(href) else "<a>"
        elif tag in _TAGS:
            self.html += f"<{_TAGS[tag]}>"

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        if tag in _TAGS and tag not in _UNPAIRED:
            self.html += f"</{_TAGS[tag]}>"

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.html += escape(data)


def _link(url: str | None, words: str | None) -> str:
    shown = f"🖼 {escape(words or '')}"
    return f'<a href="{escape(url)}">{shown}</a>' if url and is_link(url) else shown
