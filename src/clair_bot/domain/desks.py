"""Desks: who takes a ticket, when they work, and how soon they mean to answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from clair_bot.domain.articles import Area
from clair_bot.domain.calendars import BusinessCalendar
from clair_bot.messages import Address


class Office(StrEnum):
    """CLAIR's seven offices abroad."""

    NEW_YORK = "NY"  # 米国, カナダ, ジャマイカ, トリニダード・トバゴ
    LONDON = "LON"  # 英国, 北欧, ドイツ語圏, オランダ, アイルランド
    PARIS = "PAR"  # フランス, ベネルクスの一部, スイス, 南欧
    SINGAPORE = "SIN"  # ASEAN, インド, スリランカ
    SEOUL = "SEL"  # 韓国
    SYDNEY = "SYD"  # オーストラリア, ニュージーランド
    BEIJING = "BEI"  # 中国


class Urgency(StrEnum):
    """How soon a ticket wants an answer."""

    NORMAL = "normal"  # as the targets say
    HIGH = "high"  # a deadline within three business days, or words of haste
    URGENT = "urgent"  # a deadline today or on the next business day, or a disaster


class Assignment(StrEnum):
    """How a desk's tickets find their advisor."""

    CLAIM = "claim"  # whoever is free takes one
    TURNS = "turns"  # the desk's members by turns, as capacity and absence allow


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a desk aims at, in minutes of its working time, counted from the moment a ticket is opened."""

    first_answer: int
    resolution: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A section or office that takes tickets."""

    key: str
    """``I`` … ``VII`` and ``base`` for an area, ``NY`` … ``BEI`` for an office."""
    name: str
    """As askers are told it."""
    room: Address | None
    """Where its advisors sit; None when none is set."""
    calendar: BusinessCalendar
    fallback: str
    """The key of the desk whose members stand in when this one has none; empty: none."""
    targets: Mapping[Urgency, Targets]
    assignment: Assignment
    confidential: bool
    """True when its tickets are confidential from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Every desk."""

    by_key: Mapping[str, Desk]

    def get(self, key: str) -> Desk:
        """Return a desk; one that is no longer configured is the head office's."""
        return self.by_key.get(key) or self.by_key[Area.BASE.value]

    def of(self, area: Area | None, office: Office | None) -> Desk:
        """Return the desk that takes a ticket: a country decides its office for the seventh area and where no area is known."""
        if office and area in {None, Area.VII}:
            return self.get(office.value)
        return self.get((area or Area.BASE).value)

    def rooms(self) -> frozenset[Address]:
        """Return every advisors' room."""
        return frozenset(desk.room for desk in self.by_key.values() if desk.room)
