"""The desk: an inquiry becomes a ticket, and an advisor's reply in its thread reaches the asker."""

import re
from dataclasses import replace

from clair_bot.domain.articles import Area, Search
from clair_bot.domain.deliveries import DeliveryState, Priority
from clair_bot.domain.tickets import Move, Ticket
from clair_bot.messages import Block, BlockKind, Button, Card, InboundKind
from clair_bot.services.answering import Content
from clair_bot.services.languages import folded
from clair_bot.services.phrases import BY_LANGUAGE, DESK, JA, Phrases
from clair_bot.services.turns import Turn, Unsettled

_NOTE = re.compile(r"(メモ|note) *:")
_RESOLVE = {"解決", "resolve"}
_LATER = re.compile(
    r"担当|claim|再開|reopen|((割当|assign)( *@\S+)?)|((転送|transfer)( *(i|ii|iii|iv|v|vi|vii))?)|((保留|snooze)( *\d+ *\S{0,5})?)"
    r"|((一覧|list)( *(自分|期限超過|未割当))?)"
)
"""Words that ask something of the desk which is not served yet: they are no answer to the asker."""
_SURE_AREA = 0.2
"""Below this confidence the best candidate does not decide the area."""
_CANDIDATES = 3


def open_ticket(turn: Turn, question: str, search: Search) -> Ticket:
    """Store a ticket for the conversation and tell its desk."""
    area = _area_of(search)
    desk = turn.desks.room(area)
    ticket = turn.work.tickets.open(
        conversation=turn.conversation,
        desk=turn.work.conversations.moved(desk) if desk else None,
        area=area,
        question=question,
        candidates=[(hit.article.id, hit.confidence) for hit in search.hits[:_CANDIDATES]],
    )
    if ticket.desk:
        turn.send(ticket.desk, _card(turn, ticket, search), ticket_id=ticket.id, priority=Priority.DESK)
    return ticket


def give(turn: Turn, question: str, search: Search) -> str:
    """Give a question to the desk, with the live ticket or as a new one; return what the asker hears of it."""
    live = turn.work.tickets.live(turn.conversation.id)
    if live and tell_more(turn, live, question):
        return turn.phrases.added.format(number=live.id)
    ticket = open_ticket(turn, question, search)
    sentence = turn.phrases.opened if ticket.desk else turn.phrases.opened_without_desk
    return sentence.format(number=ticket.id)


def has(turn: Turn, ticket: Ticket, question: str) -> bool:
    """Tell whether the desk has this question with the ticket already."""
    asked = {"open", Move.ADD.value}
    return any(event.text == question and event.move in asked for event in turn.work.tickets.history(ticket.id))


def tell_more(turn: Turn, ticket: Ticket, text: str) -> bool:
    """Pass more words of the asker on to the desk; False when the ticket is no longer live."""
    tickets = turn.work.tickets
    current = tickets.get(ticket.id) or ticket  # an advisor may have moved it at this very moment
    if tickets.move(current, Move.ADD, actor=_actor(turn), text=text) is None:
        return False
    _tell_desk(turn, ticket, DESK.added.format(number=ticket.id), text)
    return True


def add_to_ticket(turn: Turn, ticket: Ticket) -> bool:
    """Take the message as part of the ticket; False when the ticket is no longer live."""
    if not tell_more(turn, ticket, turn.message.text):
        return False
    turn.say(Content(paragraphs=(turn.phrases.added.format(number=ticket.id),), buttons=(new_question_button(turn.phrases),)))
    return True


def cancel_ticket(turn: Turn, ticket: Ticket) -> None:
    """Withdraw the ticket as its asker wishes."""
    turn.work.tickets.move(ticket, Move.CANCEL, actor=_actor(turn), text="")
    _tell_desk(turn, ticket, DESK.cancelled.format(number=ticket.id))
    turn.say(Content(paragraphs=(turn.phrases.cancelled.format(number=ticket.id),)))


def withdraw_question(turn: Turn, ticket: Ticket) -> None:
    """Tell the desk that the question was taken back; the ticket goes with it."""
    turn.work.tickets.move(ticket, Move.CANCEL, actor=_actor(turn), text="")
    _tell_desk(turn, ticket, DESK.question_withdrawn.format(number=ticket.id))


def new_question_button(phrases: Phrases) -> Button:
    """Return the way out of an open ticket."""
    return Button(label=phrases.button_new, action="new")


def desk_room(turn: Turn) -> bool:
    """Rule 1: what is written in an advisors' room concerns the ticket that it replies to.

    Raises:
        Unsettled: It cannot be told yet whether there is such a ticket.
    """
    if turn.message.address not in {turn.work.conversations.moved(room) for room in turn.desks.rooms()}:
        return False
    ticket = turn.work.tickets.in_room(turn.message.address, turn.message.reply_to) if turn.message.reply_to else None
    if turn.message.kind is InboundKind.JOINED:
        turn.say(Content(paragraphs=(DESK.room,)))
    elif turn.message.kind not in {InboundKind.TEXT, InboundKind.MEDIA}:
        return turn.message.kind is InboundKind.ACTION
    elif ticket:
        _advise(turn, ticket)
    elif turn.message.reply_to and turn.work.outbox.unsettled(turn.message.address):
        raise Unsettled  # the card that it replies to may be one whose receipt we have not seen yet
    elif turn.message.addressed:
        turn.say(Content(paragraphs=(DESK.how,)))
    return True


def _advise(turn: Turn, ticket: Ticket) -> None:
    text = turn.message.text.strip()
    if not text:
        _confirm(turn, ticket, DESK.text_only)
    elif _NOTE.match(folded(text)):
        turn.work.tickets.move(ticket, Move.NOTE, actor=_actor(turn), text=text)
        _confirm(turn, ticket, DESK.noted)
    elif folded(text) in _RESOLVE:
        _resolve(turn, ticket)
    elif _LATER.fullmatch(folded(text)):
        _confirm(turn, ticket, DESK.not_served)
    else:
        _reply(turn, ticket, text)


def _reply(turn: Turn, ticket: Ticket, text: str) -> None:
    """Send an advisor's words to the asker, and give the asker the word: a number now answers the advisor.

    To a resolved ticket as well; but while the asker has another live one, what is written next belongs to that.
    """
    live = turn.work.tickets.live(ticket.conversation_id)
    move = Move.REPLY if live is None or live.id == ticket.id else Move.FOLLOW_UP
    if turn.work.tickets.move(ticket, move, actor=_actor(turn), text=text) is None:
        _refuse(turn, ticket)
        return
    asker = turn.work.conversations.by_id(ticket.conversation_id)
    phrases = BY_LANGUAGE[asker.language]
    if move is Move.REPLY:
        turn.work.conversations.put(replace(asker, aside=False, offered=(), offered_until=None))
    buttons = (new_question_button(phrases),) if move is Move.REPLY else ()
    content = Content(paragraphs=(phrases.reply.format(number=ticket.id), text), buttons=buttons)
    turn.send(ticket.asker, content, thread=ticket.asker_thread, language=asker.language, ticket_id=ticket.id)
    _confirm(turn, ticket, DESK.replied.format(number=ticket.id))


def _resolve(turn: Turn, ticket: Ticket) -> None:
    if turn.work.tickets.move(ticket, Move.RESOLVE, actor=_actor(turn), text="") is None:
        _refuse(turn, ticket)
        return
    asker = turn.work.conversations.by_id(ticket.conversation_id)
    content = Content(paragraphs=(BY_LANGUAGE[asker.language].resolved.format(number=ticket.id),))
    turn.send(ticket.asker, content, thread=ticket.asker_thread, language=asker.language, ticket_id=ticket.id)
    _confirm(turn, ticket, DESK.resolved.format(number=ticket.id))


def _refuse(turn: Turn, ticket: Ticket) -> None:
    current = turn.work.tickets.get(ticket.id) or ticket
    _confirm(turn, ticket, DESK.refused.format(number=ticket.id, state=JA.states[current.state]))


def _confirm(turn: Turn, ticket: Ticket, sentence: str) -> None:
    """Answer the advisor below the ticket."""
    turn.send(
        turn.message.address,
        Content(paragraphs=(sentence,)),
        reply_to=turn.message.reply_to,
        reply_handle=turn.take_handle(),
        ticket_id=ticket.id,
        priority=Priority.DESK,
    )


def _tell_desk(turn: Turn, ticket: Ticket, *paragraphs: str) -> None:
    if ticket.desk:
        turn.send(ticket.desk, Content(paragraphs=paragraphs), ticket_id=ticket.id, priority=Priority.DESK)


def _area_of(search: Search) -> Area | None:
    best = search.hits[0] if search.hits else None
    return best.article.area if best and best.confidence >= _SURE_AREA else None


def _actor(turn: Turn) -> str:
    return f"{turn.message.address.channel}:{turn.message.sender or turn.message.address.recipient}"


def _card(turn: Turn, ticket: Ticket, search: Search) -> Content:
    near = [
        Block(kind=BlockKind.ITEM, text=DESK.candidate.format(title=hit.article.title, percent=round(hit.confidence * 100)))
        for hit in search.hits[:_CANDIDATES]
    ]
    blocks = (
        Block(kind=BlockKind.HEADING, text=DESK.question),
        Block(kind=BlockKind.PARAGRAPH, text=ticket.question),
        *((Block(kind=BlockKind.HEADING, text=DESK.candidates), *near) if near else ()),
    )
    area = JA.areas[ticket.area] if ticket.area else DESK.no_area
    note = DESK.channel.format(channel=turn.message.address.channel)
    return Content(paragraphs=(DESK.intro,), card=Card(title=DESK.title.format(number=ticket.id, area=area), blocks=blocks, note=note))


def not_arrived(ticket_id: int, reason: str, state: DeliveryState) -> Content:
    """Return what the desk hears when a reply did not reach the asker, may not have, or will have to wait."""
    sentence = {DeliveryState.UNCERTAIN: DESK.uncertain, DeliveryState.QUEUED: DESK.delayed}.get(state, DESK.undelivered)
    return Content(paragraphs=(sentence.format(number=ticket_id, reason=reason),))
