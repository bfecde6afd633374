"""A platform asks for silence: every process keeps it, and the other channels go on (R10)."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.chaos.broadcasts import Broadcast, Workers
from tests.chaos.platforms import Platform, duplicates

from clair_bot.domain.bulletins import LedgerState
from clair_bot.domain.pacing import HORIZON
from clair_bot.storage.columns import table_of
from clair_bot.storage.tables import ChannelRow

SECONDS = 5
ON_THE_WIRE = 0.1
_CHANNEL = table_of(ChannelRow)


@pytest.mark.chaos
async def test_every_process_keeps_the_silence_that_telegram_asks_for(database: str, tmp_path: Path) -> None:
    """What has its slot already still goes: slots are handed out for a third of a second, until the 429 is written down."""
    platform = Platform(2, latency=0.05)
    with contextlib.closing(Broadcast(database, "telegram", 110, room=1_000)) as broadcast:
        async with platform.running(), Workers(broadcast, platform, tmp_path, count=2).running():
            broadcast.release()
            await _until(lambda: len(_asked(platform, "telegram")) >= 25)
            platform.hush(SECONDS)
            await _until(lambda: platform.silence)
            await _until(lambda: _is_silent(broadcast))
            known = asyncio.get_running_loop().time()
            await broadcast.until_settled(90)
        assert platform.silence
        began, ended = platform.silence
        assert known - began < 1
        early = [at for at in _asked(platform, "telegram") if began <= at < ended]
        assert max(early) < known + HORIZON.total_seconds() + ON_THE_WIRE
        line = Counter(int(at - began) for at in _asked(platform, "line") if began <= at < ended)
        assert len(line) == SECONDS, "LINE was sent to in each second of it"
        assert broadcast.counts()[LedgerState.SENT] == broadcast.readers
        assert set(platform.got) == broadcast.everybody("telegram") | broadcast.everybody("room")
        assert not duplicates(platform)


def _asked(platform: Platform, channel: str) -> list[float]:
    return [at for of, at in platform.asked if of == channel]


def _is_silent(broadcast: Broadcast) -> bool:
    with broadcast.store.engine.execution_options(reads=True).connect() as connection:
        return connection.execute(select(_CHANNEL.c.paused_until).where(_CHANNEL.c.name == "telegram")).scalar() is not None


async def _until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
