"""What every store does with the people of the desks."""

from datetime import date

import pytest
from tests.contract.samples import reading, writing

from clair_bot.domain.advisors import Absence, Advisor, Role
from clair_bot.messages import Address
from clair_bot.ports import Store

HERE, THERE = Address(channel="slack", recipient="U1"), Address(channel="telegram", recipient="77")


def added(store: Store, name: str = "佐藤", address: Address = HERE, *desks: str, capacity: int = 10) -> Advisor:
    return writing(store, lambda work: work.advisors.add(name=name, address=address, desks=desks, roles={Role.ADVISOR}, capacity=capacity))


def test_a_person_is_found_by_address_and_by_name_in_any_width(store: Store) -> None:
    advisor = added(store, "Sato 花子", HERE, "IV", "I", capacity=3)
    assert (advisor.desks, advisor.roles, advisor.capacity, advisor.absences) == (("I", "IV"), frozenset({Role.ADVISOR}), 3, ())
    with store.read() as work:
        assert work.advisors.at(HERE) == work.advisors.named("ＳＡＴＯ花子さん") == work.advisors.get(advisor.id) == advisor
        assert work.advisors.at(THERE) is None
        assert work.advisors.everyone() == [advisor]


def test_a_second_address_is_added_to_the_same_person(store: Store) -> None:
    first = added(store)
    again = added(store, "佐藤さん", THERE, "NY")
    assert (again.id, again.addresses, again.desks) == (first.id, (HERE, THERE), ("NY",))
    assert added(store, "佐藤", HERE).addresses == (HERE, THERE)


def test_an_address_belongs_to_one_person(store: Store) -> None:
    added(store)
    with pytest.raises(ValueError, match="佐藤"):
        added(store, "鈴木", HERE)
    assert [advisor.name for advisor in reading(store, lambda work: work.advisors.everyone())] == ["佐藤"]


def test_who_is_gone_keeps_the_name_and_leaves_the_address_free(store: Store) -> None:
    gone = added(store)
    writing(store, lambda work: work.advisors.remove(gone.id))
    with store.read() as work:
        assert work.advisors.at(HERE) is work.advisors.named("佐藤") is work.advisors.get(gone.id) is None
        assert (work.advisors.name(gone.id), work.advisors.name(999)) == ("佐藤", "")
    assert added(store, "佐藤", HERE).id != gone.id


def test_absences_come_and_go(store: Store) -> None:
    advisor = added(store)
    spring, autumn = (Absence(first=date(2026, month, 1), last=date(2026, month, 5)) for month in (4, 10))
    writing(store, lambda work: work.advisors.away(advisor.id, autumn))
    writing(store, lambda work: work.advisors.away(advisor.id, spring))
    found = reading(store, lambda work: work.advisors.get(advisor.id))
    assert found
    assert found.absences == (spring, autumn)
    assert (found.is_away(date(2026, 4, 5)), found.is_away(date(2026, 4, 6))) == (True, False)
    writing(store, lambda work: work.advisors.back(advisor.id, date(2026, 10, 3)))
    assert [one.absences for one in reading(store, lambda work: work.advisors.everyone())] == [(spring,)]


def test_the_turn_is_remembered(store: Store) -> None:
    advisor = added(store)
    assert advisor.last_assigned_at is None
    writing(store, lambda work: work.advisors.assigned(advisor.id))
    assert [one.last_assigned_at is not None for one in reading(store, lambda work: work.advisors.everyone())] == [True]
