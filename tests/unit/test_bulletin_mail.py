"""Mail: nobody gets any who has not said yes from that very address, and one link stops it."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.newsrooms import Newsroom, document

from clair_bot.domain.bulletins import LedgerState
from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import USUAL_TOPICS, ConsentAction, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address, OutboundMessage
from clair_bot.services.bulletins.subscribing import confirm, is_mail, request_mail, unsubscribe
from clair_bot.services.phrases.bulletins import EASY, EN, JA
from clair_bot.testing.adapters import FakeAdapter

TO = "kokusai@example.lg.jp"
MAIL = Address(channel="mail", recipient=TO)
BASE = "https://clair.example"
REQUESTED, SUBSCRIBED, UNSUBSCRIBED = ConsentAction.REQUESTED, ConsentAction.SUBSCRIBED, ConsentAction.UNSUBSCRIBED


class MailRoom(Newsroom):
    """A newsroom that sends mail."""

    def __init__(self, folder: Path, *, base_url: str = BASE) -> None:
        super().__init__(folder, base_url=base_url)
        self.mail = FakeAdapter(name="mail")
        self.adapters["mail"] = self.mail

    def asks(self, text: str = TO, *topics: Topic, language: Language = Language.JA, often: Frequency | None = None) -> str:
        """Let somebody give an address; return what they hear."""
        with self.store.write() as work:
            told = request_mail(self.press(work), text, frozenset(topics), language, often)
            work.commit()
        self.deliver()
        return told

    def opens(self, token: str) -> Subscriber | None:
        """Let somebody open the link of a confirmation."""
        with self.store.write() as work:
            found = confirm(self.press(work), token)
            work.commit()
        return found

    def stops(self, token: str, *topics: Topic) -> Subscriber:
        """Let somebody open the link to unsubscribe."""
        with self.store.write() as work:
            subscriber = work.subscribers.with_token(token)
            assert subscriber
            stopped = unsubscribe(self.press(work), subscriber, topics, source="mail")
            work.commit()
        return stopped

    def at_(self, address: Address = MAIL) -> Subscriber:
        with self.store.read() as work:
            found = work.subscribers.at(address)
        assert found
        return found

    def mails(self) -> list[OutboundMessage]:
        """Return what arrived."""
        return [message for message in self.mail.accepted.values() if message.to == MAIL]

    def consents(self) -> list[tuple[ConsentAction, str, str]]:
        with self.store.read() as work:
            return [(line.action, line.source, line.by) for line in work.subscribers.consents(self.at_().id)]


@pytest.fixture
def room(tmp_path: Path) -> MailRoom:
    return MailRoom(tmp_path)


# asking


def test_who_gave_an_address_is_asked_there(room: MailRoom) -> None:
    assert room.asks() == JA.mail_sent.format(address=TO)
    (mail,) = room.mails()
    assert mail.paragraphs == (JA.confirm_subject, JA.confirm.format(url=f"{BASE}/subscribe/{room.at_().token}"))
    assert (room.at_().state, room.at_().topics) == (SubscriberState.PENDING, frozenset(USUAL_TOPICS))
    assert room.consents() == [(REQUESTED, "page", "self")]


def test_who_has_not_confirmed_gets_no_bulletin(room: MailRoom) -> None:
    room.reader("hanako")
    room.asks()
    number = room.sent(document())
    assert room.counts(number) == {LedgerState.SENT: 1}
    assert [mail.issue for mail in room.mails()] == [None]


def test_what_they_wanted_holds_once_it_is_confirmed(room: MailRoom) -> None:
    room.asks(TO, Topic.LONDON, Topic.II, language=Language.EN, often=Frequency.WEEKLY)
    assert room.mails()[0].language == "en"
    confirmed = room.opens(room.at_().token)
    assert confirmed == room.at_()
    assert (confirmed.state, confirmed.topics) == (SubscriberState.ACTIVE, frozenset({Topic.LONDON, Topic.II}))
    assert (confirmed.language, confirmed.frequency, confirmed.digest_at is not None) == (Language.EN, Frequency.WEEKLY, True)
    assert room.consents() == [(REQUESTED, "page", "self"), (SUBSCRIBED, "mail", "self")]


def test_upper_case_is_the_same_address(room: MailRoom) -> None:
    assert room.asks("Kokusai@Example.LG.jp") == JA.mail_sent.format(address="Kokusai@Example.LG.jp")
    room.later(minutes=11)
    room.asks(TO)
    assert len(room.mails()) == 2
    with room.store.read() as work:
        assert len(work.subscribers.listed()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kokusai",
        "a@b",
        "@example.jp",
        "a@@example.jp",
        "a b@example.jp",
        "a@example.jp\nBcc: x@example.jp",
        "a@example.jp>",
        "国際@example.jp",
        "a@" + "x" * 64 + ".jp",
        "x" * 65 + "@example.jp",
        "a@" + "x.".join([""] * 130) + "jp",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(room: MailRoom, text: str) -> None:
    assert not is_mail(text)
    assert room.asks(text) == JA.mail_bad
    with room.store.read() as work:
        assert work.subscribers.listed() == []


def test_without_a_public_address_nobody_could_confirm(tmp_path: Path) -> None:
    room = MailRoom(tmp_path, base_url="")
    assert room.asks(language=Language.EASY) == EASY.mail_off
    with room.store.read() as work:
        assert work.subscribers.at(MAIL) is None


# time


@pytest.mark.parametrize(("hours", "holds"), [(71.99, True), (72, True), (72.01, False), (24 * 30, False)])
def test_the_link_holds_for_three_days(room: MailRoom, hours: float, *, holds: bool) -> None:
    room.asks()
    room.later(hours=hours)
    assert (room.opens(room.at_().token) is not None) is holds
    assert room.at_().state is (SubscriberState.ACTIVE if holds else SubscriberState.PENDING)


def test_who_came_too_late_asks_again(room: MailRoom) -> None:
    room.asks()
    room.later(days=4)
    assert room.opens(room.at_().token) is None
    room.asks()
    assert room.opens(room.at_().token)
    assert [action for action, _, _ in room.consents()] == [REQUESTED, REQUESTED, SUBSCRIBED]


def test_nobody_is_asked_more_than_once_in_ten_minutes(room: MailRoom) -> None:
    for minutes, mails in ((0, 1), (1, 1), (8, 1), (1, 2), (9, 2), (1, 3)):
        room.later(minutes=minutes)
        assert room.asks() == JA.mail_sent.format(address=TO)
        assert len(room.mails()) == mails, minutes
    assert [action for action, _, _ in room.consents()] == [REQUESTED] * 3


def test_the_brake_holds_against_changes_too(room: MailRoom) -> None:
    room.asks(TO, Topic.LONDON)
    room.asks(TO, *Topic)
    assert room.at_().topics == {Topic.LONDON}


# nothing is told of others


def test_whoever_asks_hears_the_same_whatever_is_known(room: MailRoom) -> None:
    heard = {room.asks(), room.asks()}  # unknown, pending
    token = room.at_().token
    room.opens(token)
    room.later(minutes=20)
    before = len(room.mails())
    heard.add(room.asks(TO, *Topic))  # active
    assert (len(room.mails()), room.at_().topics, room.at_().state) == (before, frozenset(USUAL_TOPICS), SubscriberState.ACTIVE)
    room.stops(token)
    heard.add(room.asks())  # unsubscribed
    with room.store.write() as work:
        work.subscribers.put(replace(room.at_(), state=SubscriberState.UNREACHABLE), None)
        work.commit()
    room.later(minutes=20)
    heard.add(room.asks())  # unreachable
    assert heard == {JA.mail_sent.format(address=TO)}
    assert room.asks(language=Language.EN) == EN.mail_sent.format(address=TO)


def test_nobody_is_subscribed_again_by_others(room: MailRoom) -> None:
    """Whoever stopped it stays so until they say yes themselves, however often somebody gives their address."""
    room.asks()
    room.opens(room.at_().token)
    room.stops(room.at_().token)
    room.later(minutes=20)
    room.asks()
    room.reader("hanako")
    assert room.counts(room.sent(document())) == {LedgerState.SENT: 1}
    assert room.at_().state is SubscriberState.PENDING


# links


def test_every_mail_carries_its_readers_own_link(room: MailRoom) -> None:
    room.asks()
    room.opens(room.at_().token)
    room.reader("other@example.jp", channel="mail")
    room.reader("hanako")
    room.sent(document())
    issues = {message.to.recipient: message for message in room.mail.accepted.values() if message.issue}
    others = room.at_(Address(channel="mail", recipient="other@example.jp"))
    assert issues[TO].unsubscribe == f"{BASE}/unsubscribe/{room.at_().token}"
    assert issues["other@example.jp"].unsubscribe == f"{BASE}/unsubscribe/{others.token}"
    assert [message.unsubscribe for message in room.chat.accepted.values() if message.issue] == ["", ""]
    assert len({room.at_().token, others.token}) == 2


def test_one_link_stops_it_also_for_what_waits(room: MailRoom) -> None:
    room.asks()
    room.opens(room.at_().token)
    number = room.released(document())
    room.publish()
    stopped = room.stops(room.at_().token)
    assert (stopped.state, stopped.topics, stopped.digest_at) == (SubscriberState.UNSUBSCRIBED, frozenset(), None)
    room.deliver()
    assert room.counts(number) == {LedgerState.CANCELLED: 1}
    assert [mail.issue for mail in room.mails()] == [None]
    assert room.consents()[-1] == (UNSUBSCRIBED, "mail", "self")


def test_a_part_can_be_stopped(room: MailRoom) -> None:
    room.asks()
    room.opens(room.at_().token)
    number = room.released(document())
    room.publish()
    assert room.stops(room.at_().token, Topic.NEWSLETTER).state is SubscriberState.ACTIVE
    room.deliver()
    assert room.counts(number) == {LedgerState.CANCELLED: 1}
    assert room.at_().topics == {Topic.NOTICE, Topic.EMERGENCY}
    assert room.stops(room.at_().token, Topic.NOTICE, Topic.EMERGENCY).state is SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "あ", "\x00", "%"])
def test_a_guessed_link_opens_nothing(room: MailRoom, token: str) -> None:
    room.asks()
    assert room.opens(token) is None
    with room.store.read() as work:
        assert work.subscribers.with_token(token) is None
    assert room.at_().state is SubscriberState.PENDING


def test_a_confirmation_counts_once_and_does_not_undo_a_stop(room: MailRoom) -> None:
    room.asks()
    token = room.at_().token
    assert room.opens(token)
    assert room.opens(token) is None
    room.stops(token)
    assert room.opens(token) is None
    assert room.at_().state is SubscriberState.UNSUBSCRIBED
    assert [action for action, _, _ in room.consents()] == [REQUESTED, SUBSCRIBED, UNSUBSCRIBED]
