"""Migrations: complete, repeatable, and safe when two run at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel
from tests.storage.processes import Crowd

from clair_bot.errors import NotMigrated, StorageUnavailable
from clair_bot.storage import schema, tables
from clair_bot.storage.engines import open_engine


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
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert set(inspect(connection).get_table_names()) == {"alembic_version", tables.InboxRow.__tablename__, *SQLModel.metadata.tables}


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
