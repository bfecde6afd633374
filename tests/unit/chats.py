"""A town hall in memory: people write, the dispatcher handles it, and what lies in the outbox is what they will read."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tests.unit.desks import TOKYO
from tests.unit.desks import desks as usual_desks

from clair_bot.domain.advisors import CAPACITY, Advisor, Role
from clair_bot.domain.articles import Area, Article, Bars
from clair_bot.domain.deliveries import DeliveryState
from clair_bot.domain.desks import Desks
from clair_bot.domain.tickets import Ticket, TicketEvent
from clair_bot.messages import Address, Block, BlockKind, InboundKind, InboundMessage, OutboundMessage, Source
from clair_bot.ports import Clock
from clair_bot.services.desk.reminding import Reminding
from clair_bot.services.desk.shifts import DeskSettings
from clair_bot.services.dispatch import Dispatcher
from clair_bot.services.intake import Intake
from clair_bot.testing.clocks import FrozenClock
from clair_bot.testing.memory import MemoryStore
from clair_bot.testing.retrievers import ScriptedRetriever

ASKER = Address(channel="line", recipient="U1")
DESK = Address(channel="slack", recipient="C0DESK")
DESK_IV = Address(channel="telegram", recipient="-100")
ADVISOR = "U0ADVISOR"
BARS = Bars(answer=0.6, margin=0.15)


def article(name: str, title: str, area: Area, *aliases: str, details: bool = True, lang: str = "ja") -> Article:
    """Return an article whose answer names it."""
    return Article(
        id=name,
        title=title,
        aliases=aliases,
        area=area,
        point=1,
        audience=("municipality",),
        owner="本部",
        sources=(Source(title="中期経営計画", url="https://example.test/plan", as_of="2026-04"),),
        as_of="2026-04",
        review_by="2027-03-31",
        related=(),
        lang=lang,
        answer=f"{title}の答え",
        details=(Block(kind=BlockKind.ITEM, text=f"{title}の詳細"),) if details else (),
    )


FAIR = article("i-4-fair", "食品展に出展するには", Area.I, "物産展の申込み")
SHEET = article("ii-1-sheet", "多言語表示シート", Area.II, details=False)
PROCEDURE = article("iv-2-procedure", "姉妹都市提携までの手順", Area.IV)
STATISTICS = article("iv-2-statistics", "姉妹都市の数", Area.IV)


def knowledge() -> ScriptedRetriever:
    """Return a knowledge base that answers, asks back, and refuses."""
    retriever = ScriptedRetriever(FAIR, SHEET, PROCEDURE, STATISTICS)
    retriever.finds("食品展", (FAIR.id, 0.9), (SHEET.id, 0.2))
    retriever.finds("food fair", (FAIR.id, 0.9))
    retriever.finds("姉妹都市", (PROCEDURE.id, 0.8), (STATISTICS.id, 0.7), (FAIR.id, 0.62))
    retriever.finds("月面", (PROCEDURE.id, 0.5), (SHEET.id, 0.15), (FAIR.id, 0.05))
    return retriever


class Chat:
    """The dispatcher with a store in memory, and the people around it."""

    def __init__(self, *, desks: Desks | None = None, store: Callable[[Clock], MemoryStore] = MemoryStore, **settings: Any) -> None:
        self.clock = FrozenClock()
        self.store = store(self.clock)
        self.retriever = knowledge()
        self.desks = usual_desks(DESK) if desks is None else desks
        self.desk = DeskSettings(desks=self.desks, timezone=TOKYO, **settings)
        self.intake = Intake(self.store, self.desks)
        self.dispatcher = Dispatcher(store=self.store, retriever=self.retriever, bars=BARS, desk=self.desk, clock=self.clock)
        self.reminding = Reminding(store=self.store, settings=self.desk, retriever=self.retriever, clock=self.clock)
        self.edits: list[OutboundMessage] = []
        """How cards were changed by what was done last."""
        self._numbers = itertools.count(1)

    # what people do

    def message(self, text: str = "", **more: Any) -> InboundMessage:
        """Return what the asker writes now."""
        number = next(self._numbers)
        plain = InboundMessage(
            event_ids=(f"e{number}",),
            kind=InboundKind.TEXT,
            address=ASKER,
            sender="U1",
            sent_at=self.clock.now(),
            text=text,
            message_id=f"in{number}",
            reply_handle=f"handle{number}",
        )
        return replace(plain, **more)

    def take(self, *messages: InboundMessage) -> list[OutboundMessage]:
        """Take messages in and handle them; return what was said because of them (a card that changes says nothing)."""
        before = set(self.store.state.deliveries)
        self.intake.record(messages)
        self.dispatcher.run_pending()
        self.clock.advance(1)
        return self._new(before)

    def remind(self) -> list[OutboundMessage]:
        """Let the clock's tick do what is due; return what is said."""
        before = set(self.store.state.deliveries)
        self.reminding.run_due()
        return self._new(before)

    def _new(self, before: set[int]) -> list[OutboundMessage]:
        new = [row.delivery for name, row in self.store.state.deliveries.items() if name not in before]
        self.edits = [delivery.message for delivery in new if delivery.replaces is not None]
        return [delivery.message for delivery in new if delivery.replaces is None]

    def says(self, text: str, **more: Any) -> str:
        """Let the asker write; return what is said to them."""
        return self.reads(self.take(self.message(text, **more)))

    def presses(self, action: str, **more: Any) -> str:
        """Let the asker press a button; return what is said to them."""
        return self.reads(self.take(self.message(kind=InboundKind.ACTION, action=action, **more)))

    def sends(self, kind: InboundKind, **more: Any) -> str:
        """Let the asker do something else; return what is said to them."""
        return self.reads(self.take(self.message(kind=kind, **more)))

    def advises(self, text: str, card: str = "", *, room: Address = DESK, **more: Any) -> list[OutboundMessage]:
        """Let an advisor reply to a message in the desk's room; return everything that is said because of it."""
        place: dict[str, Any] = {"address": room, "sender": ADVISOR, "direct": False, "addressed": False}
        return self.take(self.message(text, **{**place, "reply_to": card, **more}))

    def register(self, name: str, sender: str, *desks: str, roles: Iterable[Role] = (Role.ADVISOR,), capacity: int = CAPACITY) -> Advisor:
        """Register somebody who writes as ``sender`` in the desk's channel."""
        with self.store.write() as work:
            address = Address(channel=DESK.channel, recipient=sender)
            advisor = work.advisors.add(name=name, address=address, desks=desks, roles=frozenset(roles), capacity=capacity)
            work.commit()
        return advisor

    @staticmethod
    def reads(messages: list[OutboundMessage], who: Address = ASKER) -> str:
        """Return what somebody reads of these messages."""
        return "\n".join(shown(message) for message in messages if message.to == who)

    def deliver(self) -> None:
        """Let everything in the outbox be sent."""
        for name, row in self.store.state.deliveries.items():
            if row.delivery.state is DeliveryState.QUEUED:
                first = row.delivery.replaces or name
                ids = (f"out{first}",)
                sent = replace(row.delivery, state=DeliveryState.SENT, sent_at=self.clock.now(), message_ids=ids)
                self.store.state.deliveries[name] = replace(row, delivery=sent)
                self.store.state.sent_messages[sent.message.to, ids[0]] = (first, 0)

    # what there is

    def card(self, number: int = 1) -> str:
        """Deliver everything; return the id of a ticket's card in its desk's room."""
        self.deliver()
        card = self.ticket(number).card
        assert card
        return self.store.state.deliveries[card].delivery.message_ids[0]

    def everything_to(self, who: Address) -> str:
        """Return all that was ever put into the outbox for somebody, changes of cards included."""
        return self.reads([row.delivery.message for row in self.store.state.deliveries.values()], who)

    def ticket(self, number: int = 1) -> Ticket:
        """Return a ticket as it stands."""
        with self.store.read() as work:
            ticket = work.tickets.get(number)
        assert ticket
        return ticket

    def tickets(self) -> list[str]:
        """Return the states of all tickets, by number."""
        return [ticket.state.value for ticket in self.store.state.tickets.values()]

    def history(self, number: int = 1) -> list[TicketEvent]:
        with self.store.read() as work:
            return list(work.tickets.history(number))

    def moves(self, number: int = 1) -> list[str]:
        return [event.move for event in self.history(number)]

    def outcomes(self) -> list[str]:
        """Return what became of each inquiry."""
        return [asked.outcome.value for asked in self.store.state.inquiries.values()]

    def inbox(self) -> dict[str, int]:
        with self.store.read() as work:
            return dict(work.inbox.counts())


def shown(message: OutboundMessage) -> str:
    """Return a message as plain lines."""
    lines = list(message.paragraphs)
    if message.card:
        lines += [message.card.title, *(block.text for block in message.card.blocks)]
        lines += [f"{source.title} {source.as_of} {source.url}" for source in message.card.sources] + [message.card.note]
    lines += [f"{number}. {choice.title}" for number, choice in enumerate(message.choices, 1)]
    return "\n".join([*lines, *(f"[{button.label}]" for button in message.buttons)])
