"""Timing: when a bulletin goes out, once or again and again, where its sender or its readers are."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clair_bot.domain.bulletins import Act, Bulletin, BulletinKind, BulletinStatus, Document
from clair_bot.domain.recurrences import describe, local_times, resolve
from clair_bot.errors import ClairBotError
from clair_bot.services.bulletins import control
from clair_bot.services.bulletins.audiences import people
from clair_bot.services.bulletins.control import APPROVERS, EITHER, Done, done, reach, require, require_status
from clair_bot.services.bulletins.presses import READER, Person, Press
from clair_bot.services.bulletins.times import moment_in, rule_of
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import JA, PRESS

EARLIEST = ZoneInfo("Etc/GMT-14")
"""Where each local time comes first: readers' own times begin there."""
_TOLERANCE = timedelta(minutes=1)
_CLOSED = "{desk}の執務日が1年以上ありません。執務時間の設定を確かめてください。"
NOW = "now"


def schedule(press: Press, person: Person, bulletin: Bulletin, at: str, *, override: str = "") -> Done:
    """Set the time of an approved bulletin.

    Args:
        press: At hand.
        person: Who does it.
        bulletin: Which.
        at: ``2026-12-01T09:00`` in its time zone, ``now``, or empty: as the document says.
        override: Said where an approver lets it go over the quota.

    Raises:
        ClairBotError: it is not approved, the time has passed, or nobody would get it.
    """
    require(person, APPROVERS if override else EITHER)
    require_status(bulletin, {BulletinStatus.APPROVED, BulletinStatus.SCHEDULED, BulletinStatus.MISSED})
    document = bulletin.document
    shown = people(reach(press, document), document)
    is_now = at.strip().lower() == NOW
    moment, local = _first(press, document, at) if document.recurrence and not is_now else _once(press, document, at)
    opens = opening(press, document, moment)
    text = f"{local} {override}".strip()
    scheduled = press.work.bulletins.act(bulletin, Act.SCHEDULE, actor=person.mark, text=text, due=(opens, local))
    return done(scheduled, _told(press, bulletin, local, opens, moment, shown), before=bulletin)


def _told(press: Press, bulletin: Bulletin, local: str, opens: datetime, wanted: datetime, shown: str) -> str:  # noqa: PLR0917  # what is told
    document = bulletin.document
    if document.timezone == READER:
        moment = shown_moment(datetime.fromisoformat(local).replace(tzinfo=press.settings.timezone), press.settings.timezone, JA)
        return PRESS.scheduled_reader.format(id=bulletin.id, moment=moment, people=shown)
    moment = shown_moment(opens, press.timezone_of(document), JA)
    if document.recurrence:
        words = describe(rule_of(document))
        return PRESS.scheduled_recurring.format(id=bulletin.id, recurrence=words, moment=moment)
    if opens <= press.now:
        return PRESS.scheduled_now.format(id=bulletin.id, people=shown)
    told = PRESS.scheduled.format(id=bulletin.id, moment=moment, people=shown)
    return told + PRESS.postponed.format(desk=press.desk_of(document).name) if opens > wanted else told


def _once(press: Press, document: Document, at: str) -> tuple[datetime, str]:
    if at.strip().lower() == NOW:
        local = press.now.astimezone(press.timezone_of(document)).replace(tzinfo=None)
        return press.now, local.isoformat(timespec="seconds")
    local = moment_in(at or document.send_at)
    moment = resolve(local, _zone(press, document))
    latest = resolve(local, press.timezone_of(document))
    if latest < press.now - _TOLERANCE:
        raise ClairBotError(PRESS.in_the_past.format(moment=f"{local:%Y-%m-%d %H:%M}"))
    return moment, local.isoformat(timespec="minutes")


def _first(press: Press, document: Document, at: str) -> tuple[datetime, str]:
    """Return the first time of a recurring bulletin, from a moment on if one is named."""
    start = at or document.send_at
    after = moment_in(start) - timedelta(minutes=1) if start else None
    found = next_time(press, document, after=after)
    if found is None:
        raise ClairBotError(PRESS.no_more.format(recurrence=document.recurrence))
    return found


def next_time(press: Press, document: Document, *, after: datetime | None = None) -> tuple[datetime, str] | None:
    """Return the next time of a recurring bulletin behind a naive local one and behind now; None: there is no more.

    Raises:
        ClairBotError: every day of its rule is closed.
    """
    zone = _zone(press, document)
    now = press.now.astimezone(zone).replace(tzinfo=None)
    start = max(after, now) if after else now
    try:
        local = next(_times(press, document, start), None)
    except ValueError as error:
        raise ClairBotError(str(error)) from error
    return (resolve(local, zone), local.isoformat(timespec="minutes")) if local else None


def _times(press: Press, document: Document, after: datetime) -> Iterator[datetime]:
    return local_times(rule_of(document), after=after, is_working_day=press.desk_of(document).calendar.is_working_day)


def _zone(press: Press, document: Document) -> ZoneInfo:
    return EARLIEST if document.timezone == READER else press.timezone_of(document)


def opening(press: Press, document: Document, moment: datetime) -> datetime:
    """Return the moment, or when the sender's office opens next.

    Raises:
        ClairBotError: it is closed for more than a year.
    """
    if not document.office_hours or document.kind is BulletinKind.EMERGENCY:
        return moment
    desk = press.desk_of(document)
    try:
        return desk.calendar.next_opening(moment)
    except ValueError as error:
        raise ClairBotError(_CLOSED.format(desk=desk.name)) from error


def latest(press: Press, bulletin: Bulletin) -> datetime:
    """Return from when on a bulletin is late: where it goes out in each reader's own time, its hour where people talk of it."""
    if bulletin.due_at and bulletin.document.timezone == READER:
        return max(bulletin.due_at, resolve(datetime.fromisoformat(bulletin.due_local), press.timezone_of(bulletin.document)))
    return bulletin.due_at or press.now


def reading_time(press: Press, bulletin: Bulletin, zone: str) -> datetime:
    """Return from when a reader in a zone may be sent a bulletin that is released now: at their own time, and not at night.

    Emergencies wait for neither.
    """
    at = press.now
    if bulletin.document.kind is BulletinKind.EMERGENCY:
        return at
    if bulletin.document.timezone == READER and bulletin.due_local:
        at = max(at, resolve(datetime.fromisoformat(bulletin.due_local), ZoneInfo(zone)))
    return _awake(at, press.settings.quiet, ZoneInfo(zone)) if press.settings.quiet else at


def _awake(at: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> datetime:
    """Return the moment, or the end of the quiet hours in which it lies."""
    begins, ends = quiet
    local = at.astimezone(zone)
    is_quiet = begins <= local.time() < ends if begins <= ends else local.time() >= begins or local.time() < ends
    if not is_quiet:
        return at
    day = local.date() if local.time() < ends else local.date() + timedelta(days=1)
    return max(resolve(datetime.combine(day, ends), zone).astimezone(UTC), at)  # an hour that comes twice has ended already


def approve(press: Press, person: Person, bulletin: Bulletin) -> Done:
    """Approve; an emergency goes out with its last approval."""
    approved = control.approve(press, person, bulletin)
    document = approved.bulletin.document
    if document.kind is not BulletinKind.EMERGENCY or document.drill or approved.bulletin.status is not BulletinStatus.APPROVED:
        return approved
    going = schedule(press, person, approved.bulletin, NOW, override=PRESS.emergency_path)
    shown = people(reach(press, document), document)
    return Done(bulletin=going.bulletin, sentence=PRESS.released_now.format(id=bulletin.id, people=shown))
