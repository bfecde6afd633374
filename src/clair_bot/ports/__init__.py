"""What the core asks of the world, as Protocols. An implementer needs no import from the core but these, the messages and the errors."""

from clair_bot.ports.bulletins import Bulletins, FeedReading, Feeds, Ledger, Links, Subscribers
from clair_bot.ports.channels import ChannelAdapter, Create, Deliver, Preview, Quota, RateLimits
from clair_bot.ports.desk import Advisors, Attachments, Reminders, SealedTexts, Tickets
from clair_bot.ports.repositories import Channels, Conversations, Inbox, Inquiries, Outbox
from clair_bot.ports.retrieval import Retriever
from clair_bot.ports.work import Clock, Store, UnitOfWork

__all__ = [
    "Advisors",
    "Attachments",
    "Bulletins",
    "ChannelAdapter",
    "Channels",
    "Clock",
    "Conversations",
    "Create",
    "Deliver",
    "FeedReading",
    "Feeds",
    "Inbox",
    "Inquiries",
    "Ledger",
    "Links",
    "Outbox",
    "Preview",
    "Quota",
    "RateLimits",
    "Reminders",
    "Retriever",
    "SealedTexts",
    "Store",
    "Subscribers",
    "Tickets",
    "UnitOfWork",
]
