"""Workers die in the middle of a bulletin: nothing is lost, nothing arrives twice (R1, R2)."""

import contextlib
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.chaos.broadcasts import Broadcast, Workers
from tests.chaos.mails import PostOffice
from tests.chaos.platforms import Platform, duplicates

from clair_bot.domain.bulletins import LedgerState
from clair_bot.services.bulletins import control
from clair_bot.services.relay import CONCURRENCY

MOST_SECONDS = 180.0
UNCERTAIN, SENT = LedgerState.UNCERTAIN, LedgerState.SENT


@pytest.mark.chaos
async def test_line_loses_nothing_and_sends_nothing_twice(database: str, tmp_path: Path) -> None:
    """R1: 10,000 recipients, 50 kills; each in the middle of a call that the platform has accepted already."""
    platform = Platform(4, latency=6.0)  # so slow that nobody is finished before the last kill
    with contextlib.closing(Broadcast(database, "line", 10_000)) as broadcast:
        async with platform.running(), Workers(broadcast, platform, tmp_path).running() as workers:
            broadcast.release()
            began = time.monotonic()
            await workers.kill_busy("line", times=50)
            platform.latency = 0.1
            await broadcast.until_settled(MOST_SECONDS - (time.monotonic() - began))
        assert workers.kills == 50
        assert workers.cut["line"] >= 50
        assert platform.repeats > 0
        assert broadcast.counts()[SENT] == 10_000
        assert set(platform.got) == broadcast.everybody("line")
        assert not duplicates(platform)


@pytest.mark.chaos
async def test_channels_without_a_key_send_nothing_twice_and_show_what_is_uncertain(tmp_path: Path) -> None:
    """R2: three channels at once, so that each death cuts calls of all of them."""
    platform = Platform(4, latency=1.0)
    mail = PostOffice(platform)
    with contextlib.closing(Broadcast(f"sqlite:///{tmp_path}/clair.db", "telegram", 280, slack=40, mail=160)) as broadcast:
        async with platform.running(), mail.running(), Workers(broadcast, platform, tmp_path, mail=mail).running() as workers:
            broadcast.release()
            began = time.monotonic()
            await workers.kill_busy("telegram", "slack", "mail", times=9)
            platform.latency = 0.1
            await broadcast.until_settled(MOST_SECONDS - (time.monotonic() - began))
            assert workers.kills == 9
            assert not duplicates(platform)
            assert max(mail.kept().values()) == 1
            for channel in ("telegram", "slack", "mail"):
                assert workers.cut[channel] > 0
                _nobody_is_lost(broadcast, channel, _got(channel, platform, mail), kills=workers.kills)
            await _those_in_doubt_get_it_again(broadcast, platform, mail)


def _got(channel: str, platform: Platform, mail: PostOffice) -> set[str]:
    return {person for person, _ in mail.kept()} if channel == "mail" else set(platform.got)


def _nobody_is_lost(broadcast: Broadcast, channel: str, got: set[str], *, kills: int) -> None:
    """What is said to be sent has arrived; who has nothing is shown as uncertain; nothing else is left."""
    unsure, sent = (broadcast.addresses(state, of=channel) for state in (UNCERTAIN, SENT))
    assert unsure | sent == broadcast.everybody(channel)
    assert sent <= got
    assert len(unsure) <= kills * CONCURRENCY
    assert bool(unsure) is (channel != "slack")  # there a worker looks before it repeats


async def _those_in_doubt_get_it_again(broadcast: Broadcast, platform: Platform, mail: PostOffice) -> None:
    """And only they, once."""
    before, doubtful = platform.got + Counter(), broadcast.lines(UNCERTAIN)
    again = {line.address.partition(":")[2] for line in doubtful}
    assert f"{len(doubtful)}人" in broadcast.does(control.resend, [UNCERTAIN], sure=True)
    await broadcast.until_status({"sent"}, 60)
    assert broadcast.counts()[SENT] == broadcast.readers
    for channel in ("telegram", "slack"):
        more = {person for person in broadcast.everybody(channel) if platform.got[person] > before[person]}
        assert more == again & broadcast.everybody(channel)
    assert broadcast.everybody("mail") == _got("mail", platform, mail)
    assert {person for (person, _), count in mail.kept().items() if count > 1} <= again
