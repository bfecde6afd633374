"""The simulator over plain HTTP: cookies, origins, limits, headers, and what it does in trouble."""

import hashlib
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.unit.desks import desks

import clair_bot.web
from clair_bot.bootstrap import Application, bootstrap
from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address, Bubble, InboundMessage
from clair_bot.settings import read_settings
from clair_bot.storage.schema import upgrade
from clair_bot.web.app import create_app
from clair_bot.web.simulator.entries import Entry, threads
from clair_bot.web.simulator.transcripts import Transcripts
from clair_bot.web.simulator.views import views
from clair_bot.worker import running

HERE = {"origin": "http://testserver"}
SCRIPT = {**HERE, "hx-request": "true"}
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STATIC = Path(clair_bot.web.__file__).parent / "static"
POLL = re.compile(r'hx-get="([^"]+)"')


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("web")
    variables = {
        "CLAIR_SIMULATOR": "1",
        "CLAIR_DESK": "web:desk",
        "DATABASE_URL": f"sqlite:///{folder}/clair.db",
        "CLAIR_CACHE_DIR": str(folder / "cache"),
    }
    application = bootstrap(read_settings(variables))
    upgrade(application.store.engine)
    yield application
    application.store.engine.dispose()


@pytest.fixture(scope="module")
def served(application: Application) -> Iterator[TestClient]:
    with TestClient(create_app(application, lambda: running(application))) as client:
        yield client


@pytest.fixture
def client(served: TestClient) -> TestClient:
    """A new visitor."""
    served.cookies.clear()
    return served


def poll(client: TestClient, path: str) -> str:
    """Return the first news at a poller's address."""
    for _ in range(100):
        response = client.get(path)
        if response.status_code == 200:
            return response.text
        assert response.status_code == 204
        time.sleep(0.1)
    raise AssertionError(path)


def poller(html: str) -> str:
    """Return the address that a page polls."""
    found = POLL.search(html)
    assert found
    return found.group(1).replace("&amp;", "&")


def test_the_page_brings_a_cookie_and_strict_headers(client: TestClient) -> None:
    response = client.get("/chat")
    cookie = response.headers["set-cookie"]
    assert re.fullmatch(r"clair_chat=[\w-]{22}; HttpOnly; Path=/chat; SameSite=strict", cookie)
    assert "set-cookie" not in client.get("/chat").headers
    policy = response.headers["content-security-policy"]
    for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert directive in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"


def test_behind_tls_the_cookie_is_secure(client: TestClient) -> None:
    assert "; Secure" in client.get("https://testserver/chat").headers["set-cookie"]


def test_the_page_has_no_inline_script_or_style_and_no_foreign_address(client: TestClient) -> None:
    html = client.get("/chat").text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:", html)
    assert not re.search(r"(?:src|href|action)=\"(?!/)", html)
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("cookie", ["", "short", "../../../../../etc/pwd1", "a" * 23, "a" * 5_000, "１" * 22])
def test_a_cookie_that_is_none_of_ours_is_replaced(client: TestClient, cookie: str) -> None:
    response = client.get("/chat", headers={b"cookie": f"clair_chat={cookie}".encode()})
    assert response.status_code == 200
    assert "set-cookie" in response.headers


def test_what_was_said_is_stored_under_a_name_that_does_not_open_the_conversation(client: TestClient, application: Application) -> None:
    client.get("/chat")
    token = client.cookies["clair_chat"]
    assert client.post("/chat/messages", data={"view": "web", "text": "ヘルプ"}, headers=SCRIPT).status_code == 200
    poll(client, "/chat/messages?view=web&after=0")
    visitor = hashlib.sha256(token.encode()).hexdigest()[:32]
    with application.store.read() as work:
        assert work.outbox.read(Address(channel="web", recipient=f"{visitor}.web"))


def test_a_message_is_shown_at_once_and_the_answer_once(client: TestClient) -> None:
    path = poller(client.get("/chat?view=slack").text)
    shown = client.post("/chat/messages", data={"view": "slack", "text": "ヘルプ <b>"}, headers=SCRIPT)
    assert "ヘルプ &lt;b&gt;" in shown.text
    assert "poller" not in shown.text
    news = poll(client, path)
    assert news.count("entry bot") == 1
    assert "entry own" not in news
    assert client.get(poller(news)).status_code == 204


def test_visitors_do_not_see_each_other(client: TestClient) -> None:
    client.get("/chat")
    client.post("/chat/messages", data={"view": "web", "text": "ヘルプ"}, headers=SCRIPT)
    poll(client, "/chat/messages?view=web&after=0")
    client.cookies.clear()
    assert client.get("/chat/messages?view=web&after=0").status_code == 204
    assert "ヘルプ" not in client.get("/chat?view=web").text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://testserver.elsewhere.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
)
@pytest.mark.parametrize("script", [True, False])
def test_other_sites_cannot_write(client: TestClient, headers: dict[str, str], script: bool) -> None:  # noqa: FBT001
    asked = {**headers, "hx-request": "true"} if script else headers
    response = client.post("/chat/messages", data={"view": "desk", "text": "解決"}, headers=asked)
    assert response.status_code == 403
    assert "この画面以外からの送信" in response.text


@pytest.mark.parametrize("headers", [HERE, {"sec-fetch-site": "same-origin", "origin": "null"}, {}])
def test_our_page_and_what_is_no_browser_can(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/chat/messages", data={"view": "web", "text": "ヘルプ"}, headers={**headers, "hx-request": "true"})
    assert response.status_code == 200


@pytest.mark.parametrize("text", ["長" * 6_700, "a" * 20_001, "a" * 2_000_000])
@pytest.mark.parametrize("headers", [SCRIPT, HERE])
def test_a_too_long_text_is_refused_in_a_sentence(client: TestClient, text: str, headers: dict[str, str]) -> None:
    response = client.post("/chat/messages", data={"view": "web", "text": text}, headers=headers)
    assert response.status_code == 413
    assert "2,000字以内" in response.text


def test_what_fits_is_left_to_the_dispatcher(client: TestClient) -> None:
    client.get("/chat")
    assert client.post("/chat/messages", data={"view": "web", "text": "長" * 6_600}, headers=SCRIPT).status_code == 200
    assert "2,000字以内" in poll(client, "/chat/messages?view=web&after=0")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a%d=1" % number for number in range(50))])
def test_what_is_no_form_is_400(client: TestClient, body: bytes) -> None:
    assert client.post("/chat/messages", content=body, headers=SCRIPT).status_code == 400


@pytest.mark.parametrize("view", ["", "fax", "../line", "line "])
def test_an_unknown_view(client: TestClient, view: str) -> None:
    assert client.post("/chat/messages", data={"view": view, "text": "x"}, headers=SCRIPT).status_code == 404
    assert client.get("/chat/messages", params={"view": view}).status_code == 404
    assert "look-line" in client.get("/chat", params={"view": view}).text


@pytest.mark.parametrize("after", ["", "-1", "x", "9" * 4_000, "1.5", "²"])
def test_any_cursor_is_survived(client: TestClient, after: str) -> None:
    assert client.get("/chat/messages", params={"view": "line", "after": after}).status_code == 204


@pytest.mark.parametrize("text", ["\x00", "\x00\x00a", "🍎" * 100, "\u202ex", "%ff"])
def test_any_text_is_survived(client: TestClient, text: str) -> None:
    client.get("/chat")
    assert client.post("/chat/messages", data={"view": "web", "text": text}, headers=SCRIPT).status_code == 200
    assert client.get("/chat?view=web").status_code == 200


def test_without_javascript_the_answer_is_there_after_the_redirect(client: TestClient) -> None:
    client.get("/chat")
    response = client.post("/chat/messages", data={"view": "telegram", "press": "menu メニュー"}, headers=HERE, follow_redirects=False)
    assert response.status_code == 303
    place = urlsplit(response.headers["location"])
    assert (place.netloc, place.path, parse_qs(place.query)) == ("", "/chat", {"view": ["telegram"]})
    html = client.get(response.headers["location"]).text
    assert f'id="{place.fragment}"' in html
    assert "多文化共生" in html


class BrokenIntake:
    """An intake whose database is gone."""

    def record(self, messages: object) -> int:
        raise StorageUnavailable


def test_a_lost_database_is_admitted(client: TestClient, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(application.__dict__, "intake", BrokenIntake())
    for headers in (SCRIPT, HERE):
        response = client.post("/chat/messages", data={"view": "web", "text": "ヘルプ"}, headers=headers)
        assert response.status_code == 503
        assert "記録先に接続できません" in response.text
    assert "ヘルプ" not in client.get("/chat?view=web").text


def test_the_vendored_file_is_the_one_that_was_written_down() -> None:
    expected, name = (STATIC / "vendor" / "SHA256SUMS").read_text(encoding="utf-8").split()
    assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == expected
    assert expected in (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")


def test_each_desk_on_the_page_is_a_tab() -> None:
    assert list(views(desks(None))) == ["line", "slack", "telegram", "web"]
    two = views(desks(Address.parse("web:desk")))
    assert two["desk"].label == "相談員の部屋"
    assert "C0DESK" not in views(desks(Address.parse("slack:C0DESK")))


def test_transcripts_forget_the_conversation_that_was_quiet_for_longest() -> None:
    transcripts = Transcripts()
    for number in range(501):
        transcripts.add(Address(channel="web", recipient=str(number)), "一", reply_to="", at=NOW)
    assert not transcripts.of(Address(channel="web", recipient="0"))
    assert transcripts.of(Address(channel="web", recipient="500"))


def test_replies_hang_below_their_card() -> None:
    def entry(number: int, *, reply_to: str = "", own: bool = False) -> Entry:
        at = NOW + timedelta(seconds=number)
        return Entry(id=str(number), at=at, own=own, bubbles=(Bubble(html=""),), message_id=f"m{number}", reply_to=reply_to)

    found = threads([entry(1), entry(2), entry(3, reply_to="m1"), entry(4, reply_to="m2", own=True), entry(5, reply_to="gone")])
    assert [(thread.card.id, [reply.id for reply in thread.replies]) for thread in found] == [("1", ["3"]), ("2", ["4"])]


async def test_the_adapter_understands_what_the_page_sends(application: Application) -> None:
    """The page signs by itself, because nothing of the core imports an adapter: both must mean the same."""
    from clair_bot.web.simulator.forms import Posted
    from clair_bot.web.simulator.mailboxes import Mailbox

    view = views(application.desk.desks)["desk"]
    heard: list[InboundMessage] = list(await Mailbox(application).translate(Posted(view="desk", text="一", reply_to="m1"), view, "v"))
    assert [(message.address, message.text, message.reply_to, message.direct) for message in heard] == [
        (Address(channel="web", recipient="desk"), "一", "m1", False)
    ]
