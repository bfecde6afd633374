"""``/chat``: the page, what is new on it, and what its visitor writes."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from clair_bot.bootstrap import Application
from clair_bot.domain.deliveries import Delivery
from clair_bot.errors import StorageError
from clair_bot.messages import Address
from clair_bot.web.bodies import BodyRefused
from clair_bot.web.simulator.entries import Entry, anchor, in_order, own, sent
from clair_bot.web.simulator.forms import Posted, read_form
from clair_bot.web.simulator.mailboxes import Mailbox
from clair_bot.web.simulator.pages import Pages
from clair_bot.web.simulator.transcripts import Transcripts
from clair_bot.web.simulator.views import View, views
from clair_bot.web.simulator.visitors import Visitor, from_our_page, visitor_of

_HIGHEST = 2**63 - 1
_PATIENCE = 25
_PAUSE = 0.1
"""Without JavaScript the answer is waited for, so many times so many seconds at most."""
_REFUSED = {
    400: "送信の内容を読み取れませんでした。画面を開き直して、もう一度お試しください。",
    403: "この画面以外からの送信は受け付けていません。画面を開き直してください。",
    404: "この画面は見つかりません。画面を開き直してください。",
    408: "送信に時間がかかりすぎました。もう一度お試しください。",
    413: "文章が長すぎて受け取れませんでした。お尋ねになりたいことを2,000字以内にまとめて送ってください。",
    503: "ただいま記録先に接続できません。少し待って、もう一度お試しください。",
}


def routes(application: Application) -> list[BaseRoute]:
    """Return the simulator's routes."""
    simulator = Simulator(application)
    return [
        Route("/chat", simulator.page, methods=["GET"]),
        Route("/chat/messages", simulator.news, methods=["GET"]),
        Route("/chat/messages", simulator.post, methods=["POST"]),
    ]


class Simulator:
    """The page's handlers."""

    def __init__(self, application: Application) -> None:
        """Talk to this application."""
        self._application = application
        self._views = views(application.desk.desks)
        self._pages = Pages(self._views, application.settings.timezone)
        self._mailbox = Mailbox(application)
        self._transcripts = Transcripts()

    async def page(self, request: Request) -> Response:
        """Show a view with everything that was said in it."""
        visitor = visitor_of(request)
        view = self._views.get(request.query_params.get("view", ""), next(iter(self._views.values())))
        address = view.address(visitor.id)
        try:
            deliveries = await run_in_threadpool(self._mailbox.all, address)
        except StorageError:
            return self._trouble(request, 503)
        entries = in_order([*map(own, self._transcripts.of(address)), *self._drawn(view, deliveries)])
        response = HTMLResponse(self._pages.page(view, entries, _last(deliveries, 0)))
        visitor.remember(request, response)
        return response

    async def news(self, request: Request) -> Response:
        """Return what was sent since the page asked last; nothing (204) when that is nothing."""
        view = self._views.get(request.query_params.get("view", ""))
        if view is None:
            return Response(status_code=404)
        after = _number(request.query_params.get("after", ""))
        try:
            deliveries = await run_in_threadpool(self._mailbox.since, view.address(visitor_of(request).id), after)
        except StorageError:
            return Response(status_code=204)  # the next poll will tell
        if not deliveries:
            return Response(status_code=204)
        return HTMLResponse(self._pages.news(view, self._drawn(view, deliveries), _last(deliveries, after)))

    async def post(self, request: Request) -> Response:
        """Take in what the visitor wrote or pressed."""
        if not from_our_page(request):
            return self._trouble(request, 403)
        try:
            posted = await read_form(request)
        except BodyRefused as refused:
            return self._trouble(request, refused.status)
        view = self._views.get(posted.view)
        if view is None:
            return self._trouble(request, 404)
        try:
            return await self._taken(request, posted, view)
        except StorageError:
            return self._trouble(request, 503)

    async def _taken(self, request: Request, posted: Posted, view: View) -> Response:
        visitor = visitor_of(request)
        address = view.address(visitor.id)
        by_script = "hx-request" in request.headers
        before = 0 if by_script else _last(await run_in_threadpool(self._mailbox.all, address), 0)
        messages = await self._mailbox.translate(posted, view, visitor.id)
        await run_in_threadpool(self._mailbox.record, messages)
        said = self._transcripts.add(address, posted.shown, reply_to=posted.reply_to, at=messages[0].sent_at)
        response: Response
        if by_script:
            response = HTMLResponse(self._pages.news(view, [own(said)], None))
        else:
            newest = await self._answered(address, before)
            response = RedirectResponse(_place(view, posted, newest), status_code=303)
        return self._known(visitor, request, response)

    async def _answered(self, address: Address, before: int) -> int:
        """Give the answer a moment: a page without JavaScript does not see it come. Returns the newest delivery's id."""
        for _ in range(_PATIENCE):
            await asyncio.sleep(_PAUSE)
            if found := await run_in_threadpool(self._mailbox.since, address, before):
                return _last(found, before)
        return before

    @staticmethod
    def _known(visitor: Visitor, request: Request, response: Response) -> Response:
        visitor.remember(request, response)
        return response

    def _drawn(self, view: View, deliveries: Sequence[Delivery]) -> list[Entry]:
        return [sent(delivery, self._application.previews[view.look]) for delivery in deliveries]

    def _trouble(self, request: Request, status: int) -> Response:
        """Say in one sentence what is wrong: as an entry of the page, or without JavaScript as a page of its own."""
        sentence = _REFUSED.get(status, _REFUSED[400])
        if "hx-request" in request.headers:
            return HTMLResponse(self._pages.notice(sentence), status_code=status)
        return HTMLResponse(self._pages.trouble(sentence), status_code=status)


def _place(view: View, posted: Posted, newest: int) -> str:
    fragment = anchor(posted.reply_to) if posted.reply_to else f"sent-{newest}"
    return f"/chat?{urlencode({'view': view.key})}#{fragment}"


def _last(deliveries: Sequence[Delivery], otherwise: int) -> int:
    return deliveries[-1].id if deliveries else otherwise


def _number(text: str) -> int:
    return min(int(text[:20]), _HIGHEST) if text.isascii() and text.isdigit() else 0
