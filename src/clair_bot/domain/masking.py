"""Masking: personal numbers and addresses do not stand in clear where others read.

Every pattern has a fixed shape (no repetition within a repetition), so that a long hostile text costs no more than its length.
Separators and letters stay: who wrote the number recognises it, and nobody else can use it.
"""

import re
from enum import Enum
from typing import NamedTuple

_STAR = "\uff0a"
_HIDDEN_MAIL = "***"
_SHOWN = 2
"""So many digits at the end stay: enough to tell two numbers apart."""

_D = "[0-9\uff10-\uff19]"
_L = "[A-Za-z\uff21-\uff3a\uff41-\uff5a]"
_W = "[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
_HYPHEN = "[\\-\u2010-\u2015\u2212\u30fc\uff0d\uff70]"
"""Japanese keyboards give eight characters that look alike."""
_SPACE = "[ \t\u3000\u00a0]"
_S = f"(?:{_SPACE}?{_HYPHEN}{_SPACE}?|{_SPACE})"
_P = f"(?:{_SPACE}?(?:{_HYPHEN}|[()\uff08\uff09]){_SPACE}?|{_SPACE})"
_OPEN, _SHUT = "[(\uff08]", "[)\uff09]"
_MONEY = "[.,¥\uffe5$\uff0c]"
_NO_MONEY = f"(?!{_D}|{_SPACE}?(?:[円元]|ドル|ユーロ|ウォン))"
_TOKEN = f"{_W[:-1]}_.#/\\-]"
"""What makes letters and digits a part of something longer."""
_MAIL = f"{_W[:-1]}._%+\\-\uff0e\uff3f\uff0d]"


class _Kind(Enum):
    CARD = "card"  # credit and debit cards
    RESIDENCE = "residence"  # 在留カード番号
    PASSPORT = "passport"  # 旅券番号
    ACCOUNT = "account"  # 口座番号
    INDIVIDUAL = "individual"  # 個人番号 (マイナンバー)
    MAIL = "mail"  # e-mail addresses
    PHONE = "phone"  # Japanese telephone numbers


_DIGIT = re.compile(_D)


class _Finding(NamedTuple):
    kind: _Kind
    start: int
    end: int


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""Every second digit of a card is doubled, and the digits of the product are added up."""
_YEARS = re.compile(f"(?:(?:[1\uff11][9\uff19]|[2\uff12][0\uff10]){_D}{{2}}(?:{_S}|$)){{2,4}}")
_HARMLESS = re.compile(f"[Hh][Tt][Tt][Pp][Ss]?://[!-;=?-~]+|〒{_SPACE}?{_D}{{3}}{_HYPHEN}?{_D}{{4}}")
"""Addresses of pages and postal codes; angle brackets end an address, as Slack writes them around it."""

# A card begins with 2 to 6, of the 2s only 22 to 27: without this a tenth of all dates with a time (20261210…) would pass for cards.
_ISSUER = "(?=[3-6\uff13-\uff16]|[2\uff12][2-7\uff12-\uff17])"
_PATTERNS: dict[_Kind, re.Pattern[str]] = {
    _Kind.CARD: re.compile(
        f"(?<!{_D})(?<!{_MONEY}){_ISSUER}"
        f"(?:{_D}{{13,16}}|{_D}{{4}}{_S}{_D}{{4}}{_S}{_D}{{4}}{_S}{_D}{{1,4}}|{_D}{{4}}{_S}{_D}{{6}}{_S}{_D}{{4,5}}){_NO_MONEY}"
    ),
    _Kind.RESIDENCE: re.compile(f"(?<!{_W}){_L}{{2}}{_S}?{_D}{{8}}{_S}?{_L}{{2}}(?!{_W})"),
    _Kind.PASSPORT: re.compile(f"(?<!{_TOKEN}){_L}{{2}}{_D}{{7}}(?!{_W}|[_#/\\-])"),
    _Kind.ACCOUNT: re.compile(f"口座番号[^0-9\uff10-\uff19\n]{{0,12}}{_D}{{7}}(?!{_D})"),
    _Kind.INDIVIDUAL: re.compile(f"(?<!{_D})(?<!{_MONEY})(?:{_D}{{12}}|{_D}{{4}}{_S}{_D}{{4}}{_S}{_D}{{4}}){_NO_MONEY}"),
    _Kind.MAIL: re.compile(f"(?<!{_MAIL}){_MAIL}+[@\uff20]{_W}{_MAIL}*[.\uff0e]{_L}{{2,}}"),
    _Kind.PHONE: re.compile(
        f"(?<!{_D})(?<!{_D}{_HYPHEN})(?<!{_MONEY})(?:"
        f"[+\uff0b][8\uff18][1\uff11]{_P}?{_OPEN}?[0\uff10]?{_SHUT}?{_D}{{1,4}}{_P}?{_D}{{1,4}}{_P}?{_D}{{3,4}}"
        f"|{_OPEN}?[0\uff10][1-9\uff11-\uff19]{_D}{{0,3}}{_P}{_D}{{1,4}}{_P}{_D}{{3,4}}"
        f"|[0\uff10][1-9\uff11-\uff19]{_D}{{0,5}}{_P}{_D}{{3,8}}"
        f"|(?:(?<!{_L})(?<!_)|(?<=[Tt][Ee][Ll])|(?<=[Ff][Aa][Xx]))[0\uff10][1-9\uff11-\uff19]{_D}{{8,9}}(?![A-EG-Za-eg-z])"
        f")(?!{_HYPHEN}?{_D})"
    ),
}
"""In the order in which they are looked for: what one has found is no longer there for the next."""


def masked(text: str) -> str:
    """Return the text with personal numbers starred but for their last two digits, and e-mail addresses but for their first letter."""
    parts: list[str] = []
    at = 0
    for finding in sorted(_findings(text), key=lambda finding: finding.start):
        parts += text[at : finding.start], _hidden(finding.kind, text[finding.start : finding.end])
        at = finding.end
    return "".join([*parts, text[at:]])


def _findings(text: str) -> list[_Finding]:
    found: list[_Finding] = []
    rest = _HARMLESS.sub(_blank, text)
    for kind, pattern in _PATTERNS.items():
        new = [_Finding(kind, *match.span()) for match in pattern.finditer(rest) if _is_real(kind, match.group())]
        rest = _without(rest, new)
        found += new
    return found


def _blank(match: re.Match[str]) -> str:
    return "\0" * len(match.group())


def _without(text: str, findings: list[_Finding]) -> str:
    parts: list[str] = []
    at = 0
    for finding in findings:
        parts += text[at : finding.start], "\0" * (finding.end - finding.start)
        at = finding.end
    return "".join([*parts, text[at:]])


def _is_real(kind: _Kind, found: str) -> bool:
    if kind is _Kind.CARD:
        return _passes_luhn(_digits(found)) and not _are_years(found)
    if kind is _Kind.INDIVIDUAL:
        return not _are_years(found)
    return kind is not _Kind.PHONE or _is_phone(found[0], _digits(found))


def _digits(found: str) -> list[int]:
    return [int(digit) for digit in _DIGIT.findall(found)]


def _are_years(found: str) -> bool:
    """Years of a table stand in fours as well."""
    return bool(_YEARS.fullmatch(found))


def _passes_luhn(digits: list[int]) -> bool:
    return (sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


def _is_phone(first: str, digits: list[int]) -> bool:
    """Ten digits, or eleven where the number of a handset, an IP telephone or 0800 says so."""
    if first in "+\uff0b":
        digits = [0, *digits[2:]] if digits[2:3] != [0] else digits[2:]
    return len(digits) == 10 or (len(digits) == 11 and digits[2] == 0)  # noqa: PLR2004  # as the numbering plan has it


def _hidden(kind: _Kind, found: str) -> str:
    if kind is _Kind.MAIL:
        return found[0] + _HIDDEN_MAIL + found[max(found.find("@"), found.find("\uff20")) :]
    return _DIGIT.sub(_STAR, found, count=len(_DIGIT.findall(found)) - _SHOWN)
