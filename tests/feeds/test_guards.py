"""Guards: no connection to anything that is not public, however it is named."""

import asyncio
import socket
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from tests.feeds.bombs import item
from tests.feeds.servers import Listener, feed, giving, listening, serving

from clair_bot.domain.feeds import FeedKind
from clair_bot.errors import FeedError
from clair_bot.feeds import guards
from clair_bot.feeds.fetching import Fetcher
from clair_bot.feeds.guards import checked, is_public
from clair_bot.feeds.reading import FeedReader

TARGETS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://0x7f.1:{port}/",
    "http://169.254.169.254:{port}/latest/meta-data/",
    "http://10.0.0.1:{port}/",
    "http://192.168.0.1:{port}/",
    "http://100.64.0.1:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fd00::1]:{port}/",
    "http://2130706433:{port}/",
    "http://0:{port}/",
    "file:///etc/passwd",
    "http://[64:ff9b::7f00:1]:{port}/",
]
MORE = [
    "http://0.0.0.0:{port}/",
    "http://127.1:{port}/",
    "http://017700000001:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://127。0。0。1:{port}/",
    "http://[::]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://224.0.0.1:{port}/",
    "http://255.255.255.255:{port}/",
    "http://168.63.129.16:{port}/",
    "http://printer.local:{port}/",
    "http://printer。local:{port}/",
    "http://app.localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@www.example.jp/",
    "http://www.example.jp@127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/ ",
    "http://127.0.0.1:{port}/\r\nHost: x",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/",
    "javascript:alert(1)",
    "data:text/xml,<rss/>",
    "http://",
    "",
    "http://" + "a" * 3_000,
    "http://a..b/",
    "http://" + "a" * 64 + ".jp/",
]


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A listener whose port is one of the usual ones."""
    with listening() as opened:
        monkeypatch.setattr(guards, "PORTS", guards.PORTS | {opened.port})
        yield opened


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that the loop was asked to connect to."""
    asked: list[Any] = []
    real = BaseSelectorEventLoop.sock_connect

    async def sock_connect(loop: BaseSelectorEventLoop, sock: socket.socket, address: Any) -> None:
        asked.append(address)
        await real(loop, sock, address)

    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)
    return asked


class FakeResolver(AbstractResolver):
    """Gives every name the addresses that it was told."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        return


@pytest.mark.parametrize("target", TARGETS + MORE)
@pytest.mark.parametrize("kind", [FeedKind.RSS, FeedKind.PAGE])
async def test_nothing_private_is_connected_to(target: str, kind: FeedKind, listener: Listener, connects: list[Any]) -> None:
    with pytest.raises(FeedError) as refused:
        await FeedReader().read(feed(target.replace("{port}", str(listener.port)), kind))
    assert str(refused.value).endswith("。") or str(refused.value).endswith("）")
    assert connects == []
    assert listener.connections == 0


async def test_the_listener_would_have_been_reached(listener: Listener, connects: list[Any]) -> None:
    with pytest.raises(FeedError, match="接続できないか、途中で切れました"):
        await FeedReader(allow=[f"127.0.0.1:{listener.port}"]).read(feed(f"http://127.0.0.1:{listener.port}/"))
    await asyncio.sleep(0.1)
    assert len(connects) == listener.connections >= 1  # a request that met a closed door is sent once more


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["64:ff9b::7f00:1"], ["::ffff:10.0.0.1"], ["169.254.169.254"], ["10.1.2.3", "127.0.0.1", "::1", "fd00::1"]],
)
async def test_a_name_that_leads_home_is_refused_when_connecting(addresses: list[str], listener: Listener, connects: list[Any]) -> None:
    resolver = FakeResolver(addresses)
    with pytest.raises(FeedError, match="公開されていない場所"):
        await Fetcher(resolver=resolver).fetch(f"http://rebind.example.jp:{listener.port}/")
    assert resolver.asked == ["rebind.example.jp"]
    assert connects == []
    assert listener.connections == 0


async def test_a_name_that_changes_between_two_requests_is_refused(listener: Listener, connects: list[Any]) -> None:
    """The first answer leads to a page that may be read and sends on to the same name, which has changed meanwhile."""

    async def handler(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"http://rebind.example.jp:{listener.port}/")

    async with serving(handler) as site:
        port = site.host.rpartition(":")[2]
        resolver = FakeResolver(["127.0.0.1"], ["127.0.0.1"])
        fetcher = Fetcher(allow=[f"rebind.example.jp:{port}"], resolver=resolver)
        with pytest.raises(FeedError, match="公開されていない場所"):
            await fetcher.fetch(f"http://rebind.example.jp:{port}/")
    assert resolver.asked == ["rebind.example.jp"] * 2
    assert len(connects) == 1
    assert listener.connections == 0


@pytest.mark.parametrize("target", TARGETS)
async def test_a_redirect_to_somewhere_private_is_refused(target: str, listener: Listener, connects: list[Any]) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": target.replace("{port}", str(listener.port))})

    async with serving(handler) as site:
        with pytest.raises(FeedError):
            await site.reader().read(feed(site.url()))
    assert len(connects) == 1
    assert listener.connections == 0


async def test_redirects_are_followed_three_times(connects: list[Any]) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        left = int(request.match_info["path"])
        if left:
            raise web.HTTPFound(f"/{left - 1}")
        return web.Response(text=item(""), content_type="text/xml")

    async with serving(handler) as site:
        reading = await site.reader().read(feed(site.url("/3")))
        assert [entry.title for entry in reading.entries] == ["新着のお知らせ"]
        assert len(connects) == 4
        with pytest.raises(FeedError, match="転送が3回を超えました"):
            await site.reader().read(feed(site.url("/4")))


async def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listener.port}")
    monkeypatch.setenv("no_proxy", "")
    async with serving(giving(item(""))) as site:
        assert len((await site.reader().read(feed(site.url()))).entries) == 1
    assert listener.connections == 0


def test_only_the_named_pair_is_allowed() -> None:
    allow = frozenset({"intra.example.lg.jp:8081"})
    assert checked("http://Intra.example.lg.jp:8081/x", allow).allowed
    assert not checked("http://intra.example.lg.jp/x", allow).allowed
    with pytest.raises(FeedError, match="ポート8082には接続できません"):
        checked("http://intra.example.lg.jp:8082/x", allow)
    with pytest.raises(FeedError, match="ポート22には接続できません"):
        checked("https://www.example.jp:22/", allow)


@pytest.mark.parametrize(
    "url", ["https://www.clair.or.jp/j/rss.xml", "http://例え.jp/新着.xml?頁=1", "HTTPS://Example.JP:8443/a#b", "http://[2606:4700::1111]/"]
)
def test_public_addresses_pass(url: str) -> None:
    target = checked(url, ())
    assert not target.allowed
    assert "#" not in target.url


@pytest.mark.parametrize("address", ["8.8.8.8", "203.104.209.71", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "240b::1"])
def test_public_numbers_pass(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_global))
def test_a_private_number_is_found_in_every_disguise(address: Any) -> None:
    number = int(address)
    assert not is_public(str(address))
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}")
    assert not is_public(f"64:ff9b:1::{number >> 16:x}:{number & 0xFFFF:x}")
    assert not is_public(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")
    assert not is_public(f"::{number >> 16:x}:{number & 0xFFFF:x}")


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1.", "1.2.3", "fe80::1%eth0", "ff0e::1", "fec0::1", "239.1.1.1", "192.88.99.1"])
def test_what_is_no_public_number_is_refused(text: str) -> None:
    assert not is_public(text)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_an_address_or_a_sentence(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.jp{text}"):
        try:
            target = checked(url, ())
        except FeedError as error:
            assert str(error)  # noqa: PT017 - both outcomes are right
        else:
            assert target.port in guards.PORTS
