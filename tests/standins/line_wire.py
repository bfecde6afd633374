"""What goes over LINE's wire, as the stand-in keeps it: requests, answers, faults, tokens and retry keys."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]

UNAUTHORIZED = "Authentication failed. Confirm that the access token in the authorization header is valid."


@dataclass(kw_only=True)
class Request:
    """A request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body, read."""
        content: Json = json.loads(self.body or b"{}")
        return content


@dataclass(kw_only=True)
class Token:
    """A reply token; good once."""

    place: str
    issued_at: datetime
    event_at: datetime
    redelivered: bool = False
    used: bool = False


@dataclass(kw_only=True)
class Key:
    """A retry key that was accepted, and with what."""

    digest: str
    request_id: str
    accepted_at: datetime
    sent: list[Json] | None = None
    """None for a multicast, whose answer tells no ids."""
    people: frozenset[str] = frozenset()
    """To whom, for a multicast."""


@dataclass(kw_only=True)
class Answer:
    """What is answered; ``text``, a page, instead of JSON for what is none of LINE's."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    raw: bytes | None = None
    """Instead of JSON, the bytes of a file."""
    media_type: str = "application/json"
    manner: str = ""
    """How ``raw`` goes over the wire: ``chunked`` tells no length, ``cut short`` breaks off in the middle."""

    @property
    def body(self) -> bytes:
        """What goes over the wire."""
        if self.raw is not None:
            return self.raw
        return (self.text if self.text is not None else json.dumps(self.content or {})).encode()


def refusal(status: int, message: str, **more: Any) -> Answer:
    """Return an error as LINE words it."""
    return Answer(status=status, content={"message": message, **more})


FAULTS = {
    "dropped": Answer(status=500),
    "rate limited": refusal(429, "The API rate limit has been exceeded. Try again later."),
    "monthly limit": refusal(429, "You have reached your monthly limit."),
    "server error": refusal(500, "Internal Server Error"),
    "html": Answer(status=502, text="<html><h1>502 Bad Gateway</h1></html>"),
    "garbage": Answer(status=200, text="<html>welcome</html>"),
    "unauthorized": refusal(401, UNAUTHORIZED),
    "forbidden": refusal(403, "Access to this API is not available for your account"),
    "bad request": refusal(400, "A message (messages[0]) in the request body is invalid"),
    "redirect": Answer(status=302, headers={"Location": "https://files.example.com/x"}),
}


def digest(request: Request, *, of: Sequence[str] = ()) -> str:
    """Return what tells one body from another, or parts of it."""
    told = json.dumps([request.json.get(name) for name in of]).encode() if of else request.body
    return hashlib.sha256(told).hexdigest()


def readable(message: Json) -> str:
    """Return what a person sees of a message, the labels of its buttons included."""
    match message["type"]:
        case "text":
            said = message["text"]
        case "image":
            said = f"[{message['originalContentUrl']}]"
        case _:
            said = "\n".join(_flex_texts(message["contents"]))
    labels = [item["action"]["label"] for item in message.get("quickReply", {}).get("items", ())]
    return "\n".join([said, *labels])


def _flex_texts(component: Json) -> Iterator[str]:
    if component["type"] == "text":
        yield component["text"]
    if component["type"] == "button":
        yield component["action"]["label"]
    for block in ("header", "hero", "body", "footer"):
        if block in component:
            yield from _flex_texts(component[block])
    for part in component.get("contents", ()):
        yield from _flex_texts(part)
