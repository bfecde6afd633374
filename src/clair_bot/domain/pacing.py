"""Pacing: how much a channel may send now, by the generic cell rate algorithm.

``paced_until`` is the algorithm's theoretical arrival time: each message moves it on by 1/rate, and it never lies further back than
the burst, so that a channel which was quiet has not saved up more than that.
"""

import math
from datetime import datetime, timedelta

HORIZON = timedelta(seconds=0.3)
"""How far ahead slots are handed out, so that a loop which comes late loses nothing of the rate."""
_GRAIN = 1e-3
"""Times are stored in whole microseconds: so much of a message is given for what rounding takes."""


def allowance(paced_until: datetime | None, *, now: datetime, per_second: float, burst: int) -> int:
    """Return how many messages may be given a slot now, the last of them at the horizon; 0 or less: none."""
    return math.floor((now + HORIZON - _spent(paced_until, now, per_second, burst)).total_seconds() * per_second + _GRAIN)


def slots(paced_until: datetime | None, *, count: int, now: datetime, per_second: float, burst: int) -> tuple[list[datetime], datetime]:
    """Return when each of ``count`` messages may go, evenly behind one another; and ``paced_until`` after them.

    Those of the burst may go at once.
    """
    spent = _spent(paced_until, now, per_second, burst)
    ends = [spent + timedelta(seconds=(place + 1) / per_second) for place in range(count)]
    return [max(now, end) for end in ends], ends[-1] if ends else spent


def _spent(paced_until: datetime | None, now: datetime, per_second: float, burst: int) -> datetime:
    earliest = now - timedelta(seconds=burst / per_second)
    return max(paced_until or earliest, earliest)
