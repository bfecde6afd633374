"""Engines: which URLs are taken, and how SQLite is set."""

from pathlib import Path

import pytest
from sqlalchemy import text
from tests.storage.processes import Crowd

from clair_bot.errors import ConfigurationError
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import FrozenClock


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "://",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://localhost/clair",
        "postgres://localhost/clair",
        "oracle+cx_oracle://x",
        "postgresql://localhost:port/clair",
        "https://example.jp/clair",
        "\x00",
        "sqlite:////proc/nowhere/clair.db",
        "sqlite:////dev/null/clair.db",
    ],
)
def test_strange_urls_are_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as refused:
        open_engine(url)
    assert refused.value.variable == "DATABASE_URL"


@pytest.mark.parametrize("url", ["postgresql://clair@localhost/clair", "postgresql+asyncpg://localhost/clair", "postgresql+psycopg://x/y"])
def test_postgresql_is_spoken_to_by_our_driver(url: str) -> None:
    engine = open_engine(url)
    assert engine.url.drivername == "postgresql+psycopg"
    engine.dispose()


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"])
def test_sqlite_is_durable_and_its_folder_made(scheme: str, tmp_path: Path) -> None:
    engine = open_engine(f"{scheme}:///{tmp_path / 'new' / 'folder' / 'clair.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}
    engine.dispose()


def test_four_processes_share_sqlite_without_a_locked_database(sqlite_database: str) -> None:
    """R18 in small."""
    with Crowd(4) as crowd:
        results = crowd.work(sqlite_database, seconds=3)
    assert [result.refused for result in results] == [(), (), (), ()]
    assert all(result.recorded and result.handled for result in results)
    engine = open_engine(sqlite_database)
    with SqlStore(engine, FrozenClock()).read() as work:
        found = work.inbox.counts()
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
    assert sum(found.values()) == sum(result.recorded for result in results)
    assert found["done"] == sum(result.handled for result in results)
