"""The composition root: settings in, everything wired out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from clair_bot.domain.articles import Bars
from clair_bot.ports import ChannelAdapter, Clock, Preview
from clair_bot.registry import create_adapters, load_previews
from clair_bot.retrieval.confidence import ANSWER_BAR, CHOICE_MARGIN
from clair_bot.retrieval.retriever import Bm25Retriever, open_retriever
from clair_bot.services.dispatch import Dispatcher
from clair_bot.services.intake import Intake
from clair_bot.services.relay import Relay
from clair_bot.services.wakers import Waker
from clair_bot.settings import Settings
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore

BARS = Bars(answer=ANSWER_BAR, margin=CHOICE_MARGIN)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)


@dataclass(kw_only=True)
class Application:
    """Everything, wired. Parts that cost time are made at their first use."""

    settings: Settings
    clock: Clock
    store: SqlStore
    web_secret: str
    """Proves to the ``web`` adapter that a message comes from our own simulator."""

    def __post_init__(self) -> None:
        """Make what wakes the loops."""
        self.inbox_waker = Waker()
        self._relay_wakers: dict[str, Waker] = {}

    @cached_property
    def retriever(self) -> Bm25Retriever:
        """The knowledge base."""
        return open_retriever(self.settings.knowledge_dir, self.settings.cache_dir)

    @cached_property
    def adapters(self) -> Mapping[str, ChannelAdapter]:
        """The channels that are on; the simulator's only where it is open."""
        simulator = {"CLAIR_WEB_SECRET": self.web_secret} if self.settings.simulator else {}
        return create_adapters({**self.settings.environment, **simulator})

    @cached_property
    def previews(self) -> Mapping[str, Preview]:
        """What draws each channel's messages."""
        return load_previews()

    @cached_property
    def intake(self) -> Intake:
        """Taking in."""
        return Intake(self.store, self.settings.desks)

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """Handling what was taken in."""
        return Dispatcher(
            store=self.store,
            retriever=self.retriever,
            bars=BARS,
            desks=self.settings.desks,
            clock=self.clock,
            timezone=self.settings.timezone,
            handled=self._wake_relays,
        )

    def _wake_relays(self) -> None:
        for waker in self._relay_wakers.values():
            waker.wake()

    def relay(self, channel: str) -> Relay:
        """Return a relay for one channel."""
        waker = self._relay_wakers.setdefault(channel, Waker())
        return Relay(store=self.store, adapter=self.adapters[channel], clock=self.clock, waker=waker)


def bootstrap(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Wire everything. Calls nobody, and does not touch the database.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    clock = clock or SystemClock()
    store = SqlStore(open_engine(settings.database_url), clock)
    return Application(settings=settings, clock=clock, store=store, web_secret=secrets.token_hex(32))
