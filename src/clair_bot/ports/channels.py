"""What the core asks of a channel. An adapter needs no import from the core but this, the messages and the errors."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clair_bot.messages import Attachment, Bubble, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult

Deliver = Callable[[Sequence[InboundMessage]], Awaitable[None]]
"""Takes in what a listening adapter heard. Returns when it is stored; raises StorageError when it could not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How fast a platform lets us send, with some distance kept."""

    per_second: float
    """Messages a second over the whole channel, all processes together."""
    burst: int
    """How many may go at once after a pause."""
    per_recipient_seconds: float
    """Pause between two deliveries to one recipient."""
    room_mark: str = ""
    """How the ids of rooms begin where rooms get bulletins more slowly (Telegram's groups: ``-``); empty: nowhere."""
    per_room_seconds: float = 0
    """Pause between two bulletins to one such room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many messages a platform lets us send in this month."""

    limit: int
    used: int
    """As the platform says; it may lag behind."""


class ChannelAdapter(Protocol):
    """The code that speaks one channel.

    An adapter is made by ``create(environment: Mapping[str, str]) -> ChannelAdapter | None``: None when its variables are not
    set; it raises ``ConfigurationError`` when they are wrong. Making one calls nobody. All methods are called in one event loop.
    """

    @property
    def name(self) -> str:
        """The channel: ``slack``, ``line``, ``telegram``, ``web``."""
        ...

    @property
    def listens(self) -> bool:
        """True when ``listen`` is the way in (a network that nobody reaches from outside), False when it is ``receive``."""
        ...

    @property
    def hears(self) -> bool:
        """False for a channel on which nothing comes in (mail)."""
        ...

    @property
    def limits(self) -> RateLimits:
        """The platform's rate limits, obeyed by the relay."""
        ...

    @property
    def edits(self) -> bool:
        """True when ``send`` can change what was sent (``OutboundMessage.replaces``). Where it cannot, nobody asks it to."""
        ...

    @property
    def repeats_safely(self) -> bool:
        """True when ``send`` with ``maybe_sent`` cannot deliver twice (a retry key, or a look-up before repeating)."""
        ...

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Verify and translate one HTTP request. No database, no call to the platform, no exception for any input.

        Wrong, missing or stale proof of origin: 401. A body that cannot be read: 400. Verified but unknown: 200 and no message.
        Our own echoes and other bots give no message. One bad member of a batch never costs the others.
        """
        ...

    async def listen(self, deliver: Deliver) -> None:
        """Hear the platform until cancelled. Reconnects by itself with growing pauses; acknowledges only what ``deliver`` stored.

        Returns at once when ``listens`` is False.

        Raises:
            DeliveryError: with ``channel_down`` when the platform refuses our token.
        """
        ...

    async def acknowledge(self, message: InboundMessage) -> None:
        """Show the person that the message has been seen: typing mark, loading animation, the end of a button's spinner.

        Called once after the message was stored. Best effort: never raises, never takes longer than 5 s.
        """
        ...

    async def send(self, message: OutboundMessage) -> Receipt:
        """Render and send.

        Raises:
            DeliveryError: nothing else. Its flags say what became of the message.
        """
        ...

    @property
    def batch(self) -> int:
        """How many recipients one call of ``send_many`` serves; 1: ``send_many`` is never called."""
        ...

    def takes_together(self, recipient: str) -> bool:
        """Tell whether a recipient may be among those of ``send_many``: persons may, rooms may not."""
        ...

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:
        """Send one message to many recipients in one call. ``message.to.recipient`` is empty; ``reply_handle`` too.

        A repetition with the same ``idempotency_key`` is counted once by the platform, also if recipients have left in the meantime.

        Args:
            message: What to say; it has to fit into one call.
            recipients: 1 to ``batch`` of the platform's ids of persons.

        Raises:
            DeliveryError: nothing else. ``permanent`` when the platform refuses the call as a whole, be it for one recipient.
        """
        ...

    async def quota(self) -> Quota | None:
        """Ask the platform how many messages are left in this month; None: it counts none.

        Raises:
            DeliveryError: the platform did not answer or refused.
        """
        ...

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """Return the bytes of what a person attached, at most ``limit`` of them.

        Never reads more than ``limit`` bytes into memory, whatever the platform said of the size. Calls only the platform's own hosts.

        Raises:
            DeliveryError: nothing else. ``permanent`` when it is gone, larger than ``limit`` or not allowed.
        """
        ...

    async def check(self) -> str:
        """Ask the platform who we are, and return one line for people: the bot's name, and what should be switched on.

        Raises:
            DeliveryError: the platform did not answer or refused.
        """
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


Create = Callable[[Mapping[str, str]], ChannelAdapter | None]
"""Entry point of group ``clair_bot.adapters``, named after the channel."""

Preview = Callable[[OutboundMessage], tuple[Bubble, ...]]
"""Entry point of group ``clair_bot.previews``: draws what ``send`` would send, from the same rendered payloads. Needs no settings."""
