"""Engines for SQLite and PostgreSQL, with the settings that make both keep their promises."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clair_bot.errors import ConfigurationError
from clair_bot.storage.codec import clean

BUSY_SECONDS = 20
"""How long SQLite waits for another process's write."""


def open_engine(url: str) -> Engine:
    """Open a database by its URL; nothing is created but a missing folder of an SQLite file.

    Raises:
        ConfigurationError: the URL is neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError("DATABASE_URL", "データベースの場所を読み取れません。例: sqlite:///var/clair.db") from error
    engine = _open(parsed)
    event.listen(engine, "before_cursor_execute", _clean, retval=True)
    return engine


def _open(url: URL) -> Engine:
    backend = url.get_backend_name()
    if backend == "postgresql":
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=10, pool_timeout=10)
    if backend != "sqlite" or not url.database or url.database == ":memory:":
        raise ConfigurationError("DATABASE_URL", "sqlite:///ファイル名 または postgresql://… を指定してください。")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError("DATABASE_URL", "データベースのフォルダーを作れません。場所を確かめてください。") from error
    waiting = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url.set(drivername="sqlite"), connect_args=waiting, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _clean(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> tuple[str, Any]:  # noqa: FBT001
    """Whatever people or platforms write can be stored and looked for: no statement fails because of a NUL or a lone surrogate (S13)."""
    return statement, clean(parameters)


def _prepare(connection: SqliteConnection, _record: Any) -> None:
    """WAL, full durability, and transactions begun by us alone (the driver's own are deferred and fail when they upgrade)."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
