"""Many subscribers stored at once are stored as they are one by one, in memory and in both databases."""

from dataclasses import replace

from clair_bot.domain.subscriptions import Consent, ConsentAction, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address
from clair_bot.ports import Store
from clair_bot.testing.clocks import FrozenClock

MANY = 1_300
"""More than one statement writes."""


def somebody(number: int) -> Subscriber:
    topics = frozenset({Topic.II, Topic.NEWSLETTER} if number % 2 else {Topic.LONDON})
    return Subscriber(address=Address(channel="slack", recipient=f"U{number}"), name=f"名前{number}", topics=topics)


def test_new_and_changed_together(store: Store, clock: FrozenClock) -> None:
    def consent(one: Subscriber) -> Consent:
        return Consent(at=clock.now(), action=ConsentAction.IMPORTED, topics=tuple(sorted(one.topics)), source="import", by="cli:x")

    with store.write() as work:
        alone = work.subscribers.put(somebody(0), None)
        work.commit()
    changed = replace(alone, topics=frozenset({Topic.SEOUL}), frequency=Frequency.DAILY, digest_at=clock.now(), name="改めた名前")
    with store.write() as work:
        work.subscribers.put_all([*(somebody(number) for number in range(1, MANY)), changed], consent)
        work.subscribers.put_all([], consent)
        work.commit()
    with store.read() as work:
        everybody = work.subscribers.listed(limit=MANY + 1)
        assert len(everybody) == MANY == len({one.token for one in everybody})
        assert work.subscribers.get(alone.id) == changed
        assert all(work.subscribers.with_token(one.token) == one for one in everybody[:3])
        for number in (1, 2, MANY - 1):
            there = work.subscribers.at(Address(channel="slack", recipient=f"U{number}"))
            assert there
            assert there == replace(somebody(number), id=there.id, token=there.token)
            assert work.subscribers.consents(there.id) == [consent(there)]
        assert [line.topics for line in work.subscribers.consents(alone.id)] == [(Topic.SEOUL,)]
        assert {one.state for one in everybody} == {SubscriberState.ACTIVE}
