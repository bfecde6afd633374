"""The ASGI application: routes, loops and headers."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from clair_bot.bootstrap import Application
from clair_bot.web.archive import routes as archive_routes
from clair_bot.web.files import routes as file_routes
from clair_bot.web.headers import SecurityHeaders
from clair_bot.web.health import examine
from clair_bot.web.links import routes as link_routes
from clair_bot.web.metrics import Metrics
from clair_bot.web.pages import Pages
from clair_bot.web.sealed import routes as sealed_routes
from clair_bot.web.simulator.routes import routes as simulator_routes
from clair_bot.web.subscribing import routes as subscribing_routes
from clair_bot.web.unsubscribing import routes as unsubscribing_routes
from clair_bot.web.webhooks import Webhooks

_STATIC = Path(__file__).parent / "static"

log = structlog.get_logger()


Background = Callable[[], AbstractAsyncContextManager[None]]
"""What runs beside HTTP in the same process, from start to stop."""


def create_app(application: Application, background: Background) -> Starlette:
    """Return the application; ``background`` handles what is taken in, and more where there is no other process for it."""
    metrics = Metrics(application.store)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(lambda: application.retriever.search("準備"))  # loads the dictionary and the index
        async with background():
            log.info("web.ready", channels=sorted(application.adapters))
            yield

    return Starlette(
        routes=_routes(application, metrics),
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={Exception: _failed},
    )


def _routes(application: Application, metrics: Metrics) -> list[BaseRoute]:
    async def readyz(_request: Request) -> Response:
        readiness = await run_in_threadpool(examine, application)
        return JSONResponse(readiness.as_json(), status_code=200 if readiness.ready else 503)

    async def show_metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(metrics.render), media_type="text/plain; version=0.0.4; charset=utf-8")

    simulator: list[BaseRoute] = []
    if application.settings.simulator:
        simulator = [Route("/", _to_chat), *simulator_routes(application)]
    return [
        Route("/webhooks/{channel}", Webhooks(application, metrics).receive, methods=["POST"]),
        Route("/healthz", _healthz),
        Route("/readyz", readyz),
        Route("/metrics", show_metrics),
        *file_routes(application.store),
        *sealed_routes(application.store),
        *_bulletin_routes(application),
        *simulator,
        Mount("/static", StaticFiles(directory=_STATIC), name="static"),
    ]


def _bulletin_routes(application: Application) -> list[BaseRoute]:
    pages = Pages(application)
    parts = (unsubscribing_routes, subscribing_routes, archive_routes, link_routes)
    return [route for routes in parts for route in routes(application, pages)]


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _to_chat(_request: Request) -> Response:
    return RedirectResponse("/chat")


async def _failed(_request: Request, error: Exception) -> Response:
    """Say that it failed, with a number to find it in the log by; never why."""
    number = secrets.token_hex(4)
    log.error("web.failed", number=number, error=type(error).__name__)
    return PlainTextResponse(f"内部で問題が起きました。管理者に番号 {number} をお伝えください。", status_code=500)
