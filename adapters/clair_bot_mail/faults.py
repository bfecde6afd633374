"""What a server's refusal means for a delivery. Replies are read, never repeated: they name addresses."""

import re
from enum import StrEnum

from clair_bot.errors import DeliveryError

LONGEST_PAUSE = 3_600.0
"""Seconds that a server may ask for at once."""
USUAL_PAUSE = 60.0
"""Seconds after a 421 that names no time: the server closes the door for everybody."""
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_TIME = re.compile(
    r"\b(?:in|after|wait|for)\s+(?:about\s+|at least\s+)?(\d{1,5})\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b", re.IGNORECASE
)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0}
_GREY = re.compile("gr[ae]y.?list", re.IGNORECASE)
"""A pause for one recipient, and no reason to keep the others waiting."""
_HURRY = re.compile(r"too (?:many|much|fast|quick)|rate|throttl|limit|slow down", re.IGNORECASE)
_OURS = re.compile(r"sender address|relay", re.IGNORECASE)
"""Many servers tell only with the recipient what they have against the sender."""
_LOGIN_CODES = frozenset({530, 534, 535, 538})
_OUR_STATUS = frozenset({"5.1.7", "5.1.8"})
_UNKNOWN_CODES = frozenset({550, 551, 553})
_TOO_LARGE = 552
_CLOSING = 421


class Stage(StrEnum):
    """Where in the conversation we were."""

    GREETING = "greeting"
    LOGIN = "AUTH"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    CONTENT = "DATA"
    END = "end of DATA"


class Refused(Exception):
    """The server said no: nothing was accepted."""

    def __init__(self, stage: Stage, code: int, text: str) -> None:
        """Keep what it said."""
        super().__init__(stage, code)
        self.stage = stage
        self.code = code
        self.text = text
        found = _STATUS.match(text)
        self.status = found[1] if found else ""

    @property
    def closing(self) -> bool:
        """True when the server ends the connection, which may be for its age alone."""
        return self.code == _CLOSING


class Lost(Exception):
    """The connection was refused or broke, or the server was silent for too long."""

    def __init__(self, why: str, *, ended: bool = False) -> None:
        """Keep whether the mail had been said to its end, so that it may have been accepted."""
        super().__init__(why)
        self.ended = ended


def loss(lost: Lost) -> DeliveryError:
    """Return what a lost connection means."""
    return DeliveryError(f"mail: {lost}", uncertain=lost.ended)


def refusal(refused: Refused) -> DeliveryError:
    """Return what a refusal means."""
    error = DeliveryError(f"mail: {refused.stage} {refused.code} {refused.status}".rstrip())
    if 400 <= refused.code < 500:  # noqa: PLR2004  # the classes of SMTP's codes
        error.retry_after = _pause(refused)
    elif _is_ours(refused):
        error.channel_down = True
    else:
        error.permanent = True
        error.unreachable = _is_unknown(refused)
    return error


def _pause(refused: Refused) -> float | None:
    if _GREY.search(refused.text):
        return None
    if not (refused.closing or refused.status.startswith("4.7.") or _HURRY.search(refused.text)):
        return None
    if found := _TIME.search(refused.text):
        return min(max(float(found[1]) * _SECONDS[found[2][0].lower()], 1.0), LONGEST_PAUSE)
    return USUAL_PAUSE if refused.closing else None


def _is_ours(refused: Refused) -> bool:
    """Tell whether the server has something against us: then nothing is thrown away."""
    if refused.code in _LOGIN_CODES or refused.stage in {Stage.GREETING, Stage.LOGIN}:
        return True
    if refused.stage is Stage.SENDER:
        return refused.code != _TOO_LARGE
    return refused.stage is Stage.RECIPIENT and (refused.status in _OUR_STATUS or bool(_OURS.search(refused.text)))


def _is_unknown(refused: Refused) -> bool:
    """Tell whether nobody lives there; a full mailbox or a rule of the server's is something else."""
    if refused.status.startswith("5.1.") or refused.status == "5.2.1":
        return refused.stage in {Stage.RECIPIENT, Stage.END}
    return refused.stage is Stage.RECIPIENT and refused.code in _UNKNOWN_CODES and refused.status in {"", "5.0.0"}
