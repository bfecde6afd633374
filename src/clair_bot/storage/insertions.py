"""Inserts that may meet what is there already: both databases have them, each in a dialect of its own."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session


class Insertion:
    """A statement that is built once for each database."""

    def __init__(self, build: Callable[[Any], Executable]) -> None:
        """Build it with ``build``, which is given SQLAlchemy's module of a dialect and inserts with that."""
        dialects: dict[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgresql}
        self._statements = {name: build(dialect) for name, dialect in dialects.items()}

    def on(self, session: Session) -> Executable:
        """Return it for the database of this session."""
        return self._statements[session.get_bind().dialect.name]
