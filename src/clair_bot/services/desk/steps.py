"""Steps: what the desk would like to know of a new ticket, asked one after the other; each can be skipped."""

from dataclasses import replace

from clair_bot.domain.conversations import STEPS_LAST, Language, Step
from clair_bot.domain.countries import country_in
from clair_bot.domain.deadlines import date_only, deadline_in
from clair_bot.domain.desks import Urgency
from clair_bot.domain.masking import masked
from clair_bot.domain.tickets import IN_HAND, Move, Ticket, TicketState
from clair_bot.messages import Button, InboundKind
from clair_bot.services.answering import Content
from clair_bot.services.desk import targets
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.cards import refresh_card
from clair_bot.services.desk.handing import transfer
from clair_bot.services.desk.shifts import CLOCK
from clair_bot.services.desk.telling import tell_room
from clair_bot.services.languages import language_of, small_talk
from clair_bot.services.phrases import DESK
from clair_bot.services.turns import Turn

_ORDER = (Step.ORGANISATION, Step.COUNTRY, Step.DEADLINE)
_LONGEST = {Step.ORGANISATION: 60, Step.COUNTRY: 30, Step.DEADLINE: 500}
"""Characters; what is longer is no answer to the step."""
_COUNTRIES = ("米国", "英国", "フランス", "シンガポール", "韓国", "オーストラリア", "中国")
"""One for each office: typed names of others do the same."""
_COUNTRIES_EN = ("USA", "UK", "France", "Singapore", "South Korea", "Australia", "China")
"""The same, as somebody reads them who writes English."""


def first_step(turn: Turn, ticket: Ticket) -> Content:
    """Return the first thing that is not known of the ticket, as a question; nothing when no room would read the answers."""
    return _ask(turn, ticket, _ORDER) if ticket.desk else Content()


def _ask(turn: Turn, ticket: Ticket, steps: tuple[Step, ...]) -> Content:
    known = {Step.COUNTRY: bool(ticket.country), Step.ORGANISATION: False, Step.DEADLINE: False}
    step = next((step for step in steps if not known[step]), None)
    turn.remember(asking=step.value if step else "", asking_until=turn.now + STEPS_LAST)
    if step is None:
        return Content()
    phrases = turn.phrases
    sentences = {Step.ORGANISATION: phrases.ask_organisation, Step.COUNTRY: phrases.ask_country, Step.DEADLINE: phrases.ask_deadline}
    skip = Button(label=phrases.button_skip, action=f"step:{step.value}:skip")
    return Content(paragraphs=(sentences[step],), buttons=(*_buttons(turn, step), skip))


def _buttons(turn: Turn, step: Step) -> tuple[Button, ...]:
    phrases, verb = turn.phrases, f"step:{step.value}"
    if step is Step.ORGANISATION:
        return (Button(label=phrases.button_same, action=f"{verb}:same"),) if turn.conversation.organisation else ()
    if step is Step.COUNTRY:
        names = _COUNTRIES_EN if turn.language is Language.EN else _COUNTRIES
        named = tuple(Button(label=name, action=f"{verb}:{number}") for number, name in enumerate(names))
        return (*named, Button(label=phrases.button_no_country, action=f"{verb}:none"))
    return (
        Button(label=phrases.button_today, action=f"{verb}:today"),
        Button(label=phrases.button_week, action=f"{verb}:week"),
        Button(label=phrases.button_no_hurry, action=f"{verb}:none"),
    )


def press(turn: Turn, rest: str) -> bool:
    """Take a pressed button: ``step:country:3``, or typed ``step::skip`` of the open step; one of an earlier step changes nothing."""
    step, _, value = rest.partition(":")
    step = step or turn.conversation.asking or Step.DEADLINE
    if step not in set(Step):
        return False
    ticket = _asked_about(turn)
    if ticket is None or turn.conversation.asking != step:
        turn.say(Content(paragraphs=(turn.phrases.thanks,)))
        return True
    said = {"same": turn.conversation.organisation, "today": "今日中", "week": "今週中"}.get(value, "")
    if Step(step) is Step.COUNTRY and value.isdecimal() and int(value) < len(_COUNTRIES):
        said = _COUNTRIES[int(value)]
    _take(turn, ticket, Step(step), said)
    return True


def answer(turn: Turn) -> bool:
    """Take a text that answers the step; a text that is surely a question of its own is left to the other rules."""
    text = turn.message.text.strip()
    ticket = _asked_about(turn) if text and turn.message.kind is InboundKind.TEXT else None
    if ticket is None:
        return False
    step = Step(turn.conversation.asking)
    sure = bool(turn.search.hits) and turn.search.hits[0].confidence >= turn.bars.answer
    asks = text.rstrip("。 ").endswith(("?", "？", "か", "ください", "教えて"))
    talk = small_talk(text) or language_of(text, turn.conversation.language) is None
    if len(text) > _LONGEST[step] or sure or talk or (asks and step is not Step.DEADLINE):
        return False
    turn.language = turn.conversation.language  # a name is written in its own language, whatever the talk is in
    _take(turn, ticket, step, text)
    return True


def _asked_about(turn: Turn) -> Ticket | None:
    """Return the ticket whose step is open."""
    conversation = turn.conversation
    if conversation.asking not in set(Step) or conversation.asking_until is None or turn.now >= conversation.asking_until:
        return None
    ticket = turn.work.tickets.live(conversation.id)
    return ticket if ticket and ticket.state in IN_HAND else None


def _take(turn: Turn, ticket: Ticket, step: Step, text: str) -> None:
    """Store what was said, show it to the desk, and ask the next thing, or say thanks."""
    if text:
        ticket = _store(turn, ticket, step, text)
    following = _ask(turn, ticket, _ORDER[_ORDER.index(step) + 1 :])
    told = following if following.paragraphs else Content(paragraphs=(turn.phrases.told.format(number=ticket.id),))
    turn.say(told)


def _store(turn: Turn, ticket: Ticket, step: Step, text: str) -> Ticket:
    becomes = _with(turn, ticket, step, text)
    stored = turn.work.tickets.move(ticket, Move.DETAIL, actor="asker", text=text, becomes=becomes, source=turn.shift.source)
    if stored is None:
        return ticket
    tell_room(turn.shift, stored, Content(paragraphs=(DESK.details.format(number=ticket.id, text=masked(text)),)))
    refresh_card(turn.shift, stored)
    return _to_its_office(turn, stored) if step is Step.COUNTRY else stored


def _with(turn: Turn, ticket: Ticket, step: Step, text: str) -> Ticket:
    if step is Step.ORGANISATION:
        turn.remember(organisation=text)
        return replace(ticket, organisation=text)
    if step is Step.COUNTRY:
        country = country_in(text)
        return replace(ticket, country=country.name if country else text, office=country.office if country else None)
    today = turn.now.astimezone(turn.timezone).date()
    deadline = deadline_in(text, today) or date_only(text, today) or ticket.deadline
    desk = turn.shift.desk_of(ticket)
    urgency = max(ticket.urgency, targets.urgency_of(turn.shift, desk, deadline), key=list(Urgency).index)
    becomes = replace(ticket, deadline=deadline, tried="" if date_only(text, today) else text, urgency=urgency)
    owed = urgency is not ticket.urgency and ticket.state in {TicketState.OPEN, TicketState.ASSIGNED}
    return targets.aim(turn.shift, becomes, desk) if owed else becomes


def _to_its_office(turn: Turn, ticket: Ticket) -> Ticket:
    """A country that is named afterwards decides the office as well, while nobody has taken the ticket."""
    desk = turn.desks.of(ticket.area, ticket.office)
    if ticket.state is not TicketState.OPEN or desk.key == ticket.desk_key or ticket.office is None:
        return ticket
    moved = transfer(turn.shift, Actor(mark=CLOCK, name=DESK.by_clock, advisor=None), ticket, desk)
    return moved.ticket or ticket
