"""The whole application on a port, and a Chromium in front of it."""

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from clair_bot.bootstrap import Application, bootstrap
from clair_bot.settings import read_settings
from clair_bot.storage.schema import upgrade
from clair_bot.web.app import create_app
from clair_bot.worker import running

_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_SECONDS = 120
_PATIENCE_MS = 20_000


class Server:
    """The application, served from a thread with its own loop."""

    def __init__(self, application: Application) -> None:
        self.application = application
        app = create_app(application, lambda: running(application))
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def start(self) -> None:
        """Return when it answers."""
        self._thread.start()
        waiting = threading.Event()
        for _ in range(_START_SECONDS * 10):
            if self._server.started:
                return
            if not self._thread.is_alive():
                break
            waiting.wait(0.1)
        pytest.fail("the server did not start")

    def stop(self) -> None:
        """Return when it is gone."""
        self._server.should_exit = True
        self._thread.join(timeout=30)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("simulator")
    variables = {
        "CLAIR_SIMULATOR": "1",
        "CLAIR_DESK": "web:desk",
        "DATABASE_URL": f"sqlite:///{folder}/clair.db",
        "CLAIR_CACHE_DIR": str(folder / "cache"),
    }
    application = bootstrap(read_settings(variables))
    upgrade(application.store.engine)
    server = Server(application)
    server.start()
    yield server
    server.stop()
    application.store.engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not _CHROMIUM.exists():
        reason = f"{_CHROMIUM} is not installed (apt-get install chromium fonts-noto-cjk)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@dataclass
class Witness:
    """What a browser did besides showing pages."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, uncaught errors."""

    def attend(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.on("request", self._request)
        context.on("page", self._page)

    def _request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@dataclass
class Visit:
    """One person at the simulator."""

    context: BrowserContext
    url: str

    def open(self, view: str) -> Page:
        """Return a new page with this view."""
        page = self.context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(f"{self.url}/chat?view={view}")
        return page


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Visit]:
    """A visitor; afterwards nothing may have gone elsewhere, and the console must be silent."""
    yield from _visit(chromium, server, scripts=True)


@pytest.fixture
def plain_visit(chromium: Browser, server: Server) -> Iterator[Visit]:
    """A visitor without JavaScript."""
    yield from _visit(chromium, server, scripts=False)


def _visit(chromium: Browser, server: Server, *, scripts: bool) -> Iterator[Visit]:
    context = chromium.new_context(locale="ja-JP", java_script_enabled=scripts, viewport={"width": 1200, "height": 800})
    witness = Witness()
    witness.attend(context)
    yield Visit(context=context, url=server.url)
    context.close()
    assert witness.hosts <= {urlsplit(server.url).netloc}
    assert witness.complaints == []
