"""What every store does with files of tickets, and with texts behind a code."""

from datetime import timedelta

from tests.conftest import StoreUnderTest
from tests.contract.samples import opened, reading, writing

from clair_bot.domain.attachments import AttachmentState, StoredAttachment
from clair_bot.domain.sealing import WRONG_CODES
from clair_bot.messages import Attachment
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

FILE = Attachment(handle="F1", name="要項.pdf", media_type="application/pdf", size=4)
LATER = START + timedelta(days=7)


def added(store: Store, *, channel: str = "line") -> int:
    ticket = opened(store)
    return writing(store, lambda work: work.attachments.add(ticket_id=ticket.id, channel=channel, to_desk=True, file=FILE, token="secret"))


def claimed(store: Store, *channels: str) -> list[StoredAttachment]:
    return list(writing(store, lambda work: work.attachments.claim(channels or ("line",), 5)))


def test_a_wanted_file_is_claimed_once_until_its_fetcher_is_taken_for_dead(under_test: StoreUnderTest) -> None:
    store = under_test.store
    number = added(store)
    assert claimed(store, "slack") == []
    (first,) = claimed(store)
    assert (first.id, first.file, first.to_desk, first.attempts, first.token) == (number, FILE, True, 1, "secret")
    assert first.state is AttachmentState.WANTED
    assert claimed(store) == []
    under_test.clock.advance(121)
    assert [one.attempts for one in claimed(store)] == [2]


def test_a_file_that_is_to_wait_waits(under_test: StoreUnderTest) -> None:
    store = under_test.store
    number = added(store)
    claimed(store)
    writing(store, lambda work: work.attachments.again(number, START + timedelta(seconds=30)))
    assert claimed(store) == []
    under_test.clock.advance(31)
    assert len(claimed(store)) == 1


def test_a_file_is_opened_by_its_token_until_it_is_forgotten(under_test: StoreUnderTest) -> None:
    store = under_test.store
    number = added(store)
    assert reading(store, lambda work: work.attachments.content(number)) is None
    writing(store, lambda work: work.attachments.ready(number, name="b.pdf", media_type="application/pdf", content=b"%PDF"))
    with store.read() as work:
        assert work.attachments.opened(number, "secret") == ("b.pdf", "application/pdf", b"%PDF")
        assert work.attachments.opened(number, "guess") is work.attachments.opened(999, "secret") is None
        assert work.attachments.content(number) == b"%PDF"
    under_test.clock.advance(60)
    assert claimed(store) == []
    assert writing(store, lambda work: work.attachments.forget(START)) == 0
    assert writing(store, lambda work: work.attachments.forget(START + timedelta(seconds=1))) == 1
    assert reading(store, lambda work: work.attachments.opened(number, "secret")) is None


def test_a_refused_file_is_not_wanted_any_more(under_test: StoreUnderTest) -> None:
    number = added(under_test.store)
    writing(under_test.store, lambda work: work.attachments.refused(number, "大きすぎます"))
    under_test.clock.advance(9_999)
    assert claimed(under_test.store) == []


def sealed(store: Store) -> int:
    ticket = opened(store)
    writing(store, lambda work: work.sealed.put(ticket_id=ticket.id, token="t", code_hash="right", text="秘密", expires_at=LATER))
    return ticket.id


def test_a_sealed_text_is_read_once(store: Store) -> None:
    ticket_id = sealed(store)
    assert writing(store, lambda work: work.sealed.open("t", "wrong")) is None
    assert writing(store, lambda work: work.sealed.open("other", "right")) is None
    assert writing(store, lambda work: work.sealed.open("t", "right")) == (ticket_id, "秘密")
    assert writing(store, lambda work: work.sealed.open("t", "right")) is None


def test_guessing_closes_it(store: Store) -> None:
    sealed(store)
    for _ in range(WRONG_CODES):
        assert writing(store, lambda work: work.sealed.open("t", "wrong")) is None
    assert writing(store, lambda work: work.sealed.open("t", "right")) is None


def test_an_old_one_is_closed_and_then_deleted(under_test: StoreUnderTest) -> None:
    sealed(under_test.store)
    under_test.clock.advance(timedelta(days=8).total_seconds())
    assert writing(under_test.store, lambda work: work.sealed.open("t", "right")) is None
    assert writing(under_test.store, lambda work: work.sealed.forget(LATER + timedelta(days=1))) == 1
    assert writing(under_test.store, lambda work: work.sealed.forget(LATER + timedelta(days=1))) == 0
