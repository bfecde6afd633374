"""A newsroom on a SQLite file: editors, approvers and readers, a clock that is set, and channels that keep what they were sent."""

import asyncio
import functools
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.desks import TOKYO, desks

from clair_bot.domain.advisors import Role
from clair_bot.domain.bulletins import (
    Act,
    Bulletin,
    BulletinItem,
    BulletinKind,
    BulletinStatus,
    Category,
    Document,
    LedgerLine,
    LedgerState,
)
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Consent, ConsentAction, Frequency, Subscriber, Topic
from clair_bot.errors import ClairBotError, StorageUnavailable
from clair_bot.messages import Address, Issue, OutboundMessage
from clair_bot.ports import UnitOfWork
from clair_bot.services.bulletins import control, presence, subscribing, timing
from clair_bot.services.bulletins.control import Done
from clair_bot.services.bulletins.digests import Digests
from clair_bot.services.bulletins.presses import BulletinSettings, Person, Press
from clair_bot.services.bulletins.publishing import Publisher
from clair_bot.services.bulletins.releasing import Releasing
from clair_bot.services.bulletins.subscribing import next_digest
from clair_bot.services.relay import Relay
from clair_bot.services.speaking import Speech
from clair_bot.services.wakers import Waker
from clair_bot.storage import schema
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore, SqlUnitOfWork
from clair_bot.testing.adapters import FakeAdapter
from clair_bot.testing.clocks import FrozenClock

EDITOR = Person(mark="advisor:1", name="佐藤", roles=frozenset({Role.EDITOR}))
APPROVER = Person(mark="advisor:2", name="鈴木", roles=frozenset({Role.APPROVER}))
SECOND = Person(mark="advisor:3", name="高橋", roles=frozenset({Role.APPROVER, Role.EDITOR}))
ADVISOR = Person(mark="advisor:4", name="田中", roles=frozenset({Role.ADVISOR}))
TESTER = Address(channel="chat", recipient="tester")
ROOM = Address(channel="chat", recipient="room")
SEMINAR = BulletinItem(
    title="多文化共生セミナーの参加者募集",
    text="地域日本語教育の事例を学ぶセミナーを開きます。オンラインでも参加できます。",
    category=Category.CALL,
    owner="多文化共生課",
    deadline=date(2026, 12, 18),
    url="https://example.test/seminar",
)


def document(**changes: Any) -> Document:
    """Return a small newsletter."""
    return replace(Document(title="秋の号", kind=BulletinKind.NEWSLETTER, items=(SEMINAR,)), **changes)


class BrittleStore(SqlStore):
    """Fails at some of its commits, by their number from now."""

    commits = 0
    fails: frozenset[int] = frozenset()

    def write(self) -> UnitOfWork:
        work = _BrittleWork(self.engine, self._clock, self._writing)
        work.store = self
        return work


class _BrittleWork(SqlUnitOfWork):
    store: BrittleStore

    def commit(self) -> None:
        self.store.commits += 1
        if self.store.commits in self.store.fails:
            raise StorageUnavailable("away")
        super().commit()


@functools.cache
def _empty_database() -> Path:
    """Return a database file with tables and nothing in them: migrating it for every test would take most of their time."""
    file = Path(tempfile.mkdtemp(prefix="newsroom")) / "empty.db"
    engine = open_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    engine.dispose()  # the last to close writes the log back into the file
    return file


class Newsroom:
    """Everything around one bulletin."""

    def __init__(self, folder: Path, *, start: datetime | None = None, **settings: Any) -> None:
        shutil.copy(_empty_database(), folder / "clair.db")
        engine = open_engine(f"sqlite:///{folder}/clair.db")
        self.clock = FrozenClock(start) if start else FrozenClock()
        self.store = BrittleStore(engine, self.clock)
        self.settings = replace(BulletinSettings(desks=desks(ROOM), timezone=TOKYO), **settings)
        self.chat, self.many = FakeAdapter(name="chat"), FakeAdapter(name="many")
        self.many.batch = 500
        self.adapters = {"chat": self.chat, "many": self.many}
        self.releasing = Releasing(store=self.store, settings=self.settings, clock=self.clock)
        self.publisher = Publisher(store=self.store, adapters=self.adapters, settings=self.settings, clock=self.clock)
        self.digests = Digests(store=self.store, publisher=self.publisher, settings=self.settings, clock=self.clock)

    # who reads

    def reader(self, name: str, *topics: Topic, channel: str = "chat", **more: Any) -> Subscriber:
        """Let somebody subscribe."""
        with self.store.write() as work:
            press = self.press(work)
            subscriber = Subscriber(address=Address(channel=channel, recipient=name), **more)
            if topics:
                subscriber = replace(subscriber, topics=frozenset(topics))
            subscriber = replace(subscriber, digest_at=next_digest(press, subscriber.frequency, subscriber.timezone))
            consent = Consent(
                at=self.clock.now(), action=ConsentAction.SUBSCRIBED, topics=tuple(sorted(subscriber.topics)), source="test", by="self"
            )
            stored = work.subscribers.put(subscriber, consent)
            work.commit()
        return stored

    def readers(self, count: int, channel: str = "chat", **more: Any) -> None:
        """Let many subscribe."""
        said = Consent(at=self.clock.now(), action=ConsentAction.SUBSCRIBED, topics=(), source="test", by="self")
        people = [Subscriber(address=Address(channel=channel, recipient=f"{channel}-{number}"), **more) for number in range(count)]
        with self.store.write() as work:
            work.subscribers.put_all(people, lambda _: said)
            work.commit()

    def leaves(self, name: str, *topics: Topic, channel: str = "chat") -> None:
        """Let somebody unsubscribe."""
        with self.store.write() as work:
            subscriber = work.subscribers.at(Address(channel=channel, recipient=name))
            assert subscriber
            subscribing.unsubscribe(self.press(work), subscriber, topics)
            work.commit()

    def blocks(self, name: str, channel: str = "chat") -> None:
        """Let somebody block us."""
        with self.store.write() as work:
            presence.suspend(work, Address(channel=channel, recipient=name), reason="blocked", now=self.clock.now())
            work.commit()

    # what people do

    def press(self, work: Any) -> Press:
        """Return what bulletin work has at hand."""
        return Press(work=work, speech=Speech(work, f"test:{datetime.now().timestamp()}"), settings=self.settings, now=self.clock.now())  # noqa: DTZ005  # only a fresh key

    def does(self, deed: Any, person: Person, *arguments: Any, **named: Any) -> Done:
        """Let somebody do something; ids stand for bulletins."""
        with self.store.write() as work:
            press = self.press(work)
            given = [control.bulletin_of(press, one) if isinstance(one, int) else one for one in arguments]
            done: Done = deed(press, person, *given, **named)
            work.commit()
        return done

    def refused(self, deed: Any, person: Person, *arguments: Any, **named: Any) -> str:
        """Let somebody do what is refused; return the sentence."""
        try:
            self.does(deed, person, *arguments, **named)
        except ClairBotError as error:
            return str(error)
        raise AssertionError("not refused")

    def approved(self, document_: Document) -> int:
        """Bring a bulletin through its approval; return its number."""
        number = self.does(control.create, EDITOR, document_).bulletin.id
        self.does(control.test_send, EDITOR, number, [TESTER])
        self.does(control.submit, EDITOR, number)
        self.does(timing.approve, APPROVER, number)
        if self.bulletin(number).status is BulletinStatus.SUBMITTED:
            self.does(timing.approve, SECOND, number)
        return number

    def released(self, document_: Document) -> int:
        """Let a bulletin begin, of which nobody has a line yet; return its number."""
        number = self.approved(document_)
        self.does(timing.schedule, APPROVER, number, timing.NOW)
        self.release()
        return number

    def sent(self, document_: Document) -> int:
        """Send a bulletin now; return its number."""
        number = self.released(document_)
        self.run()
        return number

    # what happens by itself

    def release(self) -> None:
        """Let the clock do what is due."""
        self.releasing.run_due()

    def step(self) -> bool:
        """Let a worker do one piece of work."""
        return asyncio.run(self.publisher.run_once())

    def publish(self) -> None:
        """Let a worker carry on what was released."""

        async def steps() -> None:
            while await self.publisher.run_once():
                pass

        asyncio.run(steps())
        while self.digests.run_due():
            pass

    def deliver(self, *, rounds: int = 12) -> None:
        """Let relays send what is due."""

        async def sending() -> None:
            for adapter in self.adapters.values():
                relay = Relay(store=self.store, adapter=adapter, clock=self.clock, waker=Waker(), halt=self.publisher.halt)
                for _ in range(rounds):
                    await relay._step()
                    while relay._under_way:
                        await asyncio.sleep(0)
                await relay._drain()

        asyncio.run(sending())

    def run(self) -> None:
        """Let everything happen that is due now."""
        self.release()
        self.publish()
        self.deliver()
        self.publish()
        self.deliver()

    def at(self, moment: str, zone: str = "Asia/Tokyo") -> None:
        """Set the clock to a local time."""
        wanted = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
        self.clock.advance((wanted - self.clock.now()).total_seconds())

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span).total_seconds())

    # what came of it

    def bulletin(self, number: int) -> Bulletin:
        with self.store.read() as work:
            found = work.bulletins.get(number)
        assert found
        return found

    def acts(self, number: int) -> list[Act]:
        with self.store.read() as work:
            return [event.act for event in work.bulletins.events(number)]

    def counts(self, number: int) -> dict[LedgerState, int]:
        with self.store.read() as work:
            return {state: count for state, count in work.ledger.counts(number).items() if count}

    def lines(self, number: int, *states: LedgerState) -> list[LedgerLine]:
        with self.store.read() as work:
            return list(work.ledger.lines(number, states or tuple(LedgerState), limit=10_000))

    def issues(self, name: str, channel: str = "chat") -> list[Issue]:
        """Return the issues that somebody got, in order, tests included."""
        to = Address(channel=channel, recipient=name)
        return [message.issue for message in self.adapters[channel].accepted.values() if message.to == to and message.issue]

    def words(self, address: Address = ROOM) -> list[str]:
        """Return what somebody was told in words."""
        return [text for message in self._accepted(address) for text in message.paragraphs]

    def _accepted(self, address: Address) -> Iterable[OutboundMessage]:
        return [message for message in self.adapters[address.channel].accepted.values() if message.to == address]


def office_update(office: Office = Office.LONDON, **changes: Any) -> Document:
    """Return an office's update."""
    item = BulletinItem(title="英国で日本酒の商談会", text="ロンドンで商談会を開きました。", category=Category.OFFICE, office=office)
    return replace(Document(title=item.title, kind=BulletinKind.OFFICE, items=(item,), offices=(office,)), **changes)


EACH_AND_WEEKLY = (Frequency.EACH, Frequency.WEEKLY)
NIGHT = (time(21), time(8))
EASY = Language.EASY
