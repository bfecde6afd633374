"""Untrusted words as HTML."""

from html import escape
from urllib.parse import urlsplit


def lines(text: str) -> str:
    """Return the text, escaped, with its line ends."""
    return escape(text).replace("\n", "<br>")


def is_link(url: str) -> bool:
    """Tell whether the address is one that people may be sent to."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def linked(url: str, html: str) -> str:
    """Return what is drawn already, as a link where the address is a web address."""
    return f'<a href="{escape(url)}">{html}</a>' if is_link(url) else html
