"""Times as people write them into bulletins: read, or refused with a sentence."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clair_bot.domain.bulletins import Document
from clair_bot.domain.recurrences import Recurrence, parse_recurrence
from clair_bot.errors import ClairBotError
from clair_bot.services.bulletins.presses import READER
from clair_bot.services.phrases import PRESS

_ZONE = "「{text}」という時間帯はありません。Asia/Tokyo のような名前か reader を書いてください。"
_SHOWN = 40


def require_times(document: Document) -> None:
    """Refuse a document whose times cannot be read: it would be approved, and then never go out.

    Raises:
        ClairBotError: says which, and how it is written.
    """
    if document.timezone and document.timezone != READER:
        _require_zone(document.timezone)
    if document.recurrence:
        rule_of(document)
    if document.send_at:
        moment_in(document.send_at)


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder
        raise ClairBotError(_ZONE.format(text=name[:_SHOWN])) from error


def rule_of(document: Document) -> Recurrence:
    """Return when it comes again.

    Raises:
        ClairBotError: it cannot be read.
    """
    try:
        return parse_recurrence(document.recurrence)
    except ValueError as error:
        raise ClairBotError(str(error)) from error


def moment_in(text: str) -> datetime:
    """Return the naive local time that somebody wrote.

    Raises:
        ClairBotError: there is none, or it cannot be read.
    """
    if not text.strip():
        raise ClairBotError(PRESS.no_moment)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ClairBotError(PRESS.bad_moment.format(text=text[:_SHOWN])) from error
    if found.tzinfo is not None:
        raise ClairBotError(PRESS.bad_moment.format(text=text[:_SHOWN]))
    return found
