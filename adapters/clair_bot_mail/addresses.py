"""Mail addresses: those that we write to, and those that we write from."""

import re
from dataclasses import dataclass

from clair_bot_mail.texts import header

_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\"(),:;<>@\[\]\\]{1,64}")
"""Without quotes and spaces. Dots stand anywhere: Japanese mobile addresses had them twice and at the end."""
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_LONGEST = 254
"""RFC 5321: a path holds 256 characters, brackets among them."""
_SHAPE = re.compile(r"\s*(?:(?P<name>[^<>]*?)\s*<\s*(?P<inner>[^<>\s]+)\s*>|(?P<bare>[^<>\s]+))\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address as it stands on the wire, with the name that people see."""

    local: str
    domain: str
    """In ASCII: international domains in their ``xn--`` form."""
    name: str = ""

    @property
    def address(self) -> str:
        """Return ``local@domain``; a local part with dots in strange places in quotes, as RFC 5321 wants it."""
        return f"{self.local}@{self.domain}" if "" not in self.local.split(".") else f'"{self.local}"@{self.domain}'

    @property
    def needs_utf8(self) -> bool:
        """True where only a server with SMTPUTF8 can take it."""
        return not self.local.isascii()


def mailbox(text: str, *, name: str = "") -> Mailbox | None:
    """Read a bare address; None for what is none."""
    local, at, domain = text.strip().rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    # Directions and half characters are no letters of anybody's name; an encoded word would be undone by whoever reads the header.
    if not _LOCAL.fullmatch(local) or header(local) != local or "=?" in local:
        return None
    if not at or not _DOMAIN.fullmatch(ascii_domain):
        return None
    found = Mailbox(local=local, domain=ascii_domain, name=name)
    return found if len(found.address.encode()) <= _LONGEST else None


def named_mailbox(text: str) -> Mailbox | None:
    """Read ``name <address>`` or a bare address; None for what is neither."""
    found = _SHAPE.fullmatch(text)
    if found is None or header(text) != text.strip():
        return None
    return mailbox(found["inner"] or found["bare"], name=(found["name"] or "").strip().strip('"').strip())
