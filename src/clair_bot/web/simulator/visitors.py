"""Visitors: a random cookie keeps their conversations apart, and a page of another site cannot write in their name."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "clair_chat"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at the page, known by the cookie alone."""

    token: str
    fresh: bool
    """True when the browser does not have the cookie yet."""

    @property
    def id(self) -> str:
        """What is stored: not the token itself, so that nobody who reads the database can take over a conversation."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:32]

    def remember(self, request: Request, response: Response) -> None:
        """Give the browser its cookie."""
        if self.fresh:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, self.token, path="/chat", httponly=True, samesite="strict", secure=secure)


def visitor_of(request: Request) -> Visitor:
    """Return who asks; a new visitor where the cookie is missing or is none of ours."""
    token = request.cookies.get(COOKIE, "")
    if _TOKEN.fullmatch(token):
        return Visitor(token=token, fresh=False)
    return Visitor(token=secrets.token_urlsafe(16), fresh=True)


def from_our_page(request: Request) -> bool:
    """Tell whether a form was sent by our own page.

    Browsers say so in ``Sec-Fetch-Site``, older ones and those on plain HTTP in ``Origin``. What sends neither is no browser, and
    holds nobody's cookie.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
