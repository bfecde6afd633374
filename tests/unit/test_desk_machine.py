"""Two askers, three advisors and the clock in any order, beside a model that only counts: what must hold after every step."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.chats import ASKER, DESK, Chat, shown

from clair_bot.domain.desks import Office
from clair_bot.domain.tickets import IN_HAND, LIVE, MOVES, UNANSWERED, CannedReply, Move, Ticket, TicketState
from clair_bot.messages import Address, InboundKind

OTHER = Address(channel="telegram", recipient="9")
ASKERS = (ASKER, OTHER)
ADVISORS = ("U1", "U2", "U3")
HIDDEN = "内緒の前例"
"""Stands in every note, and must never stand before an asker."""
ORDERS = {
    "claim": "担当",
    "release": "担当解除",
    "assign": "割当 鈴木",
    "transfer": "転送 NY",
    "snooze": "保留 2日",
    "wake": "保留解除",
    "prioritize": "優先 急ぎ",
    "resolve": "解決",
    "reopen": "再開",
    "seal": "機密",
    "read": "全文",
    "draft": "下書き",
    "history": "経過",
    "receipt": "定型 受領",
}
CANNED = (CannedReply(key="受領", text="受け取りました。", answers=False),)
REFUSED = ("できません", "すでに", "まだ回答がありません", "期間を過ぎています", "なっていません", "ではありません")
numbers = st.integers(min_value=1, max_value=6)
advisors = st.sampled_from(ADVISORS)
askers = st.sampled_from(ASKERS)


class DeskMachine(RuleBasedStateMachine):
    """Everybody at work. The model: which words went to which asker."""

    @initialize()
    def begin(self) -> None:
        self.chat = Chat(templates=CANNED, base_url="https://desk.example.test")
        for name, sender, desks in (("佐藤", "U1", ("IV",)), ("鈴木", "U2", ("IV", "VII")), ("高橋", "U3", ("VII", Office.NEW_YORK))):
            self.chat.register(name, sender, *desks)
        self.words = 0
        self.sent = 0
        self.asks(ASKER, "月面の話")

    # askers

    @rule(
        who=askers, text=st.sampled_from(["月面の話", "相談", "取消", "再開", "新しい質問", "○○市", "韓国", "明日まで", "役に立った", "7"])
    )
    def asks(self, who: Address, text: str) -> None:
        said = self.chat.take(self.chat.message(text, address=who, sender=who.recipient))
        assert self.chat.reads(said, who), text

    @rule(who=askers, number=numbers)
    def reopens(self, who: Address, number: int) -> None:
        before = {ticket.id: ticket for ticket in self.tickets() if ticket.asker != who}
        pressed = self.chat.message(kind=InboundKind.ACTION, action=f"reopen:{number}", address=who, sender=who.recipient)
        assert self.chat.reads(self.chat.take(pressed), who)
        assert all(self.chat.ticket(name) == ticket for name, ticket in before.items())  # nobody else's

    # advisors

    def _orders(self, sender: str, number: int, text: str, **more: Any) -> tuple[Ticket, str]:
        """Let an advisor write below a ticket; return it as it was, and what the advisor hears."""
        before, card = self.chat.ticket(number), self.chat.card(number)
        moves = self.chat.moves(number)
        said = self.chat.advises(text, card, sender=sender, **more)
        heard = self.chat.reads([message for message in said if message.reply_to == card], DESK)
        assert heard.strip(), text
        assert ("相談のため、操作できません" in heard) != self._may(sender, before)
        if self.chat.moves(number) == moves and before != self.chat.ticket(number):
            raise AssertionError("something changed that was not written down")
        return before, heard

    def _may(self, sender: str, ticket: Ticket) -> bool:
        with self.chat.store.read() as work:
            advisor = work.advisors.at(Address(channel=DESK.channel, recipient=sender))
        assert advisor
        stands_in = ticket.desk_key in set(Office) - {Office.NEW_YORK} and "VII" in advisor.desks  # nobody sits at the other offices
        return ticket.desk_key in advisor.desks or stands_in or ticket.assignee == advisor.id

    def _each(self, number: int) -> int:
        return (number - 1) % len(self.chat.store.state.tickets) + 1

    @rule(sender=advisors, number=numbers)
    def replies(self, sender: str, number: int) -> None:
        self.words += 1
        text = f"{self.words}番目の回答です"
        before, _ = self._orders(sender, self._each(number), text)
        arrived = sum(text in shown(message) for message in self._to_askers())
        sealed = sum(text in sealed.text for sealed in self.chat.store.state.sealed.values())
        answers = before.state in IN_HAND | {TicketState.MERGED, TicketState.RESOLVED} and self._may(sender, before)
        assert (arrived + sealed > 0) == answers

    @rule(sender=advisors, number=numbers)
    def notes(self, sender: str, number: int) -> None:
        _, heard = self._orders(sender, self._each(number), f"メモ: {HIDDEN}")
        assert "相談者には送っていません" in heard

    @rule(sender=advisors, number=numbers, verb=st.sampled_from(sorted(ORDERS)))
    def orders(self, sender: str, number: int, verb: str) -> None:
        number = self._each(number)
        before, heard = self._orders(sender, number, ORDERS[verb])
        allowed = verb not in set(Move) or (before.state, Move(verb)) in MOVES
        if not allowed:
            assert any(sentence in heard for sentence in REFUSED), (verb, before.state, heard)
            assert self.chat.ticket(number) == before

    @rule(sender=advisors, number=numbers, into=numbers)
    def merges(self, sender: str, number: int, into: int) -> None:
        self._orders(sender, self._each(number), f"統合 {into}")

    @precondition(lambda self: self.words > 0)
    @rule(sender=advisors, number=numbers)
    def changes_into_a_note(self, sender: str, number: int) -> None:
        """Below a ticket a reply is written and then made a note: the asker has the reply, and nothing of the note."""
        self._orders(sender, self._each(number), "お答えします。", message_id=f"edit{self.words}")
        self.chat.advises(f"メモ: {HIDDEN}", sender=sender, kind=InboundKind.EDITED, message_id=f"edit{self.words}")
        self.words += 1

    # the clock

    @rule(hours=st.sampled_from([1, 24, 100, 400]))
    def time_passes(self, hours: int) -> None:
        self.chat.clock.advance(hours * 3600)
        self.chat.remind()
        assert self.chat.remind() == []

    # what always holds

    def tickets(self) -> list[Ticket]:
        return [self.chat.ticket(number) for number in self.chat.store.state.tickets]

    def _to_askers(self) -> list[Any]:
        return [row.delivery.message for row in self.chat.store.state.deliveries.values() if row.delivery.message.to in ASKERS]

    @invariant()
    def each_asker_has_one_live_ticket_at_most(self) -> None:
        for who in ASKERS:
            assert sum(ticket.state in LIVE and ticket.asker == who for ticket in self.tickets()) <= 1

    @invariant()
    def an_answer_is_due_while_it_is_the_desks_turn(self) -> None:
        for ticket in self.tickets():
            assert (ticket.answer_due is not None) == (ticket.state in UNANSWERED), ticket

    @invariant()
    def the_history_replays_to_the_state(self) -> None:
        for ticket in self.tickets():
            assert _replayed(self.chat, ticket.id) is ticket.state, self.chat.moves(ticket.id)

    @invariant()
    def no_note_stands_before_an_asker(self) -> None:
        for message in self._to_askers()[self.sent :]:
            assert HIDDEN not in shown(message)
        self.sent = len(self._to_askers())


def _replayed(chat: Chat, number: int) -> TicketState:
    """Return the state to which the moves lead; what somebody has in hand is not open."""
    state, held = TicketState.OPEN, False
    changes: Mapping[Move, Callable[[bool, str], bool]] = {
        Move.CLAIM: lambda _held, _actor: True,
        Move.ASSIGN: lambda _held, _actor: True,
        Move.RELEASE: lambda _held, _actor: False,
        Move.TRANSFER: lambda _held, _actor: False,
        Move.REPLY: lambda held, actor: held or actor.startswith("advisor"),
        Move.FOLLOW_UP: lambda held, actor: held or actor.startswith("advisor"),
        Move.REOPEN: lambda held, actor: held and actor != "asker",
    }
    for event in chat.history(number)[1:]:
        move = Move(event.move)
        if not (move is Move.REPLY and state is TicketState.MERGED and chat.ticket(number).merged_into):
            held = changes[move](held, event.actor) if move in changes else held
        state = MOVES[state, move]
        if held and state is TicketState.OPEN:
            state = TicketState.ASSIGNED
    return state


DeskMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestDesk = DeskMachine.TestCase
