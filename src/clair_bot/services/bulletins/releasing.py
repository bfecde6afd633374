"""Releasing: what the clock does. Each due time is taken by one clock, once, in the transaction in which its bulletin begins."""

import uuid
from dataclasses import dataclass, replace

import structlog

from clair_bot.domain.bulletins import GRACE, Act, Bulletin
from clair_bot.ports import Clock, Store, UnitOfWork
from clair_bot.services.bulletins.issues import current
from clair_bot.services.bulletins.presses import CLOCK, BulletinSettings, Press
from clair_bot.services.bulletins.timing import next_time
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import JA, PRESS
from clair_bot.services.speaking import Speech

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
        return sum(self._release(bulletin.id) for bulletin in due)

    def _release(self, bulletin_id: int) -> bool:
        with self.store.write() as work:
            press = self._press(work, bulletin_id)
            bulletin = next((one for one in work.bulletins.due() if one.id == bulletin_id), None)
            if bulletin is None or not work.bulletins.occur(bulletin.id, bulletin.due_local):
                return False
            missed = _missed(press, bulletin)
            if bulletin.document.recurrence:
                _recur(press, bulletin, missed)
            elif missed:
                _miss(press, bulletin, missed)
            else:
                work.bulletins.act(bulletin, Act.RELEASE, actor=CLOCK, text=bulletin.due_local)
            work.commit()
        log.info("bulletin.due", bulletin=bulletin_id, missed=bool(missed))
        return True

    def _press(self, work: UnitOfWork, bulletin_id: int) -> Press:
        speech = Speech(work, f"release:{bulletin_id}:{uuid.uuid4()}")
        return Press(work=work, speech=speech, settings=self.settings, now=self.clock.now())


def _missed(press: Press, bulletin: Bulletin) -> str:
    """Return why a bulletin cannot be released at its time any more; empty: it can."""
    late = press.now - bulletin.due_at if bulletin.due_at else GRACE
    if late > GRACE:
        return PRESS.late.format(minutes=int(late.total_seconds() // 60))
    day = press.now.astimezone(press.timezone_of(bulletin.document)).date()
    return "" if current(bulletin.document.items, day) else PRESS.all_expired


def _miss(press: Press, bulletin: Bulletin, reason: str) -> None:
    press.work.bulletins.act(bulletin, Act.MISS, actor=CLOCK, text=reason)
    press.tell(_alarm(press, bulletin, reason), also=bulletin.author)


def _alarm(press: Press, bulletin: Bulletin, reason: str) -> str:
    moment = shown_moment(bulletin.due_at or press.now, press.timezone_of(bulletin.document), JA)
    return PRESS.missed.format(id=bulletin.id, title=bulletin.document.title, moment=moment, reason=reason)


def _recur(press: Press, bulletin: Bulletin, missed: str) -> None:
    """Release an occurrence of its own, and set the next time. What was missed is told, and does not come after."""
    bulletins = press.work.bulletins
    if missed:
        press.tell(_alarm(press, bulletin, missed), also=bulletin.author)
    else:
        once = replace(bulletin.document, recurrence="", send_at="")
        child = bulletins.add(once, actor=bulletin.author, template=bulletin.id)
        due = (press.now, bulletin.due_local)
        planned = bulletins.act(child, Act.SCHEDULE, actor=CLOCK, text=bulletin.due_local, due=due)
        if planned:
            bulletins.act(planned, Act.RELEASE, actor=CLOCK, text=bulletin.due_local)
    following = next_time(press, bulletin.document)
    if following:
        bulletins.act(bulletin, Act.SCHEDULE, actor=CLOCK, text=following[1], due=following)
    else:
        bulletins.act(bulletin, Act.FINISH, actor=CLOCK)
