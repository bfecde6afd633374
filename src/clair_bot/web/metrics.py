"""``GET /metrics``: counts of this process, and of the database for all of them."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clair_bot.errors import StorageError
from clair_bot.ports import Store


class Metrics:
    """What is counted."""

    def __init__(self, store: Store) -> None:
        """Read the shared counts from this store."""
        self._registry = CollectorRegistry()
        self._webhooks = Counter("clair_webhook_requests", "Webhook requests answered", ["channel", "status"], registry=self._registry)
        self._registry.register(_StoreCollector(store))

    def webhook(self, channel: str, status: int) -> None:
        """Count an answered webhook."""
        self._webhooks.labels(channel, str(status)).inc()

    def render(self) -> bytes:
        """Return everything in Prometheus' text format. Reads the database: call it in a thread."""
        return generate_latest(self._registry)


class _StoreCollector(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: registering must not read the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Read the counts."""
        up = GaugeMetricFamily("clair_database_up", "1 when the database answers")
        try:
            with self._store.read() as work:
                families = [
                    _family("clair_inquiries", "Inquiries by outcome", "outcome", work.inquiries.counts()),
                    _family("clair_deliveries", "Deliveries by state", "state", work.outbox.counts()),
                    _family("clair_inbox_entries", "Inbox entries by state", "state", work.inbox.counts()),
                    _family("clair_channel_up", "1 when the channel works", "channel", _up(work.channels.states())),
                ]
        except StorageError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *families]


def _up(states: Mapping[str, str]) -> dict[str, int]:
    return {channel: int(not error) for channel, error in states.items()}


def _family(name: str, text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
