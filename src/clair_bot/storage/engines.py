"""Engines for SQLite and PostgreSQL, with the settings that make both keep their promises."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from clair_bot.errors import ConfigurationError

BUSY_SECONDS = 20
"""How long SQLite waits for another process's write."""


def open_engine(url: str) -> Engine:
    """Open a database by its URL; nothing is created but a missing folder of an SQLite file.

    Raises:
        ConfigurationError: the URL is neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except Exception as error:  # SQLAlchemy raises several kinds here
        raise ConfigurationError("DATABASE_URL", "データベースの場所を読み取れません。例: sqlite:///var/clair.db") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=10, pool_timeout=10)
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigurationError("DATABASE_URL", "sqlite:///ファイル名 または postgresql://… を指定してください。")
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: SqliteConnection, _record: Any) -> None:
    """WAL, full durability, and transactions begun by us alone (the driver's own are deferred and fail when they upgrade)."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
