"""Pacing: how much a channel may send now, by the generic cell rate algorithm.

``paced_until`` is the algorithm's theoretical arrival time: each message moves it on by 1/rate, and it never lies further back than
the burst, so that a channel which was quiet has not saved up more than that.
"""

import math
from datetime import datetime, timedelta

_GRAIN = 1e-3
"""Times are stored in whole microseconds: so much of a message is given for what rounding takes."""


def allowance(paced_until: datetime | None, *, now: datetime, per_second: float, burst: int) -> int:
    """Return how many messages may go now; 0 or less: none."""
    return math.floor((now - _spent(paced_until, now, per_second, burst)).total_seconds() * per_second + _GRAIN)


def paced(paced_until: datetime | None, *, count: int, now: datetime, per_second: float, burst: int) -> datetime:
    """Return ``paced_until`` after ``count`` messages went."""
    return _spent(paced_until, now, per_second, burst) + timedelta(seconds=count / per_second)


def _spent(paced_until: datetime | None, now: datetime, per_second: float, burst: int) -> datetime:
    earliest = now - timedelta(seconds=burst / per_second)
    return max(paced_until or earliest, earliest)
