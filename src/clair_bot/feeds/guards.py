"""Guards: where a feed may lead. Names are looked at before, addresses at the moment of connecting, for they are what counts."""

import re
import socket
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from clair_bot.errors import FeedError

PORTS: Final = {80, 443, 8080, 8443}
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_URL: Final = 2_000
_LONGEST_LABEL: Final = 63
"""Characters of one part of a name."""
_SHAPE: Final = re.compile(
    r"(?P<scheme>[a-z]{1,10})://(?P<host>\[[0-9a-f:.]{2,45}\]|[^\s/\\?#@:%\[\]<>\"']{1,253})(?::(?P<port>[0-9]{1,5}))?(?:[/?#][^\s\\]*)?"
)
"""One reading only: what another parser might take for a different host does not match."""
_HOME_NAMES: Final = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home.arpa")
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""NAT64: an IPv4 address stands in the last 32 bits."""
_REFUSED: Final = tuple(
    ip_network(network)
    for network in (
        "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
        "100.64.0.0/10", "192.88.99.0/24", "168.63.129.16/32",
    )
)  # fmt: skip
"""Tunnels into IPv4, documentation, carriers' own nets, and a cloud's inner host: some of them count as global."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that is about to be fetched."""

    url: str
    host: str
    port: int
    allowed: bool
    """True: an administrator named this host and port, private or not."""


class AddressRefused(OSError):
    """The connection would lead to an address that no feed may reach."""


@dataclass(slots=True)
class ConnectGuard:
    """Makes the sockets of one request. Whatever name was resolved and whoever resolved it, only this address is connected to."""

    target: Target
    refused: list[str] = field(default_factory=list)
    """The addresses that were refused."""

    def __call__(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """Return a socket for an address, or refuse.

        Raises:
            AddressRefused: The address is not public, or the port is another one.
        """
        family, kind, protocol, _, where = info
        if where[1] != self.target.port or not (self.target.allowed or is_public(str(where[0]))):
            self.refused.append(str(where[0]))
            raise AddressRefused(where[0])
        return socket.socket(family, kind, protocol)


def is_public(text: str) -> bool:
    """Tell whether an address belongs to the public network, tunnels and translations aside."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(str(address.ipv4_mapped))
        if address in _TRANSLATED:
            return is_public(str(IPv4Address(int(address) & 0xFFFFFFFF)))
    if any(address in network for network in _REFUSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local)


def checked(url: str, allow: Collection[str]) -> Target:
    """Return where an address leads.

    Args:
        url: As the administrator or a redirect gave it.
        allow: ``host:port`` pairs that may be reached though private.

    Raises:
        FeedError: It may not be fetched; the sentence says why.
    """
    scheme, host, port = _taken_apart(url)
    allowed = f"{host}:{port}" in allow
    if not allowed and port not in PORTS:
        raise FeedError(f"ポート{port}には接続できません。使えるのは80・443・8080・8443です。アドレスを確かめてください。")
    if not allowed and _is_home(host):
        raise _private()
    return Target(url=_rebuilt(url, scheme), host=host, port=port, allowed=allowed)


def refusal() -> FeedError:
    """Return the sentence for an address that is not public."""
    return _private()


def _taken_apart(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port."""
    start, colon, rest = url.partition(":")
    if start.lower() not in _DEFAULT_PORTS or not colon or not rest.startswith("//"):
        raise FeedError("読み込めるのは http:// か https:// で始まるアドレスだけです。登録したアドレスを確かめてください。")
    if "@" in re.split(r"[/?#\\]", rest[2:], maxsplit=1)[0]:
        raise FeedError("アドレスにユーザー名やパスワード（@ の前）を含めることはできません。取り除いて登録し直してください。")
    match = _SHAPE.fullmatch(f"{start.lower()}:{_lowered(rest)}")
    if match is None or len(url) > _LONGEST_URL or not _is_name(match["host"]):
        raise FeedError("アドレスの形が正しくありません（2,000文字以内、空白なし）。ブラウザーで開けるか確かめ、登録し直してください。")
    return match["scheme"], match["host"].strip("[]").rstrip("."), int(match["port"] or _DEFAULT_PORTS[match["scheme"]])


def _is_home(host: str) -> bool:
    """Tell whether a name belongs to this machine or this house; signs of full width are the same to a resolver."""
    plain = unicodedata.normalize("NFKC", host).replace("。", ".").rstrip(".")
    return plain in _HOME_NAMES or plain.endswith(tuple(f".{name}" for name in _HOME_NAMES))


def _lowered(rest: str) -> str:
    """Return what follows the scheme, with its host in lower case."""
    host = re.match(r"//[^/?#]*", rest)
    end = host.end() if host else 0
    return rest[:end].lower() + rest[end:]


def _is_name(host: str) -> bool:
    """Tell whether a name has the form of one; numbers alone are left to the guard, which sees the address."""
    return host.startswith("[") or all(0 < len(label) <= _LONGEST_LABEL for label in host.rstrip(".").split("."))


def _rebuilt(url: str, scheme: str) -> str:
    """Return the address without its fragment."""
    return urlsplit(url)._replace(scheme=scheme, fragment="").geturl()


def _private() -> FeedError:
    return FeedError(
        "このアドレスは庁内やこのサーバー自身など、公開されていない場所を指しているため、読み込みません。"
        "庁内のページであれば、接続を許す「ホスト名:ポート」に加えてください。"
    )
