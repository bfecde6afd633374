"""Drafts: an answered ticket becomes the draft of an article, with where it comes from and without personal data."""

from clair_bot.domain.articles import Area
from clair_bot.domain.masking import masked
from clair_bot.domain.tickets import Move, Ticket
from clair_bot.services.answering import Content
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.moves import Result, move, refused
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.phrases import DESK

_NEAR = 3
_REPLIES = (Move.REPLY.value, Move.FOLLOW_UP.value)


def draft_of(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Return the draft as the sentence, and write down that it was made."""
    answers = [masked(event.text) for event in shift.work.tickets.history(ticket.id) if event.move in _REPLIES and event.text]
    if not answers:
        return Result(sentence=DESK.draft_not.format(number=ticket.id))
    written = move(shift, actor, ticket, Move.DRAFT)
    return Result(sentence=_markdown(shift, ticket, answers), ticket=written) if written else refused(shift, ticket)


def show_draft(result: Result) -> Content:
    """Return the draft as a message."""
    return Content(paragraphs=(DESK.draft, result.sentence) if result.ticket else (result.sentence,))


def _markdown(shift: Shift, ticket: Ticket, answers: list[str]) -> str:
    """Return an article in the form of the knowledge folder; its editor chooses title and aliases and names the sources."""
    area, today = ticket.area or Area.BASE, shift.now.astimezone(shift.timezone).date()
    near = [hit.article.id for hit in shift.retriever.search(ticket.question, limit=_NEAR).hits]
    question = " ".join(masked(ticket.question).split())
    head = [
        "---",
        f"id: {area.value.lower()}-1-ticket-{ticket.id}",
        f"title: {_quoted(question[:60])}",
        "aliases:",
        f"  - {_quoted(question)}",
        f"area: {area.value}",
        "point: 1",
        "audience: [municipality]",
        f"owner: {_quoted(shift.desk_of(ticket).name)}",
        "sources:",
        f"  - title: {_quoted(f'受付番号{ticket.id}への回答（{today.isoformat()}）')}",
        "    url: null",
        f'    as_of: "{today.isoformat()}"',
        f'as_of: "{today.isoformat()}"',
        f"review_by: {today.replace(month=3, day=31, year=today.year + 1).isoformat()}",
        f"related: [{', '.join(near)}]",
        "lang: ja",
        "---",
    ]
    return "\n".join([*head, *answers])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
