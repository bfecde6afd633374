"""``/r/{token}``: links of bulletins that lead through us, where clicks are counted. Nobody is remembered."""

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from clair_bot.bootstrap import Application
from clair_bot.errors import StorageError
from clair_bot.web.pages import Pages

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PREVIEWS: Final = re.compile(
    "slackbot|slack-imgproxy|telegrambot|twitterbot|discordbot|linkedinbot|facebookexternalhit|line-poker|whatsapp|skypeuripreview"
    "|googlebot|googleimageproxy|bingbot|bingpreview|applebot|yandexbot|duckduckbot|baiduspider|ahrefsbot|semrushbot",
    re.IGNORECASE,
)
"""Who opens links without a person behind it, as they call themselves."""


def routes(application: Application, pages: Pages) -> list[BaseRoute]:
    """Return the route of counted links."""

    async def lead(request: Request) -> Response:
        token = request.path_params["token"]
        if not _TOKEN.fullmatch(token):
            return pages.trouble(404)
        try:
            url = await run_in_threadpool(_followed, application, token, counted=_is_person(request))
        except StorageError:
            return pages.trouble(503)
        return RedirectResponse(url, status_code=302) if is_web(url) else pages.trouble(404)

    return [Route("/r/{token}", lead, methods=["GET"])]


def _is_person(request: Request) -> bool:
    return request.method == "GET" and not _PREVIEWS.search(request.headers.get("user-agent", ""))


def _followed(application: Application, token: str, *, counted: bool) -> str:
    """Return where a link leads; what is not counted is rolled back."""
    with application.store.write() as work:
        url = work.links.follow(token)
        if counted:
            work.commit()
    return url or ""


def is_web(url: str) -> bool:
    """Tell whether an address is one of the web, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
