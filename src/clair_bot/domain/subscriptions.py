"""Subscribers: who gets bulletins, about what, and how often."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from clair_bot.domain.conversations import Language
from clair_bot.messages import Address


class Topic(StrEnum):
    """What one can subscribe to: the areas of the plan, the offices abroad, and three kinds of bulletins."""

    I = "I"  # noqa: E741  # 海外における経済活動
    II = "II"  # 多文化共生
    III = "III"  # JETプログラム
    IV = "IV"  # 国際交流・国際協力
    V = "V"  # 情報の収集・発信
    VI = "VI"  # グローバル人材の育成
    VII = "VII"  # 海外事務所
    NEW_YORK = "NY"
    LONDON = "LON"
    PARIS = "PAR"
    SINGAPORE = "SIN"
    SEOUL = "SEL"
    SYDNEY = "SYD"
    BEIJING = "BEI"
    NEWSLETTER = "newsletter"  # メールマガジン
    NOTICE = "notice"  # お知らせ
    EMERGENCY = "emergency"  # 緊急のお知らせ


AREA_TOPICS = tuple(Topic)[:7]
OFFICE_TOPICS = tuple(Topic)[7:14]
USUAL_TOPICS = (Topic.NEWSLETTER, Topic.NOTICE, Topic.EMERGENCY)
"""What one gets who does not say what they want."""


class Frequency(StrEnum):
    """How often somebody wants to hear."""

    EACH = "each"  # every bulletin by itself, at once
    DAILY = "daily"  # one digest a day, 8:30 where they are
    WEEKLY = "weekly"  # one digest a week, Monday 9:00
    MONTHLY = "monthly"  # one digest a month, on its first working day 9:00


class SubscriberState(StrEnum):
    """Whether somebody is written to."""

    PENDING = "pending"  # asked for mail, and has not yet confirmed that the address is theirs
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"  # does not want any more
    UNREACHABLE = "unreachable"  # blocked the bot, left, or the address does not exist; comes back when they do


class Organisation(StrEnum):
    """What kind of organisation somebody works for."""

    PREFECTURE = "prefecture"  # 都道府県
    CITY = "city"  # 市区町村
    ASSOCIATION = "association"  # 地域国際化協会
    JET = "jet"  # JET参加者
    COMPANY = "company"  # 企業・団体
    RESIDENT = "resident"  # 住民
    OTHER = "other"


class ConsentAction(StrEnum):
    """What the ledger of consent holds."""

    REQUESTED = "requested"  # gave an address, which is not confirmed yet
    SUBSCRIBED = "subscribed"  # said themselves that they want it; after a request: confirmed it
    IMPORTED = "imported"  # an administrator entered it, with the consent that they hold
    CHANGED = "changed"  # wants other topics, or at other times
    UNSUBSCRIBED = "unsubscribed"
    SUSPENDED = "suspended"  # could not be reached any more
    RESTORED = "restored"  # can be reached again


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One who gets bulletins."""

    id: int = 0
    """0: not stored yet."""
    address: Address
    name: str = ""
    organisation: str = ""
    kind: Organisation = Organisation.OTHER
    prefecture: str = ""
    """「群馬県」; empty where it is not known."""
    role: str = ""
    """What they do, in their organisation's words: 国際交流担当."""
    topics: frozenset[Topic] = field(default=frozenset(USUAL_TOPICS))
    language: Language = Language.JA
    frequency: Frequency = Frequency.EACH
    timezone: str = "Asia/Tokyo"
    """Where they read."""
    tester: bool = False
    """True: gets drills, and nothing that is real."""
    state: SubscriberState = SubscriberState.ACTIVE
    reason: str = ""
    """Why they are not written to."""
    token: str = ""
    """Proves in a link that it is they who unsubscribe; 128 bits."""
    digest_at: datetime | None = None
    """When their next digest is due; None for EACH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of the ledger of consent."""

    at: datetime
    action: ConsentAction
    topics: tuple[Topic, ...]
    """As they are afterwards."""
    source: str
    """Where it was said: ``chat``, ``mail``, ``page``, ``import``, ``command``, ``relay``."""
    by: str
    """Whose deed it is: ``self``, or an actor's mark."""
