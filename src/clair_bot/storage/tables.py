"""The tables. Rows stay in this room: repositories give and take domain dataclasses."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, Table, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out, on SQLite (which forgets zones) and PostgreSQL (which has its own) alike."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy calls it so
        """Refuse naive datetimes."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # as above
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _when(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def _json() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


class InboxRow(SQLModel, table=True):
    """An inbound message."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_pending", "state", "next_at"),
        Index("ix_inbox_order", "conversation", "state", "sent_at", "id"),
        Index("ix_inbox_message", "address", "message_id"),
        {"sqlite_autoincrement": True},  # ids are never used again: the keys of answers are made from them
    )

    id: int | None = Field(default=None, primary_key=True)
    state: str
    """pending, done or aside"""
    conversation: str
    address: str
    message_id: str
    payload: dict[str, Any] = _json()
    sent_at: datetime = _when()
    received_at: datetime = _when()
    next_at: datetime = _when()
    attempts: int = 0
    error: str = ""


class InboxKeyRow(SQLModel, table=True):
    """A platform's id of an inbound message: what makes it count once."""

    __tablename__ = "inbox_key"

    channel: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    inbox_id: int = Field(foreign_key="inbox.id", index=True)


class ConversationRow(SQLModel, table=True):
    """What is remembered of a conversation."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "recipient", "thread"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    recipient: str
    thread: str
    language: str = "ja"
    question: str = ""
    inquiry_id: int | None = None
    offered: list[str] = _json()
    offered_until: datetime | None = _when(nullable=True)
    article_id: str = ""
    aside: bool = False


class RoomMoveRow(SQLModel, table=True):
    """A room that has a new id."""

    __tablename__ = "room_move"

    channel: str = Field(primary_key=True)
    old: str = Field(primary_key=True)
    new: str


class InquiryRow(SQLModel, table=True):
    """What was asked, and what became of it."""

    __tablename__ = "inquiry"

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    inbox_id: int = Field(index=True)
    question: str
    language: str
    outcome: str = Field(index=True)
    confidence: float
    candidates: list[list[Any]] = _json()
    asked_at: datetime = _when(index=True)


class TicketRow(SQLModel, table=True):
    """An escalation."""

    __tablename__ = "ticket"

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    desk: str | None
    area: str | None
    question: str
    candidates: list[list[Any]] = _json()
    state: str = Field(index=True)
    opened_at: datetime = _when()


class TicketEventRow(SQLModel, table=True):
    """One line of a ticket's history."""

    __tablename__ = "ticket_event"

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    move: str
    actor: str
    text: str
    at: datetime = _when()


class DeliveryRow(SQLModel, table=True):
    """One outbound message, with its fate."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_due", "channel", "state", "priority", "next_at"),
        Index("ix_delivery_order", "channel", "recipient", "state", "id"),
        Index("ix_delivery_ticket", "ticket_id", "recipient"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    recipient: str
    state: str
    priority: int
    payload: dict[str, Any] = _json()
    idempotency_key: str = Field(unique=True)
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    attempts: int = 0
    maybe_sent: bool = False
    parts_sent: int = 0
    next_at: datetime = _when()
    lease_until: datetime | None = _when(nullable=True)
    error: str = ""
    created_at: datetime = _when()
    sent_at: datetime | None = _when(nullable=True)


class SentMessageRow(SQLModel, table=True):
    """A platform's id of a message of ours: how a reply to it is recognised."""

    __tablename__ = "sent_message"
    __table_args__ = (Index("ix_sent_message_delivery", "delivery_id", "part"),)

    channel: str = Field(primary_key=True)
    recipient: str = Field(primary_key=True)
    message_id: str = Field(primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    part: int


class ChannelRow(SQLModel, table=True):
    """How a channel is, shared by all processes."""

    __tablename__ = "channel"

    name: str = Field(primary_key=True)
    error: str = ""
    paused_until: datetime | None = _when(nullable=True)
    paced_until: datetime | None = _when(nullable=True)
    """The theoretical arrival time of the generic cell rate algorithm."""


class LeaseRow(SQLModel, table=True):
    """Who may do what only one process does at a time."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = _when()


def table_of(row: type[SQLModel]) -> Table:
    """Return the table behind rows: a statement on it that is built once costs a tenth of what the same one costs through a session."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found
