"""Deeds: for each word and button of an advisor, what is done, and what the advisor hears of it."""

from collections.abc import Callable
from typing import Final

from clair_bot.domain.sealing import OUTSIDE
from clair_bot.domain.tickets import Move, Ticket
from clair_bot.messages import Address, InboundKind
from clair_bot.services.answering import Content
from clair_bot.services.desk import files, handing, lists, moves, orders
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.canned import send_canned, show_canned
from clair_bot.services.desk.cards import desk_button
from clair_bot.services.desk.drafts import draft_of, show_draft
from clair_bot.services.desk.moves import Result
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import notice, tell_person
from clair_bot.services.phrases import DESK
from clair_bot.services.turns import Turn

Deed = Callable[[Turn, Actor, Ticket, str], Content]
"""Given who asks, of which ticket, and what follows the word."""
_SPANS = ("1日", "3日", "1週間")


def _say(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    if turn.message.kind is InboundKind.MEDIA and turn.message.attachments:
        return files.pass_to_asker(turn.shift, actor, ticket, turn.message, rest)
    if not rest:
        return notice(DESK.text_only if turn.message.kind is InboundKind.MEDIA else DESK.text_missing)
    return notice(moves.reply(turn.shift, actor, ticket, rest).sentence)


def _note(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    return notice(moves.note(turn.shift, actor, ticket, rest).sentence if rest else DESK.text_missing)


def _assign(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    return notice(handing.assign(turn.shift, actor, ticket, rest).sentence)


def _transfer(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    if not rest:
        desks = [desk for desk in turn.desks.by_key.values() if desk.key != ticket.desk_key]
        names = "、".join(f"{desk.key} {desk.name}" for desk in desks)
        buttons = tuple(desk_button(ticket, "transfer", DESK.transfer_to.format(key=desk.key), desk.key) for desk in desks)
        return Content(paragraphs=(DESK.transfer_which.format(number=ticket.id, names=names),), buttons=buttons)
    found = orders.read_desk(turn.desks, rest)
    if found is None:
        return notice(DESK.transfer_unknown.format(text=rest.split(maxsplit=1)[0][:20]))
    return notice(handing.transfer(turn.shift, actor, ticket, *found).sentence)


def _snooze(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    if not rest:
        spans = zip(("1d", "3d", "1w"), _SPANS, strict=True)
        buttons = tuple(desk_button(ticket, "snooze", DESK.snooze_for.format(span=label), span) for span, label in spans)
        return Content(paragraphs=(DESK.snooze_which.format(number=ticket.id),), buttons=buttons)
    until = orders.read_moment(rest, turn.now, turn.desks.get(ticket.desk_key).calendar)
    return notice(handing.snooze(turn.shift, actor, ticket, until).sentence if until else DESK.snooze_how)


def _prioritize(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    urgency = orders.URGENCIES.get(rest.casefold())
    return notice(handing.prioritize(turn.shift, actor, ticket, urgency).sentence if urgency else DESK.prioritize_how)


def _canned(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    if not rest or rest.startswith(("?", "？")):
        return show_canned(turn.shift, rest.lstrip("?？ "))
    return notice(send_canned(turn.shift, actor, ticket, rest).sentence)


def _merge(turn: Turn, actor: Actor, ticket: Ticket, rest: str) -> Content:
    number = rest.removeprefix("#").removeprefix("受付番号")
    return notice(moves.merge(turn.shift, actor, ticket, int(number)).sentence if number.isdecimal() else DESK.merge_how)


def _read(turn: Turn, actor: Actor, ticket: Ticket, _rest: str) -> Content:
    """Send what is masked or confidential to the advisor alone, and write down who read it."""
    moves.move(turn.shift, actor, ticket, Move.READ)
    history = turn.work.tickets.history(ticket.id)
    told = [event.text for event in history if event.actor == "asker" and event.move != "open" and event.text]
    full = Content(paragraphs=(DESK.full.format(number=ticket.id), ticket.question, *told))
    if turn.message.direct and not (ticket.confidential and turn.message.address.channel in OUTSIDE):
        return full
    tell_person(turn.shift, Address(channel=turn.message.address.channel, recipient=turn.message.sender), full, ticket)
    return notice(DESK.full_sent.format(number=ticket.id))


def _history(turn: Turn, _actor: Actor, ticket: Ticket, _rest: str) -> Content:
    return lists.show_history(turn.shift, ticket)


def _draft(turn: Turn, actor: Actor, ticket: Ticket, _rest: str) -> Content:
    draft = show_draft(draft_of(turn.shift, actor, ticket))
    if not (ticket.confidential and turn.message.address.channel in OUTSIDE):
        return draft
    tell_person(turn.shift, turn.message.address, draft, ticket)
    return notice(DESK.draft_sealed.format(number=ticket.id))


def _plain(deed: Callable[[Shift, Actor, Ticket], Result]) -> Deed:
    """Return a deed that takes no further word."""
    return lambda turn, actor, ticket, _rest: notice(deed(turn.shift, actor, ticket).sentence)


DEEDS: Final[dict[str, Deed]] = {
    "say": _say,
    "reply": _say,
    "note": _note,
    "claim": _plain(handing.claim),
    "assign": _assign,
    "release": _plain(moves.release),
    "transfer": _transfer,
    "snooze": _snooze,
    "wake": _plain(handing.wake),
    "prioritize": _prioritize,
    "canned": _canned,
    "seal": _plain(moves.seal),
    "read": _read,
    "history": _history,
    "merge": _merge,
    "resolve": _plain(moves.resolve),
    "reopen": _plain(moves.reopen),
    "draft": _draft,
}
