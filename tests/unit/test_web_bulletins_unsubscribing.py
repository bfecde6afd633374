"""Unsubscribing: looking changes nothing, one click stops everything, a part can be stopped, and a mistake can be undone."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.unit.test_web_bulletins_pages import MAIL, NOBODY, House, Parsed, document, opened

from clair_bot.domain.bulletins import BulletinStatus, LedgerState
from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import USUAL_TOPICS, ConsentAction, Frequency, SubscriberState, Topic
from clair_bot.web.fields import FORM_LIMIT

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
TWO = frozenset({Topic.NEWSLETTER, Topic.LONDON})


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    yield from opened(sqlite_database, **MAIL)


def test_looking_shows_what_is_subscribed_and_changes_nothing(house: House) -> None:
    reader = house.reader(topics=TWO, frequency=Frequency.WEEKLY)
    for _ in range(3):
        page = house.page(f"/unsubscribe/{reader.token}")
        assert house.client.head(f"/unsubscribe/{reader.token}").status_code == 200
    assert house.get(f"/unsubscribe/{reader.token}?List-Unsubscribe=One-Click&act=stop").status_code == 200
    for words in ("メールマガジン", "ロンドン事務所", "すべての配信を停止する", "k•••@example.lg.jp"):
        assert words in page.words
    assert "kokusai@" not in page.words
    assert "お知らせの種類" not in page.words
    ticked = [attributes["value"] for tag, attributes in page.tags if tag == "input" and "checked" in attributes]
    assert sorted(ticked) == sorted(["LON", "newsletter", "weekly"])
    assert house.now(reader) == reader
    assert len(house.consents(reader)) == 1


@pytest.mark.parametrize(
    ("language", "words", "lang"),
    [
        (Language.EN, "Stop all bulletins", "en"),
        (Language.EASY, "全部の お知らせを 止める", "ja"),
        (Language.JA, "すべての配信を停止する", "ja"),
    ],
)
def test_it_speaks_the_readers_language(house: House, language: Language, words: str, lang: str) -> None:
    reader = house.reader(language=language)
    page = house.page(f"/unsubscribe/{reader.token}")
    assert words in page.words
    assert page.attributes("html", "lang") == [lang]


@pytest.mark.parametrize("multipart", [False, True])
def test_one_click_stops_everything_at_once(house: House, *, multipart: bool) -> None:
    reader = house.reader(topics=TWO, frequency=Frequency.DAILY, digest_at=house.clock.now() + timedelta(days=1))
    posted = {"files": {name: (None, value) for name, value in ONE_CLICK.items()}} if multipart else {"data": ONE_CLICK}
    for _ in range(2):  # a mail server may repeat it
        response = house.client.post(f"/unsubscribe/{reader.token}", **posted)
        assert response.status_code == 200
        assert "set-cookie" not in response.headers
        assert "配信を停止しました" in response.text
    stored = house.now(reader)
    assert (stored.state, stored.topics, stored.digest_at) == (SubscriberState.UNSUBSCRIBED, frozenset(), None)
    assert house.consents(reader)[1:] == [(ConsentAction.UNSUBSCRIBED, frozenset(), "mail")]


def test_nothing_is_sent_after_it_while_a_bulletin_is_being_sent(house: House) -> None:
    reader, other = house.reader(), house.reader("other@example.lg.jp")
    number = house.bulletin(document(), until=BulletinStatus.SENDING)
    assert asyncio.run(house.application.publisher.run_once())
    assert house.post(f"/unsubscribe/{reader.token}", ONE_CLICK).status_code == 200
    with house.store.write() as work:
        claimed = work.outbox.claim("mail", 10, house.application.adapters["mail"].limits)
        assert [delivery.message.to.recipient for delivery in claimed] == [other.address.recipient]
        assert work.ledger.counts(number)[LedgerState.CANCELLED] == 1


def test_the_button_stops_everything_and_another_brings_it_back(house: House) -> None:
    reader = house.reader(topics=TWO, frequency=Frequency.WEEKLY)
    stopped = house.post(f"/unsubscribe/{reader.token}", {"act": "stop"})
    assert stopped.status_code == 200
    assert "配信を停止しました" in stopped.text
    assert '<button class="quiet" name="act" value="again">' in stopped.text
    assert house.consents(reader)[-1] == (ConsentAction.UNSUBSCRIBED, frozenset(), "page")
    again = house.post(f"/unsubscribe/{reader.token}", {"act": "again"})
    assert "配信を再開しました。" in again.text
    stored = house.now(reader)
    assert (stored.state, stored.topics, stored.frequency) == (SubscriberState.ACTIVE, TWO, Frequency.WEEKLY)
    assert stored.digest_at
    assert house.consents(reader)[-1] == (ConsentAction.SUBSCRIBED, TWO, "page")


def test_single_topics_are_stopped_and_can_be_taken_back(house: House) -> None:
    reader = house.reader(topics=TWO)
    posted = {"act": "save", "shown": ["newsletter", "LON"], "topic": ["newsletter"], "frequency": "each"}
    answer = house.post(f"/unsubscribe/{reader.token}", posted)
    page = Parsed(answer.text)
    assert "「ロンドン事務所」の配信を停止しました。" in page.words
    assert house.now(reader).topics == {Topic.NEWSLETTER}
    assert house.consents(reader)[-1] == (ConsentAction.UNSUBSCRIBED, frozenset({Topic.NEWSLETTER}), "page")
    hidden = [one["value"] for tag, one in page.tags if tag == "input" and one.get("type") == "hidden" and one["name"] == "topic"]
    assert hidden == ["LON"]
    assert "配信を再開しました。" in house.post(f"/unsubscribe/{reader.token}", {"act": "again", "topic": hidden}).text
    assert house.now(reader).topics == TWO


def test_what_the_page_did_not_show_stays(house: House) -> None:
    reader = house.reader(topics=TWO)
    house.post(f"/unsubscribe/{reader.token}", {"act": "save", "shown": ["LON", "nonsense", "PAR"], "topic": [], "frequency": "each"})
    assert house.now(reader).topics == {Topic.NEWSLETTER}


def test_unticking_everything_stops_everything(house: House) -> None:
    reader = house.reader(topics=TWO)
    answer = house.post(f"/unsubscribe/{reader.token}", {"act": "save", "shown": ["newsletter", "LON"], "frequency": "daily"})
    assert "配信を停止しました" in answer.text
    assert house.now(reader).state is SubscriberState.UNSUBSCRIBED
    house.post(f"/unsubscribe/{reader.token}", {"act": "again"})
    assert house.now(reader).topics == TWO


def test_the_frequency_changes(house: House) -> None:
    reader = house.reader()
    kept = {"act": "save", "shown": list(USUAL_TOPICS), "topic": list(USUAL_TOPICS)}
    answer = house.post(f"/unsubscribe/{reader.token}", {**kept, "frequency": "monthly"})
    assert "お届けの頻度を「月1回」にしました。" in answer.text
    stored = house.now(reader)
    assert (stored.frequency, stored.topics) == (Frequency.MONTHLY, frozenset(USUAL_TOPICS))
    assert stored.digest_at
    assert house.consents(reader)[-1] == (ConsentAction.CHANGED, frozenset(USUAL_TOPICS), "page")
    for same in ("monthly", "", "hourly"):
        assert "変更はありませんでした。" in house.post(f"/unsubscribe/{reader.token}", {**kept, "frequency": same}).text
    assert len(house.consents(reader)) == 2


def test_both_change_together(house: House) -> None:
    reader = house.reader(topics=TWO, language=Language.EN)
    posted = {"act": "save", "shown": ["newsletter", "LON"], "topic": ["LON"], "frequency": "weekly"}
    answer = house.post(f"/unsubscribe/{reader.token}", posted)
    assert "Stopped: Mail magazine." in answer.text
    assert "Frequency: once a week (Monday)." in answer.text
    stored = house.now(reader)
    assert (stored.topics, stored.frequency, stored.language) == (frozenset({Topic.LONDON}), Frequency.WEEKLY, Language.EN)


def test_who_is_stopped_sees_that_and_can_come_back(house: House) -> None:
    reader = house.reader(topics=TWO)
    house.post(f"/unsubscribe/{reader.token}", ONE_CLICK)
    page = house.page(f"/unsubscribe/{reader.token}")
    assert "配信は停止しています" in page.words
    assert "配信を再開する" in page.words
    assert house.post(f"/unsubscribe/{reader.token}", {"act": "save", "frequency": "daily"}).status_code == 200
    assert house.now(reader).state is SubscriberState.UNSUBSCRIBED


def test_who_never_confirmed_can_only_cancel(house: House) -> None:
    reader = house.reader(state=SubscriberState.PENDING)
    page = house.page(f"/unsubscribe/{reader.token}")
    assert "登録はまだ完了していません" in page.words
    for posted in ({"act": "again"}, {"act": "save", "frequency": "daily"}, {"act": "again", "topic": "LON"}):
        house.post(f"/unsubscribe/{reader.token}", posted)
    assert house.now(reader) == reader
    house.post(f"/unsubscribe/{reader.token}", {"act": "stop"})
    assert house.now(reader).state is SubscriberState.UNSUBSCRIBED
    house.post(f"/unsubscribe/{reader.token}", {"act": "again"})
    assert house.now(reader).topics == frozenset(USUAL_TOPICS)  # not what the unconfirmed request said


def test_who_cannot_be_reached_can_stop_or_come_back(house: House) -> None:
    reader = house.reader(state=SubscriberState.UNREACHABLE, topics=TWO)
    page = house.page(f"/unsubscribe/{reader.token}")
    assert "配信を見合わせています" in page.words
    assert "ロンドン事務所" in page.words
    house.post(f"/unsubscribe/{reader.token}", {"act": "again"})
    assert (house.now(reader).state, house.now(reader).topics) == (SubscriberState.ACTIVE, TWO)


def test_a_chats_address_is_not_shown(house: House) -> None:
    reader = house.reader("U0123456789", channel="line")
    page = house.page(f"/unsubscribe/{reader.token}")
    assert "U0123456789" not in page.words
    assert "お届け先" not in page.words


@pytest.mark.parametrize(
    "token", [NOBODY, "short", "x" * 23, "あ" * 22, "x" * 21 + "%00", "x" * 22 + "%0A", "x" * 21 + "'", "%2e%2e%2fetc"]
)
def test_unknown_and_malformed_addresses_read_the_same(house: House, token: str) -> None:
    reader = house.reader()
    usual = house.get(f"/unsubscribe/{NOBODY}").text
    assert "アドレスが途中で切れていないか" in usual
    for response in (house.get(f"/unsubscribe/{token}"), house.post(f"/unsubscribe/{token}", ONE_CLICK)):
        assert response.status_code == 404
        assert response.text in {usual, "Not Found"}
    assert house.now(reader) == reader


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 400),
        (b"act=explode", "application/x-www-form-urlencoded", 400),
        (b"List-Unsubscribe=No", "application/x-www-form-urlencoded", 400),
        (b"act=\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(61)), "application/x-www-form-urlencoded", 400),
        (b"a=" + b"1" * FORM_LIMIT, "application/x-www-form-urlencoded", 413),
        (b"List-Unsubscribe=One-Click", "multipart/form-data", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--x--\r\n', "multipart/form-data; boundary=x", 400),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json", 400),
    ],
)
def test_what_is_no_form_of_ours_changes_nothing(house: House, content: bytes, kind: str, status: int) -> None:
    reader = house.reader()
    response = house.client.post(f"/unsubscribe/{reader.token}", content=content, headers={"content-type": kind})
    assert response.status_code == status
    assert house.now(reader) == reader
    assert len(house.consents(reader)) == 1


def test_a_form_of_exactly_the_limit_is_read(house: House) -> None:
    reader = house.reader()
    body = b"List-Unsubscribe=One-Click&a=".ljust(FORM_LIMIT, b"1")
    response = house.client.post(
        f"/unsubscribe/{reader.token}", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert response.status_code == 200
    assert house.now(reader).state is SubscriberState.UNSUBSCRIBED


def test_a_mail_server_needs_no_content_type(house: House) -> None:
    reader = house.reader()
    assert house.client.post(f"/unsubscribe/{reader.token}", content=b"List-Unsubscribe=One-Click").status_code == 200
    assert house.now(reader).state is SubscriberState.UNSUBSCRIBED


def test_it_is_committed_before_it_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = house.reader()
    with monkeypatch.context() as patched:
        house.away(patched)
        response = house.post(f"/unsubscribe/{reader.token}", ONE_CLICK)
        assert response.status_code == 503
        assert "配信を停止しました" not in response.text
    assert house.now(reader) == reader
    assert house.post(f"/unsubscribe/{reader.token}", ONE_CLICK).status_code == 200


def test_another_sites_mail_client_needs_nothing_but_the_address(house: House) -> None:
    reader = house.reader()
    stranger: TestClient = house.visitor("203.0.113.9")
    response = stranger.post(f"/unsubscribe/{reader.token}", data=ONE_CLICK, headers={"origin": "https://mail.example.com"})
    assert (response.status_code, response.headers.get("location")) == (200, None)
