"""A brake: how often one client may do something. In this process alone; what matters more is braked in the database."""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

TIMES: Final = 10
SPAN: Final = timedelta(hours=1)
CLIENTS: Final = 10_000
"""So many are remembered; behind them the one that was seen least lately is forgotten."""


class Brake:
    """Lets each client through so many times in a span."""

    def __init__(self, *, times: int = TIMES, span: timedelta = SPAN, clients: int = CLIENTS) -> None:
        """Know nobody yet."""
        self._times = times
        self._span = span
        self._clients = clients
        self._seen: OrderedDict[str, tuple[datetime, ...]] = OrderedDict()

    def allows(self, host: str, now: datetime) -> bool:
        """Tell whether a client may go on, and remember that it did."""
        client = client_of(host)
        lately = tuple(at for at in self._seen.pop(client, ()) if at > now - self._span)
        allowed = len(lately) < self._times
        self._seen[client] = (*lately, now) if allowed else lately
        while len(self._seen) > self._clients:
            self._seen.popitem(last=False)
        return allowed


def client_of(host: str) -> str:
    """Return whom an address belongs to: an IPv6 network of 64 bits is one household."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
