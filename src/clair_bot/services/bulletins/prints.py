"""Prints: the message that a bulletin is, the same for previews, tests and everybody who gets it."""

from dataclasses import replace
from urllib.parse import urlsplit

from clair_bot.domain.bulletins import Bulletin, Document
from clair_bot.domain.conversations import Language
from clair_bot.messages import Address, OutboundMessage
from clair_bot.services.bulletins.issues import Lead, Print, issue_of, shown_date, with_notice
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.phrases.bulletins import BULLETINS

MAIL = "mail"


def message_of(
    press: Press, bulletin: Bulletin, *, channel: str, language: Language, notice: str = "", key: str = "", counted: bool = False
) -> OutboundMessage:
    """Return a bulletin as a message to a channel.

    Args:
        press: At hand.
        bulletin: Which.
        channel: On mail, the way to unsubscribe stands in a link of its own.
        language: Of the words around what the author wrote.
        notice: Above everything else.
        key: Of the delivery, where it is known already.
        counted: True: clicks are counted, where that is switched on.
    """
    document = bulletin.document
    how = Print(
        day=press.now.astimezone(press.timezone_of(document)).date(),
        language=language,
        number=bulletin.number,
        notice=_correction(press, document, language),
        chat=channel != MAIL,
        archive_url=archive_url(press, bulletin.id),
        lead=_lead(press, bulletin.id) if counted and press.settings.count_clicks and press.settings.base_url else str,
    )
    issue = issue_of(document, how)
    return OutboundMessage(
        to=Address(channel=channel, recipient=""),
        idempotency_key=key,
        issue=with_notice(issue, notice) if notice else issue,
        language=language.value,
    )


def _correction(press: Press, document: Document, language: Language) -> str:
    wrong = press.work.bulletins.get(document.corrects) if document.corrects else None
    if wrong is None:
        return ""
    sent = (wrong.released_at or wrong.created_at).astimezone(press.timezone_of(wrong.document)).date()
    return BULLETINS[language].correction.format(title=wrong.document.title, date=shown_date(sent, language))


def archive_url(press: Press, bulletin_id: int) -> str:
    """Return where a bulletin stands on its public page; empty where we have no public address."""
    return f"{press.settings.base_url}/bulletins/{bulletin_id}" if press.settings.base_url else ""


def unsubscribe_url(press: Press, token: str) -> str:
    """Return where somebody unsubscribes with one click; empty where we have no public address."""
    return f"{press.settings.base_url}/unsubscribe/{token}" if press.settings.base_url else ""


def _lead(press: Press, bulletin_id: int) -> Lead:
    def through_us(url: str) -> str:
        if urlsplit(url).scheme not in {"http", "https"}:
            return url
        return f"{press.settings.base_url}/r/{press.work.links.put(bulletin_id, url)}"

    return through_us


def addressed(message: OutboundMessage, to: Address, key: str) -> OutboundMessage:
    """Return the message for one recipient."""
    return replace(message, to=to, idempotency_key=key)
