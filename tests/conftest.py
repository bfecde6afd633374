"""Databases for the tests: SQLite in a file, and a PostgreSQL of our own that runs once per session."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import Session, SQLModel, col
from tests.standins.postgres import PostgresStandIn, postgres_standin

from clair_bot.domain.tickets import TicketState
from clair_bot.ports import Store
from clair_bot.storage.desk_tables import TicketRow
from clair_bot.storage.engines import open_engine
from clair_bot.storage.schema import upgrade
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import FrozenClock
from clair_bot.testing.memory import MemoryStore


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Drive browsers last: Playwright keeps an event loop running in the main thread until its process ends."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUnderTest:
    """A store, its clock, and what only a test may do to it."""

    store: Store
    clock: FrozenClock
    set_state: Callable[[int, TicketState], None]
    """Put a ticket into a state, whether a move leads there or not."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresStandIn]:
    """A running PostgreSQL. Where it cannot run, its tests are skipped; in CI they fail."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_standin())
        except (OSError, RuntimeError, ImportError, subprocess.SubprocessError) as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}: {error}")
        yield server


@pytest.fixture(scope="session")
def postgres_tables(postgres: PostgresStandIn) -> str:
    """The name of a database with all tables."""
    name = postgres.create_database()
    _migrate(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, for copying."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables; parametrised over both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: PostgresStandIn = request.getfixturevalue("postgres")
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite file with all tables."""
    path = tmp_path / "clair.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(postgres: PostgresStandIn, postgres_tables: str) -> str:
    """The URL of a PostgreSQL database with all tables, emptied."""
    postgres.empty(postgres_tables, list(SQLModel.metadata.tables))
    return postgres.url(postgres_tables)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with all tables; parametrised over both kinds."""
    url: str = request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")
    return url


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def under_test(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[StoreUnderTest]:
    """A fresh store; parametrised over memory and both kinds of database (or indirectly over some of them)."""
    if request.param == "memory":
        yield _in_memory(clock)
        return
    engine = open_engine(request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database"))
    yield _on_engine(engine, clock)
    engine.dispose()


@pytest.fixture
def store(under_test: StoreUnderTest) -> Store:
    """The fresh store alone."""
    return under_test.store


def _in_memory(clock: FrozenClock) -> StoreUnderTest:
    store = MemoryStore(clock)

    def set_state(ticket_id: int, state: TicketState) -> None:
        store.state.tickets[ticket_id] = replace(store.state.tickets[ticket_id], state=state)

    return StoreUnderTest(store=store, clock=clock, set_state=set_state)


def _on_engine(engine: Engine, clock: FrozenClock) -> StoreUnderTest:
    def set_state(ticket_id: int, state: TicketState) -> None:
        with Session(engine) as session:
            session.execute(update(TicketRow).where(col(TicketRow.id) == ticket_id).values(state=state.value))
            session.commit()

    return StoreUnderTest(store=SqlStore(engine, clock), clock=clock, set_state=set_state)
