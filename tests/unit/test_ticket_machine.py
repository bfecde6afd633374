"""Whatever asker and advisor do, in whatever order: the history replays to the state, and nothing that stays inside gets out."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.chats import ADVISOR, ASKER, DESK, Chat

from clair_bot.domain.tickets import LIVE, MOVES, UNANSWERED, Move, TicketState

SECRET = "前例は開示できません"
ASKED = ("月面の話", "月面の別の話", "相談", "取消", "新しい質問", "再開", "役に立った", "入力しない", "○○市", "今週中", "状況", "3")
ADVISED = (
    *("お答えします。", f"メモ: {SECRET}", "担当", "担当解除", "割当 鈴木", "転送 II", "転送 IV", "保留 3日", "保留解除", "優先 至急"),
    *("定型 受領", "機密", "経過", "統合 1", "統合 2", "解決", "再開", "下書き", "一覧", "全文", "解決 しました"),
)
_steps = st.one_of(
    st.tuples(st.just("asker"), st.sampled_from(ASKED), st.just(1)),
    st.tuples(st.just("desk"), st.sampled_from(ADVISED), st.integers(1, 3)),
    st.tuples(st.just("clock"), st.sampled_from(["3600", "86400", "864000"]), st.just(1)),
)


def _begun() -> Chat:
    chat = Chat()
    chat.register("佐藤", ADVISOR)
    chat.register("鈴木", "U0OTHER")
    chat.says("月面の話")
    return chat


def _take(chat: Chat, who: str, text: str, number: int) -> None:
    if who == "asker":
        chat.says(text)
    elif who == "clock":
        chat.clock.advance(float(text))
        chat.remind()
    elif number in chat.store.state.tickets:
        said = chat.advises(text, chat.card(number))
        assert chat.reads(said, DESK).strip(), text  # the advisor always hears what came of it


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_steps, max_size=14))
def test_asker_advisor_and_clock_in_any_order(steps: list[tuple[str, str, int]]) -> None:
    chat = _begun()
    for who, text, number in steps:
        _take(chat, who, text, number)
        _check(chat)


def _check(chat: Chat) -> None:
    tickets = [chat.ticket(number) for number in chat.store.state.tickets]
    assert sum(ticket.state in LIVE for ticket in tickets) <= 1  # they are all of one conversation
    for ticket in tickets:
        assert (ticket.answer_due is not None) == (ticket.state in UNANSWERED), ticket
        assert ticket.state is _replayed(chat, ticket.id)
        with chat.store.read() as work:
            planned = work.reminders.planned(ticket.id)
        assert not planned or ticket.state not in {TicketState.CLOSED, TicketState.CANCELLED}
    for row in chat.store.state.deliveries.values():
        assert row.delivery.message.to != ASKER or SECRET not in "".join(row.delivery.message.paragraphs)


def _replayed(chat: Chat, number: int) -> TicketState:
    """Return the state to which a ticket's history leads; what somebody has in hand is not open."""
    state, held = TicketState.OPEN, False
    for event in chat.history(number)[1:]:
        move = Move(event.move)
        if move in {Move.CLAIM, Move.ASSIGN} or (move in {Move.REPLY, Move.FOLLOW_UP} and event.actor.startswith("advisor:")):
            held = True
        if move in {Move.RELEASE, Move.TRANSFER} or (move is Move.REOPEN and event.actor == "asker"):
            held = False
        state = MOVES[state, move]
        state = TicketState.ASSIGNED if state is TicketState.OPEN and held else state
    return state
