"""The inquiry table: what was asked, and what became of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from clair_bot.domain.articles import Search
from clair_bot.domain.conversations import Outcome
from clair_bot.storage.columns import table_of
from clair_bot.storage.tables import InquiryRow

_ADD = insert(table_of(InquiryRow)).returning(table_of(InquiryRow).c.id)


class SqlInquiries:
    """Repository of inquiries."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now

    def add(self, *, conversation_id: int, entry_id: int, question: str, language: str, outcome: Outcome, search: Search) -> int:
        """Store an inquiry with its outcome; return its id."""
        values = {
            "conversation_id": conversation_id,
            "inbox_id": entry_id,
            "question": question,
            "language": language,
            "outcome": outcome.value,
            "confidence": search.hits[0].confidence if search.hits else 0.0,
            "candidates": [[hit.article.id, round(hit.confidence, 4)] for hit in search.hits],
            "asked_at": self._now,
        }
        added: int = self._session.connection().execute(_ADD, values).scalar_one()
        return added

    def correct(self, entry_id: int, question: str) -> None:
        """Store how a question reads now; empty where its author took it back."""
        self._session.execute(update(InquiryRow).where(col(InquiryRow.inbox_id) == entry_id).values(question=question))

    def counts(self) -> Mapping[str, int]:
        """Return how many inquiries had each outcome."""
        rows = self._session.execute(select(col(InquiryRow.outcome), func.count()).group_by(col(InquiryRow.outcome)))
        return {outcome: count for outcome, count in rows}  # noqa: C416  # rows are not tuples to the type checker
