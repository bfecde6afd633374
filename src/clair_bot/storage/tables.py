"""The tables of messages and conversations. Rows stay in this room: repositories give and take domain dataclasses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from clair_bot.storage.columns import added, json_column, when


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
    payload: dict[str, Any] = json_column()
    sent_at: datetime = when()
    received_at: datetime = when()
    next_at: datetime = when()
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
    offered: list[str] = json_column()
    offered_until: datetime | None = when(nullable=True)
    article_id: str = ""
    aside: bool = False
    organisation: str = added("", "")
    asking: str = added("", "")
    asking_until: datetime | None = when(nullable=True)


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
    candidates: list[list[Any]] = json_column()
    asked_at: datetime = when(index=True)


class DeliveryRow(SQLModel, table=True):
    """One outbound message, with its fate."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_due", "channel", "state", "priority", "next_at", "id"),
        Index("ix_delivery_bulletin", "bulletin_id", "state"),
        Index("ix_delivery_order", "channel", "recipient", "state", "id"),
        Index("ix_delivery_ticket", "ticket_id", "recipient"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    recipient: str
    state: str
    priority: int
    payload: dict[str, Any] = json_column()
    idempotency_key: str = Field(unique=True)
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    bulletin_id: int | None = None
    content_id: int | None = None
    """What it says, where many say the same; ``payload`` is empty then."""
    unsubscribe: str = added("", "")
    together: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    """True: to all whose line in the ledger names it."""
    unreachable: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    """True: it failed because its recipient has gone."""
    attempts: int = 0
    maybe_sent: bool = False
    parts_sent: int = 0
    next_at: datetime = when()
    lease_until: datetime | None = when(nullable=True)
    replaces: int | None = Field(default=None, index=True)
    """The delivery whose platform messages are changed."""
    error: str = ""
    created_at: datetime = when()
    sent_at: datetime | None = when(nullable=True)


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
    paused_until: datetime | None = when(nullable=True)
    paced_until: datetime | None = when(nullable=True)
    """The theoretical arrival time of the generic cell rate algorithm."""


class LeaseRow(SQLModel, table=True):
    """Who may do what only one process does at a time."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = when()
