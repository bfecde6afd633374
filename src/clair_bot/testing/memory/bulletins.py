"""The bulletins in memory: what they say, where they stand, what was done to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import MOVES, Act, Bulletin, BulletinEvent, BulletinKind, BulletinStatus, Document
from clair_bot.domain.names import folded_name
from clair_bot.storage.codec import clean, pack_audience, pack_document, unpack_audience, unpack_document
from clair_bot.testing.memory.state import MemoryState

_NEVER = datetime.min.replace(tzinfo=UTC)


class MemoryBulletins:
    """A ``Bulletins``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def add(self, document: Document, *, actor: str, template: int | None = None) -> Bulletin:
        """Store a draft; what is an occurrence of another is approved as that is."""
        bulletin = Bulletin(
            id=self._state.next_id("bulletin"),
            status=BulletinStatus.DRAFT if template is None else BulletinStatus.APPROVED,
            revision=1,
            document=_stored(document),
            number=self._number(document),
            author=clean(actor),
            template=template,
            due_at=None,
            due_local="",
            reason="",
            forgiven=0,
            expanded=False,
            released_at=None,
            finished_at=None,
            created_at=self._now,
        )
        self._state.cursors[bulletin.id] = 0
        self._keep(bulletin)
        self._note(bulletin, Act.CREATE, actor, f"#{template}" if template else "")
        return bulletin

    def _number(self, document: Document) -> int | None:
        """Return the volume: as written, that of what it corrects, or for newsletters one more than the highest that is not cancelled."""
        if document.number is not None or not _is_counted(document):
            return document.number
        wrong = self.get(document.corrects) if document.corrects else None
        if wrong and wrong.number:
            return wrong.number
        counted = [
            one.number or 0
            for one in self._state.bulletins.values()
            if one.document.kind is BulletinKind.NEWSLETTER and one.status is not BulletinStatus.CANCELLED
        ]
        return max(counted, default=0) + 1

    def _keep(self, bulletin: Bulletin) -> None:
        self._state.bulletins[bulletin.id] = bulletin
        self._state.revisions[bulletin.id, bulletin.revision] = bulletin.document

    def _note(self, bulletin: Bulletin, act: Act, actor: str, text: str) -> None:
        event = BulletinEvent(at=self._now, actor=clean(actor), act=act, revision=bulletin.revision, text=clean(text))
        self._state.bulletin_events[self._state.next_id("bulletin event")] = (bulletin.id, event)

    def get(self, bulletin_id: int) -> Bulletin | None:
        """Return a bulletin."""
        return self._state.bulletins.get(bulletin_id)

    def lock(self, bulletin_id: int) -> Bulletin | None:
        """Return a bulletin; writers come one after the other anyway."""
        return self.get(bulletin_id)

    def listed(self, *, statuses: Collection[BulletinStatus] | None = None, limit: int = 100) -> Sequence[Bulletin]:
        """Return bulletins, newest first."""
        found = [one for one in self._state.bulletins.values() if statuses is None or one.status in statuses]
        return sorted(found, key=lambda one: -one.id)[:limit]

    def edit(self, bulletin: Bulletin, document: Document, *, actor: str) -> Bulletin | None:
        """Store a new revision, as a draft; None when somebody else changed it since ``bulletin`` was read."""
        stored = self._allowed(bulletin, Act.EDIT)
        if stored is None:
            return None
        edited = replace(
            stored,
            status=BulletinStatus.DRAFT,
            revision=bulletin.revision + 1,
            document=_stored(document),
            number=document.number or (bulletin.number if _is_counted(document) else None) or self._number(document),
            due_at=None,
            due_local="",
            reason="",
        )
        self._keep(edited)
        self._note(edited, Act.EDIT, actor, "")
        return edited

    def act(
        self,
        bulletin: Bulletin,
        act: Act,
        *,
        actor: str,
        text: str = "",
        becomes: BulletinStatus | None = None,
        due: tuple[datetime, str] | None = None,
        forgiven: int | None = None,
    ) -> Bulletin | None:
        """Do something and write it into the trail; None when the bulletin's state or revision does not allow it any more."""
        stored = self._allowed(bulletin, act)
        if stored is None:
            return None
        values: dict[str, Any] = {"status": becomes or MOVES[act][1] or stored.status}
        if due:
            values |= {"due_at": due[0], "due_local": clean(due[1])}
        if forgiven is not None:
            values["forgiven"] = forgiven
        if act in {Act.PAUSE, Act.CANCEL, Act.MISS, Act.RESUME}:
            values["reason"] = clean(text)
        if act in {Act.SCHEDULE, Act.RESEND}:
            values["reason"] = ""
        if act is Act.RELEASE:
            values |= {"released_at": self._now, "due_at": None}
        if act is Act.FINISH:
            values["finished_at"] = self._now
        changed = replace(stored, **values)
        self._state.bulletins[changed.id] = changed
        self._note(changed, act, actor, text)
        return changed

    def _allowed(self, bulletin: Bulletin, act: Act) -> Bulletin | None:
        stored = self.get(bulletin.id)
        return stored if stored and stored.revision == bulletin.revision and stored.status in MOVES[act][0] else None

    def events(self, bulletin_id: int) -> Sequence[BulletinEvent]:
        """Return the audit trail, oldest first."""
        return [event for number, event in self._state.bulletin_events.values() if number == bulletin_id]

    def revision(self, bulletin_id: int, revision: int) -> Document | None:
        """Return what a revision said."""
        return self._state.revisions.get((bulletin_id, revision))

    def due(self) -> Sequence[Bulletin]:
        """Return scheduled bulletins whose time has come."""
        found = [
            (one.due_at, one.id, one) for one in self._state.bulletins.values() if one.status is BulletinStatus.SCHEDULED and one.due_at
        ]
        return [one for at, _, one in sorted(found, key=lambda row: row[:2]) if at <= self._now]

    def occur(self, bulletin_id: int, local: str) -> bool:
        """Take an occurrence, named by its naive local time; False when it was taken already."""
        key = (bulletin_id, clean(local))
        if key in self._state.occurrences:
            return False
        self._state.occurrences[key] = self._now
        return True

    def published(
        self, *, words: Sequence[str] = (), number: int | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[Bulletin]:
        """Return what was sent and is public, newest first: those that hold all of the words, or have a number."""
        wanted = [folded_name(clean(word)) for word in words]
        known = self._state.bulletins.get(before) if before is not None else None
        found = [
            one
            for one in self._state.bulletins.values()
            if one.status is BulletinStatus.SENT
            and one.released_at is not None
            and not one.document.drill
            and all(word in _words(one.document) for word in wanted)
            and (number is None or one.number == number)
            and (before is None or (_published(one) < _published(known) if known and known.released_at else one.id < before))
        ]
        return sorted(found, key=_published, reverse=True)[:limit]

    def save_segment(self, name: str, audience: Audience, *, actor: str) -> None:  # noqa: ARG002  # who did it is for people who look into the table
        """Store an audience under a name."""
        self._state.segments[clean(name)] = unpack_audience(pack_audience(audience))

    def segments(self) -> Mapping[str, Audience]:
        """Return the saved audiences."""
        return dict(sorted(self._state.segments.items()))

    def delete_segment(self, name: str) -> bool:
        """Forget a saved audience; False when there is none."""
        return self._state.segments.pop(clean(name), None) is not None


def _is_counted(document: Document) -> bool:
    return document.kind is BulletinKind.NEWSLETTER and not document.drill and not document.recurrence


def _stored(document: Document) -> Document:
    return unpack_document(pack_document(document))


def _words(document: Document) -> str:
    said = [document.title, *document.lead]
    said += [text for item in document.items for text in (item.title, item.text, item.owner, item.place)]
    return folded_name(" ".join(said))


def _published(bulletin: Bulletin) -> tuple[datetime, int]:
    return bulletin.released_at or _NEVER, bulletin.id
