"""What Slack's refusals mean for a delivery."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from clair_bot.errors import DeliveryError

WAIT_UNNAMED = 30.0
"""Seconds to wait where a 429 names none."""

_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_OUR_AUTHORISATION = {
    "access_denied",
    "account_inactive",
    "app_not_installed",
    "invalid_auth",
    "messages_tab_disabled",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "team_not_found",
    "token_expired",
    "token_revoked",
    "two_factor_setup_required",
}
_GONE = {"channel_not_found", "is_archived", "not_in_channel", "user_disabled", "user_not_found", "users_not_found"}
_MALFORMED = {
    "invalid_arg_name",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "markdown_text_conflict",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
}
_UNCHANGEABLE = {"cant_update_message", "edit_window_closed", "message_not_found"}
"""Of chat.update: the message is gone, no longer ours to change, or too old."""
_AMBIGUOUS = {"fatal_error", "internal_error", "service_unavailable", "timeout", ""}
"""Documented as: some part of the operation may have succeeded."""

NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError)
"""What a broken line raises; the members of NEVER_CONNECTED are among them."""


def of_line(error: Exception) -> DeliveryError:
    """Classify a broken connection by whether a request can have gone out."""
    return DeliveryError(type(error).__name__, uncertain=not isinstance(error, NEVER_CONNECTED))


def of_answer(code: str, status: int, headers: Mapping[str, Any]) -> DeliveryError:
    """Classify an answer that is not ok.

    Args:
        code: Slack's ``error``; empty when the body was not Slack's JSON.
        status: The HTTP status.
        headers: For ``Retry-After``.
    """
    reason = code or f"http_{status}"
    if status == 429 or code in _LIMITED:  # noqa: PLR2004
        return DeliveryError(reason, retry_after=_seconds(headers))
    if code in _OUR_AUTHORISATION or status in {401, 403}:
        return DeliveryError(reason, channel_down=True)
    if code in _GONE:
        return DeliveryError(reason, permanent=True, unreachable=True)
    if code in _AMBIGUOUS or status >= 500:  # noqa: PLR2004
        return DeliveryError(reason, uncertain=True)
    return DeliveryError(reason, permanent=True)


def is_malformed(error: DeliveryError) -> bool:
    """Tell whether Slack refused our blocks: the words alone may still pass."""
    return error.reason in _MALFORMED


def cannot_be_changed(error: DeliveryError) -> bool:
    """Tell whether an edit failed because nothing is left to be edited."""
    return error.reason in _UNCHANGEABLE


def is_refused_file(error: DeliveryError) -> bool:
    """Tell whether Slack takes this file from nobody, or none from us (an app installed before it asked for ``files:write``)."""
    return error.reason == "missing_scope" or (error.permanent and not error.unreachable)


def of_transfer(status: int, headers: Mapping[str, Any]) -> DeliveryError:
    """Classify the answer of a file host, which knows no codes and where nothing is shown to anybody yet."""
    if status == 429:  # noqa: PLR2004
        return DeliveryError("http_429", retry_after=_seconds(headers))
    return DeliveryError(f"http_{status}", permanent=status < 500)  # noqa: PLR2004


def _seconds(headers: Mapping[str, Any]) -> float:
    value = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    return max(1.0, float(value)) if value.isascii() and value.isdigit() else WAIT_UNNAMED
