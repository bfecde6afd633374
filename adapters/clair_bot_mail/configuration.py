"""The variables of the channel, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from clair_bot.errors import ConfigurationError
from clair_bot_mail.addresses import Mailbox, named_mailbox
from clair_bot_mail.texts import header

RATE = 20.0
"""Mails a second, where nothing else is said."""
_HIGHEST_RATE = 1_000.0
CONNECTIONS = 4
_MOST_CONNECTIONS = 20
_INFO_LIMIT = 300
"""Characters of the line about the sender."""
_HOW = "smtp://利用者:パスワード@サーバー:ポート（または smtps://、smtp+starttls://）の形で設定してください。"


class Security(StrEnum):
    """How the connection is protected."""

    PLAIN = "smtp"
    TLS = "smtps"
    STARTTLS = "smtp+starttls"


_PORTS = {Security.PLAIN: 25, Security.TLS: 465, Security.STARTTLS: 587}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The server, and how we may use it."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    rate: float = RATE
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whose name stands on our mails."""

    mailbox: Mailbox
    reply_to: Mailbox | None = None
    info: str = ""


def read(environment: Mapping[str, str]) -> tuple[Account, Sender] | None:
    """Return both, or None where neither is set.

    Raises:
        ConfigurationError: One is missing or cannot be read.
    """
    url, sender = (environment.get(name, "").strip() for name in ("SMTP_URL", "CLAIR_MAIL_FROM"))
    if not (url or sender):
        return None
    if not url:
        raise ConfigurationError("SMTP_URL", f"CLAIR_MAIL_FROM だけが設定されています。メールサーバーも{_HOW}")
    if not sender:
        raise ConfigurationError("CLAIR_MAIL_FROM", "差出人を「表示名 <addr@example.lg.jp>」の形で設定してください。")
    return _account(url), _sender(environment)


def _account(url: str) -> Account:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ConfigurationError("SMTP_URL", f"アドレスを読み取れません。{_HOW}") from None  # the cause may quote the password
    if parts.scheme not in set(Security) or not host or parts.path not in {"", "/"} or parts.fragment:
        raise ConfigurationError("SMTP_URL", f"アドレスを読み取れません。記号を含むパスワードは %40 のように書きます。{_HOW}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ConfigurationError("SMTP_URL", f"利用者名とパスワードは、両方設定するか、両方省いてください。{_HOW}")
    security = Security(parts.scheme)
    rate, connections = _query(parts)
    return Account(
        host=host,
        port=port or _PORTS[security],
        security=security,
        user=user,
        password=password,
        rate=rate,
        connections=int(connections),
    )


def _query(parts: SplitResult) -> tuple[float, float]:
    try:
        values = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), max_num_fields=2)
        rate = float(values.pop("rate", [str(RATE)])[-1])
        connections = int(values.pop("connections", [str(CONNECTIONS)])[-1])
    except ValueError:
        raise ConfigurationError("SMTP_URL", "「?」より後ろは ?rate=20&connections=4 のように、数で設定してください。") from None
    if values:
        raise ConfigurationError("SMTP_URL", "「?」より後ろに設定できるのは rate と connections だけです。")
    if not 0 < rate <= _HIGHEST_RATE:
        raise ConfigurationError("SMTP_URL", f"rate（1秒あたりの通数）は0より大きく{_HIGHEST_RATE:g}以下で設定してください。")
    if not 1 <= connections <= _MOST_CONNECTIONS:
        raise ConfigurationError("SMTP_URL", f"connections（同時接続数）は1から{_MOST_CONNECTIONS}までで設定してください。")
    return rate, connections


def _sender(environment: Mapping[str, str]) -> Sender:
    info = header(environment.get("CLAIR_MAIL_SENDER_INFO", ""))
    if len(info) > _INFO_LIMIT:
        raise ConfigurationError("CLAIR_MAIL_SENDER_INFO", f"団体名・住所・連絡先を{_INFO_LIMIT}字以内の1行で設定してください。")
    reply_to = environment.get("CLAIR_MAIL_REPLY_TO", "").strip()
    return Sender(
        mailbox=_mailbox("CLAIR_MAIL_FROM", environment["CLAIR_MAIL_FROM"]),
        reply_to=_mailbox("CLAIR_MAIL_REPLY_TO", reply_to) if reply_to else None,
        info=info,
    )


def _mailbox(variable: str, text: str) -> Mailbox:
    found = named_mailbox(text)
    if found is None or found.needs_utf8:
        raise ConfigurationError(variable, "「表示名 <addr@example.lg.jp>」または「addr@example.lg.jp」の形で設定してください。")
    return found
