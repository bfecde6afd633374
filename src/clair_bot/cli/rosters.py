"""Taking a roster in: what of a file is new, changed or as it was, and storing it in one go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from clair_bot.domain.subscriptions import Consent, ConsentAction, Frequency, Subscriber, SubscriberState
from clair_bot.manuscripts.subscribers import Roster, RowError, merged
from clair_bot.messages import Address
from clair_bot.ports import UnitOfWork
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.bulletins.subscribing import next_digest, withdraw_unwanted

_FEW = 300
"""So many rows are looked up one by one; for more, everybody is read once."""
_PAGE = 5_000


@dataclass(kw_only=True)
class Plan:
    """What taking a file in does."""

    new: list[Subscriber] = field(default_factory=list)
    changed: list[Subscriber] = field(default_factory=list)
    narrowed: list[Subscriber] = field(default_factory=list)
    """Of those who are changed, who gets less than before."""
    unchanged: int = 0
    kept: list[int] = field(default_factory=list)
    """Rows of those who have unsubscribed: they stay so, and as they are."""
    errors: list[RowError] = field(default_factory=list)


def plan(press: Press, roster: Roster) -> Plan:
    """Compare a file with who is stored."""
    found = Plan(errors=sorted(roster.errors, key=lambda one: one.row))
    known = _known(press.work, [entry.subscriber.address for entry in roster.entries])
    digest = cache(lambda frequency, zone: next_digest(press, frequency, zone))
    for entry in roster.entries:
        there = known.get(entry.subscriber.address)
        wanted = _timed(merged(there, entry), there, digest)
        if there and there.state is SubscriberState.UNSUBSCRIBED:
            found.kept.append(entry.row)
            found.unchanged += 1
        elif there == wanted:
            found.unchanged += 1
        else:
            (found.changed if there else found.new).append(wanted)
            if there and there.topics - wanted.topics:
                found.narrowed.append(wanted)
    return found


def _timed(wanted: Subscriber, there: Subscriber | None, digest: Callable[[Frequency, str], datetime | None]) -> Subscriber:
    """Return them with the time of their next digest, which stays as it is where nothing about it changes."""
    if there and (there.frequency, there.timezone, there.state) == (wanted.frequency, wanted.timezone, wanted.state):
        return wanted
    at = digest(wanted.frequency, wanted.timezone) if wanted.state is not SubscriberState.UNSUBSCRIBED else None
    return replace(wanted, digest_at=at)


def _known(work: UnitOfWork, addresses: list[Address]) -> Mapping[Address, Subscriber]:
    if len(addresses) <= _FEW:
        return {address: there for address in addresses if (there := work.subscribers.at(address))}
    wanted, found, after = set(addresses), dict[Address, Subscriber](), 0
    while page := work.subscribers.listed(after=after, limit=_PAGE):
        found |= {one.address: one for one in page if one.address in wanted}
        after = page[-1].id
    return found


def store(press: Press, planned: Plan, *, by: str) -> None:
    """Store who is new or changed, with the line of the ledger of consent; what waits for them and is not wanted any more is taken back."""

    def consent(one: Subscriber) -> Consent:
        gone = one.state is SubscriberState.UNSUBSCRIBED
        action = ConsentAction.UNSUBSCRIBED if gone else ConsentAction.IMPORTED
        return Consent(at=press.now, action=action, topics=tuple(sorted(one.topics)), source="import", by=by)

    press.work.subscribers.put_all([*planned.new, *planned.changed], consent)
    for one in planned.narrowed:
        withdraw_unwanted(press, one)
