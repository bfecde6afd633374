"""Quotas: whether the month still allows a bulletin, what others have reserved taken off."""

import asyncio
from collections.abc import Mapping

from clair_bot.domain.bulletins import Bulletin, BulletinStatus
from clair_bot.errors import ClairBotError, DeliveryError
from clair_bot.ports import ChannelAdapter, Store, UnitOfWork
from clair_bot.services.bulletins.audiences import target_of
from clair_bot.services.phrases import PRESS


async def shortage(adapters: Mapping[str, ChannelAdapter], store: Store, bulletin: Bulletin) -> str:
    """Return why a platform's quota does not allow a bulletin, with numbers; empty: it does."""
    for channel, (need, reserved) in (await asyncio.to_thread(_needs, store, bulletin)).items():
        adapter = adapters.get(channel)
        if adapter is None or not need:
            continue
        try:
            quota = await adapter.quota()
        except DeliveryError as error:
            return PRESS.quota_unknown.format(reason=error.reason)
        left = quota.limit - quota.used - reserved if quota else need
        if quota and left < need:
            return PRESS.quota.format(left=max(left, 0), limit=quota.limit, used=quota.used, reserved=reserved, need=need)
    return ""


def _needs(store: Store, bulletin: Bulletin) -> dict[str, tuple[int, int]]:
    """Return for each channel how many a bulletin goes to, and how many others have reserved: still to be sent to, or planned."""
    with store.read() as work:
        counts = work.subscribers.count(target_of(work, bulletin.document))
        planned = [one for one in work.bulletins.listed(statuses={BulletinStatus.SCHEDULED}, limit=1_000) if one.id != bulletin.id]
        theirs = [_reached(work, one) for one in planned if not one.document.recurrence]
        return {
            channel: (need, work.ledger.reserved(channel) + sum(other.get(channel, 0) for other in theirs))
            for channel, need in counts.items()
        }


def _reached(work: UnitOfWork, planned: Bulletin) -> Mapping[str, int]:
    """Return how many another bulletin will need; nothing where its audience is not saved any more: it will not go out."""
    try:
        return work.subscribers.count(target_of(work, planned.document))
    except ClairBotError:
        return {}
