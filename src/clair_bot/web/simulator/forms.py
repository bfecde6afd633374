"""What the page posts: one message, read with a limit."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request

from clair_bot.web.bodies import BodyRefused, read_body

TEXT_LIMIT = 20_000
"""Bytes of a message."""
_BODY_LIMIT = 3 * TEXT_LIMIT + 1_000
"""A form writes each byte of Japanese with three characters."""
_FIELDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What the visitor did."""

    view: str
    text: str = ""
    action: str = ""
    """Set when a button was pressed; ``label`` is what stood on it."""
    label: str = ""
    reply_to: str = ""

    @property
    def shown(self) -> str:
        """What the visitor sees as the own message."""
        return self.text or self.label


async def read_form(request: Request) -> Posted:
    """Return the posted message.

    Raises:
        BodyRefused: it is too long (413), too slow (408) or no form (400).
    """
    fields = _parsed(await read_body(request, _BODY_LIMIT))
    action, _, label = fields.get("press", "").partition(" ")
    posted = Posted(
        view=fields.get("view", ""),
        text="" if action else fields.get("text", "").replace("\r\n", "\n"),
        action=action,
        label=label,
        reply_to=fields.get("reply_to", ""),
    )
    if any(len(value.encode()) > TEXT_LIMIT for value in fields.values()):
        raise BodyRefused(413)
    return posted


def _parsed(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError as error:
        raise BodyRefused(400) from error
    return {name: values[-1] for name, values in fields.items()}
