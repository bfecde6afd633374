"""Fields of a posted form, as browsers and mail servers write them, with limits."""

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from clair_bot.web.bodies import BodyRefused, read_body

FORM_LIMIT: Final = 16_000
"""Bytes of a form."""
_MOST = 60
"""Fields of a form: every topic twice, and some more."""
_MULTIPART = re.compile(r"multipart/form-data\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fields:
    """What was posted."""

    values: Mapping[str, tuple[str, ...]]

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field."""
        return self.values.get(name, ())

    def last(self, name: str) -> str:
        """Return the last value of a field; empty where there is none."""
        return self.all(name)[-1] if self.all(name) else ""


async def read_fields(request: Request) -> Fields:
    """Return the posted fields.

    Raises:
        BodyRefused: it is too long (413), too slow (408) or no form (400).
    """
    body = await read_body(request, FORM_LIMIT)
    if _MULTIPART.match(request.headers.get("content-type", "")):
        return await _multipart(request, body)
    try:
        values = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST)
    except ValueError as error:
        raise BodyRefused(400) from error
    return Fields({name: tuple(found) for name, found in values.items()})


async def _multipart(request: Request, body: bytes) -> Fields:
    """Read what RFC 8058 allows mail servers to send as well; files are none of it."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(request.headers, stream(), max_files=0, max_fields=_MOST, max_part_size=FORM_LIMIT)
    try:
        posted = await parser.parse()
    except MultiPartException as error:
        raise BodyRefused(400) from error
    values: dict[str, tuple[str, ...]] = {}
    for name, value in posted.multi_items():
        values[name] = (*values.get(name, ()), str(value))
    return Fields(values)
