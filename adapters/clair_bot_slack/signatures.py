"""Proof of origin: Slack's ``v0`` signature over the raw bytes, checked before anything is parsed."""

import hashlib
import hmac
import re

from clair_bot.messages import WebhookRequest

TOLERANCE_SECONDS = 300
"""Slack: a request whose timestamp lies more than five minutes off could be a replay attack."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what ``X-Slack-Signature`` must be.

    As slack_sdk's ``SignatureVerifier``, but over the bytes: the SDK decodes the body first and raises on what is not UTF-8.
    """
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def is_genuine(secret: str, request: WebhookRequest) -> bool:
    """Tell whether Slack signed the request, within five minutes of its arrival.

    The headers' shape is checked first: the SDK answers a timestamp that is no number, or a signature beyond ASCII, with an exception.
    """
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    given = request.headers.get("x-slack-signature", "")
    if not (secret and re.fullmatch("[0-9]{1,12}", timestamp) and given.isascii()):
        return False
    if abs(request.received_at.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(signature(secret, timestamp, request.body), given)
