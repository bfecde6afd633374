"""Clocks hang, die and join while bulletins are due: each goes out once (R4); what is too late is told, and not made up for (R5)."""

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.chaos.broadcasts import TIMELESS, TOKYO, Broadcast, Workers, local
from tests.chaos.platforms import Platform
from tests.chaos.processes import Process, environment

from clair_bot.domain.bulletins import Act, Bulletin, BulletinStatus

STATUS = BulletinStatus


def _daily(broadcast: Broadcast) -> str:
    """Return a rule whose own time is far from now."""
    return f"毎日 {(broadcast.clock.now().astimezone(TOKYO).hour + 12) % 24}:00"


def _plan(broadcast: Broadcast, due: datetime, *, title: str, recurrence: str = "") -> int:
    return broadcast.approved(replace(TIMELESS, title=title, recurrence=recurrence), due=(due, local(due)))


@pytest.mark.chaos
async def test_each_occurrence_happens_once_whatever_becomes_of_the_clocks(database: str, tmp_path: Path) -> None:
    """R4: twelve bulletins, half of them recurring, a second apart; of two clocks one is killed and one hangs, and a third joins."""
    with contextlib.closing(Broadcast(database, "line", 3)) as broadcast:
        variables = environment(database, tmp_path)
        clocks = [await Process.start("clock", variables) for _ in range(2)]
        try:
            await asyncio.gather(*(clock.until_ready() for clock in clocks))
            rule = _daily(broadcast)
            first = broadcast.clock.now() + timedelta(seconds=2)
            for number in range(12):
                due = first + timedelta(seconds=number)
                _plan(broadcast, due, title=f"{number}号", recurrence=rule if number % 2 else "")
            await _until(broadcast, first + timedelta(seconds=2.5))
            await clocks[0].kill()
            await _until(broadcast, first + timedelta(seconds=4))
            clocks[1].freeze()
            clocks.append(await Process.start("clock", variables))
            await _until(broadcast, first + timedelta(seconds=9))
            clocks[1].thaw()
            await _until(broadcast, first + timedelta(seconds=11))
            await _released(broadcast, 12, seconds=10)
            await asyncio.sleep(2.5)  # another round of every clock
        finally:
            for clock in clocks:
                await clock.kill()
        _once_each(broadcast, first)


def _once_each(broadcast: Broadcast, first: datetime) -> None:
    bulletins = broadcast.bulletins()
    plans, occurrences = bulletins[:12], bulletins[12:]
    singles = [plan for plan in plans if not plan.document.recurrence]
    assert {plan.status for plan in singles} == {STATUS.SENDING}
    assert Counter(one.template for one in occurrences) == {plan.id: 1 for plan in plans if plan not in singles}
    for number, released in enumerate(_in_order(plans, occurrences)):
        assert broadcast.acts(released.id).count(Act.RELEASE) == 1
        assert released.released_at
        assert timedelta() <= released.released_at - (first + timedelta(seconds=number)) < timedelta(seconds=10)
    assert not any(Act.MISS in broadcast.acts(one.id) for one in bulletins)


def _in_order(plans: list[Bulletin], occurrences: list[Bulletin]) -> list[Bulletin]:
    children = {one.template: one for one in occurrences}
    return [children.get(plan.id, plan) for plan in plans]


async def _until(broadcast: Broadcast, moment: datetime) -> None:
    await asyncio.sleep(max((moment - broadcast.clock.now()).total_seconds(), 0))


async def _released(broadcast: Broadcast, count: int, *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while sum(Act.RELEASE in broadcast.acts(one.id) for one in broadcast.bulletins()) < count:
        assert time.monotonic() < until, [(one.id, one.status) for one in broadcast.bulletins()]
        await asyncio.sleep(0.2)


@pytest.mark.chaos
async def test_what_is_too_late_is_told_and_not_made_up_for(tmp_path: Path) -> None:
    """R5: all clocks were down for three hours, and for three days."""
    platform = Platform(1, latency=0.0)
    with contextlib.closing(Broadcast(f"sqlite:///{tmp_path}/clair.db", "slack", 2)) as broadcast:
        now, rule = broadcast.clock.now(), _daily(broadcast)
        missed = _plan(broadcast, now - timedelta(hours=3), title="三時間遅れの号")
        late = _plan(broadcast, now - timedelta(hours=1), title="一時間遅れの号")
        daily = _plan(broadcast, now - timedelta(days=3), title="毎日の号", recurrence=rule)
        broadcast.number = late
        async with platform.running(), Workers(broadcast, platform, tmp_path, count=1).running():
            clock = await Process.start("clock", environment(broadcast.url, tmp_path))
            try:
                await broadcast.until_status({"sent"}, 60)
                await asyncio.sleep(4.5)  # two more rounds
            finally:
                await clock.kill()
        assert broadcast.acts(missed)[-1] is Act.MISS
        told = [post for post in platform.posts("C0DESK") if "配信できませんでした" in post]
        assert len(told) == 2
        assert all(any(title in post for post in told) for title in ("三時間遅れの号", "毎日の号"))
        statuses = {one.id: one.status for one in broadcast.bulletins()}
        assert statuses == {missed: STATUS.MISSED, late: STATUS.SENT, daily: STATUS.SCHEDULED}  # no occurrence of the daily one among them
        following = next(one.due_at for one in broadcast.bulletins() if one.id == daily)
        assert following
        assert now < following < now + timedelta(days=1)
        assert {platform.got[person] for person in broadcast.everybody("slack")} == {1}
