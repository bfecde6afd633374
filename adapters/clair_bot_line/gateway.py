"""LINE's API through the SDK: one call, one answer, and no exception for what a network can do."""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

Json = dict[str, Any]

_CALL_SECONDS = 10.0
_LOADING_SECONDS = 3.0
_LOADING_SHOWN = 10  # LINE: 5 to 60 in steps of 5; it vanishes with our answer

ACCEPTED_BEFORE = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a call."""

    status: int
    """The HTTP status; 0 where no readable answer came."""
    message: str = ""
    """LINE's own words about an error; they quote nothing of ours."""
    ids: tuple[str, ...] = ()
    """Ids of the accepted messages."""
    reached: bool = True
    """False when no connection came about: certainly not accepted."""
    timed_out: bool = False
    name: str = ""
    """Who we are, for ``info``."""
    plan: str = ""
    """``none`` or ``limited``, for ``quota``."""
    count: int | None = None
    """How many messages, for a limited ``quota`` and for ``consumption``."""

    @property
    def accepted(self) -> bool:
        """True when LINE has the messages, from this call or from an earlier one with the same retry key."""
        return self.status in {200, 202, ACCEPTED_BEFORE}

    @property
    def unclear(self) -> bool:
        """True when LINE may have the messages."""
        return self.reached and (self.status == 0 or self.status >= 500)  # noqa: PLR2004  # the server errors


class Gateway:
    """The few calls of LINE's API that this adapter makes. Imports the SDK (1.3 s) in a thread, at the first call."""

    def __init__(self, token: str, host: str | None) -> None:
        """Keep the access token and the base address; None for LINE's own."""
        self._token = token
        self._host = host
        self._api: Any = None
        self._sdk: Any = None
        self._starting = asyncio.Lock()

    async def reply(self, token: str, messages: Sequence[Json]) -> Answer:
        """Answer an event; without a retry key, which LINE refuses here."""
        api, sdk = await self._ready()
        request = sdk.ReplyMessageRequest.from_dict({"replyToken": token, "messages": list(messages)})
        return await _ask(sdk, lambda: api.reply_message_with_http_info(request, _request_timeout=_timeout(_CALL_SECONDS)))

    async def push(self, to: str, messages: Sequence[Json], retry_key: str) -> Answer:
        """Send at any time; the same key with the same body is accepted once within 24 h."""
        api, sdk = await self._ready()
        request = sdk.PushMessageRequest.from_dict({"to": to, "messages": list(messages)})
        return await _ask(
            sdk, lambda: api.push_message_with_http_info(request, x_line_retry_key=retry_key, _request_timeout=_timeout(_CALL_SECONDS))
        )

    async def multicast(self, to: Sequence[str], messages: Sequence[Json], retry_key: str) -> Answer:
        """Send to many people at once; the same key with the same body is accepted once within 24 h."""
        api, sdk = await self._ready()
        request = sdk.MulticastRequest.from_dict({"to": list(to), "messages": list(messages)})

        async def call() -> Any:
            response = await api.multicast_with_http_info(request, x_line_retry_key=retry_key, _request_timeout=_timeout(_CALL_SECONDS))
            if not isinstance(response.data, dict):  # LINE: an empty object; the SDK takes a page of a proxy for one, too
                raise TypeError("no JSON object")
            return response

        return await _ask(sdk, call)

    async def quota(self) -> Answer:
        """Ask how many messages may be pushed in this month."""
        api, sdk = await self._ready()
        return await _ask(sdk, lambda: api.get_message_quota_with_http_info(_request_timeout=_timeout(_CALL_SECONDS)))

    async def consumption(self) -> Answer:
        """Ask how many messages were pushed in this month; LINE counts with some delay."""
        api, sdk = await self._ready()
        return await _ask(sdk, lambda: api.get_message_quota_consumption_with_http_info(_request_timeout=_timeout(_CALL_SECONDS)))

    async def show_loading(self, user: str) -> Answer:
        """Show the loading animation in a private chat."""
        api, sdk = await self._ready()
        request = sdk.ShowLoadingAnimationRequest(chatId=user, loadingSeconds=_LOADING_SHOWN)
        return await _ask(sdk, lambda: api.show_loading_animation_with_http_info(request, _request_timeout=_timeout(_LOADING_SECONDS)))

    async def info(self) -> Answer:
        """Ask who we are."""
        api, sdk = await self._ready()
        return await _ask(sdk, lambda: api.get_bot_info_with_http_info(_request_timeout=_timeout(_CALL_SECONDS)))

    async def aclose(self) -> None:
        """Close the connections."""
        async with self._starting:
            api, self._api = self._api, None
        if api is not None:
            await api.api_client.close()

    async def _ready(self) -> tuple[Any, Any]:
        if self._api is None:
            async with self._starting:
                self._sdk = await asyncio.to_thread(importlib.import_module, "linebot.v3.messaging")
                if self._api is None:
                    self._api = self._sdk.AsyncMessagingApi(
                        self._sdk.AsyncApiClient(self._sdk.Configuration(access_token=self._token, host=self._host))
                    )
        return self._api, self._sdk


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=seconds, sock_connect=seconds / 2
    )  # the SDK hands it to aiohttp as it is; without it a call may last 300 s


async def _ask(sdk: Any, call: Callable[[], Awaitable[Any]]) -> Answer:
    try:
        response = await call()
    except sdk.ApiException as refused:
        return _refusal(refused)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        return Answer(status=0, message=type(error).__name__, reached=False)
    except TimeoutError:
        return Answer(status=0, message="timeout", timed_out=True)
    except (aiohttp.ClientError, OSError) as error:
        return Answer(status=0, message=type(error).__name__)
    except (ValueError, TypeError, AttributeError, LookupError):
        return Answer(status=0, message="unreadable answer")  # an answer that is none of LINE's, from a proxy perhaps: nothing is known
    return _answer(response)


def _answer(response: Any) -> Answer:
    sent = getattr(response.data, "sent_messages", None) or ()
    name = getattr(response.data, "display_name", None) or ""
    ids = tuple(message.id for message in sent)
    return Answer(
        status=response.status_code, ids=ids, name=name, plan=getattr(response.data, "type", None) or "", count=_count(response.data)
    )


def _count(data: Any) -> int | None:
    used = getattr(data, "total_usage", None)
    return used if used is not None else getattr(data, "value", None)


def _refusal(refused: Any) -> Answer:
    try:
        content = json.loads(refused.body or "{}")
    except (ValueError, RecursionError):
        content = {}
    content = content if isinstance(content, dict) else {}
    sent = content.get("sentMessages")
    ids = tuple(one["id"] for one in sent if isinstance(one, dict) and isinstance(one.get("id"), str)) if isinstance(sent, list) else ()
    message = content.get("message")
    return Answer(status=refused.status or 0, message=message if isinstance(message, str) else "", ids=ids)
