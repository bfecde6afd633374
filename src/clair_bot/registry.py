"""Entry points become adapters and previews. Only what is asked for is imported."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from clair_bot.ports import ChannelAdapter, Create, Preview


def channels() -> tuple[str, ...]:
    """Return the names of all installed channels."""
    return tuple(sorted(point.name for point in entry_points(group="clair_bot.adapters")))


def create_adapters(environment: Mapping[str, str]) -> dict[str, ChannelAdapter]:
    """Return the adapters whose variables are set, by channel.

    Raises:
        ConfigurationError: the variables of a channel are wrong.
    """
    adapters = {}
    for point in entry_points(group="clair_bot.adapters"):
        create: Create = point.load()
        adapter = create(environment)
        if adapter is not None:
            adapters[point.name] = adapter
    return adapters


def load_previews() -> dict[str, Preview]:
    """Return what draws each channel's messages."""
    return {point.name: point.load() for point in entry_points(group="clair_bot.previews")}
