"""Times: aware in, aware UTC out, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import StatementError

from clair_bot.storage.columns import UtcDateTime
from clair_bot.storage.engines import open_engine

JAPAN = timezone(timedelta(hours=9))
MORNING = datetime(2026, 4, 1, 8, 30, 15, 123_456, tzinfo=JAPAN)

_metadata = MetaData()
_times = Table("times", _metadata, Column("id", Integer, primary_key=True), Column("at", UtcDateTime))


@pytest.fixture
def engine(empty_database: str) -> Iterator[Engine]:
    engine = open_engine(empty_database)
    _metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_a_time_keeps_its_moment_and_comes_back_in_utc(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET TIME ZONE 'Asia/Tokyo'"))
        connection.execute(insert(_times), [{"at": MORNING}, {"at": MORNING.astimezone(UTC)}, {"at": None}])
        found = list(connection.execute(select(_times.c.at).order_by(_times.c.id)).scalars())
    assert found == [MORNING, MORNING, None]
    assert [at.tzinfo for at in found if at] == [UTC, UTC]


def test_times_of_two_zones_compare_as_moments(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(_times), [{"at": MORNING}, {"at": MORNING + timedelta(microseconds=1)}])
        later = select(_times.c.id).where(_times.c.at > MORNING.astimezone(timezone(timedelta(hours=-5))))
        assert list(connection.execute(later).scalars()) == [2]


def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(StatementError, match="naive"):
        connection.execute(insert(_times), {"at": MORNING.replace(tzinfo=None)})
