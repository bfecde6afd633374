"""``/bulletins``: the archive, its search, each bulletin, and the feed of what is new."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from clair_bot.bootstrap import Application
from clair_bot.domain.conversations import Language
from clair_bot.errors import StorageError
from clair_bot.web.atom import changed_at, feed_of
from clair_bot.web.backnumbers import DEEPEST, BackNumbers, Search
from clair_bot.web.pages import Pages, language_of
from clair_bot.web.papers import paper_of

_FRESH: Final = {"cache-control": "no-cache"}
"""Public, but always as it is now: a correction must not be late."""
_HIGHEST = 2**31 - 1


def routes(application: Application, pages: Pages) -> list[BaseRoute]:
    """Return the routes of the archive."""
    handlers = _Handlers(application, pages)
    return [
        Route("/bulletins", handlers.show_list, methods=["GET"]),
        Route("/bulletins/feed.xml", handlers.feed, methods=["GET"]),
        Route("/bulletins/{id}", handlers.show, methods=["GET"]),
    ]


class _Handlers:
    """The archive's handlers."""

    def __init__(self, application: Application, pages: Pages) -> None:
        self._application = application
        self._pages = pages
        self._numbers = BackNumbers(application)

    async def show_list(self, request: Request) -> Response:
        """Show one page of the list, or of what was found."""
        language, asked = language_of(request), request.query_params
        search = Search.read(asked.get("q") or (f"vol.{asked['vol']}" if asked.get("vol") else ""), asked.get("page", ""))
        try:
            found = await run_in_threadpool(self._numbers.found, search, language)
        except StorageError:
            return self._pages.trouble(503)
        return self._pages.page(
            "archive.html",
            language,
            headers=_FRESH,
            noindex=bool(search.text),
            switch={one: _address(search, one, 1) for one in Language},
            search=search,
            found=found,
            newer=_address(search, language, search.page - 1) if search.page > 1 else "",
            older=_address(search, language, search.page + 1) if found.more and search.page < DEEPEST else "",
        )

    async def show(self, request: Request) -> Response:
        """Show one bulletin."""
        number = request.path_params["id"]
        if not (number.isascii() and number.isdigit() and len(number) <= len(str(_HIGHEST)) and int(number) <= _HIGHEST):
            return self._missing()
        try:
            paper = await run_in_threadpool(paper_of, self._application, self._numbers, int(number))
        except StorageError:
            return self._pages.trouble(503)
        if paper is None:
            return self._missing()
        return self._pages.page("bulletin.html", paper.language, headers=_FRESH, noindex=False, paper=paper)

    def _missing(self) -> Response:
        return self._pages.page("missing.html", Language.JA, status=404)

    async def feed(self, request: Request) -> Response:
        """Return the feed; nothing (304) to whoever has it already."""
        try:
            bulletins = await run_in_threadpool(self._numbers.newest)
        except StorageError:
            return self._pages.trouble(503)
        body, changed = feed_of(bulletins, self._application.bulletins.base_url), changed_at(bulletins)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**_FRESH, "etag": tag, "last-modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
        if _has_it(request, tag, changed):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/atom+xml; charset=utf-8")


def _address(search: Search, language: Language, page: int) -> str:
    asked = {"q": search.text, "page": str(page) if page > 1 else "", "lang": language.value if language is not Language.JA else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/bulletins?{query}" if query else "/bulletins"


def _has_it(request: Request, tag: str, changed: datetime) -> bool:
    """Tell whether the asker knows this state: by its tag, and only without one by the time (RFC 9110)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    aware = since if since.tzinfo else since.replace(tzinfo=UTC)
    return changed.replace(microsecond=0) <= aware
