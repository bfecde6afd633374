"""Kinds of columns."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Table, TypeDecorator
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


def when(*, nullable: bool = False, index: bool = False) -> Any:
    """Return a field of a moment."""
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def json_column() -> Any:
    """Return a field of JSON."""
    return Field(sa_column=Column(JSON, nullable=False))


def added(value: object, stored: Any) -> Any:
    """Return a field that rows of an older migration have as ``stored``, and new ones as ``value``."""
    return Field(default=value, sa_column_kwargs={"server_default": stored})


def table_of(row: type[SQLModel]) -> Table:
    """Return the table behind rows: a statement on it that is built once costs a tenth of what the same one costs through a session."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found
