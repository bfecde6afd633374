"""The tables of people: who sits at which desk, where they write from, when they are away."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlmodel import Session

from clair_bot.domain.advisors import Absence, Advisor, Role
from clair_bot.domain.names import folded_name
from clair_bot.messages import Address
from clair_bot.storage.columns import table_of
from clair_bot.storage.desk_tables import AbsenceRow, AdvisorAddressRow, AdvisorRow

_A, _P, _W = table_of(AdvisorRow), table_of(AdvisorAddressRow), table_of(AbsenceRow)
_THERE = _A.c.removed_at.is_(None)


class SqlAdvisors:
    """Repository of advisors."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._connection = session.connection
        self._now = now

    def add(self, *, name: str, address: Address, desks: Collection[str], roles: Collection[Role], capacity: int) -> Advisor:
        """Store a person, or what is new of one with this name."""
        owner, known = self.at(address), self.named(name)
        if owner and (known is None or owner.id != known.id):
            raise ValueError(owner.name)
        values = {"name": name, "folded": folded_name(name), "desks": sorted(desks), "roles": sorted(roles), "capacity": capacity}
        if known:
            self._connection().execute(update(_A).where(_A.c.id == known.id).values(values))
            advisor_id = known.id
        else:
            advisor_id = self._connection().execute(_A.insert().values(values).returning(_A.c.id)).scalar_one()
        if owner is None:
            place = {"channel": address.channel, "recipient": address.recipient, "advisor_id": advisor_id}
            self._connection().execute(_P.insert().values(place))
        return self._there(advisor_id)

    def remove(self, advisor_id: int) -> None:
        """Let a person go; the history keeps their number."""
        self._connection().execute(delete(_P).where(_P.c.advisor_id == advisor_id))
        self._connection().execute(update(_A).where(_A.c.id == advisor_id).values(removed_at=self._now))

    def get(self, advisor_id: int) -> Advisor | None:
        """Return a person who is there."""
        return next(iter(self._found(_A.c.id == advisor_id)), None)

    def at(self, address: Address) -> Advisor | None:
        """Return who writes from an address."""
        place = (_P.c.channel == address.channel, _P.c.recipient == address.recipient)
        advisor_id = self._connection().execute(select(_P.c.advisor_id).where(*place)).scalars().first()
        return self.get(advisor_id) if advisor_id else None

    def named(self, name: str) -> Advisor | None:
        """Return the person with this name, in any width and case."""
        return next(iter(self._found(_A.c.folded == folded_name(name))), None)

    def everyone(self) -> Sequence[Advisor]:
        """Return all who are there, by number."""
        return self._found()

    def name(self, advisor_id: int) -> str:
        """Return a person's name, also of one who is gone; empty when there never was one."""
        return self._connection().execute(select(_A.c.name).where(_A.c.id == advisor_id)).scalars().first() or ""

    def assigned(self, advisor_id: int) -> None:
        """Remember that a person has just been given a ticket."""
        self._connection().execute(update(_A).where(_A.c.id == advisor_id).values(last_assigned_at=self._now))

    def away(self, advisor_id: int, absence: Absence) -> None:
        """Store days on which a person is away."""
        self._connection().execute(_W.insert().values(advisor_id=advisor_id, first=absence.first, last=absence.last))

    def back(self, advisor_id: int, day: date) -> None:
        """Forget the absences that reach this day or later."""
        self._connection().execute(delete(_W).where(_W.c.advisor_id == advisor_id, _W.c.last >= day))

    def _found(self, *wanted: object) -> list[Advisor]:
        rows = self._connection().execute(select(_A).where(_THERE, *wanted).order_by(_A.c.id)).all()  # type: ignore[arg-type]
        return [
            Advisor(
                id=row.id,
                name=row.name,
                addresses=self._addresses(row.id),
                desks=tuple(row.desks),
                roles=frozenset(Role(role) for role in row.roles),
                capacity=row.capacity,
                absences=self._absences(row.id),
                last_assigned_at=row.last_assigned_at,
            )
            for row in rows
        ]

    def _addresses(self, advisor_id: int) -> tuple[Address, ...]:
        rows = self._connection().execute(select(_P).where(_P.c.advisor_id == advisor_id).order_by(_P.c.id))
        return tuple(Address(channel=row.channel, recipient=row.recipient) for row in rows)

    def _absences(self, advisor_id: int) -> tuple[Absence, ...]:
        rows = self._connection().execute(select(_W).where(_W.c.advisor_id == advisor_id).order_by(_W.c.first, _W.c.id))
        return tuple(Absence(first=row.first, last=row.last) for row in rows)

    def _there(self, advisor_id: int) -> Advisor:
        advisor = self.get(advisor_id)
        if advisor is None:
            raise LookupError(advisor_id)
        return advisor
