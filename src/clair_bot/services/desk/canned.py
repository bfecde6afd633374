"""Canned replies: texts that are used again and again, with what is known of the ticket filled in."""

import re
from collections.abc import Mapping

from clair_bot.domain.names import folded_name
from clair_bot.domain.tickets import CannedReply, Ticket
from clair_bot.services.answering import Content
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.moves import Result, reply, send_receipt
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.moments import shown_day, shown_moment
from clair_bot.services.phrases import DESK, JA

_VARIABLE = re.compile(r"\{([^{}\s]{1,20})\}")
_SHOWN = 15
_TEXT = 60


def send_canned(shift: Shift, actor: Actor, ticket: Ticket, key: str) -> Result:
    """Send a canned reply to the asker; what is not known of the ticket stops it, rather than leaving a gap."""
    found = next((canned for canned in shift.settings.templates if folded_name(canned.key) == folded_name(key)), None)
    if found is None:
        return Result(sentence=DESK.canned_unknown.format(text=key))
    values = _values(shift, actor, ticket)
    for variable in _VARIABLE.findall(found.text):
        if not values.get(variable):
            return Result(sentence=DESK.canned_gap.format(key=found.key, name=variable))
    send = reply if found.answers else send_receipt
    return send(shift, actor, ticket, _VARIABLE.sub(lambda variable: values[variable[1]], found.text), template=found.key)


def _values(shift: Shift, actor: Actor, ticket: Ticket) -> Mapping[str, str]:
    desk = shift.desk_of(ticket)
    return {
        "受付番号": str(ticket.id),
        "団体名": ticket.organisation,
        "担当課": desk.name,
        "担当者": actor.name if actor.advisor else "",
        "国": ticket.country,
        "期限": shown_day(ticket.deadline, JA) if ticket.deadline else "",
        "回答予定": shown_moment(desk.calendar.promise(ticket.answer_due), shift.timezone, JA) if ticket.answer_due else "",
    }


def show_canned(shift: Shift, words: str = "") -> Content:
    """Return the canned replies whose name or text has these words, with how often each was used."""
    used = shift.work.tickets.templates()
    wanted = folded_name(words)
    lines = [
        _line(canned, used.get(canned.key, 0)) for canned in shift.settings.templates if wanted in folded_name(canned.key + canned.text)
    ]
    if not lines:
        return Content(paragraphs=(DESK.canned_none if not words else DESK.canned_unknown.format(text=words),))
    return Content(paragraphs=("\n".join([DESK.canned_list, *lines[:_SHOWN]]),))


def _line(canned: CannedReply, count: int) -> str:
    line = DESK.canned_line if canned.answers else DESK.canned_receipt
    text = canned.text if len(canned.text) <= _TEXT else canned.text[: _TEXT - 1] + "…"
    return line.format(key=canned.key, count=count, text=text)
