"""The composition root: settings in, everything wired out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from clair_bot.desks.reading import read_desks
from clair_bot.desks.templates import read_templates
from clair_bot.domain.articles import Bars
from clair_bot.ports import ChannelAdapter, Clock, Preview
from clair_bot.registry import create_adapters, load_previews
from clair_bot.retrieval.confidence import ANSWER_BAR, CHOICE_MARGIN
from clair_bot.retrieval.retriever import Bm25Retriever, open_retriever
from clair_bot.services.bulletins.assembling import Assembling
from clair_bot.services.bulletins.digests import Digests
from clair_bot.services.bulletins.presses import BulletinSettings
from clair_bot.services.bulletins.publishing import Publisher
from clair_bot.services.bulletins.releasing import Releasing
from clair_bot.services.collecting import Collector
from clair_bot.services.desk.reminding import Reminding
from clair_bot.services.desk.shifts import DeskSettings
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
    desk: DeskSettings
    """What the desk works with."""
    bulletins: BulletinSettings
    """What bulletin work needs."""
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
        return Intake(self.store, self.desk.desks)

    @cached_property
    def dispatcher(self) -> Dispatcher:
        """Handling what was taken in."""
        return Dispatcher(
            store=self.store,
            retriever=self.retriever,
            bars=BARS,
            desk=self.desk,
            clock=self.clock,
            handled=self._wake_relays,
        )

    @cached_property
    def reminding(self) -> Reminding:
        """What the clock does for tickets."""
        return Reminding(store=self.store, settings=self.desk, retriever=self.retriever, clock=self.clock)

    @cached_property
    def collector(self) -> Collector:
        """Fetching what people attached."""
        return Collector(
            store=self.store,
            adapters=self.adapters,
            clock=self.clock,
            settings=self.desk,
            retriever=self.retriever,
            scan_command=self.settings.scan_command,
        )

    @cached_property
    def releasing(self) -> Releasing:
        """What the clock does for bulletins."""
        return Releasing(store=self.store, settings=self.bulletins, clock=self.clock)

    @cached_property
    def publisher(self) -> Publisher:
        """What workers do for bulletins that were released."""
        return Publisher(store=self.store, adapters=self.adapters, settings=self.bulletins, clock=self.clock)

    @cached_property
    def digests(self) -> Digests:
        """What workers do for readers of digests."""
        return Digests(store=self.store, publisher=self.publisher, settings=self.bulletins, clock=self.clock)

    @cached_property
    def assembling(self) -> Assembling:
        """What workers do for feeds."""
        from clair_bot.feeds.reading import FeedReader

        reader = FeedReader(allow=self.settings.feed_allow)
        return Assembling(store=self.store, reader=reader, settings=self.bulletins, clock=self.clock)

    def _wake_relays(self) -> None:
        for waker in self._relay_wakers.values():
            waker.wake()

    def relay(self, channel: str) -> Relay:
        """Return a relay for one channel."""
        waker = self._relay_wakers.setdefault(channel, Waker())
        return Relay(store=self.store, adapter=self.adapters[channel], clock=self.clock, waker=waker, halt=self.publisher.halt)


def bootstrap(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Wire everything. Calls nobody, and does not touch the database.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    clock = clock or SystemClock()
    store = SqlStore(open_engine(settings.database_url), clock)
    desk = _desk(settings)
    return Application(
        settings=settings, clock=clock, store=store, desk=desk, bulletins=_bulletins(settings, desk), web_secret=secrets.token_hex(32)
    )


def _desk(settings: Settings) -> DeskSettings:
    desks = read_desks(file=settings.desks_file, everyone=settings.desk, rooms=settings.area_desks, timezone=settings.timezone)
    templates = read_templates(settings.knowledge_dir / "replies.toml")
    return DeskSettings(desks=desks, timezone=settings.timezone, base_url=settings.base_url, templates=templates)


def _bulletins(settings: Settings, desk: DeskSettings) -> BulletinSettings:
    return BulletinSettings(
        desks=desk.desks,
        timezone=settings.timezone,
        base_url=settings.base_url,
        quiet=settings.quiet_hours,
        count_clicks=settings.count_clicks,
    )
