"""Publishing: released bulletins become lines and deliveries, a few at a time, and are watched until all are settled."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from clair_bot.domain.bulletins import (
    LEAST_FAULTS,
    WORST_SHARE,
    Act,
    Bulletin,
    BulletinEvent,
    BulletinKind,
    BulletinStatus,
    LedgerState,
)
from clair_bot.domain.conversations import Language
from clair_bot.domain.mailings import Mailing, Member, Reader
from clair_bot.domain.subscriptions import Frequency
from clair_bot.errors import ClairBotError, StorageError
from clair_bot.ports import ChannelAdapter, Clock, Store, UnitOfWork
from clair_bot.services.bulletins.audiences import target_of
from clair_bot.services.bulletins.presses import CLOCK, BulletinSettings, Press
from clair_bot.services.bulletins.prints import MAIL, message_of, unsubscribe_url
from clair_bot.services.bulletins.quotas import shortage
from clair_bot.services.bulletins.timing import reading_time
from clair_bot.services.phrases import PRESS
from clair_bot.services.speaking import Speech

CHUNK = 1_000
"""Recipients that one transaction writes lines for: some tens of milliseconds in which no other writes."""
_TAKEN_ON = frozenset({Act.SCHEDULE, Act.RESUME})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Expands and watches bulletins. Any number may run: each chunk is one transaction, with the place to go on at in it."""

    store: Store
    adapters: Mapping[str, ChannelAdapter]
    settings: BulletinSettings
    clock: Clock

    async def run_once(self) -> bool:
        """Do the next piece of work; False when there is none."""
        for bulletin in await asyncio.to_thread(self._sending):
            try:
                if await self._carry_on(bulletin):
                    return True
            except StorageError:
                raise
            except ClairBotError as refused:  # its audience is not saved any more; it must not stop the others
                await asyncio.to_thread(self._pause, bulletin, str(refused))
        return False

    async def _carry_on(self, bulletin: Bulletin) -> bool:
        if bulletin.expanded:
            await asyncio.to_thread(self._watch, bulletin.id)
            return False
        return not await self._lacks_quota(bulletin) and await asyncio.to_thread(self._expand, bulletin.id)

    def _sending(self) -> Sequence[Bulletin]:
        with self.store.read() as work:
            found = work.bulletins.listed(statuses={BulletinStatus.SENDING}, limit=1_000)
        return sorted(found, key=lambda one: (one.document.kind is not BulletinKind.EMERGENCY, one.id))

    async def _lacks_quota(self, bulletin: Bulletin) -> bool:
        """Pause a bulletin that the month's quota does not allow, before the first is sent, unless an approver took that on."""
        if await asyncio.to_thread(self._has_begun, bulletin):
            return False
        reason = await shortage(self.adapters, self.store, bulletin)
        if reason:
            await asyncio.to_thread(self._pause, bulletin, reason)
        return bool(reason)

    def _has_begun(self, bulletin: Bulletin) -> bool:
        with self.store.read() as work:
            return work.ledger.is_begun(bulletin.id) or _is_over_quota(work.bulletins.events(bulletin.id))

    def _expand(self, bulletin_id: int) -> bool:
        with self.store.write() as work:
            cursor = work.ledger.cursor(bulletin_id)
            bulletin = work.bulletins.get(bulletin_id)
            if cursor is None or bulletin is None:
                return False
            press = self._press(work, bulletin_id)
            people = work.subscribers.readers(target_of(work, bulletin.document), after=cursor, limit=CHUNK)
            self._queue(press, bulletin, people)
            work.ledger.advance(bulletin_id, people[-1].id if len(people) == CHUNK else None)
            work.commit()
        log.info("bulletin.expanded", bulletin=bulletin_id, count=len(people))
        return True

    def _queue(self, press: Press, bulletin: Bulletin, people: Sequence[Reader]) -> None:
        later = [person for person in people if waits_for_digest(bulletin, person)]
        press.work.ledger.hold(bulletin.id, later)
        at_once = [person for person in people if not waits_for_digest(bulletin, person)]
        for (channel, language, at), members in self._grouped(press, bulletin, at_once).items():
            message = message_of(press, bulletin, channel=channel, language=language, counted=True)
            where = MAIL if channel == MAIL else "chat"
            key = f"bulletin:{bulletin.id}:{bulletin.revision}:{language}:{where}"
            for group, together in self.batches(channel, members):
                mailing = Mailing(key=key, message=message, members=group, at=at, together=together)
                press.work.ledger.queue(bulletin.id, mailing)

    @staticmethod
    def _grouped(press: Press, bulletin: Bulletin, people: Iterable[Reader]) -> dict[tuple[str, Language, datetime], list[Member]]:
        groups: dict[tuple[str, Language, datetime], list[Member]] = {}
        times: dict[str, datetime] = {}
        for person in people:
            if person.timezone not in times:
                times[person.timezone] = reading_time(press, bulletin, person.timezone)
            key = (person.channel, Language(person.language), times[person.timezone])
            groups.setdefault(key, []).append(member_of(press, person.id, person.channel, person.recipient, person.token))
        return groups

    def batches(self, channel: str, members: Sequence[Member]) -> list[tuple[tuple[Member, ...], bool]]:
        """Return members as they are served together where the platform can, and otherwise one by one in one piece."""
        adapter = self.adapters.get(channel)
        size = adapter.batch if adapter else 1
        if adapter is None or size == 1:
            return [(tuple(members), False)]
        many = [member for member in members if adapter.takes_together(member.recipient)]
        alone = tuple(member for member in members if not adapter.takes_together(member.recipient))
        found = [(tuple(many[start : start + size]), True) for start in range(0, len(many), size)]
        return [*found, (alone, False)] if alone else found

    def _watch(self, bulletin_id: int) -> None:
        """Finish a bulletin of which nothing is under way any more; pause one that meets too many faults."""
        with self.store.read() as work:
            bulletin = work.bulletins.get(bulletin_id)
            is_open = work.ledger.is_open(bulletin_id)
            alarm = bulletin is not None and is_open and _alarm(work, bulletin)
        if bulletin and alarm:
            self._pause(bulletin, alarm)
        elif bulletin and not is_open:
            self._finish(bulletin)

    def _finish(self, bulletin: Bulletin) -> None:
        with self.store.write() as work:
            press = self._press(work, bulletin.id)
            if not work.bulletins.act(bulletin, Act.FINISH, actor=CLOCK) or work.ledger.is_open(bulletin.id):
                return  # somebody was faster, or has put something back into the outbox
            counts = work.ledger.counts(bulletin.id)
            told = {state.value: count for state, count in counts.items()}
            held = f"{PRESS.ledger[LedgerState.HELD]}{counts[LedgerState.HELD]:,}。" if counts[LedgerState.HELD] else ""
            press.tell(PRESS.finished.format(id=bulletin.id, title=bulletin.document.title, **told) + held, also=bulletin.author)
            work.commit()

    def _pause(self, bulletin: Bulletin, reason: str) -> None:
        with self.store.write() as work:
            self.halt(work, bulletin.id, reason)
            work.commit()

    def halt(self, work: UnitOfWork, bulletin_id: int, reason: str) -> None:
        """Pause a bulletin that is being sent, and tell people; as the relay does too when a month's quota is used up."""
        bulletin = work.bulletins.get(bulletin_id)
        if bulletin and work.bulletins.act(bulletin, Act.PAUSE, actor=CLOCK, text=reason):
            told = PRESS.alarm_paused.format(id=bulletin.id, title=bulletin.document.title, reason=reason)
            self._press(work, bulletin.id).tell(told, also=bulletin.author)
            log.warning("bulletin.paused", bulletin=bulletin.id)

    def _press(self, work: UnitOfWork, bulletin_id: int) -> Press:
        speech = Speech(work, f"publish:{bulletin_id}:{uuid.uuid4()}")
        return Press(work=work, speech=speech, settings=self.settings, now=self.clock.now())


def _is_over_quota(events: Sequence[BulletinEvent]) -> bool:
    """Tell whether an approver has taken it on since the time was set: what they said of an earlier one does not count."""
    since: list[BulletinEvent] = []
    for event in events:
        since = [event] if event.act is Act.SCHEDULE else [*since, event]
    return any(PRESS.override in event.text or PRESS.emergency_path in event.text for event in since if event.act in _TAKEN_ON)


def _alarm(work: UnitOfWork, bulletin: Bulletin) -> str:
    """Return why a bulletin must not go on: so many new faults, and such a share of what is settled; empty: it may."""
    settled, bad = work.ledger.faults(bulletin.id)
    new = bad - bulletin.forgiven
    return PRESS.paused_by_faults.format(bad=bad, settled=settled) if new >= LEAST_FAULTS and new >= WORST_SHARE * settled else ""


def waits_for_digest(bulletin: Bulletin, person: Reader) -> bool:
    """Tell whether somebody reads it in their digest: emergencies, corrections and drills wait for nobody."""
    document = bulletin.document
    at_once = document.kind is BulletinKind.EMERGENCY or document.corrects or document.drill
    return person.frequency != Frequency.EACH and not at_once


def member_of(press: Press, subscriber_id: int, channel: str, recipient: str, token: str) -> Member:  # of one row
    """Return a subscriber as a recipient."""
    return Member(subscriber_id=subscriber_id, recipient=recipient, unsubscribe=unsubscribe_url(press, token) if channel == MAIL else "")
