"""The adapter that speaks Slack: over HTTP with a signing secret, or over Socket Mode with an app token."""

import asyncio
import re
from collections.abc import Mapping, Sequence

from clair_bot.errors import ConfigurationError, DeliveryError
from clair_bot.messages import Attachment, InboundKind, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult
from clair_bot.ports import Deliver, Quota, RateLimits
from clair_bot_slack import payloads, signatures
from clair_bot_slack.api import SlackApi
from clair_bot_slack.downloads import Downloads
from clair_bot_slack.posting import Posting
from clair_bot_slack.sockets import Sockets
from clair_bot_slack.switchboard import Switchboard

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
    "mpim:history",
    "reactions:write",
    "users:read",
)
"""What the bot's token must be allowed; the manifests ask for the same."""

ADDRESS = "https://slack.com/api/"
ACKNOWLEDGE_SECONDS = 4


def create(environment: Mapping[str, str]) -> "SlackAdapter | None":
    """Make the adapter from ``SLACK_BOT_TOKEN`` with ``SLACK_SIGNING_SECRET`` or ``SLACK_APP_TOKEN``; None when none is set.

    Raises:
        ConfigurationError: One is missing or unreadable.
    """
    token, secret, app_token = (_secret(environment, name) for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"))
    if not (token or secret or app_token):
        return None
    if not token:
        raise ConfigurationError("SLACK_BOT_TOKEN", "Slack のボットトークン（xoxb-…）を設定してください。")
    if not (secret or app_token):
        raise ConfigurationError(
            "SLACK_SIGNING_SECRET", "署名シークレットを設定してください。Socket Mode を使う場合は、代わりに SLACK_APP_TOKEN を設定します。"
        )
    return SlackAdapter(token=token, secret=secret, app_token="" if secret else app_token, address=_address(environment))


def _secret(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not re.fullmatch(r"[\x21-\x7e]*", value):
        raise ConfigurationError(name, "空白や全角文字が含まれています。Slack の画面から値をコピーし直してください。")
    return value


def _address(environment: Mapping[str, str]) -> str:
    value = environment.get("SLACK_API_URL", "").strip() or ADDRESS
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ConfigurationError("SLACK_API_URL", "https://slack.com/api/ のような、http または https のアドレスを設定してください。")
    return value if value.endswith("/") else f"{value}/"


class SlackAdapter:
    """A ``ChannelAdapter``."""

    name = "slack"
    limits = RateLimits(per_second=4.0, burst=4, per_recipient_seconds=1.1)
    """Slack: one message a second in a channel, "several hundred messages per minute" in a workspace."""
    edits = True
    hears = True
    """chat.update changes words and buttons; a shared file stays as it is."""
    repeats_safely = True
    """Every post is tagged, and looked for before it is repeated."""

    def __init__(self, *, token: str, secret: str, app_token: str, address: str) -> None:
        """Keep the settings; nobody is called.

        Args:
            token: The bot's token.
            secret: The signing secret; empty for Socket Mode.
            app_token: The app-level token; empty for HTTP.
            address: Base address of the Web API, ending in a slash.
        """
        self._secret = secret
        self.listens = bool(app_token)
        self._switchboard = Switchboard()
        self._api = SlackApi(token, address)
        self._posting = Posting(self._api)
        self._downloads = Downloads(self._api)
        self._sockets = Sockets(self._api, app_token, self._switchboard.hear)

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Verify, read and translate one request of Slack."""
        if not signatures.is_genuine(self._secret, request):
            return WebhookResult(status=401)
        frame = payloads.read_frame(request.body, request.headers.get("content-type", ""))
        return await self._switchboard.hear(frame, request.received_at) if frame is not None else WebhookResult(status=400)

    async def listen(self, deliver: Deliver) -> None:
        """Hear over Socket Mode until cancelled."""
        if self.listens:
            await self._sockets.listen(deliver)

    async def acknowledge(self, message: InboundMessage) -> None:
        """Put a pair of eyes below what was said to us; Slack shows no typing mark for a bot outside its agent view."""
        if not (message.addressed and message.message_id and message.kind in {InboundKind.TEXT, InboundKind.MEDIA}):
            return
        mark = {"channel": message.address.recipient, "timestamp": message.message_id, "name": "eyes"}
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                await self._api.call("reactions.add", body=mark)
        except (DeliveryError, TimeoutError):
            return

    async def send(self, message: OutboundMessage) -> Receipt:
        """Render and post, or change what was posted."""
        return await self._posting.send(message)

    @property
    def batch(self) -> int:
        """1: each conversation is posted to by itself."""
        return 1

    def takes_together(self, recipient: str) -> bool:  # noqa: ARG002  # the Protocol's names
        """Return False: nobody is served together with others."""
        return False

    async def send_many(self, message: OutboundMessage, recipients: Sequence[str]) -> Receipt:  # noqa: ARG002  # the Protocol's names
        """Refuse; with a batch of 1 nobody asks for it."""
        raise DeliveryError("slack: no batches", permanent=True)

    async def quota(self) -> Quota | None:
        """Return None: Slack counts no messages."""
        return None

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """Read a file that a person sent, at most ``limit`` bytes."""
        return await self._downloads.fetch(attachment, limit)

    async def check(self) -> str:
        """Ask Slack who we are."""
        try:
            who, headers = await self._api.call_with_headers("auth.test", body={})
        except DeliveryError as error:
            error.uncertain = False
            raise
        line = f"@{who.get('user', '?')}（{who.get('team', '?')}、{self._way_in()}）"
        granted = next((str(value) for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
        missing = [] if granted is None else sorted(set(SCOPES) - {scope.strip() for scope in granted.split(",")})
        if missing:
            line += f" 足りない権限を OAuth & Permissions で追加し、アプリを再インストールしてください: {', '.join(missing)}。"
        return f"{line} App Home の Messages Tab（利用者からの送信を含む）と、Interactivity、Event Subscriptions をオンにしてください。"

    def _way_in(self) -> str:
        if not self.listens:
            return "HTTP"
        heard = self._sockets.heard_at
        return f"Socket Mode、最終受信 {heard:%Y-%m-%d %H:%M:%S} UTC" if heard else "Socket Mode、未接続"

    async def aclose(self) -> None:
        """Close connections."""
        await self._api.aclose()
