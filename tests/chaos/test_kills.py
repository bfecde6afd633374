"""Workers die in the middle of a bulletin: nothing is lost, nothing arrives twice (R1, R2)."""

from pathlib import Path

import pytest
from tests.chaos.broadcasts import Broadcast, Workers, duplicates, recipient
from tests.chaos.platforms import Platform

from clair_bot.domain.bulletins import LedgerState
from clair_bot.services.relay import CONCURRENCY

KILLS = 50
MINUTES = 3


@pytest.mark.chaos
async def test_line_loses_nothing_and_sends_nothing_twice(empty_database: str, tmp_path: Path) -> None:
    broadcast = Broadcast(empty_database, "line", 10_000)
    platform = Platform(4, latency=1.0)
    async with platform.running(), Workers(broadcast, platform, tmp_path).running() as workers:
        broadcast.release()
        await workers.kill_busy(KILLS)
        await broadcast.until_settled(60 * MINUTES)
    assert broadcast.counts()[LedgerState.SENT] == 10_000
    assert set(platform.got) == {recipient("line", number) for number in range(1, 10_001)}
    assert not duplicates(platform)


@pytest.mark.chaos
@pytest.mark.parametrize(("channel", "readers", "kills"), [("telegram", 400, 6), ("slack", 60, 4)])
async def test_other_channels_send_nothing_twice_and_show_what_is_uncertain(channel: str, readers: int, kills: int, tmp_path: Path) -> None:
    broadcast = Broadcast(f"sqlite:///{tmp_path}/clair.db", channel, readers)
    platform = Platform(4, latency=0.5)
    async with platform.running(), Workers(broadcast, platform, tmp_path).running() as workers:
        broadcast.release()
        await workers.kill_busy(kills)
        await broadcast.until_settled(60 * MINUTES)
    counts = broadcast.counts()
    assert not duplicates(platform)
    assert counts[LedgerState.SENT] + counts[LedgerState.UNCERTAIN] == readers
    assert counts[LedgerState.UNCERTAIN] <= workers.kills * CONCURRENCY
    got = set(platform.got)
    unsure = {line.address.partition(":")[2] for line in broadcast.lines(LedgerState.UNCERTAIN)}
    assert {recipient(channel, number) for number in range(1, readers + 1)} <= got | unsure
    assert len(unsure) == counts[LedgerState.UNCERTAIN]
