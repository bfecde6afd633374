"""Moves: what an advisor does to a ticket, from any chat, the command line or a page. Each returns what the advisor hears."""

from dataclasses import dataclass, replace

from clair_bot.domain.sealing import OUTSIDE
from clair_bot.domain.tickets import IN_HAND, UNANSWERED, Move, Ticket, TicketState
from clair_bot.messages import Button
from clair_bot.services.answering import Content
from clair_bot.services.desk import targets
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.cards import assignee_of, refresh_card
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import asker_phrases, notice, tell_asker
from clair_bot.services.phrases import DESK


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a move."""

    sentence: str
    """For the advisor."""
    ticket: Ticket | None = None
    """As it is now; None when nothing was done."""


def refused(shift: Shift, ticket: Ticket) -> Result:
    """Return that a ticket's state does not allow it."""
    current = shift.work.tickets.get(ticket.id) or ticket
    return Result(sentence=DESK.refused.format(number=ticket.id, state=DESK.states[current.state]))


def done(shift: Shift, ticket: Ticket, sentence: str) -> Result:
    """Return success, and let the card show it."""
    refresh_card(shift, ticket)
    return Result(sentence=sentence, ticket=ticket)


def move(  # noqa: PLR0917  # read as a sentence: who does what to which ticket, saying what
    shift: Shift, actor: Actor, ticket: Ticket, kind: Move, text: str = "", becomes: Ticket | None = None
) -> Ticket | None:
    """Make a move in somebody's name."""
    return shift.work.tickets.move(ticket, kind, actor=actor.mark, text=text, becomes=becomes, source=shift.source)


def reply(shift: Shift, actor: Actor, ticket: Ticket, text: str, *, template: str = "") -> Result:
    """Send an advisor's words to the asker, and to those whose tickets are answered together with this one.

    The asker has the word then: a number answers the advisor. To a resolved ticket as well; but while the asker has another live one,
    what is written next belongs to that.
    """
    live = shift.work.tickets.live(ticket.conversation_id)
    kind = Move.REPLY if live is None or live.id == ticket.id else Move.FOLLOW_UP
    becomes = replace(
        ticket, assignee=ticket.assignee or actor.id, answered_at=ticket.answered_at or shift.now, answer_due=None, snoozed_until=None
    )
    answered = shift.work.tickets.move(ticket, kind, actor=actor.mark, text=text, becomes=becomes, source=shift.source, template=template)
    if answered is None:
        return refused(shift, ticket)
    _say_reply(shift, answered, text, listening=kind is Move.REPLY)
    if kind is Move.REPLY:
        targets.await_asker(shift, answered, shift.desk_of(answered))
        for other in shift.work.tickets.merged_into(ticket.id):
            also = move(shift, actor, other, Move.REPLY, text, replace(other, answered_at=other.answered_at or shift.now))
            if also:
                _say_reply(shift, also, text, listening=True)
    return done(shift, answered, DESK.replied.format(number=ticket.id))


def _say_reply(shift: Shift, ticket: Ticket, text: str, *, listening: bool) -> None:
    phrases = asker_phrases(shift, ticket)
    if listening:
        asker = shift.work.conversations.by_id(ticket.conversation_id)
        shift.work.conversations.put(replace(asker, aside=False, offered=(), offered_until=None, asking=""))
    buttons = (Button(label=phrases.button_new, action="new"),) if listening else ()
    tell_asker(shift, ticket, Content(paragraphs=(phrases.reply.format(number=ticket.id), text), buttons=buttons))


def send_receipt(shift: Shift, actor: Actor, ticket: Ticket, text: str, *, template: str) -> Result:
    """Send an advisor's words that are no answer to the asker, and to those whose tickets are answered together with this one.

    Whose turn it is, what was promised and the talk with the asker stay as they are.
    """
    sent = [
        shift.work.tickets.move(one, Move.RECEIPT, actor=actor.mark, text=text, source=shift.source, template=template)
        for one in (ticket, *shift.work.tickets.merged_into(ticket.id))
    ]
    if sent[0] is None:
        return refused(shift, ticket)
    for one in filter(None, sent):
        tell_asker(shift, one, Content(paragraphs=(DESK.receipt.format(number=one.id), text)))
    return Result(sentence=DESK.receipt_sent.format(number=ticket.id), ticket=ticket)


def note(shift: Shift, actor: Actor, ticket: Ticket, text: str) -> Result:
    """Write down something that stays inside."""
    move(shift, actor, ticket, Move.NOTE, text)
    return Result(sentence=DESK.noted.format(number=ticket.id), ticket=ticket)


def resolve(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Say that it is answered; the asker is asked how it was."""
    together = [ticket, *shift.work.tickets.merged_into(ticket.id)]
    resolved = [move(shift, actor, one, Move.RESOLVE, "", _finished(shift, one)) for one in together]
    if resolved[0] is None:
        return refused(shift, ticket)
    for one in filter(None, resolved):
        targets.finish(shift, one, shift.desk_of(one))
        _ask_how_it_was(shift, one)
    return done(shift, resolved[0], DESK.resolved.format(number=ticket.id))


def _finished(shift: Shift, ticket: Ticket) -> Ticket:
    return replace(ticket, resolved_at=shift.now, answer_due=None, snoozed_until=None)


def _ask_how_it_was(shift: Shift, ticket: Ticket) -> None:
    phrases = asker_phrases(shift, ticket)
    buttons = (
        Button(label=phrases.button_good, action=f"rate:{ticket.id}:good"),
        Button(label=phrases.button_poor, action=f"rate:{ticket.id}:poor"),
        Button(label=phrases.button_reopen, action=f"reopen:{ticket.id}"),
    )
    told = f"{phrases.resolved.format(number=ticket.id)}\n{phrases.rate}"
    tell_asker(shift, ticket, Content(paragraphs=(told,), buttons=buttons), private=False)


def reopen(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Take up a finished ticket again, within the window; the asker must not have another live one."""
    live = shift.work.tickets.live(ticket.conversation_id)
    desk = shift.desk_of(ticket)
    if live or ticket.state not in {TicketState.RESOLVED, TicketState.CANCELLED}:
        return refused(shift, ticket)
    if not targets.is_in_window(shift, ticket, desk):
        return Result(sentence=DESK.reopen_late.format(number=ticket.id))
    opened = move(shift, actor, ticket, Move.REOPEN, "", owed_again(shift, ticket))
    if opened is None:
        return refused(shift, ticket)
    tell_asker(shift, opened, notice(asker_phrases(shift, opened).reopened.format(number=ticket.id)), private=False)
    return done(shift, opened, DESK.reopened.format(number=ticket.id))


def owed_again(shift: Shift, ticket: Ticket) -> Ticket:
    """Return the ticket with an answer owed from now on, and its reminders planned. Who is gone does not have it any more."""
    desk = shift.desk_of(ticket)
    targets.rest(shift, ticket, *targets.ASKERS_TURN)
    there = ticket.assignee is not None and shift.work.advisors.get(ticket.assignee) is not None
    again = replace(ticket, assignee=ticket.assignee if there else None, resolved_at=None, snoozed_until=None, merged_into=None)
    return targets.aim(shift, again, desk, since=shift.now)


def release(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Give a ticket back to the desk."""
    given_back = move(shift, actor, ticket, Move.RELEASE, assignee_of(shift, ticket), replace(ticket, assignee=None))
    return done(shift, given_back, DESK.released.format(number=ticket.id)) if given_back else refused(shift, ticket)


def seal(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Make a ticket confidential from now on, with those that are answered together with it."""
    for other in shift.work.tickets.merged_into(ticket.id):
        move(shift, actor, other, Move.SEAL, "", replace(other, confidential=True))
    sealed = move(shift, actor, ticket, Move.SEAL, "", replace(ticket, confidential=True))
    return done(shift, sealed, DESK.sealed_now.format(number=ticket.id)) if sealed else refused(shift, ticket)


def merge(shift: Shift, actor: Actor, ticket: Ticket, target_id: int) -> Result:
    """Answer a ticket together with another one."""
    target = shift.work.tickets.get(target_id)
    if target is None or target.id == ticket.id or target.state not in IN_HAND or target.confidential != ticket.confidential:
        return Result(sentence=DESK.merge_not.format(target=target_id))
    if shift.work.tickets.merged_into(ticket.id):
        return refused(shift, ticket)
    becomes = replace(ticket, merged_into=target.id, answer_due=None, resolution_due=None, snoozed_until=None)
    merged = move(shift, actor, ticket, Move.MERGE, str(target.id), becomes)
    if merged is None:
        return refused(shift, ticket)
    targets.rest(shift, merged, *targets.EVERY_KIND)
    tell_asker(shift, merged, notice(asker_phrases(shift, merged).merged.format(number=ticket.id)), private=False)
    return done(shift, merged, DESK.merged.format(number=ticket.id, target=target.id))


def keeps_outside(ticket: Ticket) -> bool:
    """Tell whether the asker's channel would keep what must stay confidential."""
    return ticket.confidential and ticket.asker.channel in OUTSIDE


def is_owed(ticket: Ticket) -> bool:
    """Tell whether it is the desk's turn."""
    return ticket.state in UNANSWERED
