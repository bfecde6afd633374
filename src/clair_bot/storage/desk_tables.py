"""The tables of the desk: tickets, the people who answer them, what is to be said later, files."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from clair_bot.storage.columns import added, json_column, when


class TicketRow(SQLModel, table=True):
    """An escalation."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_opened", "opened_at"),)

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    state: str = Field(index=True)
    question: str
    terms: list[str] = Field(sa_column=Column(JSON, nullable=False, server_default="[]"))
    """What the retriever looked for: how similar tickets are found."""
    candidates: list[list[Any]] = json_column()
    opened_at: datetime = when()
    desk_key: str = added("", "")
    desk: str | None
    """The room, ``channel:id``."""
    area: str | None
    office: str | None = None
    card: int | None = None
    assignee: int | None = Field(default=None, index=True)
    urgency: str = added("normal", "normal")
    organisation: str = added("", "")
    country: str = added("", "")
    deadline: date | None = None
    tried: str = added("", "")
    confidential: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    snoozed_until: datetime | None = when(nullable=True)
    answer_due: datetime | None = when(nullable=True)
    resolution_due: datetime | None = when(nullable=True)
    answered_at: datetime | None = when(nullable=True)
    resolved_at: datetime | None = when(nullable=True)
    merged_into: int | None = Field(default=None, index=True)
    follows: int | None = None
    rating: str | None = None


class TicketEventRow(SQLModel, table=True):
    """One line of a ticket's history."""

    __tablename__ = "ticket_event"

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    move: str
    actor: str
    text: str
    at: datetime = when()
    source: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    template: str = added("", "")


class AdvisorRow(SQLModel, table=True):
    """A person of a desk."""

    __tablename__ = "advisor"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    folded: str = Field(index=True)
    """The name as it is compared."""
    desks: list[str] = json_column()
    roles: list[str] = json_column()
    capacity: int
    last_assigned_at: datetime | None = when(nullable=True)
    removed_at: datetime | None = when(nullable=True)


class AdvisorAddressRow(SQLModel, table=True):
    """Where a person writes from."""

    __tablename__ = "advisor_address"
    __table_args__ = (UniqueConstraint("channel", "recipient"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    recipient: str
    advisor_id: int = Field(foreign_key="advisor.id", index=True)


class AbsenceRow(SQLModel, table=True):
    """Days on which a person is away."""

    __tablename__ = "absence"

    id: int | None = Field(default=None, primary_key=True)
    advisor_id: int = Field(foreign_key="advisor.id", index=True)
    first: date
    last: date


class ReminderRow(SQLModel, table=True):
    """What is to be said about a ticket at a moment."""

    __tablename__ = "reminder"
    __table_args__ = (Index("ix_reminder_due", "done", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    kind: str
    percent: int
    due_at: datetime = when()
    done: bool = False


class AttachmentRow(SQLModel, table=True):
    """A file of a ticket."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_due", "state", "next_at"),)

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    channel: str
    to_desk: bool
    handle: str
    name: str
    media_type: str
    size: int
    state: str
    attempts: int = 0
    next_at: datetime = when()
    token: str
    error: str = ""
    created_at: datetime = when()
    content: bytes | None = None


class SealedTextRow(SQLModel, table=True):
    """A text that is read once, with a code."""

    __tablename__ = "sealed_text"

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    token: str = Field(unique=True)
    code_hash: str
    text: str
    wrong_codes: int = 0
    expires_at: datetime = when()
    opened_at: datetime | None = when(nullable=True)
