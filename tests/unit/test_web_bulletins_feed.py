"""The feed: valid Atom, stable ids, and nothing (304) for who has it already."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import feedparser
import pytest
from tests.unit.test_web_bulletins_pages import BASE, MAIL, House, document, opened

from clair_bot.domain.bulletins import Act, BulletinStatus
from clair_bot.domain.conversations import Language
from clair_bot.web.atom import feed_of

ATOM = "{http://www.w3.org/2005/Atom}"
PATH = "/bulletins/feed.xml"


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    yield from opened(sqlite_database, **MAIL)


def parsed(house: House) -> ET.Element:
    response = house.get(PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314  # our own


def text(element: ET.Element, name: str) -> str:
    (found,) = element.findall(f"{ATOM}{name}")
    return found.text or ""


def test_it_holds_what_the_standard_wants(house: House) -> None:
    house.bulletin(document(title="秋の号 & <b>", number=340, lead=("いつもありがとうございます。今号は募集の特集です。",)))
    house.clock.advance(90_061)
    house.bulletin(document(title="News", languages=(Language.EN,), number=341))
    feed = parsed(house)
    assert feed.tag == f"{ATOM}feed"
    assert text(feed, "id").startswith("urn:uuid:")
    assert text(feed, "title") == "クレアのお知らせ"
    assert text(feed, "updated") == "2026-11-25T10:01:01Z"
    assert text(feed.findall(f"{ATOM}author")[0], "name")
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": f"{BASE}{PATH}", "alternate": f"{BASE}/bulletins"}
    newer, older = feed.findall(f"{ATOM}entry")
    assert [text(entry, "title") for entry in (newer, older)] == ["vol. 341 News", "vol.340 秋の号 & <b>"]
    assert newer.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "en"
    for entry, number in ((newer, 2), (older, 1)):
        assert text(entry, "id").startswith("urn:uuid:")
        assert datetime.fromisoformat(text(entry, "updated")).tzinfo == UTC
        (link,) = entry.findall(f"{ATOM}link")
        assert link.attrib == {"rel": "alternate", "type": "text/html", "href": f"{BASE}/bulletins/{number}"}
    assert text(older, "summary") == "いつもありがとうございます。今号は募集の特集です。"
    assert text(newer, "summary") == "多文化共生セミナーの参加者募集"
    ids = [text(feed, "id"), *(text(entry, "id") for entry in (newer, older))]
    assert len(set(ids)) == 3


def test_a_feed_reader_reads_it(house: House) -> None:
    house.bulletin(document(title="秋の号", number=340))
    read = feedparser.parse(house.get(PATH).content)
    assert not read.bozo
    assert read.version == "atom10"
    assert [entry.title for entry in read.entries] == ["vol.340 秋の号"]


def test_an_empty_one_is_valid(house: House) -> None:
    feed = parsed(house)
    assert feed.findall(f"{ATOM}entry") == []
    assert text(feed, "updated") == "1970-01-01T00:00:00Z"


def test_it_holds_the_last_twenty(house: House) -> None:
    for number in range(22):
        house.clock.advance(60)
        house.bulletin(document(number=number + 1))
    entries = parsed(house).findall(f"{ATOM}entry")
    assert len(entries) == 20
    assert text(entries[0], "title").startswith("vol.22 ")


def test_ids_stay(house: House, sqlite_database: str) -> None:
    house.bulletin()
    before = [text(entry, "id") for entry in parsed(house).findall(f"{ATOM}entry")]
    house.clock.advance(86_400)
    for moved in opened(sqlite_database):  # without an address of our own, too
        feed = parsed(moved)
        (entry,) = feed.findall(f"{ATOM}entry")
        assert [text(entry, "id")] == before
        assert [link.attrib["href"] for link in entry.findall(f"{ATOM}link")] == ["/bulletins/1"]


def test_what_xml_cannot_hold_is_left_out(house: House) -> None:
    number = house.bulletin(document(title="秋\x00の\x0b号\ufffe🍎"))
    (entry,) = parsed(house).findall(f"{ATOM}entry")
    assert text(entry, "title") == "vol.1 秋の号🍎"
    with house.store.read() as work:
        stored = work.bulletins.get(number)
    assert stored
    broken = replace(stored, document=document(title="秋\ud800の号"))
    assert "秋の号".encode() in feed_of([broken], BASE)


def test_who_has_it_gets_nothing(house: House) -> None:
    house.bulletin()
    first = house.get(PATH)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    assert changed == "Tue, 24 Nov 2026 09:00:00 GMT"
    for headers in (
        {"if-none-match": tag},
        {"if-none-match": f"W/{tag}"},
        {"if-none-match": f'"other", {tag}'},
        {"if-none-match": "*"},
        {"if-modified-since": changed},
        {"if-modified-since": "Tue, 24 Nov 2026 18:00:00 +0900"},
    ):
        again = house.get(PATH, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["last-modified"]) == (tag, changed)
    for headers in (
        {"if-none-match": '"other"'},
        {"if-none-match": '"other"', "if-modified-since": changed},
        {"if-modified-since": "Tue, 24 Nov 2026 08:59:59 GMT"},
        {"if-modified-since": "yesterday"},
        {"if-modified-since": "Mon, 01 Jan 99999 00:00:00 GMT"},
        {"if-modified-since": "Mon, 01 Jan 2027 00:00:00 +99999999"},
        {"if-modified-since": "Fri, 31 Dec 9999 23:59:59 -2359"},
    ):
        assert house.get(PATH, headers=headers).status_code in ({200, 304} if "9999" in str(headers) else {200})


def test_what_was_sent_meanwhile_is_new(house: House) -> None:
    house.bulletin(until=BulletinStatus.SENDING)
    house.clock.advance(600)
    house.bulletin()
    before = house.get(PATH).headers
    house.clock.advance(3_600)
    house.act(1, Act.FINISH)
    answer = house.get(PATH, headers={"if-modified-since": before["last-modified"]})
    assert answer.status_code == 200
    assert answer.headers["etag"] != before["etag"]
