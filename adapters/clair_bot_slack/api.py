"""The calls to Slack: one client without any retry of its own, with a time limit, its answers classified."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp

from clair_bot.errors import DeliveryError
from clair_bot_slack import faults
from clair_bot_slack.switchboard import QUIET

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

TIMEOUT_SECONDS = 10
CONNECT_SECONDS = 5
TRANSFER_SECONDS = 60
"""For a whole file, either way; ten seconds of silence end it sooner."""
_SLACK_HOSTS = (".slack.com", ".slack-gov.com")
_FILE_ADDRESSES = ("https://files.slack.com/", "https://slack-files.com/")
"""Where ``url_private`` and ``url_private_download`` lead; nothing else is given our token."""


_TRANSFER = aiohttp.ClientTimeout(total=TRANSFER_SECONDS, connect=CONNECT_SECONDS, sock_read=TIMEOUT_SECONDS)


class SlackApi:
    """Slack's Web API with our token."""

    def __init__(self, token: str, address: str) -> None:
        """Remember where to call; the connections are made at the first call.

        Args:
            token: The bot's token.
            address: Base address, ending in a slash.
        """
        self._token = token
        self._address = address
        self._session: aiohttp.ClientSession | None = None

    def client(self, token: str | None = None) -> "AsyncWebClient":
        """Return an SDK client that repeats nothing by itself: its default handler posts again when a response is lost."""
        from slack_sdk.web.async_client import AsyncWebClient

        client = AsyncWebClient(
            token=token or self._token,
            base_url=self._address,
            session=self._connections(),
            timeout=TIMEOUT_SECONDS,
            retry_handlers=[],
            logger=QUIET,
        )
        client.proxy = client.proxy if _through_proxy(self._address) else None
        return client

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, connect=CONNECT_SECONDS))
        return self._session

    async def call(
        self,
        method: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Call a method and return its answer.

        Args:
            method: As ``chat.postMessage``.
            query: Arguments of a reading method.
            body: Arguments of a writing method, as JSON.
            form: Arguments of a writing method that takes no JSON.

        Raises:
            DeliveryError: ``uncertain`` when the call may have taken effect.
        """
        data, _ = await self.call_with_headers(method, query=query, body=body, form=form)
        return data

    async def call_with_headers(
        self,
        method: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """As ``call``, with the headers of the answer."""
        from slack_sdk.errors import SlackApiError

        verb = "POST" if query is None else "GET"
        try:
            answer = await self.client(token).api_call(
                method,
                http_verb=verb,
                params=dict(query) if query is not None else None,
                json=dict(body) if body is not None else None,
                data=dict(form) if form is not None else None,
            )
        except SlackApiError as error:
            raise _of_response(error.response) from error
        except faults.NO_ANSWER as error:
            raise faults.of_line(error) from error
        except (AttributeError, ValueError) as error:
            # The SDK trips over an answer that is no JSON object: 200 with a text from some gateway.
            raise DeliveryError("unreadable_answer", uncertain=True) from error
        return (answer.data if isinstance(answer.data, dict) else {}), answer.headers

    async def open_socket(self, app_token: str) -> str:
        """Return a one-use address for Socket Mode.

        Raises:
            DeliveryError: ``channel_down`` when the token is refused.
        """
        data, _ = await self.call_with_headers("apps.connections.open", body={}, token=app_token)
        return str(data.get("url") or "")

    async def channel_of(self, recipient: str) -> str:
        """Return the direct channel of a person, or the channel itself: only chat.postMessage takes people's ids.

        Raises:
            DeliveryError: Never ``uncertain``: opening a channel twice opens one.
        """
        if not recipient.startswith(("U", "W")):
            return recipient
        try:
            answer = await self.call("conversations.open", body={"users": recipient})
        except DeliveryError as error:
            raise replace(error, uncertain=False) from error
        channel = (answer.get("channel") or {}).get("id")
        return str(channel or recipient)

    def holds(self, url: str) -> bool:
        """Tell whether a file's address is on Slack's file hosts, or on the host of the configured API."""
        here = urlsplit(self._address)
        # The whole beginning is compared, slash included: readers of addresses differ in what they take for the host.
        return url.startswith((*_FILE_ADDRESSES, f"{here.scheme}://{here.netloc}/"))

    def file_at(self, url: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Open a file for reading, with our token; the caller has asked ``holds``. Redirects are not followed."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"}
        return self._connections().get(url, headers=headers, allow_redirects=False, timeout=_TRANSFER, proxy=_proxy(url))

    async def put(self, url: str, content: bytes) -> None:
        """Send a file's bytes to the address that Slack gave for them; it needs no token.

        Raises:
            DeliveryError: They were not taken.
        """
        if not self.may_answer_at(url):
            raise DeliveryError("upload_address_foreign")
        try:
            async with self._connections().post(
                url, data=BytesIO(content), allow_redirects=False, timeout=_TRANSFER, proxy=_proxy(url)
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004
                    raise faults.of_transfer(answer.status, answer.headers)
        except faults.NO_ANSWER as error:
            raise faults.of_line(error) from error

    def may_answer_at(self, url: str) -> bool:
        """Tell whether a ``response_url`` is Slack's, or lies on the same host as the configured API."""
        try:
            there, here = urlsplit(url), urlsplit(self._address)
            return (there.scheme, there.netloc) == (here.scheme, here.netloc) or (
                there.scheme == "https" and (there.hostname or "").endswith(_SLACK_HOSTS)
            )
        except ValueError:
            return False

    async def answer_at(self, url: str, body: Mapping[str, Any]) -> bool:
        """Answer a slash command at its ``response_url``. False when the address has expired or was used up: nothing was shown.

        Raises:
            DeliveryError: It is not known, or will pass.
        """
        from slack_sdk.errors import SlackApiError
        from slack_sdk.webhook.async_client import AsyncWebhookClient

        client = AsyncWebhookClient(url, session=self._connections(), retry_handlers=[], logger=QUIET)
        client.proxy = client.proxy if _through_proxy(url) else None
        try:
            answer = await client.send_dict(dict(body))
        except SlackApiError as error:
            raise _of_response(error.response) from error
        except faults.NO_ANSWER as error:
            raise faults.of_line(error) from error
        if answer.status_code == 429 or answer.status_code >= 500:  # noqa: PLR2004
            raise faults.of_answer("", answer.status_code, answer.headers)
        return bool(answer.status_code == 200)  # noqa: PLR2004

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # lets the transports go before the loop may end


def _of_response(response: Any) -> DeliveryError:
    data = getattr(response, "data", None)
    # A body that is no JSON comes as aiohttp's own response, anything else as slack_sdk's.
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    code = data.get("error") if isinstance(data, dict) else ""
    return faults.of_answer(code if isinstance(code, str) else "", status, getattr(response, "headers", {}))


def _through_proxy(url: str) -> bool:
    """Tell whether a proxy may be used: the SDK takes it from the environment, without regard to NO_PROXY."""
    host = urlsplit(url).hostname or ""
    return not (host in {"127.0.0.1", "localhost", "::1"} or proxy_bypass(host))


def _proxy(url: str) -> str | None:
    from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env

    return load_http_proxy_from_env(QUIET) if _through_proxy(url) else None
