"""What every store does with subscribers: keeps them and their consent, and finds exactly those whom a bulletin reaches."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import a_document, as_reader, claim, mailing, queued, reader, readers, sending, sent, unsent
from tests.contract.samples import reading, together, writing

from clair_bot.domain.audiences import Audience, Target
from clair_bot.domain.bulletins import BulletinKind
from clair_bot.domain.conversations import Language
from clair_bot.domain.deliveries import DeliveryState
from clair_bot.domain.subscriptions import Consent, ConsentAction, Frequency, Organisation, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

SOMEBODY = Subscriber(
    address=Address(channel="mail", recipient="yamada@example.test"),
    name="山田",
    organisation="群馬県",
    kind=Organisation.PREFECTURE,
    prefecture="群馬県",
    role="国際交流担当",
    topics=frozenset({Topic.LONDON, Topic.I}),
    language=Language.EASY,
    frequency=Frequency.WEEKLY,
    timezone="Europe/London",
    tester=True,
    state=SubscriberState.PENDING,
    reason="確認待ち",
    digest_at=START + timedelta(days=3),
)


def put(store: Store, subscriber: Subscriber, consent: Consent | None = None) -> Subscriber:
    return writing(store, lambda work: work.subscribers.put(subscriber, consent))


def reached(store: Store, target: Target, **more: Any) -> list[int]:
    return [one.id for one in reading(store, lambda work: work.subscribers.reached(target, **more))]


def to(topics: frozenset[Topic] = frozenset(), *, audience: Audience | None = None, **more: Any) -> Target:
    return Target(audience=audience or Audience(), topics=topics, **more)


def test_somebody_comes_out_as_they_went_in(store: Store) -> None:
    stored = put(store, SOMEBODY)
    assert stored == replace(SOMEBODY, id=stored.id, token=stored.token)
    with store.read() as work:
        found = (work.subscribers.get(stored.id), work.subscribers.at(SOMEBODY.address), work.subscribers.with_token(stored.token))
    assert (stored.id > 0, len(stored.token) >= 22, found) == (True, True, (stored,) * 3)


def test_nobody_is_found_where_nobody_is(store: Store) -> None:
    put(store, SOMEBODY)
    with store.read() as work:
        assert work.subscribers.get(99) is None
        assert work.subscribers.at(Address(channel="line", recipient="yamada@example.test")) is None
        assert (work.subscribers.with_token(""), work.subscribers.with_token("x"), work.subscribers.consents(99)) == (None, None, [])


def test_what_changed_is_stored_and_the_token_stays(store: Store) -> None:
    stored, other = put(store, SOMEBODY), reader(store)
    changed = replace(stored, topics=frozenset({Topic.PARIS}), state=SubscriberState.ACTIVE, reason="", digest_at=None, name="山田花子")
    assert put(store, replace(changed, token="another")) == changed
    assert put(store, replace(changed, topics=frozenset())).topics == frozenset()
    moved = replace(changed, address=Address(channel="mail", recipient="hanako@example.test"))
    put(store, moved)
    with store.read() as work:
        assert (work.subscribers.at(SOMEBODY.address), work.subscribers.at(moved.address)) == (None, moved)
        assert work.subscribers.get(other.id) == other


def test_an_address_is_one_persons(store: Store) -> None:
    stored, other = put(store, SOMEBODY), reader(store)
    for twice in (SOMEBODY, replace(other, address=SOMEBODY.address)):
        with pytest.raises((IntegrityError, ValueError)):
            put(store, twice)
    with pytest.raises((IntegrityError, LookupError)):
        put(store, replace(SOMEBODY, id=99, address=Address(channel="mail", recipient="x@example.test")))
    assert [one.id for one in reading(store, lambda work: work.subscribers.listed())] == [stored.id, other.id]


def test_the_ledger_of_consent_keeps_every_line(store: Store) -> None:
    asked = Consent(at=START, action=ConsentAction.REQUESTED, topics=(Topic.NEWSLETTER, Topic.I), source="page", by="self")
    came = replace(asked, at=START + timedelta(minutes=1), action=ConsentAction.SUBSCRIBED, source="mail")
    left = replace(came, action=ConsentAction.UNSUBSCRIBED, topics=(), source="command", by="advisor:3")
    stored, other = put(store, SOMEBODY, asked), reader(store)
    for line in (came, left):
        put(store, stored, line)
    put(store, stored)
    assert reading(store, lambda work: work.subscribers.consents(stored.id)) == [asked, came, left]
    assert reading(store, lambda work: work.subscribers.consents(other.id)) == []


def test_many_are_put_at_once(store: Store) -> None:
    """New ones and known ones, each with a line of their own; and all or none of them."""
    known, other = reader(store, topics=frozenset({Topic.I})), reader(store)

    def line(one: Subscriber) -> Consent:
        return Consent(at=START, action=ConsentAction.IMPORTED, topics=tuple(sorted(one.topics)), source="import", by=one.name)

    new = [replace(SOMEBODY, address=Address(channel="mail", recipient=f"{number}@example.test"), name=f"{number}") for number in range(3)]
    changed = replace(known, topics=frozenset({Topic.II}), name="変更", token="another")
    writing(store, lambda work: work.subscribers.put_all([new[0], changed, *new[1:]], line))
    writing(store, lambda work: work.subscribers.put_all([], line))
    with store.read() as work:
        stored = [work.subscribers.at(one.address) for one in new]
        assert [replace(one, id=0, token="") for one in stored if one] == new
        assert len({one.token for one in stored if one}) == 3
        assert work.subscribers.get(known.id) == replace(changed, token=known.token)
        assert work.subscribers.get(other.id) == other
        assert [work.subscribers.consents(one.id) for one in (changed, *(one for one in stored if one))] == [
            [line(one)] for one in (changed, *new)
        ]
    with pytest.raises((IntegrityError, ValueError)):
        writing(store, lambda work: work.subscribers.put_all([replace(new[0], name="x"), reader_of("new")], line))
    assert len(reading(store, lambda work: work.subscribers.listed())) == 5


def reader_of(recipient: str) -> Subscriber:
    return Subscriber(address=Address(channel="line", recipient=recipient))


def test_all_are_listed_page_by_page(store: Store) -> None:
    people = [reader(store, state=state) for state in (*SubscriberState, SubscriberState.ACTIVE)]
    with store.read() as work:
        assert work.subscribers.listed() == people
        assert work.subscribers.listed(limit=2) == people[:2]
        assert work.subscribers.listed(after=people[1].id, limit=2) == people[2:4]
        assert work.subscribers.listed(states=[SubscriberState.ACTIVE]) == [people[1], people[4]]
        assert work.subscribers.listed(states=[SubscriberState.ACTIVE], after=people[1].id) == [people[4]]
        assert work.subscribers.listed(states=[]) == []


def test_only_the_active_are_reached(store: Store) -> None:
    people = {state: reader(store, state=state).id for state in SubscriberState}
    assert reached(store, to()) == [people[SubscriberState.ACTIVE]]


@pytest.mark.parametrize(
    ("audience", "wanted", "other"),
    [
        (
            Audience(topics=frozenset({Topic.I, Topic.PARIS})),
            {"topics": frozenset({Topic.PARIS, Topic.II})},
            {"topics": frozenset({Topic.II})},
        ),
        (Audience(prefectures=frozenset({"群馬県", "北海道"})), {"prefecture": "群馬県"}, {"prefecture": "群馬"}),
        (Audience(kinds=frozenset({Organisation.CITY, Organisation.JET})), {"kind": Organisation.JET}, {"kind": Organisation.OTHER}),
        (Audience(roles=frozenset({"国際交流担当"})), {"role": "国際交流担当"}, {"role": "国際"}),
        (Audience(languages=frozenset({Language.EN, Language.EASY})), {"language": Language.EASY}, {"language": Language.JA}),
        (Audience(channels=frozenset({"mail", "slack"})), {"channel": "mail"}, {"channel": "line"}),
    ],
)
def test_each_restriction_lets_only_its_own_through(store: Store, audience: Audience, wanted: Any, other: Any) -> None:
    inside, outside = reader(store, **wanted).id, reader(store, **other).id
    assert reached(store, to(audience=audience)) == [inside]
    assert reached(store, to()) == [inside, outside]


def test_who_is_reached_has_everything_that_is_asked_for(store: Store) -> None:
    """Every combination of six properties, of which one has all."""
    audience = Audience(
        topics=frozenset({Topic.I}),
        prefectures=frozenset({"群馬県"}),
        kinds=frozenset({Organisation.CITY}),
        roles=frozenset({"広報"}),
        languages=frozenset({Language.EN}),
        channels=frozenset({"mail"}),
    )
    choices = itertools.product(
        (frozenset({Topic.I, Topic.NEWSLETTER}), frozenset({Topic.NEWSLETTER})),
        ("群馬県", ""),
        (Organisation.CITY, Organisation.JET),
        ("広報", "総務"),
        (Language.EN, Language.JA),
        ("mail", "line"),
    )
    with store.write() as work:
        people = [
            work.subscribers.put(
                Subscriber(
                    address=Address(channel=channel, recipient=f"C{number}"),
                    topics=topics,
                    prefecture=prefecture,
                    kind=kind,
                    role=role,
                    language=language,
                ),
                None,
            )
            for number, (topics, prefecture, kind, role, language, channel) in enumerate(choices)
        ]
        work.commit()
    assert reached(store, to(frozenset({Topic.NEWSLETTER}), audience=audience)) == [people[0].id]
    assert reached(store, to(frozenset({Topic.NOTICE}), audience=audience)) == []
    half = replace(audience, channels=frozenset(), roles=frozenset())
    assert reached(store, to(audience=half)) == [people[number].id for number in (0, 1, 4, 5)]
    assert len(reached(store, to())) == 64


def test_a_bulletins_own_topics_count_beside_the_audiences(store: Store) -> None:
    both = reader(store, topics=frozenset({Topic.I, Topic.LONDON}))
    reader(store, topics=frozenset({Topic.I}))
    reader(store, topics=frozenset({Topic.LONDON}))
    reader(store, topics=frozenset())
    assert reached(store, to(frozenset({Topic.LONDON, Topic.PARIS}), audience=Audience(topics=frozenset({Topic.I})))) == [both.id]
    assert len(reached(store, to())) == 4


def test_testers_get_drills_and_nothing_else(store: Store) -> None:
    tester, real = reader(store, tester=True).id, reader(store).id
    reader(store, tester=True, state=SubscriberState.UNSUBSCRIBED)
    documents = [a_document(), a_document(drill=True), a_document(kind=BulletinKind.EMERGENCY), a_document(everyone=True)]
    found = [reached(store, document.target(Audience())) for document in documents]
    assert found == [[real], [tester], [real], [real]]


def test_an_emergency_leaves_out_those_who_have_taken_it_off(store: Store) -> None:
    wants = reader(store, topics=frozenset({Topic.EMERGENCY})).id
    reader(store, topics=frozenset({Topic.NEWSLETTER}))
    reader(store, topics=frozenset())
    assert reached(store, a_document(kind=BulletinKind.EMERGENCY).target(Audience())) == [wants]


def test_pages_follow_one_another_exactly(store: Store) -> None:
    people = [
        reader(store, "mail" if number % 3 else "line", topics=frozenset({Topic.I if number % 2 else Topic.II})) for number in range(23)
    ]
    target = to(frozenset({Topic.I}))
    wanted = [one.id for number, one in enumerate(people) if number % 2]
    for size in (1, 4, 11, 12):
        found: list[int] = []
        after = 0
        while page := reached(store, target, after=after, limit=size):
            assert len(page) <= size
            found, after = [*found, *page], page[-1]
        assert found == wanted
        with store.read() as work:
            assert list(work.subscribers.readers(target, limit=size)) == [as_reader(one) for one in people if one.id in wanted[:size]]
    with store.read() as work:
        yielded = Counter(one.address.channel for one in work.subscribers.reached(target))
        assert dict(work.subscribers.count(target)) == dict(yielded) == {"line": 4, "mail": 7}
        assert dict(work.subscribers.count(to(frozenset({Topic.PARIS})))) == {}


def test_a_page_of_many_has_the_topics_of_each(store: Store) -> None:
    every = [frozenset({Topic.I, Topic.II}), frozenset({Topic.PARIS}), frozenset[Topic]()]
    with store.write() as work:
        for number in range(150):
            work.subscribers.put(Subscriber(address=Address(channel="line", recipient=f"T{number}"), topics=every[number % 3]), None)
        work.commit()
    found = reading(store, lambda work: work.subscribers.reached(to(), limit=1_000))
    assert [one.topics for one in found] == every * 50


def test_a_correction_reaches_exactly_those_who_have_it_or_may_have(store: Store) -> None:
    """Sent, uncertain and being sent; not those who wait, where it failed, who withdrew in time, or who never had a line."""
    wrong = sending(store)
    people = readers(store, 7)
    away, tester = reader(store), reader(store, tester=True)
    queued(store, wrong, [*people[:6], away, tester])
    claimed = {one.message.to.recipient: one for one in claim(store)}
    of = [claimed[one.address.recipient] for one in (*people[:6], away, tester)]
    sent(store, of[0], of[6], of[7])
    unsent(store, of[1], DeliveryState.UNCERTAIN)
    unsent(store, of[3], DeliveryState.FAILED)
    for still in (of[4], of[5]):
        unsent(store, still, DeliveryState.QUEUED)
    writing(store, lambda work: work.ledger.withdraw(people[5].id))
    put(store, replace(away, state=SubscriberState.UNSUBSCRIBED))
    put(store, replace(people[0], topics=frozenset()))
    target = a_document(corrects=wrong.id, number=None).target(Audience())
    assert reached(store, target) == [people[number].id for number in (0, 1, 2)]
    assert reached(store, replace(target, audience=Audience(channels=frozenset({"mail"})))) == []
    assert reached(store, replace(target, received=wrong.id + 1)) == []


def test_a_correction_reaches_the_members_of_a_batch_who_stayed_in_it(store: Store) -> None:
    wrong, (one, gone, other) = sending(store), readers(store, 3)
    queued(store, wrong, [one, gone, other], together=True)
    writing(store, lambda work: work.ledger.withdraw(gone.id))
    sent(store, *claim(store))
    assert reached(store, a_document(corrects=wrong.id).target(Audience())) == [one.id, other.id]


def test_digests_are_due_in_their_order(under_test: StoreUnderTest) -> None:
    store, clock = under_test.store, under_test.clock
    due = [reader(store, digest_at=START + timedelta(hours=hours)) for hours in (2, 1, 1, 3)]
    reader(store)
    reader(store, digest_at=START, state=SubscriberState.UNSUBSCRIBED)

    def found(limit: int = 9) -> list[int]:
        return [one.id for one in writing(store, lambda work: work.subscribers.digests_due(limit))]

    assert found() == []
    clock.advance(2 * 3600)
    assert found() == [due[1].id, due[2].id, due[0].id]
    assert found(2) == [due[1].id, due[2].id]


def test_each_digest_is_made_once_by_whoever_of_eight_is_first(store: Store) -> None:
    for _ in range(12):
        reader(store, digest_at=START)

    def make(_: int) -> list[int]:
        made: list[int] = []
        for _ in range(6):
            with store.write() as work:
                for one in work.subscribers.digests_due(3):
                    work.subscribers.put(replace(one, digest_at=START + timedelta(days=7)), None)
                    made.append(one.id)
                work.commit()
        return made

    made = list(itertools.chain.from_iterable(together(8, make)))
    rest = make(0)
    assert len({*made, *rest}) == len([*made, *rest]) == 12


def test_who_unsubscribes_while_lines_are_written_gets_nothing(store: Store) -> None:
    """Either they are not reached any more, or their withdrawal finds the line."""
    bulletin = sending(store)
    people = readers(store, 40)
    by_id = {one.id: one for one in people}

    def expand() -> None:
        with store.write() as work:
            after = work.ledger.cursor(bulletin.id)
            assert after is not None
            found = work.subscribers.readers(to(), after=after, limit=10)
            if found:
                work.ledger.queue(bulletin.id, mailing([by_id[one.id] for one in found]))
                work.ledger.advance(bulletin.id, found[-1].id)
            work.commit()

    def leave(one: Subscriber) -> None:
        with store.write() as work:
            work.subscribers.put(replace(one, state=SubscriberState.UNSUBSCRIBED), None)
            work.ledger.withdraw(one.id)
            work.commit()

    def run(number: int) -> None:
        for step in range(5):
            if number == 0:
                expand()
            else:
                leave(people[number - 1 + 7 * step])

    together(8, run)
    for _ in range(5):
        expand()
    assert {one.message.to.recipient for one in claim(store)} == {one.address.recipient for one in people[35:]}


def test_strange_texts_of_subscribers_are_stored_without_harm(store: Store) -> None:
    """S13: NUL and lone surrogates."""
    strange = "前\x00後\ud800"
    place = Address(channel="line", recipient=strange)
    consent = Consent(at=START, action=ConsentAction.IMPORTED, topics=(), source=strange, by=strange)
    stored = put(
        store, Subscriber(address=place, name=strange, organisation=strange, prefecture=strange, role=strange, reason=strange), consent
    )
    assert {stored.name, stored.organisation, stored.prefecture, stored.role, stored.reason, stored.address.recipient} == {"前後?"}
    with store.read() as work:
        assert (work.subscribers.at(place), work.subscribers.with_token(strange)) == (stored, None)
        assert [(line.source, line.by) for line in work.subscribers.consents(stored.id)] == [("前後?", "前後?")]
