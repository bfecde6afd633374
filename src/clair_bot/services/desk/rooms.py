"""Rooms: the bot comes into a desk's room, or is put out of it."""

from clair_bot.domain.advisors import Advisor, Role
from clair_bot.domain.tickets import UNANSWERED, Ticket
from clair_bot.messages import Address
from clair_bot.services.desk.cards import post_card
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import notice
from clair_bot.services.phrases import DESK

_SHOWN = 20


def show_again(shift: Shift, room: Address) -> None:
    """Show the tickets that wait in this room once more: what was sent while the bot was away did not arrive."""
    for ticket in _waiting(shift, room)[:_SHOWN]:
        if locked := shift.work.tickets.lock(ticket.id):
            post_card(shift, locked)


def tell_lost(shift: Shift, room: Address) -> None:
    """Tell those who supervise that nobody sees the tickets of a room any more."""
    keys = [desk.key for desk in shift.desks.by_key.values() if shift.room_of(desk) == room]
    told = {advisor.addresses[0] for key in keys for advisor in supervisors(shift, key) if advisor.addresses}
    for address in sorted(told - {room}):
        shift.speech.send(address, notice(DESK.room_lost.format(room=room, count=len(_waiting(shift, room)))))


def supervisors(shift: Shift, key: str) -> list[Advisor]:
    """Return who supervises a desk; where nobody does, the administrators."""
    everyone = shift.work.advisors.everyone()
    found = [advisor for advisor in everyone if advisor.supervises(key)]
    return found or [advisor for advisor in everyone if Role.ADMIN in advisor.roles]


def _waiting(shift: Shift, room: Address) -> list[Ticket]:
    return [ticket for ticket in shift.work.tickets.listed(states=UNANSWERED, limit=1_000) if ticket.desk == room]
