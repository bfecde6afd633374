"""Bulletins: what they hold, what may become of them, and who has to agree."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from clair_bot.domain.articles import Area
from clair_bot.domain.audiences import Audience, Target
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Topic

MOST_ITEMS = 40
"""Items of one bulletin: what fits into one call of LINE's."""
LONGEST_BULLETIN = 20_000
"""Characters of one bulletin, all together: some forty screens of a telephone."""
LONGEST_ITEM = 4_000
LONGEST_TITLE = 200
GRACE = timedelta(hours=2)
"""How much later than due a bulletin is still sent; what is later is missed, and people are told."""
SOON = timedelta(days=7)
"""A deadline within so many days is 締切間近."""
MOST_TESTERS = 20
"""Addresses of one test send."""
WORST_SHARE = 0.05
LEAST_FAULTS = 10
"""A bulletin is paused when so many deliveries, and such a share of those that are settled, met a fault that is not the recipient's."""


class BulletinKind(StrEnum):
    """What a bulletin is."""

    NEWSLETTER = "newsletter"  # the magazine: counted, many items
    OFFICE = "office"  # an update of an office abroad
    NOTICE = "notice"  # a notice of headquarters
    EMERGENCY = "emergency"  # a disaster, a warning: to everybody, at any time


class Category(StrEnum):
    """What an item is; in the order of the magazine."""

    EMERGENCY = "緊急"
    INFO = "INFO"  # notices of headquarters
    OFFICE = "事務所"  # columns and news, a section for each office
    FEATURE = "特集"
    ARTICLE = "記事"
    REPORT = "REPO"
    CALL = "募集"


class BulletinStatus(StrEnum):
    """Where a bulletin stands."""

    DRAFT = "draft"  # being written
    SUBMITTED = "submitted"  # waits for approval
    APPROVED = "approved"  # by everybody who has to
    SCHEDULED = "scheduled"  # has a time; one that recurs stays here
    SENDING = "sending"
    SENT = "sent"  # every delivery is settled
    PAUSED = "paused"  # by a person or by too many faults; goes on where it stopped
    CANCELLED = "cancelled"
    MISSED = "missed"  # its time passed while nothing ran; a person decides


class Act(StrEnum):
    """What people and the clock do to a bulletin; each is a line of its audit trail."""

    CREATE = "create"
    EDIT = "edit"
    TEST = "test"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    SCHEDULE = "schedule"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    MISS = "miss"
    FINISH = "finish"
    RESEND = "resend"


_OPEN = {BulletinStatus.DRAFT, BulletinStatus.SUBMITTED, BulletinStatus.APPROVED, BulletinStatus.SCHEDULED, BulletinStatus.MISSED}
MOVES: dict[Act, tuple[frozenset[BulletinStatus], BulletinStatus | None]] = {
    Act.EDIT: (frozenset(_OPEN), BulletinStatus.DRAFT),
    Act.TEST: (frozenset(_OPEN), None),
    Act.SUBMIT: (frozenset({BulletinStatus.DRAFT}), BulletinStatus.SUBMITTED),
    Act.RETURN: (frozenset({BulletinStatus.SUBMITTED, BulletinStatus.APPROVED}), BulletinStatus.DRAFT),
    Act.APPROVE: (frozenset({BulletinStatus.SUBMITTED}), None),
    Act.SCHEDULE: (frozenset({BulletinStatus.APPROVED, BulletinStatus.SCHEDULED, BulletinStatus.MISSED}), BulletinStatus.SCHEDULED),
    Act.RELEASE: (frozenset({BulletinStatus.SCHEDULED}), BulletinStatus.SENDING),
    Act.PAUSE: (frozenset({BulletinStatus.SENDING}), BulletinStatus.PAUSED),
    Act.RESUME: (frozenset({BulletinStatus.PAUSED}), BulletinStatus.SENDING),
    Act.CANCEL: (frozenset({*_OPEN, BulletinStatus.SENDING, BulletinStatus.PAUSED}), BulletinStatus.CANCELLED),
    Act.MISS: (frozenset({BulletinStatus.SCHEDULED}), BulletinStatus.MISSED),
    Act.FINISH: (frozenset({BulletinStatus.SENDING, BulletinStatus.SCHEDULED}), BulletinStatus.SENT),
    Act.RESEND: (frozenset({BulletinStatus.SENT, BulletinStatus.SENDING, BulletinStatus.PAUSED}), BulletinStatus.SENDING),
}
"""From which states an act is allowed, and to which it leads; None: it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinItem:
    """One item, as its author wrote it."""

    title: str
    text: str = ""
    """Paragraphs, separated by an empty line; plain."""
    category: Category = Category.INFO
    office: Office | None = None
    owner: str = ""
    """The section or outside body in charge; empty: the office, if there is one."""
    place: str = ""
    """Country and town."""
    event_date: date | None = None
    deadline: date | None = None
    audience: str = ""
    """For whom it is, in words."""
    url: str = ""
    contact: str = ""
    picture: str = ""
    """https address."""
    caption: str = ""
    published_at: datetime | None = None
    source: str = ""
    """Where it was taken from; empty: written by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a bulletin says, to whom and when: what is approved as one revision."""

    title: str
    kind: BulletinKind
    items: tuple[BulletinItem, ...]
    lead: tuple[str, ...] = ()
    number: int | None = None
    """vol.; None: counted by itself for newsletters."""
    areas: tuple[Area, ...] = ()
    offices: tuple[Office, ...] = ()
    languages: tuple[Language, ...] = ()
    """For whom it is written; empty: for everybody."""
    everyone: bool = False
    """True: to every subscriber, whatever they subscribed to; needs two approvals."""
    segment: str = ""
    """The name of a saved audience; empty: ``audience`` counts."""
    audience: Audience = field(default_factory=Audience)
    send_at: str = ""
    """``2026-12-01T09:00``, local to ``timezone``; empty: said when it is scheduled."""
    recurrence: str = ""
    """In words: 「第2・第4水曜 9:00」; empty: once."""
    timezone: str = ""
    """Of ``send_at``; empty: the office's, or headquarters'; ``reader``: each reader's own."""
    office_hours: bool = False
    """True: waits until the sender's office is open."""
    drill: bool = False
    corrects: int | None = None
    """The bulletin that was wrong: this one goes to exactly those who got it."""

    @property
    def length(self) -> int:
        """Return its characters, all together."""
        return len(self.title) + sum(map(len, self.lead)) + sum(len(item.title) + len(item.text) for item in self.items)

    def topics(self) -> frozenset[Topic]:
        """Return what one has subscribed to who gets it; empty: anything."""
        if self.kind is BulletinKind.EMERGENCY:
            return frozenset()
        if self.kind is BulletinKind.NEWSLETTER:
            return frozenset({Topic.NEWSLETTER})
        named = frozenset(Topic(one.value) for one in (*self.areas, *self.offices) if one is not Area.BASE)
        return named or frozenset({Topic.NOTICE} if self.kind is BulletinKind.NOTICE else {Topic.VII})

    def target(self, audience: Audience) -> Target:
        """Return exactly whom it goes to, within an audience (its own, or the saved one that it names)."""
        needed = Topic.EMERGENCY if self.kind is BulletinKind.EMERGENCY else None
        topics = frozenset() if self.corrects or self.drill or self.everyone else self.topics()
        return Target(
            audience=audience,
            topics=topics,
            testers=self.drill,
            received=self.corrects,
            needed=None if self.corrects or self.drill else needed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """A bulletin and where it stands."""

    id: int
    status: BulletinStatus
    revision: int
    """From 1; each edit makes a new one, and cancels what was approved."""
    document: Document
    number: int | None
    author: str
    """The mark of who created it."""
    template: int | None
    """The recurring bulletin that this is an occurrence of."""
    due_at: datetime | None
    """When it goes out; for one that recurs, when next. None: not scheduled."""
    due_local: str
    """The same as naive local time, which names the occurrence."""
    reason: str
    """Why it is paused, missed or cancelled."""
    forgiven: int
    """Faults that a person knew of when they let it go on."""
    expanded: bool
    """True once every recipient has a line in the ledger."""
    released_at: datetime | None
    finished_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinEvent:
    """One line of a bulletin's audit trail."""

    at: datetime
    actor: str
    """Its mark: ``advisor:3``, ``cli:yamada``, ``clock``."""
    act: Act
    revision: int
    text: str


def approvals_needed(document: Document) -> int:
    """Return how many people have to approve: two for what goes to every subscriber, otherwise one."""
    reaches_all = document.everyone or document.kind is BulletinKind.EMERGENCY
    return 2 if reaches_all and not (document.corrects or document.drill) else 1


def authors(events: Sequence[BulletinEvent]) -> frozenset[str]:
    """Return who wrote, edited or submitted it: they cannot approve it."""
    return frozenset(event.actor for event in events if event.act in {Act.CREATE, Act.EDIT, Act.SUBMIT})


def approvers(events: Sequence[BulletinEvent], revision: int) -> frozenset[str]:
    """Return who has approved this revision since it was last returned."""
    found: set[str] = set()
    for event in events:
        if event.revision == revision and event.act is Act.APPROVE:
            found.add(event.actor)
        elif event.act in {Act.EDIT, Act.RETURN}:
            found.clear()
    return frozenset(found)


def is_tested(events: Sequence[BulletinEvent], revision: int) -> bool:
    """Tell whether this very revision has been sent as a test."""
    return any(event.act is Act.TEST and event.revision == revision for event in events)


class LedgerState(StrEnum):
    """What became of one recipient of a bulletin."""

    QUEUED = "queued"
    HELD = "held"  # waits for the recipient's digest
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"  # unsubscribed in time, or the bulletin was cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One recipient of a bulletin, and what became of it."""

    subscriber_id: int
    address: str
    """``channel:id``; empty where the person has been erased."""
    state: LedgerState
    reason: str
    at: datetime | None
