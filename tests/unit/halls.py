"""A town hall's desk in a SQLite file: tickets that were opened by the product's own means, and commands beside them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from tests.unit.commands import Result, Shell
from tests.unit.desks import TOKYO

from clair_bot.bootstrap import SystemClock
from clair_bot.desks.reading import read_desks
from clair_bot.domain.articles import Area
from clair_bot.domain.tickets import Move, Rating, Ticket, TicketEvent, TicketState
from clair_bot.messages import Address
from clair_bot.ports import UnitOfWork
from clair_bot.services.desk import targets
from clair_bot.services.desk.cards import post_card
from clair_bot.services.desk.shifts import DeskSettings, Shift
from clair_bot.services.speaking import Speech
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.retrievers import ScriptedRetriever

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in Tokyo."""
ROOM = Address(channel="web", recipient="desk")
QUESTION = "月面基地に補助金は出ますか"


class Hall:
    """Shell, database and clock."""

    def __init__(self, shell: Shell, url: str) -> None:
        shell.set(DATABASE_URL=url, CLAIR_DESK=str(ROOM))
        self.shell = shell
        self.run = shell.run
        self.store = SqlStore(open_engine(url), SystemClock())
        desks = read_desks(file=None, everyone=ROOM, rooms={}, timezone=TOKYO)
        self.settings = DeskSettings(desks=desks, timezone=TOKYO)
        self.opened = 0

    def done(self, *words: str) -> Result:
        """Run a command that succeeds."""
        result = self.run(*words)
        assert (result.status, result.err) == (0, ""), result
        return result

    def refused(self, *words: str, status: int = 1) -> str:
        """Run a command that fails; return its one sentence."""
        result = self.run(*words)
        assert (result.status, result.out) == (status, ""), result
        assert len(result.err.splitlines()) == 1 or status == 2
        return result.err

    def staff(self) -> None:
        """Register somebody at two desks, and an editor."""
        self.done("advisor", "add", "slack:U1", "--name", "佐藤", "--areas", "IV")
        self.done("advisor", "add", "slack:U2", "--name", "鈴木", "--areas", "I")
        self.done("advisor", "add", "slack:U3", "--name", "高橋", "--roles", "editor")

    def open(self, question: str = QUESTION, *, area: Area | None = Area.IV, confidential: bool = False) -> int:
        """Let somebody ask what only the desk can answer; return the number."""
        self.opened += 1
        with self.store.write() as work:
            shift = self._shift(work, f"open:{self.opened}")
            conversation = work.conversations.get(Address(channel="web", recipient=f"asker{self.opened}"), "")
            desk = replace(self.settings.desks.of(area, None), confidential=confidential)
            ticket = work.tickets.open(
                conversation=conversation, desk=desk, area=area, office=None, question=question, terms=("月面",), candidates=[("iv-1", 0.1)]
            )
            ticket = work.tickets.place(replace(targets.aim(shift, ticket, desk), desk=desk.room))
            post_card(shift, ticket)
            work.commit()
        return ticket.id

    def rate(self, number: int, rating: str) -> None:
        """Let the asker say how it was."""
        self.asker(number, Move.RATE, becomes=replace(self.ticket(number), rating=Rating(rating)))

    def asker(self, number: int, move: Move, *, becomes: Ticket | None = None) -> None:
        """Make a move of the asker's."""
        with self.store.write() as work:
            assert work.tickets.move(self.ticket(number), move, actor="asker", becomes=becomes)
            work.commit()

    def ticket(self, number: int) -> Ticket:
        with self.store.read() as work:
            found = work.tickets.get(number)
        assert found
        return found

    def state(self, number: int) -> TicketState:
        return self.ticket(number).state

    def history(self, number: int) -> list[TicketEvent]:
        with self.store.read() as work:
            return list(work.tickets.history(number))

    def queued(self) -> int:
        """Count what waits to be sent."""
        with self.store.read() as work:
            return work.outbox.counts().get("queued", 0)

    def said(self, to: Address) -> str:
        """Return everything that waits for somebody."""
        with self.store.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT payload FROM delivery WHERE channel = ? AND recipient = ?", (to.channel, to.recipient)
            )
            return "\n".join(json.dumps(json.loads(row[0]), ensure_ascii=False) for row in rows)

    def _shift(self, work: UnitOfWork, cause: str) -> Shift:
        return Shift(work=work, speech=Speech(work, cause), settings=self.settings, retriever=ScriptedRetriever(), now=SystemClock().now())
