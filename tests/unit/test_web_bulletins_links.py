"""Counted links: they lead where the bulletin said, count people and not machines, and lead nowhere else."""

from collections.abc import Iterator

import pytest
from tests.unit.test_web_bulletins_pages import MAIL, House, opened

TARGET = "https://seminar.example.jp/2026?a=1&b=2#top"
PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari Line/15.1.0"


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    yield from opened(sqlite_database, **MAIL)


def put(house: House, url: str = TARGET) -> str:
    """Store a link; return its path."""
    number = house.bulletin()
    with house.store.write() as work:
        token = work.links.put(number, url)
        work.commit()
    return f"/r/{token}"


def clicks(house: House) -> int:
    with house.store.read() as work:
        return sum(work.links.clicks(1).values())


def test_it_leads_on_and_counts(house: House) -> None:
    path = put(house)
    for count in (1, 2):
        response = house.get(path, headers={"user-agent": PERSON})
        assert (response.status_code, response.headers["location"]) == (302, TARGET)
        assert clicks(house) == count
    assert response.content == b""
    assert "set-cookie" not in response.headers
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "agent",
    [
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "TelegramBot (like TwitterBot)",
        "facebookexternalhit/1.1;line-poker/1.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Windows NT 10.0) SkypeUriPreview Preview/0.5",
    ],
)
def test_previews_are_led_on_and_not_counted(house: House, agent: str) -> None:
    path = put(house)
    response = house.get(path, headers={"user-agent": agent})
    assert (response.status_code, response.headers["location"]) == (302, TARGET)
    assert clicks(house) == 0


def test_looking_is_not_counted(house: House) -> None:
    path = put(house)
    response = house.client.head(path)
    assert (response.status_code, response.headers["location"]) == (302, TARGET)
    assert clicks(house) == 0


@pytest.mark.parametrize("agent", [PERSON, "", "Mozilla/5.0 (Linux; Android 14; CUBOT X70) Chrome/130"])
def test_people_are_counted_whatever_they_hold(house: House, agent: str) -> None:
    house.get(put(house), headers={"user-agent": agent})
    assert clicks(house) == 1


@pytest.mark.parametrize("token", ["unknown", "x" * 65, "a%00", "あ", "a%0Ab", "https:", "%2f%2fevil.example", "..%2fbulletins"])
def test_an_unknown_one_leads_nowhere(house: House, token: str) -> None:
    response = house.get(f"/r/{token}?url=https://evil.example&next=https://evil.example")
    assert response.status_code == 404
    assert "location" not in response.headers


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://example.jp/", "https://[::1", "mailto:a@b.jp", "https:"]
)
def test_only_the_web_is_led_to(house: House, url: str) -> None:
    response = house.get(put(house, url))
    assert response.status_code == 404
    assert "location" not in response.headers


def test_no_address_breaks_out_of_its_header(house: House) -> None:
    response = house.get(put(house, "https://example.jp/\r\nset-cookie: a=b\r\n\r\n<b>あ"))
    assert response.status_code == 302
    assert "set-cookie" not in response.headers
    assert response.headers["location"].startswith("https://example.jp/%0D%0A")
