"""Releasing: what the clock does. Each due time is taken by one clock, once, in the transaction in which its bulletin begins."""

import uuid
from dataclasses import dataclass, replace

import structlog

from clair_bot.domain.bulletins import GRACE, Act, Bulletin, Document
from clair_bot.errors import ClairBotError, StorageError
from clair_bot.ports import Clock, Store, UnitOfWork
from clair_bot.services.bulletins.issues import current
from clair_bot.services.bulletins.presses import CLOCK, BulletinSettings, Press
from clair_bot.services.bulletins.timing import latest, next_time, opening
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import JA, PRESS
from clair_bot.services.speaking import Speech

_UNREADABLE = "日時か時間帯を読み取れません"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """Begins what is due. Any number of clocks may run."""

    store: Store
    settings: BulletinSettings
    clock: Clock

    def run_due(self) -> int:
        """Release, or miss, every bulletin whose time has come; return how many."""
        with self.store.read() as work:
            due = work.bulletins.due()
        return sum(self._tried(bulletin.id) for bulletin in due)

    def _tried(self, bulletin_id: int) -> bool:
        """Release one; one that cannot be must not stop the others: it is missed, and people are told."""
        try:
            return self._release(bulletin_id)
        except StorageError:
            raise
        except (ClairBotError, ValueError, LookupError, OSError) as error:  # times or zones that nobody can read any more
            log.error("bulletin.broken", bulletin=bulletin_id, error=type(error).__name__)  # noqa: TRY400  # a trace may hold its text
            return self._put_aside(bulletin_id, str(error) if isinstance(error, ClairBotError) else _UNREADABLE)

    def _release(self, bulletin_id: int) -> bool:
        with self.store.write() as work:
            press = self._press(work, bulletin_id)
            bulletin = _due(work, bulletin_id)
            if bulletin is None:
                return False
            missed = _missed(press, bulletin)
            if not _taken(press, bulletin, missed):
                return False
            work.commit()
        log.info("bulletin.due", bulletin=bulletin_id, missed=bool(missed))
        return True

    def _put_aside(self, bulletin_id: int, reason: str) -> bool:
        with self.store.write() as work:
            bulletin = _due(work, bulletin_id)
            if bulletin is None or not _miss(self._press(work, bulletin_id), bulletin, reason):
                return False
            work.commit()
        return True

    def _press(self, work: UnitOfWork, bulletin_id: int) -> Press:
        speech = Speech(work, f"release:{bulletin_id}:{uuid.uuid4()}")
        return Press(work=work, speech=speech, settings=self.settings, now=self.clock.now())


def _due(work: UnitOfWork, bulletin_id: int) -> Bulletin | None:
    return next((one for one in work.bulletins.due() if one.id == bulletin_id), None)


def _taken(press: Press, bulletin: Bulletin, missed: str) -> bool:
    """Do what is due; False when another clock did.

    One that comes once is taken by its change of status: it may be given the same time again, after it was missed and mended.
    """
    if bulletin.document.recurrence:
        if not press.work.bulletins.occur(bulletin.id, bulletin.due_local):
            return False
        _recur(press, bulletin, missed)
        return True
    if missed:
        return _miss(press, bulletin, missed)
    return press.work.bulletins.act(bulletin, Act.RELEASE, actor=CLOCK, text=bulletin.due_local) is not None


def _missed(press: Press, bulletin: Bulletin) -> str:
    """Return why a bulletin cannot be released at its time any more; empty: it can."""
    late = press.now - latest(press, bulletin)
    if late > GRACE:
        return PRESS.late.format(minutes=int(late.total_seconds() // 60))
    day = press.now.astimezone(press.timezone_of(bulletin.document)).date()
    return "" if current(bulletin.document.items, day) else PRESS.all_expired


def _miss(press: Press, bulletin: Bulletin, reason: str) -> bool:
    if press.work.bulletins.act(bulletin, Act.MISS, actor=CLOCK, text=reason) is None:
        return False
    _alarm(press, bulletin, reason)
    return True


def _alarm(press: Press, bulletin: Bulletin, reason: str) -> None:
    document = bulletin.document
    try:
        zone = press.timezone_of(document)
    except (ValueError, LookupError, OSError):  # the very reason
        zone = press.settings.timezone
    moment = shown_moment(bulletin.due_at or press.now, zone, JA)
    press.tell(PRESS.missed.format(id=bulletin.id, title=document.title, moment=moment, reason=reason), also=bulletin.author)


def _recur(press: Press, bulletin: Bulletin, missed: str) -> None:
    """Release an occurrence of its own, and set the next time. What was missed is told, and does not come after."""
    bulletins = press.work.bulletins
    if missed:
        _alarm(press, bulletin, missed)
    else:
        child = bulletins.add(_occurrence(press, bulletin), actor=bulletin.author, template=bulletin.id)
        due = (press.now, bulletin.due_local)
        planned = bulletins.act(child, Act.SCHEDULE, actor=CLOCK, text=bulletin.due_local, due=due)
        if planned:
            bulletins.act(planned, Act.RELEASE, actor=CLOCK, text=bulletin.due_local)
    _plan(press, bulletin)


def _occurrence(press: Press, bulletin: Bulletin) -> Document:
    """Return what goes out this time: a number that was written down is the first one's, the others are counted."""
    comes_again = any(event.act is Act.SCHEDULE and event.actor == CLOCK for event in press.work.bulletins.events(bulletin.id))
    once = replace(bulletin.document, recurrence="", send_at="")
    return replace(once, number=None) if comes_again else once


def _plan(press: Press, bulletin: Bulletin) -> None:
    """Set the next time; a rule that has no more ends, and one whose days are all closed waits for a person."""
    bulletins = press.work.bulletins
    try:
        following = next_time(press, bulletin.document)
        due = (opening(press, bulletin.document, following[0]), following[1]) if following else None
    except ClairBotError as error:
        _miss(press, bulletin, str(error))
        return
    if due:
        bulletins.act(bulletin, Act.SCHEDULE, actor=CLOCK, text=due[1], due=due)
    else:
        bulletins.act(bulletin, Act.FINISH, actor=CLOCK)
