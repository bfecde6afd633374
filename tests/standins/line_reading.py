"""What stands in rendered messages and previews, as people read it and as LINE judges it."""

import json
from html.parser import HTMLParser
from typing import Any

from tests.standins import line_spec, line_spec_limits
from tests.standins.line import USER
from tests.standins.line_wire import readable

from clair_bot_line.rendering import Part


def faults(parts: tuple[Part, ...]) -> list[str]:
    """Return what LINE would find wrong with both forms, each in one multicast."""
    found: list[str] = []
    for shape in ([part.rich for part in parts], [part.plain for part in parts]):
        found += line_spec_limits.message_faults(shape)
        if line_spec.available():
            body = json.dumps({"to": [USER], "messages": shape}).encode()
            found += line_spec.request_faults("POST", "/v2/bot/message/multicast", {"Authorization": "Bearer x"}, body)
    return found


def shown(parts: tuple[Part, ...]) -> str:
    """Return what people read."""
    return "\n".join(readable(part.rich) for part in parts)


def plain(parts: tuple[Part, ...]) -> str:
    """Return what people read where the look was refused."""
    return "\n".join(part.plain["text"] for part in parts)


def bubbles(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
    """Return the bubbles of all messages in order."""
    containers = [part.rich["contents"] for part in parts if part.rich["type"] == "flex"]
    return [bubble for container in containers for bubble in container.get("contents", [container])]


def uris(parts: tuple[Part, ...]) -> list[str]:
    """Return the addresses that can be tapped, in order."""
    return [found for part in parts for found in _uris(part.rich)]


def _uris(node: Any) -> list[str]:
    if isinstance(node, list):
        return [uri for member in node for uri in _uris(member)]
    if not isinstance(node, dict):
        return []
    own = [node["uri"]] if node.get("type") == "uri" else []
    return own + [uri for member in node.values() for uri in _uris(member)]


class Reader(HTMLParser):
    """Fails on whatever the port does not allow in a bubble; takes down what is read."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        super().__init__(convert_charrefs=True)
        self.said = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge a tag."""
        assert tag in {"p", "b", "br", "a", "h3", "small", "hr", "div"}
        assert {name for name, _ in attrs} <= ({"href"} if tag == "a" else {"class"})
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.said += "\n" if tag in {"br", "p", "h3"} else ""

    def handle_data(self, data: str) -> None:
        """Take down a text."""
        self.said += data
