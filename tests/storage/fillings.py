"""Databases of older migrations, full: rows go in as the tables were then, and are looked at in the columns that there were."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, MetaData, inspect, select, text

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def fill(engine: Engine, rows: Rows) -> None:
    """Put rows into the tables as they are."""
    tables = _tables(engine)
    with engine.begin() as connection:
        for name, theirs in rows.items():
            connection.execute(tables[name].insert(), list(theirs))
        if engine.dialect.name == "postgresql":  # ids go on behind what is there, as they would have been given
            for name in (name for name, theirs in rows.items() if "id" in theirs[0]):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))  # noqa: S608


def found(engine: Engine, rows: Rows) -> dict[str, list[dict[str, Any]]]:
    """Return everything, in the columns of the rows."""
    tables = _tables(engine)
    with engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(select(*(tables[name].c[column] for column in theirs[0]))).mappings()]
            for name, theirs in rows.items()
        }


def assert_complete(engine: Engine, rows: Rows) -> None:
    """Every table has rows, and every column has a value in them."""
    assert set(inspect(engine).get_table_names()) == {"alembic_version", *rows}
    missing = {
        name: [column["name"] for column in inspect(engine).get_columns(name) if column["name"] not in theirs[0]]
        for name, theirs in rows.items()
    }
    assert missing == {name: [] for name in rows}


def _tables(engine: Engine) -> dict[str, Any]:
    """The tables as they are in the database, not as the code has them."""
    metadata = MetaData()
    metadata.reflect(engine)
    return dict(metadata.tables)
