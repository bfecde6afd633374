"""Arrivals: a desk hears when its words did not reach the asker."""

from clair_bot.domain.deliveries import DeliveryState
from clair_bot.services.answering import Content
from clair_bot.services.phrases import DESK


def not_arrived(ticket_id: int, reason: str, state: DeliveryState) -> Content:
    """Return what the desk hears when a reply did not reach the asker, may not have, or will have to wait."""
    sentence = {DeliveryState.UNCERTAIN: DESK.uncertain, DeliveryState.QUEUED: DESK.delayed}.get(state, DESK.undelivered)
    return Content(paragraphs=(sentence.format(number=ticket_id, reason=reason),))
