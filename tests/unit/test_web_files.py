"""Files over the web: to whoever has the address, saved and not run."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.unit.desks import desks

from clair_bot.bootstrap import bootstrap
from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address, Attachment
from clair_bot.settings import read_settings
from clair_bot.storage.schema import upgrade
from clair_bot.testing.clocks import FrozenClock
from clair_bot.web.app import create_app
from clair_bot.worker import running

TOKEN = "abcdefghijklmnopqrst-_"
WRONG = "x" * 22


class Shelf:
    """The web with files; its loops do not run."""

    def __init__(self, database: str) -> None:
        self.clock = FrozenClock()
        self.application = bootstrap(read_settings({"DATABASE_URL": database}), clock=self.clock)
        self.store = self.application.store
        upgrade(self.store.engine)
        self.client = TestClient(create_app(self.application, lambda: running(self.application)))
        with self.store.write() as work:
            conversation = work.conversations.get(Address(channel="line", recipient="U1"), "")
            desk = desks(None).of(None, None)
            self.ticket = work.tickets.open(
                conversation=conversation, desk=desk, area=None, office=None, question="質問", terms=(), candidates=()
            )
            work.commit()

    def put(self, name: str = "要項 案.pdf", media_type: str = "application/pdf", content: bytes | None = b"%PDF-1.7") -> str:
        """Store a file (or only that it is wanted); return its path."""
        with self.store.write() as work:
            file = Attachment(handle="F1", name=name)
            number = work.attachments.add(ticket_id=self.ticket.id, channel="line", to_desk=True, file=file, token=TOKEN)
            if content is not None:
                work.attachments.ready(number, name=name, media_type=media_type, content=content)
            work.commit()
        return f"/files/{number}/{TOKEN}"


@pytest.fixture
def shelf(sqlite_database: str) -> Iterator[Shelf]:
    shelf = Shelf(sqlite_database)
    yield shelf
    shelf.store.engine.dispose()


def test_a_file_is_saved_under_its_name_and_not_run(shelf: Shelf) -> None:
    path = shelf.put()
    response = shelf.client.get(path)
    assert (response.status_code, response.content) == (200, b"%PDF-1.7")
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%A6%81%E9%A0%85%20%E6%A1%88.pdf"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert response.headers["referrer-policy"] == "no-referrer"
    assert shelf.client.get(path).content == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("media_type", "place"),
    [
        ("image/jpeg", "inline"),
        ("image/png", "inline"),
        ("image/gif", "inline"),
        ("image/webp", "inline"),
        ("image/heic", "attachment"),
        ("image/svg+xml", "attachment"),
        ("text/plain", "attachment"),
        ("text/csv", "attachment"),
    ],
)
def test_only_pictures_are_shown(shelf: Shelf, media_type: str, place: str) -> None:
    response = shelf.client.get(shelf.put("a", media_type, b"x"))
    assert response.headers["content-disposition"].startswith(f"{place}; ")
    assert response.headers["content-type"] == media_type  # no charset: nobody knows it


@pytest.mark.parametrize("name", ['a";x="b.pdf', "a\r\nset-cookie: x.pdf", "..%2F..%2Fx.pdf", "🍣'.pdf"])
def test_no_name_breaks_out_of_its_header(shelf: Shelf, name: str) -> None:
    response = shelf.client.get(shelf.put(name))
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    disposition = response.headers["content-disposition"].removeprefix("attachment; filename*=UTF-8''")
    assert not set(disposition) & set("\"';\r\n/ ")


def test_head_says_the_same_without_the_bytes(shelf: Shelf) -> None:
    response = shelf.client.head(shelf.put())
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "8")


@pytest.mark.parametrize(
    "path",
    [
        f"/files/1/{WRONG}",
        f"/files/2/{TOKEN}",
        f"/files/0/{TOKEN}",
        f"/files/-1/{TOKEN}",
        f"/files/x/{TOKEN}",
        f"/files/１/{TOKEN}",
        f"/files/2147483648/{TOKEN}",
        f"/files/{'9' * 5_000}/{TOKEN}",
        "/files/1/short",
        f"/files/1/{TOKEN[:-1]}%00",
        f"/files/1/{TOKEN}%0A",
    ],
)
def test_a_wrong_address_is_a_friendly_page(shelf: Shelf, path: str) -> None:
    shelf.put()
    response = shelf.client.get(path)
    assert response.status_code == 404
    assert "このファイルは見つかりません" in response.text
    assert "14日間" in response.text
    assert response.headers["content-type"].startswith("text/html")
    assert "unsafe" not in response.headers["content-security-policy"]


def test_what_is_not_fetched_yet_or_gone_is_not_found(shelf: Shelf) -> None:
    assert shelf.client.get(shelf.put(content=None)).status_code == 404
    path = shelf.put()
    assert shelf.client.get(path).status_code == 200
    with shelf.store.write() as work:
        work.attachments.forget(shelf.clock.now() + timedelta(seconds=1))
        work.commit()
    assert shelf.client.get(path).status_code == 404


def test_only_reading_is_allowed(shelf: Shelf) -> None:
    assert shelf.client.post(shelf.put()).status_code == 405


def test_a_database_that_is_away_is_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(type(shelf.store), "read", lambda _store: away())
    response = shelf.client.get(f"/files/1/{TOKEN}")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "少し待って" in response.text
