"""What became of a message when the platform, or the way to it, failed. Imports the SDK: only for modules that are imported late."""

import json
from http import HTTPStatus

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError

from clair_bot.errors import DeliveryError

UNREADABLE = (TelegramError, TimeoutError, LookupError, TypeError, ValueError, AttributeError)
"""What the SDK raises: its own errors, our deadline, and what its models make of an answer that is no answer."""

# What the SDK's HTTP client raises before a byte has left; by name, since the client is the SDK's dependency and not ours.
_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"})
_WAIT_WITHOUT_A_HINT = 30.0
# Sentences of the platform's server that carry nothing of ours; whatever else it says may quote a message or a name.
_KNOWN = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "bot can't initiate conversation",
    "chat not found",
    "can't parse entities",
    "message is too long",
    "message text is empty",
    "message thread not found",
    "not enough rights",
    "have no rights",
    "TOPIC_CLOSED",
    "CHAT_WRITE_FORBIDDEN",
    "BUTTON_DATA_INVALID",
    "terminated by other getUpdates request",
    "webhook is active",
    "file is too big",
    "invalid file_id",
    "temporarily unavailable",
    "file must be non-empty",
    "no text in the message to edit",
    "Request Entity Too Large",
)
_SETTLED = ("message is not modified", "message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID")
_NO_FILE = ("PHOTO_", "IMAGE_PROCESS_FAILED", "too big", "Request Entity Too Large", "not enough rights to send", "CHAT_SEND_")


class Flood(TelegramError):
    """429. Ours, because the SDK's RetryAfter warns of its own future at every use."""

    def __init__(self, payload: bytes) -> None:
        """Take the waiting time out of the answer."""
        super().__init__("flood control")
        try:
            seconds = json.loads(payload)["parameters"]["retry_after"]
        except (ValueError, LookupError, TypeError):
            seconds = None
        known = type(seconds) in {int, float} and seconds > 0
        self.seconds = float(seconds) if known else _WAIT_WITHOUT_A_HINT


def delivery_error(error: Exception, *, parts_sent: int = 0, repeatable: bool = False) -> DeliveryError:
    """Translate an exception of the SDK. The order matters: BadRequest and TimedOut are NetworkErrors to it.

    Args:
        error: What the SDK raised.
        parts_sent: Goes into the result.
        repeatable: The call does no harm when it is made twice, so that not knowing its end is a passing fault.
    """
    reason = describe(error)
    if isinstance(error, Flood):
        return DeliveryError(reason, retry_after=error.seconds, parts_sent=parts_sent)
    if isinstance(error, InvalidToken):
        return DeliveryError(reason, channel_down=True, parts_sent=parts_sent)
    if isinstance(error, Forbidden):
        return DeliveryError(reason, permanent=True, unreachable=True, parts_sent=parts_sent)
    if isinstance(error, BadRequest):
        return DeliveryError(reason, permanent=True, parts_sent=parts_sent)
    if isinstance(error, ChatMigrated) or never_sent(error):
        return DeliveryError(reason, parts_sent=parts_sent)
    return DeliveryError(reason, uncertain=not repeatable, parts_sent=parts_sent)


def never_sent(error: Exception) -> bool:
    """Tell whether no connection was ever made, so that nothing can have arrived."""
    return isinstance(error, NetworkError) and type(error.__cause__).__name__ in _NEVER_SENT


def says(error: Exception, sentence: str) -> bool:
    """Tell whether the platform's description holds this sentence."""
    return isinstance(error, TelegramError) and sentence.casefold() in error.message.casefold()


def settles(error: Exception) -> bool:
    """Tell whether nothing more can be done for an edit: the message reads so already, is gone, or cannot be changed."""
    return any(says(error, sentence) for sentence in _SETTLED)


def refuses_file(error: Exception) -> bool:
    """Tell whether the platform took nothing because of the file: its size, its pixels, or a room that allows none."""
    return any(says(error, sentence) for sentence in _NO_FILE)


def describe(error: Exception) -> str:
    """Name the fault without quoting it: addresses carry the token, and descriptions may carry what people wrote."""
    known = next((sentence for sentence in _KNOWN if says(error, sentence)), "")
    if isinstance(error, Flood):
        known = f"retry after {error.seconds:g} s"
    cause = type(error.__cause__).__name__ if error.__cause__ else ""
    return f"telegram: {type(error).__name__} {known or cause}".rstrip()


def is_flood(status: int) -> bool:
    """Tell whether this is the status of flood control."""
    return status == HTTPStatus.TOO_MANY_REQUESTS
