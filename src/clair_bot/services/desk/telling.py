"""Telling: whatever is said about a ticket passes here, so that what is confidential is sealed wherever it must not lie."""

import hashlib
import secrets

from clair_bot.domain.deliveries import Priority
from clair_bot.domain.sealing import CODE_DIGITS, KEPT, OUTSIDE
from clair_bot.domain.tickets import Ticket
from clair_bot.messages import Address
from clair_bot.services.answering import Content
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.moments import shown_day
from clair_bot.services.phrases import BY_LANGUAGE, DESK, JA, Phrases


def asker_phrases(shift: Shift, ticket: Ticket) -> Phrases:
    """Return the asker's language."""
    return BY_LANGUAGE[shift.work.conversations.by_id(ticket.conversation_id).language]


def tell_asker(shift: Shift, ticket: Ticket, content: Content, *, private: bool = True) -> None:
    """Say something to the asker, wherever they are.

    Args:
        shift: The transaction.
        ticket: Whose asker.
        content: What.
        private: False for a plain notice, which says nothing of the matter.
    """
    asker = shift.work.conversations.by_id(ticket.conversation_id)
    if private and ticket.confidential and ticket.asker.channel in OUTSIDE:
        content = _sealed(shift, ticket, content, BY_LANGUAGE[asker.language])
    shift.speech.send(ticket.asker, content, thread=ticket.asker_thread, language=asker.language, ticket_id=ticket.id)


def tell_room(shift: Shift, ticket: Ticket, content: Content, *, private: bool = True, replaces: int | None = None) -> int | None:
    """Say something below the ticket in its room; return the delivery's id, None when there is no room."""
    if ticket.desk is None:
        return None
    if private and ticket.confidential and ticket.desk.channel in OUTSIDE:
        content = _sealed(shift, ticket, content, JA)
    return shift.speech.send(ticket.desk, content, ticket_id=ticket.id, priority=Priority.DESK, replaces=replaces)


def tell_person(shift: Shift, to: Address, content: Content, ticket: Ticket, *, private: bool = True) -> None:
    """Say something about a ticket to one advisor in person."""
    if private and ticket.confidential and to.channel in OUTSIDE:
        content = _sealed(shift, ticket, content, JA)
    shift.speech.send(to, content, ticket_id=ticket.id, priority=Priority.DESK)


def notice(sentence: str) -> Content:
    """Return one sentence as a message."""
    return Content(paragraphs=(sentence,))


def code_hash(token: str, code: str) -> str:
    """Return what is stored of a code."""
    return hashlib.sha256(f"{token}:{code}".encode()).hexdigest()


def _sealed(shift: Shift, ticket: Ticket, content: Content, phrases: Phrases) -> Content:
    """Put the text away behind a code, and return a notice that says how to read it; buttons stay."""
    if not shift.settings.base_url:
        return Content(paragraphs=(phrases.sealed_no_page.format(number=ticket.id),), buttons=content.buttons)
    token, code = secrets.token_urlsafe(16), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    expires_at = shift.now + KEPT
    shift.work.sealed.put(ticket_id=ticket.id, token=token, code_hash=code_hash(token, code), text=_plain(content), expires_at=expires_at)
    day = shown_day(expires_at.astimezone(shift.timezone).date(), phrases)
    url = f"{shift.settings.base_url}/sealed/{token}"
    return Content(paragraphs=(phrases.sealed.format(number=ticket.id, code=code, day=day, url=url),), buttons=content.buttons)


def _plain(content: Content) -> str:
    card = content.card
    lines = [*content.paragraphs, *((card.title, *(block.text for block in card.blocks), card.note) if card else ())]
    return "\n".join(line for line in lines if line)


def no_answer_needed(shift: Shift, ticket: Ticket, sentence: str) -> None:
    """Tell the room a fact of the ticket that says nothing of the matter."""
    tell_room(shift, ticket, notice(sentence.format(number=ticket.id)), private=False)


__all__ = ["DESK", "asker_phrases", "code_hash", "no_answer_needed", "notice", "tell_asker", "tell_person", "tell_room"]
