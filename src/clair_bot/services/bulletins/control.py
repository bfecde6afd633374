"""Control: what editors and approvers do to a bulletin. Each deed says what came of it, and refuses with a sentence."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from clair_bot.domain.advisors import Role
from clair_bot.domain.bulletins import (
    LONGEST_BULLETIN,
    LONGEST_ITEM,
    MOST_ITEMS,
    MOST_TESTERS,
    Act,
    Bulletin,
    BulletinKind,
    BulletinStatus,
    Document,
    LedgerState,
    approvals_needed,
    approvers,
    authors,
    is_tested,
)
from clair_bot.domain.conversations import Language
from clair_bot.domain.deliveries import Priority
from clair_bot.domain.subscriptions import SubscriberState
from clair_bot.errors import ClairBotError
from clair_bot.messages import Address
from clair_bot.services.bulletins.audiences import described, people, target_of
from clair_bot.services.bulletins.issues import current
from clair_bot.services.bulletins.presses import Person, Press, total
from clair_bot.services.bulletins.prints import addressed, message_of
from clair_bot.services.bulletins.times import require_times
from clair_bot.services.phrases import PRESS
from clair_bot.services.phrases.bulletins import BULLETINS

WRITERS = frozenset({Role.EDITOR, Role.ADMIN})
APPROVERS = frozenset({Role.APPROVER, Role.ADMIN})
EITHER = WRITERS | APPROVERS
_ROLES = {Role.EDITOR: "編集者", Role.APPROVER: "承認者", Role.ADMIN: "管理者"}
_NAMESPACE = uuid.UUID("7d5d7a3e-2d1c-4b1b-9a64-0c9e1f1b3f22")
_SENT = frozenset({BulletinStatus.SENDING, BulletinStatus.SENT, BulletinStatus.PAUSED})
_PAGE = 1_000
"""Lines of the ledger that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a deed."""

    bulletin: Bulletin
    sentence: str
    """For whoever did it."""


def require(person: Person, roles: Collection[Role]) -> None:
    """Refuse who may not.

    Raises:
        ClairBotError: the person has none of the roles.
    """
    if not person.roles & frozenset(roles):
        names = "・".join(name for role, name in _ROLES.items() if role in roles)
        raise ClairBotError(PRESS.not_allowed.format(name=person.name, roles=names))


def bulletin_of(press: Press, bulletin_id: int) -> Bulletin:
    """Return a bulletin.

    Raises:
        ClairBotError: there is none.
    """
    bulletin = press.work.bulletins.get(bulletin_id)
    if bulletin is None:
        raise ClairBotError(PRESS.unknown.format(id=bulletin_id))
    return bulletin


def done(bulletin: Bulletin | None, sentence: str, *, before: Bulletin) -> Done:
    """Return that it was done.

    Raises:
        ClairBotError: it was not: somebody else was faster.
    """
    if bulletin is None:
        raise ClairBotError(PRESS.conflict.format(id=before.id))
    return Done(bulletin=bulletin, sentence=sentence)


def require_status(bulletin: Bulletin, allowed: Collection[BulletinStatus]) -> None:
    """Refuse what its status does not allow.

    Raises:
        ClairBotError: it stands elsewhere.
    """
    if bulletin.status not in allowed:
        raise ClairBotError(PRESS.refused.format(id=bulletin.id, status=PRESS.statuses[bulletin.status]))


def create(press: Press, person: Person, document: Document) -> Done:
    """Store a draft."""
    require(person, WRITERS)
    check(press, document)
    bulletin = press.work.bulletins.add(document, actor=person.mark)
    return Done(bulletin=bulletin, sentence=PRESS.created.format(id=bulletin.id))


def edit(press: Press, person: Person, bulletin: Bulletin, document: Document) -> Done:
    """Store a new revision; whatever was approved is not any more."""
    require(person, WRITERS)
    check(press, document)
    require_status(bulletin, {status for status in BulletinStatus if status not in _SENT | {BulletinStatus.CANCELLED}})
    edited = press.work.bulletins.edit(bulletin, document, actor=person.mark)
    return done(edited, PRESS.edited.format(id=bulletin.id, revision=bulletin.revision + 1), before=bulletin)


def check(press: Press, document: Document) -> None:
    """Refuse a document that cannot be sent.

    Raises:
        ClairBotError: says what is wrong with it, how many or how long, and what to do.
    """
    if not document.items:
        raise ClairBotError(PRESS.no_items)
    if len(document.items) > MOST_ITEMS:
        raise ClairBotError(PRESS.too_many_items.format(count=len(document.items), most=MOST_ITEMS))
    if document.length > LONGEST_BULLETIN:
        raise ClairBotError(PRESS.too_long.format(count=document.length, most=LONGEST_BULLETIN))
    for item in document.items:
        if len(item.text) > LONGEST_ITEM:
            raise ClairBotError(PRESS.item_too_long.format(title=item.title[:40], count=len(item.text), most=LONGEST_ITEM))
    require_times(document)
    require_current(press, document)
    target_of(press.work, document)
    if document.corrects:
        wrong = bulletin_of(press, document.corrects)
        if wrong.status not in _SENT | {BulletinStatus.CANCELLED}:
            raise ClairBotError(PRESS.corrects_unsent.format(id=wrong.id))


def require_current(press: Press, document: Document) -> None:
    """Refuse a document of which nothing would be left to read.

    Raises:
        ClairBotError: every deadline has passed.
    """
    day = press.now.astimezone(press.timezone_of(document)).date()
    if not document.recurrence and not current(document.items, day):
        raise ClairBotError(PRESS.all_expired)


def test_send(press: Press, person: Person, bulletin: Bulletin, testers: Sequence[Address]) -> Done:
    """Send this very revision to some addresses, with a mark above it."""
    require(person, EITHER)
    if not 0 < len(testers) <= MOST_TESTERS:
        raise ClairBotError(PRESS.no_testers.format(most=MOST_TESTERS))
    require_status(bulletin, {status for status in BulletinStatus if status not in _SENT | {BulletinStatus.CANCELLED}})
    require_current(press, bulletin.document)
    for tester in dict.fromkeys(testers):
        reader = press.work.subscribers.at(tester)
        language = reader.language if reader else Language.JA
        message = message_of(press, bulletin, channel=tester.channel, language=language, notice=BULLETINS[language].test)
        key = str(uuid.uuid5(_NAMESPACE, f"test:{uuid.uuid4()}"))
        press.work.outbox.put(addressed(message, tester, key), priority=Priority.DESK)
    text = " ".join(map(str, dict.fromkeys(testers)))
    tested = press.work.bulletins.act(bulletin, Act.TEST, actor=person.mark, text=text)
    sentence = PRESS.tested.format(id=bulletin.id, revision=bulletin.revision, count=len(set(testers)))
    return done(tested, sentence, before=bulletin)


def submit(press: Press, person: Person, bulletin: Bulletin) -> Done:
    """Ask for approval."""
    require(person, WRITERS)
    require_status(bulletin, {BulletinStatus.DRAFT})
    check(press, bulletin.document)  # drafts of the flash and of feeds come here first, and saved audiences change
    count = reach(press, bulletin.document)
    submitted = press.work.bulletins.act(bulletin, Act.SUBMIT, actor=person.mark)
    needed = approvals_needed(bulletin.document)
    return done(submitted, PRESS.submitted.format(id=bulletin.id, people=people(count, bulletin.document), needed=needed), before=bulletin)


def send_back(press: Press, person: Person, bulletin: Bulletin, reason: str) -> Done:
    """Return it to its author, with a reason."""
    require(person, EITHER)
    require_status(bulletin, {BulletinStatus.SUBMITTED, BulletinStatus.APPROVED})
    returned = press.work.bulletins.act(bulletin, Act.RETURN, actor=person.mark, text=reason)
    return done(returned, PRESS.returned.format(id=bulletin.id), before=bulletin)


def approve(press: Press, person: Person, bulletin: Bulletin) -> Done:
    """Approve this revision; nobody approves what they wrote, and nothing that has not been tested."""
    require(person, APPROVERS)
    press.work.bulletins.lock(bulletin.id)  # two approvals at once count as two
    emergency = bulletin.document.kind is BulletinKind.EMERGENCY
    if emergency and bulletin.status is BulletinStatus.DRAFT:
        bulletin = done(
            press.work.bulletins.act(bulletin, Act.SUBMIT, actor=bulletin.author, text=PRESS.emergency_path), "", before=bulletin
        ).bulletin
    require_status(bulletin, {BulletinStatus.SUBMITTED})
    events = press.work.bulletins.events(bulletin.id)
    if person.mark in authors(events):
        raise ClairBotError(PRESS.own.format(name=person.name, id=bulletin.id))
    if not is_tested(events, bulletin.revision):
        raise ClairBotError(PRESS.not_tested.format(id=bulletin.id, revision=bulletin.revision))
    given = approvers(events, bulletin.revision)
    if person.mark in given:
        raise ClairBotError(PRESS.approved_already.format(name=person.name, id=bulletin.id, revision=bulletin.revision))
    return _approved(press, person, bulletin, given=len(given) + 1)


def _approved(press: Press, person: Person, bulletin: Bulletin, *, given: int) -> Done:
    needed = approvals_needed(bulletin.document)
    shown = people(reach(press, bulletin.document), bulletin.document)
    enough = given >= needed
    becomes = BulletinStatus.APPROVED if enough else None
    approved = press.work.bulletins.act(bulletin, Act.APPROVE, actor=person.mark, text=shown, becomes=becomes)
    sentence = PRESS.approved if enough else PRESS.approved_part
    return done(approved, sentence.format(id=bulletin.id, given=given, needed=needed, people=shown), before=bulletin)


def reach(press: Press, document: Document) -> int:
    """Return how many it goes to.

    Raises:
        ClairBotError: nobody.
    """
    count = total(press.work.subscribers.count(target_of(press.work, document)))
    if not count:
        raise ClairBotError(PRESS.nobody.format(audience=described(document)))
    return count


def pause(press: Press, person: Person, bulletin: Bulletin, reason: str = "") -> Done:
    """Stop after what is under way."""
    require(person, EITHER)
    require_status(bulletin, {BulletinStatus.SENDING})
    paused = press.work.bulletins.act(bulletin, Act.PAUSE, actor=person.mark, text=reason)
    return done(paused, PRESS.paused.format(id=bulletin.id, left=_left(press, bulletin)), before=bulletin)


def resume(press: Press, person: Person, bulletin: Bulletin, *, override: str = "") -> Done:
    """Go on where it stopped; the faults so far are known to whoever lets it go on."""
    require(person, APPROVERS if override else EITHER)
    require_status(bulletin, {BulletinStatus.PAUSED})
    _, bad = press.work.ledger.faults(bulletin.id)
    resumed = press.work.bulletins.act(bulletin, Act.RESUME, actor=person.mark, text=override, forgiven=bad)
    press.work.ledger.wake(bulletin.id)
    return done(resumed, PRESS.resumed.format(id=bulletin.id, left=_left(press, bulletin)), before=bulletin)


def cancel(press: Press, person: Person, bulletin: Bulletin, reason: str = "") -> Done:
    """Send nothing more of it."""
    require(person, EITHER)
    require_status(bulletin, {status for status in BulletinStatus if status not in {BulletinStatus.SENT, BulletinStatus.CANCELLED}})
    cancelled = press.work.bulletins.act(bulletin, Act.CANCEL, actor=person.mark, text=reason)
    count = press.work.ledger.cancel(bulletin.id)
    return done(cancelled, PRESS.cancelled.format(id=bulletin.id, count=count), before=bulletin)


def resend(press: Press, person: Person, bulletin: Bulletin, states: Collection[LedgerState], *, sure: bool) -> Done:
    """Send again to those who did not get it, or may not have, and have not left since; without ``sure``, only say how many that are.

    The faults so far are known to whoever does that.

    Raises:
        ClairBotError: there are none.
    """
    require(person, EITHER)
    require_status(bulletin, _SENT)
    count = _reachable(press, bulletin, states)
    if not count:
        raise ClairBotError(PRESS.nothing_to_resend.format(id=bulletin.id))
    if not sure:
        return Done(bulletin=bulletin, sentence=PRESS.resend_asks.format(id=bulletin.id, count=count))
    count = press.work.ledger.again(bulletin.id, states)
    _, bad = press.work.ledger.faults(bulletin.id)
    text = f"{'・'.join(PRESS.ledger[state] for state in sorted(states))} {count}"
    sending = press.work.bulletins.act(bulletin, Act.RESEND, actor=person.mark, text=text, forgiven=bad)
    return done(sending, PRESS.resent.format(id=bulletin.id, count=count), before=bulletin)


def _reachable(press: Press, bulletin: Bulletin, states: Collection[LedgerState]) -> int:
    """Return how many lines in some states are of people who may still be written to."""
    count = after = 0
    while lines := press.work.ledger.lines(bulletin.id, states, after=after, limit=_PAGE):
        people_ = (press.work.subscribers.get(line.subscriber_id) for line in lines)
        count += sum(person is not None and person.state is SubscriberState.ACTIVE for person in people_)
        after = lines[-1].subscriber_id
    return count


def _left(press: Press, bulletin: Bulletin) -> int:
    """Return how many are still to be sent to: those with a line, and those who have none yet."""
    counts = press.work.ledger.counts(bulletin.id)
    waiting = counts.get(LedgerState.QUEUED, 0) + counts.get(LedgerState.SENDING, 0)
    if bulletin.expanded:
        return waiting
    everybody = total(press.work.subscribers.count(target_of(press.work, bulletin.document)))
    return max(everybody - sum(counts.values()), 0) + waiting
