"""Hearing the platform by asking for updates, from where nobody can reach us. Imports the SDK: only for modules imported late."""

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence

import structlog
from telegram.error import InvalidToken

from clair_bot.errors import StorageError
from clair_bot.messages import InboundMessage
from clair_bot.ports import Deliver
from clair_bot_telegram.connection import Connection
from clair_bot_telegram.failures import UNREADABLE, Flood, delivery_error, describe
from clair_bot_telegram.payloads import ALLOWED_UPDATES

_log = structlog.get_logger()
_LONGEST_PAUSE = 30.0

Understand = Callable[[Sequence[object]], Sequence[InboundMessage]]


class Poll:
    """The loop. An update is confirmed by asking for the next one, so nothing is confirmed before it is stored."""

    def __init__(self, connection: Connection, understand: Understand, *, seconds: int, first_pause: float) -> None:
        """Keep what the loop needs.

        Args:
            connection: The bot.
            understand: Reads a batch; never raises.
            seconds: How long the platform may hold a request open, at most 50.
            first_pause: Seconds to wait after the first failure; doubled with each further one.
        """
        self._connection = connection
        self._understand = understand
        self._seconds = seconds
        self._first_pause = first_pause
        self._offset: int | None = None

    async def run(self, deliver: Deliver) -> None:
        """Poll until cancelled.

        Raises:
            DeliveryError: with ``channel_down`` when the token is refused.
        """
        failures = 0
        while True:
            try:
                await self._once(deliver)
            except InvalidToken as error:
                raise delivery_error(error) from None
            except StorageError as error:
                failures = await self._pause(failures, type(error).__name__)
            except UNREADABLE as error:
                failures = await self._pause(failures, describe(error), at_least=error.seconds if isinstance(error, Flood) else 0)
            else:
                failures = 0

    async def _once(self, deliver: Deliver) -> None:
        updates = await self._connection.updates(offset=self._offset, seconds=self._seconds, allowed=ALLOWED_UPDATES)
        messages = self._understand(updates)
        if messages:
            await deliver(messages)
        if updates:
            self._offset = _next(updates)

    async def _pause(self, failures: int, reason: str, *, at_least: float = 0) -> int:
        """Wait, longer each time, and return the number of failures. A conflict ends when the other side stops; we take nothing away."""
        grown = min(self._first_pause * 2 ** min(failures, 10), _LONGEST_PAUSE)
        pause = max(grown * random.uniform(0.75, 1), at_least)  # noqa: S311  # two pollers must not step in time
        _log.warning("telegram_poll_paused", reason=reason, seconds=round(pause, 1))
        await asyncio.sleep(pause)
        return failures + 1


def _next(updates: Sequence[object]) -> int:
    """Return the offset that confirms the batch. Its last id counts, not its highest: after a quiet week ids start anew.

    Raises:
        ValueError: No update has an id, so nothing can be confirmed.
    """
    ids = (update.get("update_id") if isinstance(update, dict) else None for update in reversed(updates))
    last = next(itertools.dropwhile(lambda found: type(found) is not int, ids), None)
    if not isinstance(last, int):
        raise ValueError("updates without ids")  # noqa: TRY004
    return last + 1
