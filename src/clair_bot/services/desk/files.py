"""Files: pictures and documents between asker and advisor. They are fetched later, outside of the transaction that notices them."""

import secrets

from clair_bot.domain.attachments import COUNT_LIMIT
from clair_bot.domain.tickets import Ticket
from clair_bot.messages import InboundMessage
from clair_bot.services.answering import Content
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.moves import keeps_outside, reply
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import notice
from clair_bot.services.phrases import DESK, Phrases


def pass_to_desk(shift: Shift, ticket: Ticket, message: InboundMessage, phrases: Phrases) -> str:
    """Note the files of an asker's message for the ticket's room; return what the asker hears."""
    _want(shift, ticket, message, to_desk=True)
    told = phrases.files_taken.format(number=ticket.id)
    return told if len(message.attachments) <= COUNT_LIMIT else f"{told}\n{phrases.files_too_many.format(count=COUNT_LIMIT)}"


def pass_to_asker(shift: Shift, actor: Actor, ticket: Ticket, message: InboundMessage, text: str) -> Content:
    """Send an advisor's words and files to the asker; return what the advisor hears."""
    if keeps_outside(ticket):
        return notice(DESK.file_sealed)
    names = "、".join(attachment.name or "画像" for attachment in message.attachments[:COUNT_LIMIT])
    result = reply(shift, actor, ticket, text or DESK.file_from_advisor.format(number=ticket.id))
    if result.ticket is None:
        return notice(result.sentence)
    _want(shift, ticket, message, to_desk=False)
    return notice(DESK.file_passed.format(name=names, number=ticket.id))


def _want(shift: Shift, ticket: Ticket, message: InboundMessage, *, to_desk: bool) -> None:
    for attachment in message.attachments[:COUNT_LIMIT]:
        shift.work.attachments.add(
            ticket_id=ticket.id, channel=message.address.channel, to_desk=to_desk, file=attachment, token=secrets.token_urlsafe(16)
        )
