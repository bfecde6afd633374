"""``/files/{id}/{token}``: a file between asker and advisor, for channels that take none, to whoever has its address."""

from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from clair_bot.domain.attachments import KEPT
from clair_bot.errors import StorageError
from clair_bot.ports import Store
from clair_bot.web.sealed import TOKEN, notice_page

_SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What a browser shows as a picture and nothing else; all the rest is saved."""
_HIGHEST = 2**31 - 1
_GONE = (
    f"このファイルは見つかりません。アドレスが違うか、保存期間（{KEPT.days}日間）が過ぎています。"
    "必要なときは、もう一度送るよう相手の方にお伝えください。"
)
_HEADERS: Final = {
    # Browsers lay pictures out with styles of their own, in line.
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def routes(store: Store) -> list[BaseRoute]:
    """Return the routes of files."""

    async def show(request: Request) -> Response:
        number, token = request.path_params["id"], request.path_params["token"]
        if not (_is_id(number) and TOKEN.fullmatch(token)):
            return notice_page(404, _GONE)
        try:
            found = await run_in_threadpool(_opened, store, int(number), token)
        except StorageError:
            return notice_page(503)
        return _file(*found) if found else notice_page(404, _GONE)

    return [Route("/files/{id}/{token}", show, methods=["GET"])]


def _is_id(text: str) -> bool:
    """Tell whether a database can be asked for it."""
    return text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST)) and int(text) <= _HIGHEST


def _opened(store: Store, number: int, token: str) -> tuple[str, str, bytes] | None:
    with store.read() as work:
        return work.attachments.opened(number, token)


def _file(name: str, media_type: str, content: bytes) -> Response:
    place = "inline" if media_type in _SHOWN else "attachment"
    disposition = f"{place}; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, headers={**_HEADERS, "content-type": media_type, "content-disposition": disposition})
