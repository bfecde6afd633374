"""The channels' states and the leases in memory."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from clair_bot.testing.memory.state import ChannelRecord, Lease, MemoryState


class MemoryChannels:
    """A ``Channels``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def pause(self, channel: str, until: datetime) -> None:
        """Let nobody send on a channel before ``until``."""
        self._state.channels[channel] = replace(self._channel(channel), paused_until=until)

    def report(self, channel: str, error: str) -> None:
        """Store what is wrong with a channel; empty: it works."""
        self._state.channels[channel] = replace(self._channel(channel), error=error[:300])

    def states(self) -> Mapping[str, str]:
        """Return each channel's error, empty where it works."""
        return {name: channel.error for name, channel in self._state.channels.items()}

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep the lease ``name``."""
        held = self._state.leases.get(name)
        if held and held.holder != holder and held.until >= self._now:
            return False
        self._state.leases[name] = Lease(holder=holder, until=self._now + timedelta(seconds=seconds))
        return True

    def _channel(self, name: str) -> ChannelRecord:
        return self._state.channels.get(name, ChannelRecord())
