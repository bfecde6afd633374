"""The advisors in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from clair_bot.domain.advisors import Absence, Advisor, Role
from clair_bot.domain.names import folded_name
from clair_bot.messages import Address
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import MemoryState


class MemoryAdvisors:
    """An ``Advisors``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def add(self, *, name: str, address: Address, desks: Collection[str], roles: Collection[Role], capacity: int) -> Advisor:
        """Store a person, or what is new of one with this name."""
        name, address = clean(name), _stored(address)
        owner, known = self.at(address), self.named(name)
        if owner and (known is None or owner.id != known.id):
            raise ValueError(owner.name)
        addresses = known.addresses if known else ()
        advisor = Advisor(
            id=known.id if known else self._state.next_id("advisor"),
            name=name,
            addresses=addresses if address in addresses else (*addresses, address),
            desks=tuple(sorted(clean(desk) for desk in desks)),
            roles=frozenset(roles),
            capacity=capacity,
            absences=known.absences if known else (),
            last_assigned_at=known.last_assigned_at if known else None,
        )
        self._state.advisors[advisor.id] = advisor
        return advisor

    def remove(self, advisor_id: int) -> None:
        """Let a person go; the history keeps their number."""
        advisor = self._state.advisors.pop(advisor_id, None)
        if advisor:
            self._state.former_advisors[advisor_id] = advisor.name

    def get(self, advisor_id: int) -> Advisor | None:
        """Return a person who is there."""
        return self._state.advisors.get(advisor_id)

    def at(self, address: Address) -> Advisor | None:
        """Return who writes from an address."""
        return next((advisor for advisor in self.everyone() if _stored(address) in advisor.addresses), None)

    def named(self, name: str) -> Advisor | None:
        """Return the person with this name, in any width and case."""
        wanted = folded_name(clean(name))
        return next((advisor for advisor in self.everyone() if folded_name(advisor.name) == wanted), None)

    def everyone(self) -> Sequence[Advisor]:
        """Return all who are there, by number."""
        return [self._state.advisors[advisor_id] for advisor_id in sorted(self._state.advisors)]

    def name(self, advisor_id: int) -> str:
        """Return a person's name, also of one who is gone; empty when there never was one."""
        advisor = self.get(advisor_id)
        return advisor.name if advisor else self._state.former_advisors.get(advisor_id, "")

    def assigned(self, advisor_id: int) -> None:
        """Remember that a person has just been given a ticket."""
        if advisor := self.get(advisor_id):
            self._state.advisors[advisor_id] = replace(advisor, last_assigned_at=self._now)

    def away(self, advisor_id: int, absence: Absence) -> None:
        """Store days on which a person is away."""
        advisor = self._state.advisors[advisor_id]
        absences = sorted((*advisor.absences, absence), key=lambda one: one.first)
        self._state.advisors[advisor_id] = replace(advisor, absences=tuple(absences))

    def back(self, advisor_id: int, day: date) -> None:
        """Forget the absences that reach this day or later."""
        if advisor := self.get(advisor_id):
            kept = tuple(absence for absence in advisor.absences if absence.last < day)
            self._state.advisors[advisor_id] = replace(advisor, absences=kept)


def _stored(address: Address) -> Address:
    return replace(address, recipient=clean(address.recipient))
