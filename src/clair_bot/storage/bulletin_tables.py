"""The tables of bulletins: subscribers, bulletins, who got what, where news comes from."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from clair_bot.storage.columns import json_column, when


class SubscriberRow(SQLModel, table=True):
    """One who gets bulletins."""

    __tablename__ = "subscriber"
    __table_args__ = (UniqueConstraint("channel", "recipient"), Index("ix_subscriber_digest", "state", "digest_at"))

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    recipient: str
    name: str
    organisation: str
    kind: str
    prefecture: str
    role: str
    language: str
    frequency: str
    timezone: str
    tester: bool
    state: str
    reason: str
    token: str = Field(unique=True)
    digest_at: datetime | None = when(nullable=True)
    created_at: datetime = when()


class SubscriptionRow(SQLModel, table=True):
    """What a subscriber wants to hear of."""

    __tablename__ = "subscription"

    subscriber_id: int = Field(foreign_key="subscriber.id", primary_key=True)
    topic: str = Field(primary_key=True)


class ConsentRow(SQLModel, table=True):
    """One line of the ledger of consent."""

    __tablename__ = "consent"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True)
    at: datetime = when()
    action: str
    topics: list[str] = json_column()
    source: str
    by: str


class BulletinRow(SQLModel, table=True):
    """A bulletin and where it stands."""

    __tablename__ = "bulletin"
    __table_args__ = (Index("ix_bulletin_due", "status", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    number: int | None = Field(default=None, index=True)
    kind: str
    status: str
    revision: int
    document: dict[str, Any] = json_column()
    words: str
    """What a search looks through, folded."""
    public: bool
    author: str
    template: int | None = Field(default=None, index=True)
    due_at: datetime | None = when(nullable=True)
    due_local: str
    reason: str
    forgiven: int
    cursor: int
    expanded: bool
    released_at: datetime | None = when(nullable=True)
    finished_at: datetime | None = when(nullable=True)
    created_at: datetime = when()


class RevisionRow(SQLModel, table=True):
    """What a bulletin said at a revision."""

    __tablename__ = "bulletin_revision"

    bulletin_id: int = Field(foreign_key="bulletin.id", primary_key=True)
    revision: int = Field(primary_key=True)
    document: dict[str, Any] = json_column()


class BulletinEventRow(SQLModel, table=True):
    """One line of a bulletin's audit trail."""

    __tablename__ = "bulletin_event"

    id: int | None = Field(default=None, primary_key=True)
    bulletin_id: int = Field(foreign_key="bulletin.id", index=True)
    at: datetime = when()
    actor: str
    act: str
    revision: int
    text: str


class OccurrenceRow(SQLModel, table=True):
    """A due time that was taken: once, whatever number of clocks there are."""

    __tablename__ = "occurrence"

    bulletin_id: int = Field(foreign_key="bulletin.id", primary_key=True)
    local: str = Field(primary_key=True)
    """Naive local time, so that an hour which the clocks repeat counts once."""
    at: datetime = when()


class SegmentRow(SQLModel, table=True):
    """A saved audience."""

    __tablename__ = "segment"

    name: str = Field(primary_key=True)
    audience: dict[str, Any] = json_column()
    actor: str
    at: datetime = when()


class ContentRow(SQLModel, table=True):
    """What many deliveries say."""

    __tablename__ = "content"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    payload: dict[str, Any] = json_column()


class RecipientRow(SQLModel, table=True):
    """One recipient of a bulletin. Without a state of its own, a line has that of its delivery."""

    __tablename__ = "recipient"
    __table_args__ = (Index("ix_recipient_subscriber", "subscriber_id", "state"),)

    bulletin_id: int = Field(foreign_key="bulletin.id", primary_key=True)
    subscriber_id: int = Field(primary_key=True)
    channel: str
    recipient: str
    delivery_id: int | None = Field(default=None, index=True)
    state: str
    reason: str


class LinkRow(SQLModel, table=True):
    """An address in a bulletin that leads through us."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("bulletin_id", "url"),)

    token: str = Field(primary_key=True)
    bulletin_id: int = Field(foreign_key="bulletin.id", index=True)
    url: str
    clicks: int


class FeedRow(SQLModel, table=True):
    """A place where an office publishes."""

    __tablename__ = "feed"

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    location: str = Field(unique=True)
    office: str | None
    name: str
    every_minutes: int
    last_read_at: datetime | None = when(nullable=True)
    etag: str
    error: str


class FeedEntryRow(SQLModel, table=True):
    """Something that was found in a feed."""

    __tablename__ = "feed_entry"
    __table_args__ = (Index("ix_feed_entry_fresh", "office", "bulletin_id"),)

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str = Field(unique=True)
    feed_id: int
    office: str | None
    title: str
    text: str
    url: str
    published_at: datetime | None = when(nullable=True)
    found_at: datetime = when()
    bulletin_id: int | None = None
