"""``/sealed/{token}``: a text that is read once, with a code. Looking at the page uses nothing up: link previews look at every address."""

import re
import unicodedata
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from clair_bot.domain.tickets import Move
from clair_bot.errors import StorageError
from clair_bot.ports import Store
from clair_bot.services.desk.telling import code_hash
from clair_bot.web.bodies import BodyRefused, read_body

TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}")
"""128 bits in an address."""
_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_BODY_LIMIT = 1_000
_ASKER = "asker"
_CLOSED = (
    "確認番号が正しくないか、このページはもう開けません（一度ご覧になった、期限が過ぎた、または5回間違えた場合）。"
    "番号をお確かめのうえ、表示できないときは担当に再送をご依頼ください。"
)
_CLOSED_ENGLISH = "The code is wrong, or this page can no longer be opened. Please check the code, or ask the advisor to send it again."
_NOTICES: Final = {
    400: ("うまくいきませんでした", "入力を読み取れませんでした。もう一度お試しください。", "Please try again."),
    404: ("ページが見つかりません", "アドレスをお確かめのうえ、担当に再送をご依頼ください。", "Please ask the advisor to send it again."),
    408: ("うまくいきませんでした", "送信に時間がかかりすぎました。もう一度お試しください。", "Please try again."),
    413: ("うまくいきませんでした", "入力が長すぎます。お送りした確認番号だけを入力してください。", "Please enter the code only."),
    503: ("ただいまご覧いただけません", "少し待って、もう一度お試しください。", "Please try again in a moment."),
}


def routes(store: Store) -> list[BaseRoute]:
    """Return the routes of sealed texts."""
    pages = SealedPages(store)
    return [
        Route("/sealed/{token}", pages.ask, methods=["GET"]),
        Route("/sealed/{token}", pages.show, methods=["POST"]),
    ]


def notice_page(status: int, sentence: str = "") -> Response:
    """Return a page with one sentence, and a line of English."""
    heading, usual, english = _NOTICES[status]
    headers = {"retry-after": "5"} if status == 503 else None  # noqa: PLR2004  # Service Unavailable
    page = _PAGES.get_template("notice.html").render(heading=heading, sentence=sentence or usual, english=english)
    return HTMLResponse(page, status_code=status, headers=headers)


class SealedPages:
    """The page's handlers."""

    def __init__(self, store: Store) -> None:
        """Read from this store."""
        self._store = store

    async def ask(self, request: Request) -> Response:
        """Ask for the code. Does not touch the database."""
        if not TOKEN.fullmatch(request.path_params["token"]):
            return notice_page(404)
        return _code_page()

    async def show(self, request: Request) -> Response:
        """Show the text to whoever knows the code, once."""
        token = request.path_params["token"]
        if not TOKEN.fullmatch(token):
            return notice_page(404)
        try:
            code = _code(await read_body(request, _BODY_LIMIT))
            opened = await run_in_threadpool(self._open, token, code)
        except BodyRefused as refused:
            return notice_page(refused.status)
        except StorageError:
            return notice_page(503)
        if opened is None:
            return _code_page(wrong=True)
        number, text = opened
        return HTMLResponse(_PAGES.get_template("text.html").render(number=number, text=text))

    def _open(self, token: str, code: str) -> tuple[int, str] | None:
        """Take the text out and write down that it was read, or that a code was wrong, in one transaction."""
        with self._store.write() as work:
            opened = work.sealed.open(token, code_hash(token, code))
            if opened and (ticket := work.tickets.lock(opened[0])):
                work.tickets.move(ticket, Move.READ, actor=_ASKER)
            work.commit()
        return opened


def _code_page(*, wrong: bool = False) -> Response:
    trouble, english = (_CLOSED, _CLOSED_ENGLISH) if wrong else ("", "")
    page = _PAGES.get_template("code.html").render(trouble=trouble, english=english)
    return HTMLResponse(page, status_code=403 if wrong else 200)


def _code(body: bytes) -> str:
    """Return the digits of a posted code, typed in any width and with any gaps.

    Raises:
        BodyRefused: it is no form (400).
    """
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=10)
    except ValueError as error:
        raise BodyRefused(400) from error
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", fields.get("code", [""])[-1]))
