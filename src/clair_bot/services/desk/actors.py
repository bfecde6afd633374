"""Actors: who asks something of a desk, and whether they may."""

from dataclasses import dataclass

from clair_bot.domain.advisors import DESK_ROLES, Advisor
from clair_bot.domain.tickets import Ticket
from clair_bot.messages import Address
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.phrases import DESK


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acts on tickets."""

    mark: str
    """As ``TicketEvent.actor``."""
    name: str
    """As people read it."""
    advisor: Advisor | None
    """None for somebody in a desk's room while no advisor at all is registered."""

    @property
    def id(self) -> int | None:
        """The advisor's number."""
        return self.advisor.id if self.advisor else None


def actor_at(shift: Shift, *, channel: str, sender: str, in_room: bool) -> Actor | None:
    """Return who writes, or None when they are no advisor.

    While nobody is registered, whoever sits in a desk's room is one: the room itself was named by the administrator.
    """
    address = Address(channel=channel, recipient=sender or "-")
    if advisor := shift.work.advisors.at(address):
        return actor_of(advisor) if advisor.roles & DESK_ROLES else None
    if in_room and not shift.work.advisors.everyone():
        return Actor(mark=str(address), name=DESK.somebody, advisor=None)
    return None


def actor_of(advisor: Advisor) -> Actor:
    """Return a registered person."""
    return Actor(mark=f"advisor:{advisor.id}", name=advisor.name, advisor=advisor)


def may_act(shift: Shift, actor: Actor, ticket: Ticket) -> bool:
    """Tell whether somebody may act on a ticket: it is theirs, or their desk's, or that of a desk for which theirs stands in."""
    if actor.advisor is None or actor.id == ticket.assignee:
        return True
    return actor.id in {member.id for member in shift.members(ticket.desk_key)} or actor.advisor.sits_at(ticket.desk_key)
