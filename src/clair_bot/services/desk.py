"""The desk: an inquiry becomes a ticket, and an advisor's reply in its thread reaches the asker."""

from dataclasses import replace

from clair_bot.domain.articles import Area, Search
from clair_bot.domain.deliveries import Priority
from clair_bot.domain.tickets import Move, Ticket
from clair_bot.messages import Block, BlockKind, Button, Card, InboundKind
from clair_bot.services.answering import Content
from clair_bot.services.languages import folded
from clair_bot.services.phrases import BY_LANGUAGE, DESK, JA, Phrases
from clair_bot.services.turns import Turn

_NOTE = ("メモ:", "メモ：", "note:", "note：")
_RESOLVE = {"解決", "resolve"}
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


def opened(ticket: Ticket, phrases: Phrases) -> str:
    """Return what the asker hears of a new ticket."""
    sentence = phrases.opened if ticket.desk else phrases.opened_without_desk
    return sentence.format(number=ticket.id)


def tell_more(turn: Turn, ticket: Ticket, text: str) -> bool:
    """Pass more words of the asker on to the desk; False when the ticket is no longer live."""
    if turn.work.tickets.move(ticket, Move.ADD, actor=_actor(turn), text=text) is None:
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
    """Rule 1: what is written in an advisors' room concerns the ticket that it replies to."""
    if turn.message.address not in {turn.work.conversations.moved(room) for room in turn.desks.rooms()}:
        return False
    ticket = turn.work.tickets.in_room(turn.message.address, turn.message.reply_to) if turn.message.reply_to else None
    if turn.message.kind is InboundKind.JOINED:
        turn.say(Content(paragraphs=(DESK.room,)))
    elif turn.message.kind not in {InboundKind.TEXT, InboundKind.MEDIA}:
        return turn.message.kind is InboundKind.ACTION
    elif ticket:
        _advise(turn, ticket)
    elif turn.message.addressed:
        turn.say(Content(paragraphs=(DESK.how,)))
    return True


def _advise(turn: Turn, ticket: Ticket) -> None:
    text = turn.message.text.strip()
    if not text:
        _confirm(turn, ticket, DESK.text_only)
    elif text.casefold().startswith(_NOTE):
        turn.work.tickets.move(ticket, Move.NOTE, actor=_actor(turn), text=text)
        _confirm(turn, ticket, DESK.noted)
    elif folded(text) in _RESOLVE:
        _resolve(turn, ticket)
    else:
        _reply(turn, ticket, text)


def _reply(turn: Turn, ticket: Ticket, text: str) -> None:
    if turn.work.tickets.move(ticket, Move.REPLY, actor=_actor(turn), text=text) is None:
        _refuse(turn, ticket)
        return
    asker = turn.work.conversations.by_id(ticket.conversation_id)
    if asker.aside:
        turn.work.conversations.put(replace(asker, aside=False))
    phrases = BY_LANGUAGE[asker.language]
    content = Content(paragraphs=(phrases.reply.format(number=ticket.id), text), buttons=(new_question_button(phrases),))
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
    handle = turn.message.reply_handle if turn.said == 0 else ""
    content = Content(paragraphs=(sentence,))
    turn.send(
        turn.message.address, content, reply_to=turn.message.reply_to, reply_handle=handle, ticket_id=ticket.id, priority=Priority.DESK
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


def reply_failed(ticket_id: int, reason: str, *, uncertain: bool) -> Content:
    """Return what the desk hears when a reply did not, or may not have, reached the asker."""
    sentence = DESK.uncertain if uncertain else DESK.undelivered
    return Content(paragraphs=(sentence.format(number=ticket_id, reason=reason),))
