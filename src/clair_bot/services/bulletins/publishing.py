"""Publishing: released bulletins become lines and deliveries, a few at a time, and are watched until all are settled."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from clair_bot.domain.bulletins import LEAST_FAULTS, WORST_SHARE, Act, Bulletin, BulletinKind, BulletinStatus
from clair_bot.domain.conversations import Language
from clair_bot.domain.mailings import Mailing, Member, Reader
from clair_bot.domain.subscriptions import Frequency
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
            if not bulletin.expanded:
                if await self._lacks_quota(bulletin):
                    continue
                return await asyncio.to_thread(self._expand, bulletin.id)
            await asyncio.to_thread(self._watch, bulletin)
        return False

    def _sending(self) -> Sequence[Bulletin]:
        with self.store.read() as work:
            return list(reversed(work.bulletins.listed(statuses={BulletinStatus.SENDING}, limit=1_000)))

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
            begun = work.ledger.is_begun(bulletin.id)
            last = [event.text for event in work.bulletins.events(bulletin.id) if event.act in {Act.SCHEDULE, Act.RESUME}]
        return begun or any(PRESS.override in text or PRESS.emergency_path in text for text in last)

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

    def _watch(self, bulletin: Bulletin) -> None:
        """Finish a bulletin of which nothing is under way any more; pause one that meets too many faults."""
        with self.store.read() as work:
            under_way = work.ledger.is_open(bulletin.id)
            settled, bad = work.ledger.faults(bulletin.id)
        new = bad - bulletin.forgiven
        if not under_way:
            self._finish(bulletin)
        elif new >= LEAST_FAULTS and new >= WORST_SHARE * settled:
            self._pause(bulletin, PRESS.paused_by_faults.format(bad=bad, settled=settled))

    def _finish(self, bulletin: Bulletin) -> None:
        with self.store.write() as work:
            press = self._press(work, bulletin.id)
            if work.bulletins.act(bulletin, Act.FINISH, actor=CLOCK):
                told = {state.value: count for state, count in work.ledger.counts(bulletin.id).items()}
                press.tell(PRESS.finished.format(id=bulletin.id, title=bulletin.document.title, **told), also=bulletin.author)
            work.commit()

    def _pause(self, bulletin: Bulletin, reason: str) -> None:
        with self.store.write() as work:
            press = self._press(work, bulletin.id)
            if work.bulletins.act(bulletin, Act.PAUSE, actor=CLOCK, text=reason):
                press.tell(PRESS.alarm_paused.format(id=bulletin.id, title=bulletin.document.title, reason=reason), also=bulletin.author)
            work.commit()
        log.warning("bulletin.paused", bulletin=bulletin.id)

    def _press(self, work: UnitOfWork, bulletin_id: int) -> Press:
        speech = Speech(work, f"publish:{bulletin_id}:{uuid.uuid4()}")
        return Press(work=work, speech=speech, settings=self.settings, now=self.clock.now())


def waits_for_digest(bulletin: Bulletin, person: Reader) -> bool:
    """Tell whether somebody reads it in their digest: emergencies, corrections and drills wait for nobody."""
    document = bulletin.document
    at_once = document.kind is BulletinKind.EMERGENCY or document.corrects or document.drill
    return person.frequency != Frequency.EACH and not at_once


def member_of(press: Press, subscriber_id: int, channel: str, recipient: str, token: str) -> Member:  # of one row
    """Return a subscriber as a recipient."""
    return Member(subscriber_id=subscriber_id, recipient=recipient, unsubscribe=unsubscribe_url(press, token) if channel == MAIL else "")
