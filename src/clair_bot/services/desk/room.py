"""The room: what advisors write to tickets, in their desk's room or in a private chat with the bot."""

from clair_bot.domain.tickets import Ticket
from clair_bot.messages import InboundKind
from clair_bot.services.answering import Content
from clair_bot.services.desk import lists, orders, rooms
from clair_bot.services.desk.actors import Actor, actor_at, may_act
from clair_bot.services.desk.deeds import DEEDS
from clair_bot.services.desk.orders import Order, read_order
from clair_bot.services.desk.persons import away, back
from clair_bot.services.desk.telling import notice
from clair_bot.services.phrases import DESK
from clair_bot.services.turns import Turn, Unsettled

_SPOKEN = frozenset({InboundKind.TEXT, InboundKind.MEDIA})


def desk_room(turn: Turn) -> bool:
    """Rule 1: what is written in an advisors' room, or by an advisor in private to or about a ticket, concerns that ticket.

    Raises:
        Unsettled: It cannot be told yet whether there is such a ticket.
    """
    message = turn.message
    in_room = message.address in turn.shift.rooms()
    actor = actor_at(turn.shift, channel=message.address.channel, sender=message.sender, in_room=in_room)
    if not in_room:
        return actor is not None and (_in_private if message.direct else _elsewhere)(turn, actor)
    if message.kind is InboundKind.JOINED:
        turn.say(notice(DESK.room))
        rooms.show_again(turn.shift, message.address)
        return True
    if message.kind is InboundKind.LEFT:
        rooms.tell_lost(turn.shift, message.address)
        return False
    if message.kind is InboundKind.ACTION:
        _press(turn, actor)
        return True
    return message.kind in _SPOKEN and _in_room(turn, actor)


def _in_room(turn: Turn, actor: Actor | None) -> bool:
    ticket = _replied_to(turn)
    order = read_order(turn.message.text, in_thread=ticket is not None)
    if ticket is None and turn.message.reply_to and turn.work.outbox.unsettled(turn.message.address):
        raise Unsettled  # the card that it replies to may be one whose receipt we have not seen yet
    if ticket is None and order.verb in {"say", "help"}:
        if turn.message.addressed:
            _answer(turn, notice(DESK.how))
    elif ticket is None and not turn.message.addressed and order.number is None and order.verb not in orders.WITHOUT_TICKET:
        return True  # advisors talk among themselves
    elif actor is None:
        _answer(turn, notice(DESK.not_advisor), ticket)
    else:
        _carry_out(turn, actor, order, ticket)
    return True


def _in_private(turn: Turn, actor: Actor) -> bool:
    """Take an advisor's words about somebody else's ticket; everything else an advisor may ask like anybody."""
    message = turn.message
    if message.kind is InboundKind.ACTION:
        return message.action.startswith("t:") and (_press(turn, actor) or True)
    if message.kind not in _SPOKEN:
        return False
    ticket = _replied_to(turn)
    if ticket is not None and ticket.conversation_id == turn.conversation.id:
        return False  # an advisor who asks is an asker
    order = read_order(message.text, in_thread=ticket is not None)
    if ticket is None and (order.verb in {"say", "help", "reopen"} or (order.rest and not order.number and order.verb != "list")):
        return False
    _carry_out(turn, actor, order, ticket)
    return True


def _elsewhere(turn: Turn, _actor: Actor) -> bool:
    """In a room that is no desk's, tickets are not worked: others would read it."""
    order = read_order(turn.message.text, in_thread=False)
    if turn.message.kind not in _SPOKEN or not turn.message.addressed or order.verb == "say" or order.number is None:
        return False
    turn.say(notice(DESK.no_desk_here))
    return True


def _replied_to(turn: Turn) -> Ticket | None:
    return turn.work.tickets.behind(turn.message.address, turn.message.reply_to) if turn.message.reply_to else None


def _press(turn: Turn, actor: Actor | None) -> bool:
    """Do what a button says: ``t:claim:12``, ``t:transfer:12:NY``."""
    _, _, rest = turn.message.action.partition(":")
    verb, _, rest = rest.partition(":")
    number, _, rest = rest.partition(":")
    if not turn.message.action.startswith("t:") or not number.isdecimal():
        return False
    if actor is None:
        _answer(turn, notice(DESK.not_advisor))
    elif ticket := _named(turn, int(number)):
        _act(turn, actor, ticket, Order(verb=verb, word=verb, number=None, rest=rest))
    return True


def _carry_out(turn: Turn, actor: Actor, order: Order, ticket: Ticket | None) -> None:
    if order.verb in orders.WITHOUT_TICKET:
        _without_ticket(turn, actor, order, ticket)
        return
    if order.number is not None:
        ticket = _named(turn, order.number)
    elif ticket is None:
        _answer(turn, notice(DESK.number_missing.format(word=order.word)))
    if ticket is not None:
        _act(turn, actor, ticket, order)


def _named(turn: Turn, number: int) -> Ticket | None:
    ticket = turn.work.tickets.lock(number)
    if ticket is None:
        _answer(turn, notice(DESK.number_unknown.format(number=number)))
    return ticket


def _without_ticket(turn: Turn, actor: Actor, order: Order, ticket: Ticket | None) -> None:
    if order.rest and order.verb in {"back", "help"}:
        _answer(turn, notice(DESK.extra.format(word=order.word)), ticket)
    elif order.verb == "list":
        which = lists.FILTERS.get(order.rest.strip())
        known = notice(DESK.extra.format(word=order.word)) if which is None else None
        _answer(turn, known or lists.show_listing(turn.shift, lists.listing(turn.shift, actor, which or "all")), ticket)
    elif order.verb == "away":
        _answer(turn, notice(away(turn.shift, actor, order.rest)), ticket)
    elif order.verb == "back":
        _answer(turn, notice(back(turn.shift, actor)), ticket)
    else:
        _answer(turn, notice(DESK.how), ticket)


def _act(turn: Turn, actor: Actor, ticket: Ticket, order: Order) -> None:
    """Do what an advisor asks of a ticket, if they may."""
    if not may_act(turn.shift, actor, ticket):
        desk = turn.desks.get(ticket.desk_key)
        _answer(turn, notice(DESK.not_yours.format(number=ticket.id, desk=desk.name)), ticket)
    elif not order.is_clear:
        _answer(turn, notice(DESK.extra.format(word=order.word)), ticket)
    else:
        _answer(turn, DEEDS.get(order.verb, _unknown)(turn, actor, ticket, order.rest), ticket)


def _unknown(_turn: Turn, _actor: Actor, _ticket: Ticket, _rest: str) -> Content:
    """A button of an older version."""
    return notice(DESK.how)


def _answer(turn: Turn, content: Content, ticket: Ticket | None = None) -> None:
    """Answer the advisor where they wrote, below the ticket."""
    turn.answer_desk(content, ticket)
