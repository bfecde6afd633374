"""The adapter that sends mail over SMTP. Nothing comes in: whoever answers a mail answers its Reply-To."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clair_bot.errors import DeliveryError
from clair_bot.messages import Attachment, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult
from clair_bot.ports import Deliver, Quota, RateLimits
from clair_bot_mail.configuration import Account, Security, Sender, read

if TYPE_CHECKING:
    from clair_bot_mail.sending import Sending

_PROTECTED = {Security.PLAIN: "暗号化なし", Security.TLS: "TLS", Security.STARTTLS: "STARTTLS"}


def create(environment: Mapping[str, str]) -> "MailAdapter | None":
    """Make the adapter from ``SMTP_URL`` and ``CLAIR_MAIL_FROM``; None when neither is set.

    Raises:
        ConfigurationError: One is missing or unreadable.
    """
    found = read(environment)
    return MailAdapter(*found) if found else None


class MailAdapter:
    """A ``ChannelAdapter``."""

    name = "mail"
    listens = False
    edits = False
    hears = False
    """What has left is out of our hands."""
    repeats_safely = False
    """SMTP has no key by which a server knows a repetition."""

    def __init__(self, account: Account, sender: Sender) -> None:
        """Keep the settings; nobody is called.

        Args:
            account: The server.
            sender: Whose name stands on our mails.
        """
        self._account = account
        self._sender = sender
        self._made: Sending | None = None
        self.limits = RateLimits(per_second=account.rate, burst=max(1, int(account.rate)), per_recipient_seconds=0)

    async def receive(self, request: WebhookRequest) -> WebhookResult:  # noqa: ARG002  # the Protocol's names
        """Return 404: mail hears nothing over HTTP."""
        return WebhookResult(status=404)

    async def listen(self, deliver: Deliver) -> None:
        """Return at once: nothing is heard."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Do nothing: nothing is heard."""

    async def send(self, message: OutboundMessage) -> Receipt:
        """Render and send, one transaction for one recipient."""
        return await self._sending.send(message)

    @property
    def batch(self) -> int:
        """1: each mail has its own recipient and its own way to unsubscribe."""
        return 1

    def takes_together(self, recipient: str) -> bool:  # noqa: ARG002  # the Protocol's names
        """Return False: there are no batches."""
        return False

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:  # noqa: ARG002  # the Protocol's names
        """Refuse; with a batch of 1 nobody asks for it."""
        raise DeliveryError("mail: no batches", permanent=True)

    async def quota(self) -> Quota | None:
        """Return None: no server tells how many mails are left."""
        return None

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:  # noqa: ARG002  # the Protocol's names
        """Refuse: nothing was heard that could hold a file."""
        raise DeliveryError("mail: no files", permanent=True)

    async def check(self) -> str:
        """Connect and log in, and return one line for people."""
        await self._sending.check()
        login = "ログイン済み" if self._account.user else "ログインなし"
        how = f"{_PROTECTED[self._account.security]}、{login}"
        where = f"{self._account.host}:{self._account.port}"
        return f"メール: {where} に接続できました（{how}）。差出人は {self._sender.mailbox.address} です。"

    async def aclose(self) -> None:
        """Close connections."""
        if self._made:
            await self._made.aclose()

    @property
    def _sending(self) -> "Sending":
        """Return what sends; made late, for its imports are heavy."""
        from clair_bot_mail.sending import Sending

        if self._made is None:
            self._made = Sending(self._account, self._sender)
        return self._made
