"""Digests: one message a period, with what came in the meantime, grouped by office and area; nothing where nothing came."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import structlog

from clair_bot.domain.articles import Area
from clair_bot.domain.bulletins import MOST_ITEMS, Bulletin, BulletinItem, BulletinKind, BulletinStatus
from clair_bot.domain.conversations import Language
from clair_bot.domain.mailings import Mailing, Member
from clair_bot.domain.subscriptions import Frequency, Subscriber, Topic
from clair_bot.messages import Address, Issue, OutboundMessage
from clair_bot.ports import Clock, Store
from clair_bot.services.bulletins.issues import Print, current, footer, numbered, shown_date
from clair_bot.services.bulletins.presses import BulletinSettings, Press
from clair_bot.services.bulletins.prints import MAIL
from clair_bot.services.bulletins.publishing import Publisher, member_of
from clair_bot.services.bulletins.subscribing import next_digest
from clair_bot.services.phrases.bulletins import BULLETINS
from clair_bot.services.speaking import Speech

_AT_ONCE = 100
"""Subscribers whose digests one transaction makes."""
_CORRECTIONS = 200
"""Among so many of the newest bulletins it is looked whether one corrects what a digest is to tell."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who reads the same digest."""

    channel: str
    language: Language
    frequency: Frequency
    bulletin_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Makes the digests that are due. Any number may run: who is due is locked, and has a new time afterwards."""

    store: Store
    publisher: Publisher
    settings: BulletinSettings
    clock: Clock

    def run_due(self) -> int:
        """Make the next digests; return how many subscribers were due."""
        with self.store.read() as work:
            if not work.subscribers.digests_due(1):
                return 0
        with self.store.write() as work:
            speech = Speech(work, f"digests:{uuid.uuid4()}")
            press = Press(work=work, speech=speech, settings=self.settings, now=self.clock.now())
            due = work.subscribers.digests_due(_AT_ONCE)
            held = {person.id: work.ledger.held(person.id) for person in due}
            tellable = _tellable(press, sorted({number for numbers in held.values() for number in numbers}))
            groups: dict[Group, list[Subscriber]] = {}
            for person in due:
                groups.setdefault(_group(person, [number for number in held[person.id] if number in tellable]), []).append(person)
                work.subscribers.put(replace(person, digest_at=next_digest(press, person.frequency, person.timezone)), None)
            for group, people in groups.items():
                self._send(press, group, people, [tellable[number] for number in group.bulletin_ids])
            work.commit()
        log.info("digests.made", count=len(due))
        return len(due)

    def _send(self, press: Press, group: Group, people: Sequence[Subscriber], bulletins: Sequence[Bulletin]) -> None:
        issue = digest_of(press, group, list(dict.fromkeys(bulletins)))
        if issue is None:
            return
        message = OutboundMessage(
            to=Address(channel=group.channel, recipient=""), idempotency_key="", issue=issue, language=group.language.value
        )
        where = MAIL if group.channel == MAIL else "chat"
        numbers = "-".join(map(str, group.bulletin_ids))
        key = f"digest:{numbers}:{group.frequency}:{group.language}:{where}:{_today(press):%Y%m%d}"
        for members, together in self.publisher.batches(group.channel, _members(press, people)):
            press.work.ledger.digest(
                group.bulletin_ids, Mailing(key=key, message=message, members=members, at=press.now, together=together)
            )


def _today(press: Press) -> date:
    return press.now.astimezone(press.settings.timezone).date()


def _tellable(press: Press, numbers: Sequence[int]) -> Mapping[int, Bulletin]:
    """Return what digests tell of bulletins: of one that was corrected the correction, of what is paused or has expired nothing.

    What is paused waits for a later digest; what has expired is told to nobody any more.
    """
    held = [bulletin for number in numbers if (bulletin := press.work.bulletins.get(number))]
    expired = {bulletin.id for bulletin in held if not current(bulletin.document.items, _today(press))}
    for bulletin in held:
        if bulletin.id in expired and bulletin.status is BulletinStatus.SENT:
            press.work.ledger.cancel(bulletin.id)
    mended = _corrections(press) if held else {}
    told = [bulletin for bulletin in held if bulletin.id not in expired and bulletin.status is not BulletinStatus.PAUSED]
    return {bulletin.id: mended.get(bulletin.id, bulletin) for bulletin in told}


def _corrections(press: Press) -> Mapping[int, Bulletin]:
    """Return the last correction of each bulletin that was corrected, of a correction, too."""
    released = press.work.bulletins.listed(statuses={BulletinStatus.SENDING, BulletinStatus.SENT}, limit=_CORRECTIONS)
    found: dict[int, Bulletin] = {}
    for one in released:  # newest first: what corrects it is known already
        if one.document.corrects:
            found.setdefault(one.document.corrects, found.get(one.id, one))
    return found


def _members(press: Press, people: Sequence[Subscriber]) -> list[Member]:
    return [member_of(press, person.id, person.address.channel, person.address.recipient, person.token) for person in people]


def _group(person: Subscriber, numbers: Sequence[int]) -> Group:
    channel = person.address.channel
    return Group(channel=channel, language=person.language, frequency=person.frequency, bulletin_ids=tuple(numbers))


def digest_of(press: Press, group: Group, bulletins: Sequence[Bulletin]) -> Issue | None:
    """Return what came in the meantime as one issue; None when nothing of it is current any more."""
    phrases = BULLETINS[group.language]
    day = _today(press)
    base = press.settings.base_url
    how = Print(day=day, language=group.language, chat=group.channel != MAIL, archive_url=f"{base}/bulletins" if base else "")
    groups = _labelled(bulletins, day, group.language)
    count = sum(len(items) for _, items in groups)
    if not count:
        return None
    sections = numbered(_limited(groups), how)
    rest = (phrases.rest.format(count=count - MOST_ITEMS),) if count > MOST_ITEMS else ()
    return Issue(
        masthead=phrases.digest,
        date=shown_date(day, group.language),
        title=phrases.digest_titles[group.frequency],
        sections=sections,
        footer=(*rest, *footer(how)),
        archive_url=how.archive_url,
    )


def _limited(groups: Sequence[tuple[str, list[BulletinItem]]]) -> list[tuple[str, list[BulletinItem]]]:
    """Return so many items as one message holds, of the first groups."""
    left, found = MOST_ITEMS, []
    for label, items in groups:
        if left > 0:
            found.append((label, items[:left]))
        left -= len(items)
    return found


def _labelled(bulletins: Sequence[Bulletin], day: date, language: Language) -> list[tuple[str, list[BulletinItem]]]:
    """Return the current items under their offices and areas, in the order of the plan; what has neither comes first."""
    grouped: dict[tuple[int, str], list[BulletinItem]] = {}
    for bulletin in bulletins:
        for item in current(bulletin.document.items, day):
            grouped.setdefault(_place(bulletin, item, language), []).append(item)
    return [(label, grouped[place, label]) for place, label in sorted(grouped)]


def _place(bulletin: Bulletin, item: BulletinItem, language: Language) -> tuple[int, str]:
    phrases, order = BULLETINS[language], list(Topic)
    document = bulletin.document
    if item.office or len(document.offices) == 1:
        topic = Topic((item.office or document.offices[0]).value)
    elif len(document.areas) == 1 and document.areas[0] is not Area.BASE:
        topic = Topic(document.areas[0].value)
    else:
        number = phrases.volume.format(number=bulletin.number) if document.kind is BulletinKind.NEWSLETTER and bulletin.number else ""
        return -1, f"{phrases.mastheads[document.kind]} {number}".strip()
    return order.index(topic), phrases.topics[topic]
