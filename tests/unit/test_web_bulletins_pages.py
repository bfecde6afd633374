"""What all public pages of bulletins have in common; and the house that their tests share."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from clair_bot.bootstrap import bootstrap
from clair_bot.domain.bulletins import Act, BulletinItem, BulletinKind, BulletinStatus, Category, Document
from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import Consent, ConsentAction, Subscriber, SubscriberState, Topic
from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address
from clair_bot.settings import read_settings
from clair_bot.storage.schema import upgrade
from clair_bot.testing.clocks import FrozenClock
from clair_bot.web.app import create_app
from clair_bot.worker import running

BASE = "https://clair.example.jp"
MAIL = {"CLAIR_BASE_URL": BASE, "SMTP_URL": "smtp://127.0.0.1:2525", "CLAIR_MAIL_FROM": "クレア <news@clair.example.jp>"}
NOBODY = "x" * 22
SEMINAR = BulletinItem(
    title="多文化共生セミナーの参加者募集",
    text="地域日本語教育の事例を学ぶセミナーを開きます。\n\nオンラインでも参加できます。",
    category=Category.CALL,
    owner="多文化共生課",
    deadline=date(2026, 12, 18),
    audience="市区町村の担当者",
    url="https://seminar.example.jp/2026?a=1&b=2",
)


class Parsed(HTMLParser):
    """A page's tags with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())

    def attributes(self, tag: str, name: str) -> list[str]:
        """Return an attribute of every tag that has it."""
        return [attributes[name] for found, attributes in self.tags if found == tag and name in attributes]

    def links(self) -> list[str]:
        return self.attributes("a", "href")


def document(**changes: Any) -> Document:
    """Return a small newsletter."""
    return replace(Document(title="秋の号", kind=BulletinKind.NEWSLETTER, items=(SEMINAR,)), **changes)


class House:
    """The web with a database; its loops do not run."""

    def __init__(self, database: str, **variables: str) -> None:
        self.clock = FrozenClock()
        self.application = bootstrap(read_settings({"DATABASE_URL": database, **variables}), clock=self.clock)
        self.store = self.application.store
        upgrade(self.store.engine)
        self.client = self.visitor("192.0.2.1")

    def visitor(self, host: str) -> TestClient:
        """Return the browser of somebody at an address."""
        app = create_app(self.application, lambda: running(self.application))
        return TestClient(app, client=(host, 50_000), follow_redirects=False)

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Response:
        return self.client.post(path, data=data, **more)

    def page(self, path: str) -> Parsed:
        """Return a page that is there."""
        response = self.get(path)
        assert response.status_code == 200
        return Parsed(response.text)

    def reader(self, name: str = "kokusai@example.lg.jp", *, channel: str = "mail", **more: Any) -> Subscriber:
        """Let somebody subscribe."""
        with self.store.write() as work:
            subscriber = Subscriber(address=Address(channel=channel, recipient=name), **more)
            action = ConsentAction.REQUESTED if subscriber.state is SubscriberState.PENDING else ConsentAction.SUBSCRIBED
            topics = tuple(sorted(subscriber.topics))
            consent = Consent(at=self.clock.now(), action=action, topics=topics, source="test", by="self")
            stored = work.subscribers.put(subscriber, consent)
            work.commit()
        return stored

    def now(self, subscriber: Subscriber) -> Subscriber:
        """Return a subscriber as they are stored now."""
        with self.store.read() as work:
            found = work.subscribers.get(subscriber.id)
        assert found
        return found

    def consents(self, subscriber: Subscriber) -> list[tuple[ConsentAction, frozenset[Topic], str]]:
        with self.store.read() as work:
            return [(line.action, frozenset(line.topics), line.source) for line in work.subscribers.consents(subscriber.id)]

    def bulletin(self, written: Document | None = None, *, until: BulletinStatus = BulletinStatus.SENT) -> int:
        """Bring a bulletin as far as a status; return its number."""
        with self.store.write() as work:
            bulletin = work.bulletins.add(written or document(), actor="advisor:1")
            steps: list[tuple[Act, BulletinStatus, dict[str, Any]]] = [
                (Act.SUBMIT, BulletinStatus.SUBMITTED, {}),
                (Act.APPROVE, BulletinStatus.APPROVED, {"becomes": BulletinStatus.APPROVED}),
                (Act.SCHEDULE, BulletinStatus.SCHEDULED, {"due": (self.clock.now(), "2026-11-24T18:00")}),
                (Act.RELEASE, BulletinStatus.SENDING, {}),
                (Act.FINISH, BulletinStatus.SENT, {}),
            ]
            for act, reached, more in steps:
                if bulletin.status is until:
                    break
                acted = work.bulletins.act(bulletin, act, actor="clock", **more)
                assert acted
                assert acted.status is reached
                bulletin = acted
            work.commit()
        return bulletin.id

    def act(self, number: int, act: Act) -> None:
        """Let something be done to a bulletin."""
        with self.store.write() as work:
            bulletin = work.bulletins.get(number)
            assert bulletin
            assert work.bulletins.act(bulletin, act, actor="advisor:2")
            work.commit()

    def away(self, patched: pytest.MonkeyPatch) -> None:
        """Take the database away."""

        def gone(_store: object) -> None:
            raise StorageUnavailable("away")

        for name in ("read", "write"):
            patched.setattr(type(self.store), name, gone)


def opened(database: str, **variables: str) -> Iterator[House]:
    """Open a house for one test."""
    house = House(database, **variables)
    yield house
    house.store.engine.dispose()


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    yield from opened(sqlite_database, **MAIL)


def everything(house: House) -> list[tuple[str, str]]:
    """Return every kind of address with a method."""
    token, number = house.reader().token, house.bulletin()
    gets = ("/bulletins", f"/bulletins/{number}", "/bulletins/feed.xml", "/bulletins/999", "/subscribe", f"/subscribe/{token}")
    more = (f"/unsubscribe/{token}", f"/unsubscribe/{NOBODY}", f"/r/{NOBODY}", "/subscribe/short")
    posts = (f"/unsubscribe/{token}", f"/subscribe/{token}", "/subscribe", f"/unsubscribe/{NOBODY}")
    return [*(("GET", path) for path in (*gets, *more)), *(("POST", path) for path in posts)]


def test_every_answer_has_the_headers_and_sets_no_cookie(house: House) -> None:
    for method, path in everything(house):
        response = house.client.request(method, path, data={"act": "stop"} if method == "POST" else None)
        assert response.status_code < 500, path
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'"), path
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == (
            "no-cache" if path.startswith("/bulletins") and response.status_code == 200 else "no-store"
        )
        assert "set-cookie" not in response.headers


def test_every_page_reads_without_scripts_and_from_here_alone(house: House) -> None:
    for method, path in everything(house):
        response = house.client.request(method, path, data={"act": "save"} if method == "POST" else None)
        if not response.headers["content-type"].startswith("text/html"):
            continue
        page = Parsed(response.text)
        assert page.attributes("html", "lang") == ["ja"], path
        assert [tag for tag, _ in page.tags if tag == "h1"] == ["h1"], path
        assert [tag for tag, _ in page.tags if tag == "main"] == ["main"], path
        assert page.links()[0] == "#main"
        assert not {"script", "img", "iframe", "style"} & {tag for tag, _ in page.tags}
        loaded = page.attributes("link", "href")
        assert loaded
        assert all(address.startswith("/") for address in loaded)
        for address in {one for one in loaded if one.startswith("/static/")}:
            assert house.get(address).status_code == 200
        labels = page.attributes("label", "for")
        for tag, attributes in page.tags:
            if tag == "input" and attributes.get("type") in {"email", "search"}:
                assert attributes["id"] in labels
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)


@pytest.mark.parametrize(
    "path", ["/bulletins", "/bulletins/1", "/bulletins/feed.xml", "/subscribe/" + NOBODY, "/unsubscribe/" + NOBODY, "/r/abc"]
)
def test_a_database_that_is_away_is_told(house: House, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    house.away(monkeypatch)
    response = house.get(path)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "まだ何も変更していません" in response.text


@pytest.mark.parametrize(
    ("path", "allowed"), [("/bulletins", "GET"), ("/r/abc", "GET"), ("/subscribe", "POST"), ("/unsubscribe/" + NOBODY, "POST")]
)
def test_other_methods_are_not_allowed(house: House, path: str, allowed: str) -> None:
    for method in {"PUT", "DELETE", "PATCH", "POST"} - {allowed}:
        assert house.client.request(method, path).status_code == 405


@pytest.mark.parametrize("language", list(Language))
def test_the_address_chooses_the_language(house: House, language: Language) -> None:
    heading = {Language.JA: "バックナンバー", Language.EN: "Back numbers", Language.EASY: "前の お知らせ"}[language]
    page = house.page(f"/bulletins?lang={language.value}")
    assert heading in page.words
    assert page.attributes("html", "lang") == ["en" if language is Language.EN else "ja"]
    assert ("/subscribe" if language is Language.JA else f"/subscribe?lang={language.value}") in page.links()


def test_a_language_that_is_not_there_is_japanese(house: House) -> None:
    assert house.page("/bulletins?lang=xx%00").attributes("html", "lang") == ["ja"]
