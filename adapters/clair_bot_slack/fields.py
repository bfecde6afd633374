"""Members of Slack's frames, read by hand: anything may be missing or of another type."""

from collections.abc import Mapping
from typing import Any

from clair_bot_slack import markup

Frame = Mapping[str, Any]
"""One decoded request or envelope."""


def word(frame: Any, *path: str) -> str:
    """Return the string at a path, or an empty one."""
    for key in path:
        frame = frame.get(key) if isinstance(frame, Mapping) else None
    return markup.clean(frame) if isinstance(frame, str) else ""


def members(frame: Frame, key: str) -> list[Frame]:
    """Return the objects of a list, or none."""
    value = frame.get(key)
    return [member for member in value if isinstance(member, Mapping)] if isinstance(value, list) else []


def count(frame: Frame, key: str) -> int:
    """Return a number that is not negative, or 0."""
    value = frame.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
