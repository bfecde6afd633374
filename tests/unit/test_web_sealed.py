"""The page of a sealed text: it asks for the code, shows the text once, and gives nothing away otherwise."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from tests.unit.desks import desks

from clair_bot.bootstrap import Application, bootstrap
from clair_bot.domain.sealing import KEPT, WRONG_CODES
from clair_bot.domain.tickets import TicketEvent
from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address
from clair_bot.services.desk.telling import code_hash
from clair_bot.settings import read_settings
from clair_bot.storage.schema import upgrade
from clair_bot.testing.clocks import FrozenClock
from clair_bot.web.app import create_app
from clair_bot.worker import running

TOKEN = "abcdefghijklmnopqrst-_"
CODE = "01234567"
TEXT = "名前は <b>山田</b> & 太郎です。\n  二行目<script>alert(1)</script>"
PATH = f"/sealed/{TOKEN}"


class Town:
    """The web with one sealed text; its loops do not run."""

    def __init__(self, database: str) -> None:
        self.clock = FrozenClock()
        self.application: Application = bootstrap(read_settings({"DATABASE_URL": database}), clock=self.clock)
        upgrade(self.application.store.engine)
        self.client = TestClient(create_app(self.application, lambda: running(self.application)))
        with self.application.store.write() as work:
            conversation = work.conversations.get(Address(channel="line", recipient="U1"), "")
            desk = desks(None).of(None, None)
            ticket = work.tickets.open(
                conversation=conversation, desk=desk, area=None, office=None, question="質問", terms=(), candidates=()
            )
            expires_at = self.clock.now() + KEPT
            work.sealed.put(ticket_id=ticket.id, token=TOKEN, code_hash=code_hash(TOKEN, CODE), text=TEXT, expires_at=expires_at)
            work.commit()
        self.number = ticket.id

    def post(self, code: str = CODE, path: str = PATH) -> tuple[int, str]:
        response = self.client.post(path, data={"code": code})
        return response.status_code, response.text

    def history(self) -> list[TicketEvent]:
        with self.application.store.read() as work:
            return [event for event in work.tickets.history(self.number) if event.move == "read"]


@pytest.fixture
def town(sqlite_database: str) -> Iterator[Town]:
    town = Town(sqlite_database)
    yield town
    town.application.store.engine.dispose()


def test_the_page_asks_for_the_code_and_uses_nothing_up(town: Town) -> None:
    for _ in range(WRONG_CODES + 2):
        response = town.client.get(PATH)
        assert response.status_code == 200
        assert town.client.head(PATH).status_code == 200
    assert '<form method="post">' in response.text
    assert 'autocomplete="one-time-code"' in response.text
    assert "確認番号を入力してください" in response.text
    assert 'lang="en"' in response.text
    assert "<script" not in response.text
    assert town.history() == []
    assert town.post()[0] == 200


def test_the_right_code_shows_the_text_escaped_and_is_written_down(town: Town) -> None:
    status, page = town.post()
    assert status == 200
    assert "名前は &lt;b&gt;山田&lt;/b&gt; &amp; 太郎です。\n  二行目&lt;script&gt;alert(1)&lt;/script&gt;</div>" in page
    assert f"受付番号{town.number}" in page
    (event,) = town.history()
    assert (event.actor, event.text) == ("asker", "")


def test_it_is_shown_once(town: Town) -> None:
    town.post()
    status, page = town.post()
    assert status == 403
    assert "山田" not in page
    assert "担当に再送をご依頼ください" in page
    assert len(town.history()) == 1


@pytest.mark.parametrize("code", ["０１２３４５６７", "0123 4567", " 0123-4567 ", "0123　4567"])
def test_a_code_is_read_however_it_is_typed(town: Town, code: str) -> None:
    assert town.post(code)[0] == 200


@pytest.mark.parametrize("code", ["", "00000000", "1234567", "abc", "' OR 1=1 --", "\x00", "🍣", "1" * 300])
def test_a_wrong_code_shows_the_same_page_with_a_sentence(town: Town, code: str) -> None:
    status, page = town.post(code)
    assert status == 403
    assert "確認番号が正しくない" in page
    assert '<form method="post">' in page
    assert "山田" not in page
    assert town.post()[0] == 200


def test_five_wrong_codes_close_it(town: Town) -> None:
    for number in range(WRONG_CODES):
        assert town.post(f"{number}")[0] == 403
    status, page = town.post()
    assert (status, "山田" in page) == (403, False)
    assert town.history() == []


def test_what_has_expired_stays_closed(town: Town) -> None:
    town.clock.advance((KEPT + timedelta(seconds=1)).total_seconds())
    assert town.post()[0] == 403


def test_an_unknown_address_gives_nothing_away(town: Town) -> None:
    unknown = "/sealed/" + "x" * 22
    status, page = town.post(path=unknown)
    assert (status, page) == town.post("99999999")
    assert town.client.get(unknown).text == town.client.get(PATH).text


@pytest.mark.parametrize(
    "path", ["/sealed/short", "/sealed/" + "x" * 23, "/sealed/" + "あ" * 22, "/sealed/" + "x" * 21 + "%00", "/sealed/" + "x" * 22 + "%0A"]
)
def test_what_cannot_be_an_address_is_not_found(town: Town, path: str) -> None:
    for response in (town.client.get(path), town.client.post(path, data={"code": CODE})):
        assert response.status_code == 404
        assert "担当に再送をご依頼ください" in response.text


@pytest.mark.parametrize(
    ("body", "status"), [(b"code=" + b"1" * 1_000, 413), (b"code=\xff", 400), (b"&".join(b"a=1" for _ in range(11)), 400), (b"", 403)]
)
def test_bodies_have_limits(town: Town, body: bytes, status: int) -> None:
    response = town.client.post(PATH, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert response.status_code == status
    assert town.post()[0] == 200


def test_every_answer_is_kept_nowhere_and_framed_by_nobody(town: Town) -> None:
    for response in (town.client.get(PATH), town.client.post(PATH, data={"code": "1"}), town.client.post(PATH, data={"code": CODE})):
        assert response.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_its_style_is_there(town: Town) -> None:
    assert "/static/pages/pages.css" in town.client.get(PATH).text
    assert town.client.get("/static/pages/pages.css").status_code == 200


def test_other_methods_are_not_allowed(town: Town) -> None:
    assert town.client.put(PATH).status_code == town.client.delete(PATH).status_code == 405


def test_a_database_that_is_away_uses_nothing_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(type(town.application.store), "write", lambda _store: away())
        status, page = town.post()
        assert (status, "少し待って" in page) == (503, True)
        assert town.client.get(PATH).status_code == 200
    assert town.post()[0] == 200


def test_a_text_that_could_not_be_written_down_is_not_shown(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise OperationalError("x", {}, Exception("disk full"))

    with monkeypatch.context() as patched:
        patched.setattr("clair_bot.storage.tickets.SqlTickets.move", broken)
        status, page = town.post()
        assert (status, "山田" in page) == (503, False)
    assert town.post()[0] == 200
