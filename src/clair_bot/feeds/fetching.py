"""Fetching: one document over HTTP, with every limit counted on our side of the wire."""

import asyncio
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver

from clair_bot.errors import FeedError
from clair_bot.feeds.guards import ConnectGuard, Target, checked, refusal
from clair_bot.feeds.inflating import LONGEST_BODY, Inflater, too_long

SECONDS = 4.5
"""For everything: name, connection, redirects and body. With the parsing a reading takes less than five."""
MOST_REDIRECTS = 3
_LONGEST_TAG: Final = 300
_HEADERS: Final = {
    "User-Agent": "clair-bot (+feed reader)",
    "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.8, */*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "ja, en;q=0.5",
}
_MOVED: Final = {301, 302, 303, 307, 308}
_NOT_MODIFIED: Final = 304
_OK: Final = 200
_ETAG, _MODIFIED = "etag ", "modified "


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What came back."""

    url: str
    """Where it was in the end."""
    body: bytes
    content_type: str
    etag: str
    """For the next conditional request; opaque, empty where the server names nothing."""


class Refused(FeedError):
    """The server answered, and not with what was asked for."""

    def __init__(self, sentence: str, status: int) -> None:
        """Keep the HTTP status beside the sentence."""
        super().__init__(sentence)
        self.status = status


class Fetcher:
    """Fetches documents from the public network, and from what an administrator named."""

    def __init__(self, *, allow: Collection[str] = (), seconds: float = SECONDS, resolver: AbstractResolver | None = None) -> None:
        """Keep the limits.

        Args:
            allow: ``host:port`` pairs that may be reached though private.
            seconds: Time for one document.
            resolver: Who looks names up; None: the system.
        """
        self._allow = frozenset(pair.strip().lower().translate({ord("["): None, ord("]"): None}) for pair in allow)
        self._seconds = seconds
        self._resolver = resolver

    async def fetch(self, url: str, etag: str = "") -> Document | None:
        """Return a document, or None when the server says that it is still the one of ``etag``.

        Raises:
            FeedError: It cannot be had; the sentence says why and what to do.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(url.strip(), etag)
        except TimeoutError as late:
            raise FeedError(
                f"{self._seconds:g}秒以内に受け取れませんでした。しばらくして自動で読み直します。続くときは、相手のサイトの状態を確かめてください。"
            ) from late

    async def _follow(self, url: str, etag: str) -> Document | None:
        """Go where redirects lead, each looked at like the first."""
        for _ in range(MOST_REDIRECTS + 1):
            target = checked(url, self._allow)
            answer = await self._ask(target, etag)
            if not isinstance(answer, str):
                return answer
            url = urljoin(target.url, answer)
        raise FeedError(f"転送が{MOST_REDIRECTS}回を超えました。ブラウザーで開き、最後に表示されたアドレスで登録し直してください。")

    async def _ask(self, target: Target, etag: str) -> Document | str | None:
        """Send one request; return the document, the address of a redirect, or None for nothing new."""
        guard = ConnectGuard(target)
        try:
            async with (
                self._session(guard) as session,
                session.get(target.url, headers=_condition(etag), allow_redirects=False) as response,
            ):
                return await _taken(response, target)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            if guard.refused:
                raise refusal() from error
            raise _unreachable(error) from error

    def _session(self, guard: ConnectGuard) -> aiohttp.ClientSession:
        """Return a session for one request: no proxies, no cookies, no connection that outlives it."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard, resolver=self._resolver, use_dns_cache=False, force_close=True),
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=self._seconds),
        )


async def _taken(response: aiohttp.ClientResponse, target: Target) -> Document | str | None:
    """Read an answer."""
    if response.status == _NOT_MODIFIED:
        return None
    if response.status in _MOVED and (place := response.headers.get("Location")):
        return place
    if response.status != _OK:
        raise _answered(response.status)
    return Document(url=target.url, body=await _body(response), content_type=response.headers.get("Content-Type", ""), etag=_etag(response))


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """Read and inflate the body piece by piece, and stop at the limit."""
    if (response.content_length or 0) > LONGEST_BODY:
        raise too_long()
    inflater = Inflater(response.headers.get("Content-Encoding", ""))
    async for piece in response.content.iter_any():
        inflater.feed(piece)
    return inflater.finished()


def _condition(etag: str) -> dict[str, str]:
    if etag.startswith(_ETAG):
        return {"If-None-Match": etag.removeprefix(_ETAG)}
    return {"If-Modified-Since": etag.removeprefix(_MODIFIED)} if etag.startswith(_MODIFIED) else {}


def _etag(response: aiohttp.ClientResponse) -> str:
    """Return the name of this answer; what could not be sent back in a header is dropped."""
    for kind, name in ((_ETAG, "ETag"), (_MODIFIED, "Last-Modified")):
        value = response.headers.get(name, "").strip()
        if value and len(value) <= _LONGEST_TAG and value.isascii() and value.isprintable():
            return kind + value
    return ""


_ANSWERS: Final = {
    401: "閲覧にログインが必要です。公開されているページのアドレスを登録してください。",
    403: "相手のサイトが読み込みを断っています。公開されているアドレスか、サイトの担当者に確かめてください。",
    404: "ページが見つかりません。アドレスが変わっていないか確かめ、登録し直してください。",
    410: "ページは削除されています。新しいアドレスを確かめ、登録し直してください。",
    429: "相手のサイトから、回数が多すぎると断られました。読み込みの間隔を長くしてください。",
}
_SERVER_FAULT: Final = 500


def _answered(status: int) -> Refused:
    if status >= _SERVER_FAULT:
        fallback = "相手のサイトに障害が起きています。しばらくして自動で読み直します。"
    else:
        fallback = "内容を受け取れませんでした。ブラウザーで開けるか確かめ、アドレスを登録し直してください。"
    return Refused(f"{_ANSWERS.get(status, fallback)}（HTTP {status}）", status)


def _unreachable(error: Exception) -> FeedError:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FeedError("サイトの名前（ホスト名）が見つかりません。アドレスの綴りを確かめ、登録し直してください。")
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return FeedError(
            "相手のサイトの証明書を確かめられないため、読み込みません。期限切れなどがないか、サイトの担当者に確かめてください。"
        )
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):
        return FeedError("アドレスの形が正しくありません。ブラウザーで開けるか確かめ、登録し直してください。")
    return FeedError(
        "相手のサイトに接続できないか、途中で切れました。しばらくして自動で読み直します。続くときは、アドレスを確かめてください。"
    )
