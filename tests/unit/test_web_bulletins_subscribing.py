"""Subscribing by mail: a form, a mail, a button; nothing is told of who is subscribed, and nobody is flooded."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.test_web_bulletins_pages import BASE, MAIL, NOBODY, House, Parsed, opened

from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import USUAL_TOPICS, ConsentAction, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address, OutboundMessage
from clair_bot.services.bulletins.subscribing import CONFIRM_WITHIN
from clair_bot.web.brakes import SPAN, TIMES, Brake, client_of

ADDRESS = "Kokusai.Ka+news@example.lg.jp"
FORM: dict[str, Any] = {
    "address": ADDRESS,
    "topic": ["newsletter", "LON"],
    "language": "ja",
    "frequency": "weekly",
    "consent": "yes",
}

TWO = frozenset({Topic.NEWSLETTER, Topic.LONDON})


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    yield from opened(sqlite_database, **MAIL)


def mails(house: House) -> list[OutboundMessage]:
    """Return the mails that wait."""
    with house.store.write() as work:
        found = [delivery.message for delivery in work.outbox.claim("mail", 50, house.application.adapters["mail"].limits)]
    return sorted(found, key=lambda message: message.to)  # not committed: they wait on


def asked(house: House, address: str = ADDRESS) -> Subscriber:
    with house.store.read() as work:
        found = work.subscribers.at(Address(channel="mail", recipient=address.lower()))
    assert found
    return found


def link(house: House) -> str:
    """Return the path of the link in the only mail."""
    (message,) = mails(house)
    found = re.search(rf"^{BASE}(/subscribe/\S+)$", message.paragraphs[-1], re.MULTILINE)
    assert found
    return found.group(1)


def test_the_form_asks_for_what_is_needed(house: House) -> None:
    page = house.page("/subscribe")
    names = {(one["type"], one["name"]) for tag, one in page.tags if tag == "input"}
    expected = {("email", "address"), ("checkbox", "topic"), ("radio", "language"), ("radio", "frequency"), ("checkbox", "consent")}
    assert names == expected
    topics = [one["value"] for tag, one in page.tags if tag == "input" and one["name"] == "topic"]
    assert sorted(topics) == sorted(topic.value for topic in Topic)
    checked = {one["value"] for tag, one in page.tags if tag == "input" and "checked" in one}
    assert checked == {*(topic.value for topic in USUAL_TOPICS), "ja", "each"}
    assert "お知らせの配信のためだけに保管します" in page.words
    assert "いつでも止められます" in page.words


def test_who_asks_gets_a_mail_and_subscribes_with_its_button(house: House) -> None:
    answer = house.post("/subscribe", FORM)
    assert answer.status_code == 200
    assert ADDRESS in Parsed(answer.text).words
    waiting = asked(house)
    assert (waiting.state, waiting.topics) == (SubscriberState.PENDING, TWO)
    path = link(house)
    for _ in range(3):  # link previews look, and confirm nothing
        page = house.page(path)
        assert house.client.head(path).status_code == 200
    assert "ロンドン事務所" in page.words
    assert "週1回（月曜）" in page.words
    assert asked(house).state is SubscriberState.PENDING
    done = house.post(path)
    assert (done.status_code, "登録が完了しました" in done.text) == (200, True)
    subscriber = asked(house)
    assert (subscriber.state, subscriber.frequency) == (SubscriberState.ACTIVE, Frequency.WEEKLY)
    assert subscriber.digest_at
    assert [action for action, _, _ in house.consents(subscriber)] == [ConsentAction.REQUESTED, ConsentAction.SUBSCRIBED]
    assert f"/unsubscribe/{subscriber.token}" in Parsed(done.text).links()


def test_pressing_twice_subscribes_once(house: House) -> None:
    house.post("/subscribe", FORM)
    path = link(house)
    assert house.post(path).text == house.post(path).text == house.get(path).text
    assert len(house.consents(asked(house))) == 2


@pytest.mark.parametrize(("language", "words"), [("en", "Confirm your subscription"), ("easy", "登録を 終わらせる")])
def test_the_chosen_language_is_spoken_afterwards(house: House, language: str, words: str) -> None:
    house.post("/subscribe", {**FORM, "language": language})
    (message,) = mails(house)
    assert message.language == language
    assert words in house.page(link(house)).words


def test_the_page_speaks_the_language_of_the_address(house: House) -> None:
    answer = house.post("/subscribe?lang=en", FORM)
    assert "Please look at your mail" in answer.text
    assert asked(house).language is Language.JA
    wrong = house.post("/subscribe?lang=en", {**FORM, "consent": ""})
    assert "Please tick the box if you agree." in wrong.text


@pytest.mark.parametrize("state", [None, *SubscriberState])
def test_the_answer_is_the_same_whatever_is_known(house: House, state: SubscriberState | None) -> None:
    reference = house.post("/subscribe", {**FORM, "address": "somebody@example.com"}).text
    if state:
        house.reader(ADDRESS.lower(), state=state)
    answer = house.post("/subscribe", FORM)
    assert (answer.status_code, answer.text) == (200, reference.replace("somebody@example.com", ADDRESS))
    to_them = [message for message in mails(house) if message.to.recipient == ADDRESS.lower()]
    # Who is subscribed gets none; who was asked in the last ten minutes is not asked again.
    assert len(to_them) == (0 if state in {SubscriberState.ACTIVE, SubscriberState.PENDING} else 1)
    if state is SubscriberState.ACTIVE:
        assert asked(house).topics == frozenset(USUAL_TOPICS)


def test_nobody_is_asked_twice_in_ten_minutes(house: House) -> None:
    for _ in range(3):
        assert house.post("/subscribe", FORM).status_code == 200
    assert len(mails(house)) == 1
    house.clock.advance(601)
    house.post("/subscribe", FORM)
    assert len(house.consents(asked(house))) == 2


def test_who_stopped_can_subscribe_anew_with_another_frequency(house: House) -> None:
    reader = house.reader(ADDRESS.lower(), frequency=Frequency.MONTHLY)
    house.post(f"/unsubscribe/{reader.token}", {"act": "stop"})
    house.post("/subscribe", FORM)
    house.post(f"/subscribe/{reader.token}")
    stored = house.now(reader)
    assert (stored.state, stored.frequency, stored.topics) == (SubscriberState.ACTIVE, Frequency.WEEKLY, TWO)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"address": ""}, "メールアドレスを「kokusai@example.lg.jp」のように入力してください。"),
        ({"address": "nobody"}, "メールアドレスを"),
        ({"address": "a@b"}, "メールアドレスを"),
        ({"address": "a@example.jp\r\nBcc: b@example.jp"}, "メールアドレスを"),
        ({"address": "a" * 64 + "@" + ("b" * 60 + ".") * 4 + "jp"}, "メールアドレスを"),
        ({"topic": []}, "受け取りたいものを1つ以上お選びください。"),
        ({"topic": ["nonsense", "<b>"]}, "受け取りたいものを1つ以上お選びください。"),
        ({"language": "xx"}, "お届けの言語と頻度をお選びください。"),
        ({"frequency": ""}, "お届けの言語と頻度をお選びください。"),
        ({"consent": ""}, "取り扱いに同意いただける場合は、チェックを入れてください。"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_lost(house: House, changes: dict[str, Any], sentence: str) -> None:
    answer = house.post("/subscribe", FORM | changes)
    page = Parsed(answer.text)
    assert answer.status_code == 400
    assert sentence in page.words
    kept = FORM | changes
    # A browser takes line breaks out of such a field itself.
    assert page.attributes("input", "value")[0] == kept["address"]
    checked = {one["value"] for tag, one in page.tags if tag == "input" and "checked" in one}
    known = {"newsletter", "LON"} & set(kept["topic"])
    assert checked == known | ({kept["language"], kept["frequency"], kept["consent"]} & {"ja", "weekly", "yes"})
    ids = {one["id"] for _, one in page.tags if "id" in one}
    assert all(target.removeprefix("#") in ids for target in page.links() if target.startswith("#"))
    described = [one for _, attributes in page.tags for one in attributes.get("aria-describedby", "").split()]
    assert set(described) <= ids
    assert mails(house) == []


def test_an_address_is_read_in_any_width(house: House) -> None:
    house.post("/subscribe", {**FORM, "address": "　ｋｏｋｕｓａｉ＠ｅｘａｍｐｌｅ．ｌｇ．ｊｐ "})
    assert asked(house, "kokusai@example.lg.jp").state is SubscriberState.PENDING


@pytest.mark.parametrize(
    "variables", [{"CLAIR_BASE_URL": BASE}, {name: value for name, value in MAIL.items() if name != "CLAIR_BASE_URL"}, {}]
)
def test_without_mail_or_an_address_of_ours_it_says_so(sqlite_database: str, variables: dict[str, str]) -> None:
    for house in opened(sqlite_database, **variables):
        page = house.page("/subscribe")
        assert "現在、メールでの登録は受け付けていません。" in page.words
        assert "form" not in {tag for tag, _ in page.tags}
        assert "/subscribe" not in page.links()
        answer = house.post("/subscribe", FORM)
        assert (answer.status_code, "現在、メールでの登録は受け付けていません。" in answer.text) == (503, True)
        with house.store.read() as work:
            assert work.subscribers.listed() == []


def test_a_link_holds_three_days(house: House) -> None:
    house.post("/subscribe", FORM)
    path = link(house)
    house.clock.advance(CONFIRM_WITHIN.total_seconds())
    assert "登録を完了する" in house.page(path).words
    house.clock.advance(1)
    for answer in (house.get(path), house.post(path)):
        assert answer.status_code == 410
        assert "有効期限（3日間）" in answer.text
        assert "/subscribe" in Parsed(answer.text).links()
    assert asked(house).state is SubscriberState.PENDING


def test_what_was_cancelled_cannot_be_confirmed(house: House) -> None:
    house.post("/subscribe", FORM)
    path = link(house)
    house.post(path.replace("/subscribe/", "/unsubscribe/"), {"List-Unsubscribe": "One-Click"})
    assert house.post(path).status_code == 410
    assert asked(house).state is SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("token", [NOBODY, "short", "x" * 21 + "%00"])
def test_an_unknown_link_is_a_friendly_page(house: House, token: str) -> None:
    for answer in (house.get(f"/subscribe/{token}"), house.post(f"/subscribe/{token}")):
        assert answer.status_code == 404
        assert "アドレスが途中で切れていないか" in answer.text


def test_a_client_may_ask_ten_times_an_hour(house: House) -> None:
    for number in range(TIMES):
        assert house.post("/subscribe", {**FORM, "address": f"a{number}@example.jp"}).status_code == 200
        assert house.post("/subscribe", {**FORM, "address": "typo"}).status_code == 400  # is not counted
    braked = house.post("/subscribe", {**FORM, "address": "more@example.jp"}, headers={"x-forwarded-for": "203.0.113.1"})
    assert (braked.status_code, braked.headers["retry-after"]) == (429, "3600")
    assert "受け付けを一時止めています" in braked.text
    assert len(mails(house)) == TIMES
    house.clock.advance(SPAN.total_seconds())
    assert house.post("/subscribe", {**FORM, "address": "more@example.jp"}).status_code == 200


def test_another_client_is_not_braked(house: House) -> None:
    brake = Brake(times=2)
    now = house.clock.now()
    assert [brake.allows("192.0.2.1", now) for _ in range(3)] == [True, True, False]
    assert brake.allows("192.0.2.2", now)
    assert brake.allows("192.0.2.1", now + SPAN)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("testclient", "", False),
    ],
)
def test_a_household_is_one_client(one: str, other: str, *, same: bool) -> None:
    assert (client_of(one) == client_of(other)) is same


def test_the_brake_remembers_so_many_clients(house: House) -> None:
    brake = Brake(times=1, clients=3)
    now = house.clock.now()
    for number in range(4):
        assert brake.allows(f"192.0.2.{number}", now)
    assert not brake.allows("192.0.2.3", now)
    assert brake.allows("192.0.2.0", now)  # forgotten


def test_another_site_cannot_ask_in_somebodys_name(house: House) -> None:
    answer = house.post("/subscribe", FORM, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert mails(house) == []
    assert house.post("/subscribe", FORM, headers={"sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(("content", "status"), [(b"address=" + b"a" * 16_000, 413), (b"address=\xff", 400)])
def test_bodies_have_limits(house: House, content: bytes, status: int) -> None:
    token = house.reader(state=SubscriberState.PENDING).token
    for path in ("/subscribe", f"/subscribe/{token}"):
        answer = house.client.post(path, content=content, headers={"content-type": "application/x-www-form-urlencoded"})
        assert answer.status_code == status
    assert house.get(f"/subscribe/{token}").status_code == 200


def test_a_database_that_is_away_promises_no_mail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        house.away(patched)
        answer = house.post("/subscribe", FORM)
        assert answer.status_code == 503
        assert ADDRESS not in answer.text
    assert mails(house) == []
