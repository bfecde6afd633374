"""In order, once, and one bad message never stops the others."""

import random
from datetime import timedelta

import pytest
from tests.unit.chats import BARS, FAIR, Chat, shown
from tests.unit.stores import OutageStore

from clair_bot.domain.articles import Search
from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address, InboundKind
from clair_bot.services.dispatch import MAX_ATTEMPTS, Dispatcher
from clair_bot.testing.retrievers import ScriptedRetriever

ANSWERED = "食品展に出したい"
POISON = "食品展の毒"
OTHER = Address(channel="line", recipient="U2")


@pytest.fixture
def chat() -> Chat:
    return Chat()


def test_a_conversation_is_handled_in_the_order_of_writing(chat: Chat) -> None:
    """Whatever the order in which the platform brings it: a number means the choices that were offered before it."""
    first, second, third = (
        chat.message(text, sent_at=chat.clock.now() + timedelta(seconds=at)) for at, text in enumerate(("姉妹都市", "1", "詳しく"))
    )
    said = chat.take(third, first, second)
    assert ["近い内容" in shown(said[0]), "手順の答え" in shown(said[1]), "手順の詳細" in shown(said[2])] == [True] * 3


def test_a_hundred_in_any_order(chat: Chat) -> None:
    messages = [chat.message(f"食品展 {number}", sent_at=chat.clock.now() + timedelta(seconds=number)) for number in range(100)]
    random.Random(7).shuffle(messages)
    chat.take(*messages)
    asked = [asked.question for asked in chat.store.state.inquiries.values()]
    assert asked == [f"食品展 {number}" for number in range(100)]


def test_run_pending_tells_how_many_it_handled(chat: Chat) -> None:
    for recipient in range(120):
        chat.intake.record([chat.message(ANSWERED, address=Address(channel="line", recipient=f"U{recipient}"))])
    assert chat.dispatcher.run_pending() == 120
    assert chat.dispatcher.run_pending() == 0


def test_what_comes_twice_is_handled_once(chat: Chat) -> None:
    message = chat.message(ANSWERED)
    assert len(chat.take(message, message)) == 1
    assert chat.take(message) == []


def test_a_poisonous_message_is_tried_again_with_growing_pauses_and_then_put_aside(chat: Chat) -> None:
    chat.retriever.breaks("毒", RuntimeError("secret text"))
    chat.intake.record([chat.message(POISON)])
    pauses = []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert chat.dispatcher.run_pending() == 0
        assert len(chat.retriever.asked) == attempt
        assert chat.dispatcher.run_pending() == 0
        assert len(chat.retriever.asked) == attempt  # not before its pause is over
        row = chat.store.state.received[1]
        pauses.append((row.next_at - chat.clock.now()).total_seconds())
        assert (row.entry.attempts, row.entry.error) == (attempt, "RuntimeError")
        chat.clock.advance(max(pauses[-1], 0))
    assert pauses[:-1] == [1, 2, 4, 8]
    assert chat.inbox() == {"aside": 1}
    chat.clock.advance(86_400)
    assert chat.dispatcher.run_pending() == 0
    assert len(chat.retriever.asked) == MAX_ATTEMPTS
    with chat.store.read() as work:
        assert [entry.message.text for entry in work.inbox.set_aside(10)] == [POISON]


def test_others_go_on_beside_a_poisonous_message(chat: Chat) -> None:
    chat.retriever.breaks("毒", RuntimeError())
    said = chat.take(chat.message(POISON), chat.message(ANSWERED, address=OTHER))
    assert [message.to for message in said] == [OTHER]


def test_the_same_conversation_goes_on_when_it_is_put_aside(chat: Chat) -> None:
    chat.retriever.breaks("毒", RuntimeError())
    chat.take(chat.message(POISON), chat.message(ANSWERED))
    answers = 0
    for _ in range(20):
        chat.clock.advance(1)
        answers += chat.dispatcher.run_pending()
    assert (answers, chat.inbox()) == (1, {"aside": 1, "done": 1})
    assert [asked.question for asked in chat.store.state.inquiries.values()] == [ANSWERED]


def test_a_message_that_recovers_is_answered_in_its_place(chat: Chat) -> None:
    chat.retriever.breaks("毒", RuntimeError())
    assert chat.take(chat.message(POISON), chat.message(ANSWERED)) == []
    chat.retriever.heal()
    chat.take()
    assert [asked.question for asked in chat.store.state.inquiries.values()] == [POISON, ANSWERED]


def test_a_rule_that_raises_leaves_nothing_behind(chat: Chat) -> None:
    """What it had done and said before is undone with it."""
    chat.says(ANSWERED)
    chat.retriever.breaks(FAIR.id, LookupError())
    before = len(chat.store.state.deliveries)
    chat.take(chat.message(kind=InboundKind.ACTION, action=f"a:{FAIR.id}", thread="new"))
    assert (len(chat.store.state.deliveries), len(chat.store.state.conversations)) == (before, 1)
    chat.retriever.heal()
    chat.clock.advance(1)
    assert len(chat.take()) == 1


@pytest.mark.parametrize("text", [ANSWERED, "姉妹都市", "月面の話", "相談", "メニュー"])
def test_a_repeated_attempt_says_the_same_with_the_same_keys(chat: Chat, text: str) -> None:
    chat.says(ANSWERED)
    before = chat.store.state.copy()
    chat.intake.record([chat.message(text)])
    taken_in = chat.store.state.copy()
    attempts = []
    for _ in range(2):
        chat.store.state = taken_in.copy()
        chat.dispatcher.run_pending()
        rows = chat.store.state.deliveries
        attempts.append([(rows[name].delivery.message.idempotency_key, shown(rows[name].delivery.message)) for name in rows])
        chat.clock.advance(2)
    assert attempts[0] == attempts[1]
    keys = [key for key, _ in attempts[0]]
    assert len(set(keys)) == len(keys) > len(before.deliveries)


@pytest.fixture
def outage() -> tuple[Chat, OutageStore]:
    chat = Chat(store=OutageStore)
    assert isinstance(chat.store, OutageStore)
    return chat, chat.store


def test_a_database_that_is_away_surfaces_and_costs_no_attempt(outage: tuple[Chat, OutageStore]) -> None:
    chat, store = outage
    chat.intake.record([chat.message(ANSWERED)])
    store.away = True
    with pytest.raises(StorageUnavailable):
        chat.dispatcher.run_pending()
    with pytest.raises(StorageUnavailable):
        chat.intake.record([chat.message(ANSWERED)])
    store.away, store.commits_left = False, 0
    with pytest.raises(StorageUnavailable):
        chat.dispatcher.run_pending()
    assert (store.state.received[1].entry.attempts, store.state.deliveries) == (0, {})
    store.commits_left = 1_000
    assert chat.dispatcher.run_pending() == 1
    assert FAIR.answer in shown(store.state.deliveries[1].delivery.message)


def test_two_dispatchers_answer_once(chat: Chat) -> None:
    """The other one has handled it between our look and our claim."""
    other = chat.dispatcher

    class Slow(ScriptedRetriever):
        def search(self, question: str, *, limit: int = 10) -> Search:
            other.run_pending()
            return super().search(question, limit=limit)

    slow = Dispatcher(store=chat.store, retriever=Slow(FAIR), bars=BARS, desk=chat.desk, clock=chat.clock)
    chat.intake.record([chat.message(ANSWERED)])
    assert slow.run_pending() == 0
    assert (len(chat.store.state.deliveries), chat.inbox()) == (1, {"done": 1})
