"""The tables of bulletins: what they say, where they stand, what was done to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, tuple_, update
from sqlmodel import Session

from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import MOVES, Act, Bulletin, BulletinEvent, BulletinKind, BulletinStatus, Document
from clair_bot.domain.names import folded_name
from clair_bot.storage.bulletin_tables import BulletinEventRow, BulletinRow, OccurrenceRow, RevisionRow, SegmentRow
from clair_bot.storage.codec import pack_audience, pack_document, unpack_audience, unpack_document
from clair_bot.storage.columns import table_of
from clair_bot.storage.insertions import Insertion

_B, _V, _E, _O, _S = (table_of(row) for row in (BulletinRow, RevisionRow, BulletinEventRow, OccurrenceRow, SegmentRow))
_OCCUR = Insertion(lambda dialect: dialect.insert(_O).on_conflict_do_nothing().returning(_O.c.local))
_SAVE = Insertion(
    lambda dialect: (new := dialect.insert(_S)).on_conflict_do_update(
        index_elements=["name"], set_={"audience": new.excluded.audience, "actor": new.excluded.actor, "at": new.excluded.at}
    )
)
_LARGEST = 2**31 - 1
_NUMBERING = 20200402
"""Names the lock under which volumes are counted."""


class SqlBulletins:
    """Repository of bulletins."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._connection = session.connection
        self._now = now

    def add(self, document: Document, *, actor: str, template: int | None = None) -> Bulletin:
        """Store a draft; what is an occurrence of another is approved as that is."""
        status = BulletinStatus.DRAFT if template is None else BulletinStatus.APPROVED
        values = self._written(document) | {
            "number": self._number(document),
            "status": status.value,
            "revision": 1,
            "author": actor,
            "template": template,
            "due_local": "",
            "reason": "",
            "forgiven": 0,
            "cursor": 0,
            "expanded": False,
            "created_at": self._now,
        }
        number = self._connection().execute(insert(_B).values(values).returning(_B.c.id)).scalar_one()
        self._keep_revision(number, 1, document)
        self._note(number, Act.CREATE, actor, 1, f"#{template}" if template else "")
        return self._there(number)

    def _number(self, document: Document) -> int | None:
        """Return the volume: as written, that of what it corrects, or for newsletters one more than the highest that is not cancelled."""
        if document.number is not None or not _is_counted(document):
            return document.number
        if document.corrects and (number := self._connection().execute(select(_B.c.number).where(_B.c.id == document.corrects)).scalar()):
            return int(number)
        counted = (_B.c.kind == BulletinKind.NEWSLETTER.value, _B.c.status != BulletinStatus.CANCELLED.value)
        if self._connection().dialect.name == "postgresql":  # SQLite has one writer anyway
            self._connection().execute(select(func.pg_advisory_xact_lock(_NUMBERING)))
        highest: int | None = self._connection().execute(select(func.max(_B.c.number)).where(*counted)).scalar()
        return (highest or 0) + 1

    @staticmethod
    def _written(document: Document) -> dict[str, Any]:
        texts = [
            document.title,
            *document.lead,
            *(text for item in document.items for text in (item.title, item.text, item.owner, item.place)),
        ]
        return {
            "kind": document.kind.value,
            "document": pack_document(document),
            "words": folded_name(" ".join(texts)),
            "public": not document.drill,
        }

    def _keep_revision(self, bulletin_id: int, revision: int, document: Document) -> None:
        values = {"bulletin_id": bulletin_id, "revision": revision, "document": pack_document(document)}
        self._connection().execute(insert(_V).values(values))

    def _note(self, bulletin_id: int, act: Act, actor: str, revision: int, text: str) -> None:
        line = {"bulletin_id": bulletin_id, "at": self._now, "actor": actor, "act": act.value, "revision": revision, "text": text}
        self._connection().execute(insert(_E).values(line))

    def get(self, bulletin_id: int) -> Bulletin | None:
        """Return a bulletin."""
        if not 0 < bulletin_id <= _LARGEST:
            return None
        row = self._connection().execute(select(_B).where(_B.c.id == bulletin_id)).first()
        return _bulletin(row) if row else None

    def lock(self, bulletin_id: int) -> Bulletin | None:
        """Return a bulletin, which nobody else changes until the end of this unit of work."""
        self._connection().execute(select(_B.c.id).where(_B.c.id == min(bulletin_id, _LARGEST)).with_for_update())
        return self.get(bulletin_id)

    def listed(self, *, statuses: Collection[BulletinStatus] | None = None, limit: int = 100) -> Sequence[Bulletin]:
        """Return bulletins, newest first."""
        statement = select(_B).order_by(_B.c.id.desc()).limit(limit)
        if statuses is not None:
            statement = statement.where(_B.c.status.in_([status.value for status in statuses]))
        return [_bulletin(row) for row in self._connection().execute(statement)]

    def edit(self, bulletin: Bulletin, document: Document, *, actor: str) -> Bulletin | None:
        """Store a new revision, as a draft; None when somebody else changed it since ``bulletin`` was read."""
        allowed, status = MOVES[Act.EDIT]
        if status is None:
            raise LookupError(Act.EDIT)
        values = self._written(document) | {
            "status": status.value,
            "revision": bulletin.revision + 1,
            "number": document.number or (bulletin.number if _is_counted(document) else None) or self._number(document),
            "due_at": None,
            "due_local": "",
            "reason": "",
        }
        if not self._change(bulletin, allowed, values):
            return None
        self._keep_revision(bulletin.id, bulletin.revision + 1, document)
        self._note(bulletin.id, Act.EDIT, actor, bulletin.revision + 1, "")
        return self._there(bulletin.id)

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
        allowed, leads_to = MOVES[act]
        status = becomes or leads_to
        values: dict[str, Any] = {"status": status.value} if status else {"status": _B.c.status}
        if due:
            values |= {"due_at": due[0], "due_local": due[1]}
        if forgiven is not None:
            values["forgiven"] = forgiven
        if act in {Act.PAUSE, Act.CANCEL, Act.MISS, Act.RESUME}:
            values["reason"] = text
        if act in {Act.SCHEDULE, Act.RESEND}:
            values["reason"] = ""
        if act is Act.RELEASE:
            values |= {"released_at": self._now, "due_at": None}
        if act is Act.FINISH:
            values["finished_at"] = self._now
        if not self._change(bulletin, allowed, values):
            return None
        self._note(bulletin.id, act, actor, bulletin.revision, text)
        return self._there(bulletin.id)

    def _change(self, bulletin: Bulletin, allowed: Collection[BulletinStatus], values: dict[str, Any]) -> bool:
        as_read = (_B.c.id == bulletin.id, _B.c.revision == bulletin.revision, _B.c.status.in_([status.value for status in allowed]))
        return self._connection().execute(update(_B).where(*as_read).values(values)).rowcount == 1

    def events(self, bulletin_id: int) -> Sequence[BulletinEvent]:
        """Return the audit trail, oldest first."""
        rows = self._connection().execute(select(_E).where(_E.c.bulletin_id == bulletin_id).order_by(_E.c.id))
        return [BulletinEvent(at=row.at, actor=row.actor, act=Act(row.act), revision=row.revision, text=row.text) for row in rows]

    def revision(self, bulletin_id: int, revision: int) -> Document | None:
        """Return what a revision said."""
        wanted = (_V.c.bulletin_id == bulletin_id, _V.c.revision == revision)
        payload = self._connection().execute(select(_V.c.document).where(*wanted)).scalar()
        return unpack_document(payload) if payload else None

    def due(self) -> Sequence[Bulletin]:
        """Return scheduled bulletins whose time has come."""
        due = (_B.c.status == BulletinStatus.SCHEDULED.value, _B.c.due_at <= self._now)
        return [_bulletin(row) for row in self._connection().execute(select(_B).where(*due).order_by(_B.c.due_at, _B.c.id))]

    def occur(self, bulletin_id: int, local: str) -> bool:
        """Take an occurrence, named by its naive local time; False when it was taken already."""
        values = {"bulletin_id": bulletin_id, "local": local, "at": self._now}
        return self._connection().execute(_OCCUR.on(self._session), values).first() is not None

    def published(
        self, *, words: Sequence[str] = (), number: int | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[Bulletin]:
        """Return what was sent and is public, newest first: those that hold all of the words, or have a number."""
        if number is not None and abs(number) > _LARGEST:
            return []
        wanted = [_B.c.status == BulletinStatus.SENT.value, _B.c.public.is_(True), _B.c.released_at.is_not(None)]
        wanted += [_B.c.words.contains(folded_name(word), autoescape=True) for word in words]
        if number is not None:
            wanted.append(_B.c.number == number)
        if before is not None:
            wanted.append(self._behind(min(before, _LARGEST)))
        statement = select(_B).where(*wanted).order_by(_B.c.released_at.desc(), _B.c.id.desc()).limit(limit)
        return [_bulletin(row) for row in self._connection().execute(statement)]

    def _behind(self, bulletin_id: int) -> ColumnElement[bool]:
        """A bulletin that was written earlier may be sent later."""
        released = self._connection().execute(select(_B.c.released_at).where(_B.c.id == bulletin_id)).scalar()
        return tuple_(_B.c.released_at, _B.c.id) < tuple_(released, bulletin_id) if released else _B.c.id < bulletin_id

    def save_segment(self, name: str, audience: Audience, *, actor: str) -> None:
        """Store an audience under a name."""
        values = {"name": name, "audience": pack_audience(audience), "actor": actor, "at": self._now}
        self._connection().execute(_SAVE.on(self._session), values)

    def segments(self) -> Mapping[str, Audience]:
        """Return the saved audiences."""
        rows = self._connection().execute(select(_S).order_by(_S.c.name))
        return {row.name: unpack_audience(row.audience) for row in rows}

    def delete_segment(self, name: str) -> bool:
        """Forget a saved audience; False when there is none."""
        return self._connection().execute(delete(_S).where(_S.c.name == name)).rowcount == 1

    def _there(self, bulletin_id: int) -> Bulletin:
        bulletin = self.get(bulletin_id)
        if bulletin is None:
            raise LookupError(bulletin_id)
        return bulletin


def _is_counted(document: Document) -> bool:
    return document.kind is BulletinKind.NEWSLETTER and not document.drill and not document.recurrence


def _bulletin(row: Row[Any]) -> Bulletin:
    return Bulletin(
        id=row.id,
        status=BulletinStatus(row.status),
        revision=row.revision,
        document=unpack_document(row.document),
        number=row.number,
        author=row.author,
        template=row.template,
        due_at=row.due_at,
        due_local=row.due_local,
        reason=row.reason,
        forgiven=row.forgiven,
        expanded=row.expanded,
        released_at=row.released_at,
        finished_at=row.finished_at,
        created_at=row.created_at,
    )
