"""Migrations: complete, repeatable, and safe when two run at once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel
from tests.storage.processes import Crowd

from clair_bot.domain.desks import Urgency
from clair_bot.errors import NotMigrated, StorageUnavailable
from clair_bot.storage import schema, tables
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import FrozenClock


@pytest.fixture
def empty(empty_database: str) -> Iterator[Engine]:
    engine = open_engine(empty_database)
    yield engine
    engine.dispose()


def test_the_head_is_that_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert scripts.get_heads() == [schema.HEAD]


def test_an_upgrade_may_be_repeated(empty: Engine) -> None:
    assert schema.version(empty) is None
    assert schema.upgrade(empty) == (None, schema.HEAD)
    assert schema.upgrade(empty) == (schema.HEAD, schema.HEAD)
    schema.require_current(empty)


def test_the_migrated_tables_are_ours(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": _differs})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert set(inspect(connection).get_table_names()) == {"alembic_version", tables.InboxRow.__tablename__, *SQLModel.metadata.tables}


def test_a_populated_database_of_the_first_version_keeps_its_rows(empty: Engine) -> None:
    """R23: what was there is there, and fits the new columns."""
    schema.upgrade(empty, "0001")
    with empty.begin() as connection:
        for statement in _FIRST_ROWS:
            connection.execute(text(statement))
    assert schema.upgrade(empty) == ("0001", schema.HEAD)
    assert schema.upgrade(empty) == (schema.HEAD, schema.HEAD)
    with SqlStore(empty, FrozenClock()).read() as work:
        tickets = [work.tickets.get(number) for number in (1, 2)]
        assert [(found.question, found.desk_key, found.urgency) for found in tickets if found] == [
            ("質問", "IV", Urgency.NORMAL),
            ("別の質問", "base", Urgency.NORMAL),
        ]
        assert [event.text for event in work.tickets.history(1)] == ["質問"]
        assert work.conversations.by_id(1).organisation == ""


_PLACE = "INSERT INTO conversation (id, channel, recipient, thread, language, question, offered, article_id, aside) VALUES"
_TICKET = "INSERT INTO ticket (id, conversation_id, desk, area, question, candidates, state, opened_at) VALUES"
_FIRST_ROWS = (
    f"{_PLACE} (1, 'line', 'U1', '', 'ja', '質問', '[]', '', false)",
    f"{_TICKET} (1, 1, 'slack:C1', 'IV', '質問', '[]', 'open', '2026-11-01 00:00:00')",
    f"{_TICKET} (2, 1, 'slack:C1', NULL, '別の質問', '[]', 'open', '2026-11-01 00:00:00')",
    "INSERT INTO ticket_event (id, ticket_id, move, actor, text, at) VALUES (1, 1, 'open', 'asker', '質問', '2026-11-01 00:00:00')",
)


def _differs(*defaults: Any) -> bool:
    """Compare defaults as both databases would write them: ``''`` and ``''::character varying`` are one."""
    inspected, rendered = (re.sub(r"::[a-z ]+$", "", str(default or "")).strip("()'").casefold() for default in (defaults[3], defaults[5]))
    return {"0": "false"}.get(inspected, inspected) != {"0": "false"}.get(rendered, rendered)


def test_two_at_once_migrate_one_database(empty_database: str) -> None:
    with Crowd(2) as crowd:
        results = crowd.upgrade(empty_database)
    assert {after for _, after in results} == {schema.HEAD}
    engine = open_engine(empty_database)
    schema.require_current(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()


def test_other_tables_than_ours_are_refused(empty: Engine) -> None:
    with pytest.raises(NotMigrated, match="clair-bot db upgrade"):
        schema.require_current(empty)
    schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(NotMigrated, match="0000"):
        schema.require_current(empty)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_cannot_be_reached_is_unavailable(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    engine = open_engine(f"sqlite:///{folder / 'clair.db'}" if kind == "sqlite" else f"postgresql://postgres@/clair?host={folder}")
    if folder.exists():
        folder.rmdir()
    for attempt in (schema.upgrade, schema.require_current):
        with pytest.raises(StorageUnavailable):
            attempt(engine)
    engine.dispose()
