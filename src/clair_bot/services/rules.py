"""The rules, in order; the first that takes a message wins."""

import re
import unicodedata
from collections.abc import Callable

from clair_bot.domain.conversations import QUESTION_LIMIT, Outcome
from clair_bot.domain.masking import masked
from clair_bot.domain.subscriptions import Topic
from clair_bot.domain.tickets import Ticket, TicketState
from clair_bot.messages import InboundKind
from clair_bot.services import commands, inquiries
from clair_bot.services.answering import Content
from clair_bot.services.bulletins import presence
from clair_bot.services.desk import askers, files, steps
from clair_bot.services.desk.room import desk_room
from clair_bot.services.languages import folded, small_talk
from clair_bot.services.phrases import DESK
from clair_bot.services.phrases.bulletins import BULLETINS
from clair_bot.services.turns import Turn

Rule = Callable[[Turn], bool]
"""Handles a turn and returns True, or leaves it to the next rule and returns False."""

_ANSWERED = frozenset({TicketState.WAITING, TicketState.MERGED})
_FINISHED = frozenset({TicketState.RESOLVED, TicketState.CLOSED})


def lifecycle(turn: Turn) -> bool:
    """Somebody came, left, took something back, or a room moved."""
    message = turn.message
    if message.kind is InboundKind.JOINED:
        presence.restore(turn.work, message.address, now=turn.now)
        greeting = turn.phrases.greeting if message.direct else turn.phrases.room_greeting
        turn.say(Content(paragraphs=(greeting,), buttons=(commands.menu_button(turn),)))
        askers.tell_presence(turn, DESK.asker_back)
    elif message.kind is InboundKind.LEFT:
        turn.work.outbox.cancel(message.address)
        presence.suspend(turn.work, message.address, reason="blocked or left", now=turn.now, source="chat")
        askers.tell_presence(turn, DESK.asker_left)
    elif message.kind is InboundKind.MOVED:
        turn.work.conversations.move(message.address, message.moved_to or message.address)
        presence.move(turn.work, message.address, message.moved_to or message.address)
    elif message.kind is InboundKind.EDITED:
        _correct(turn)
    elif message.kind is InboundKind.WITHDRAWN:
        _withdraw(turn)
    else:
        return False
    return True


def _correct(turn: Turn) -> None:
    """Let everything say what a changed message says now. A command that was changed stays done."""
    if not askers.answer_of(turn):
        askers.correct(turn)


def _withdraw(turn: Turn) -> None:
    """Hide what its author took back, wherever it is stored; a ticket that consists of it goes with it."""
    if askers.answer_of(turn):
        return
    entry_id, text = turn.work.inbox.hide(turn.message.address, turn.message.message_id)
    if entry_id is None:
        return
    turn.work.inquiries.correct(entry_id, "")
    ticket = turn.work.tickets.live(turn.conversation.id)
    is_question = bool(ticket and text and ticket.question == text)
    turn.work.tickets.hide(turn.conversation.id, text)
    for shown in {text, masked(text)}:
        turn.work.outbox.hide(turn.conversation.id, shown)
    ticket = turn.work.tickets.live(turn.conversation.id)
    if ticket and is_question:
        askers.withdraw_question(turn, ticket)
    elif ticket and turn.work.tickets.written(turn.shift.source):
        askers.withdraw_text(turn, ticket)
    if turn.conversation.question == text:
        turn.remember(question="")
    if turn.conversation.organisation == text:
        turn.remember(organisation="")


def choice(turn: Turn) -> bool:
    """Rule 3: a number, or a title, from the last choices."""
    text = unicodedata.normalize("NFKC", turn.message.text).strip()
    if re.fullmatch(r"[0-9]{1,2}[.番)]?", text):
        action = turn.conversation.choice(int(re.sub(r"\D", "", text)), turn.now)
        if action is None and _awaited(turn):
            return False  # an advisor asked how many
        if action is None:
            turn.say(Content(paragraphs=(turn.phrases.no_choice,), buttons=(commands.menu_button(turn),)))
            return True
        return commands.act(turn, action)
    for action in turn.conversation.offered if text else ():
        if folded(text) == folded(_title(turn, action)):
            return commands.act(turn, action)
    return False


def _title(turn: Turn, action: str) -> str:
    verb, _, rest = action.partition(":")
    if verb == "area":
        return next((name for area, name in turn.phrases.areas.items() if area == rest), turn.phrases.next_page)
    if verb == "sub":
        return BULLETINS[turn.language].topics[Topic(rest)] if rest in set(Topic) else ""
    article = turn.retriever.article(rest)
    return article.title if article else ""


def unreadable(turn: Turn) -> bool:
    """Stickers, pictures, endless texts, small talk, languages that are not served: a friendly sentence."""
    text = turn.message.text
    if not text.strip():
        sentence = turn.phrases.media if turn.message.kind is InboundKind.MEDIA else turn.phrases.empty
    elif len(text) > QUESTION_LIMIT:
        sentence = turn.phrases.too_long
    elif talk := small_talk(text):
        sentence = turn.phrases.thanks if talk == "thanks" else turn.phrases.hello
    else:
        return False
    turn.say(Content(paragraphs=(sentence,), buttons=(commands.menu_button(turn),)))
    return True


def attachments(turn: Turn) -> bool:
    """Pictures and documents go to the desk with the ticket that is open; a caption with them is a message of its own right."""
    ticket = turn.work.tickets.live(turn.conversation.id) if turn.message.attachments else None
    if ticket is None or turn.conversation.aside:
        return False
    if turn.message.text.strip():
        askers.tell_more(turn, ticket, turn.message.text.strip())
    turn.say(Content(paragraphs=(files.pass_to_desk(turn.shift, ticket, turn.message, turn.phrases),)))
    return True


def open_ticket(turn: Turn) -> bool:
    """Rule 4: after an advisor's answer, or in reply to a message about a ticket, what the asker writes belongs to the ticket."""
    ticket = turn.work.tickets.behind(turn.message.address, turn.message.reply_to) if turn.message.reply_to else None
    if ticket and ticket.conversation_id == turn.conversation.id and ticket.state in _FINISHED:
        askers.reopen(turn, str(ticket.id), turn.message.text.strip())
        return True
    awaited = _awaited(turn)
    return askers.add_to_ticket(turn, awaited) if awaited else False


def _awaited(turn: Turn) -> Ticket | None:
    """Return the ticket that an advisor has answered, while the asker has not turned to something new."""
    ticket = turn.work.tickets.live(turn.conversation.id)
    return ticket if ticket and ticket.state in _ANSWERED and not turn.conversation.aside else None


def inquiry(turn: Turn) -> bool:
    """Rule 6: everything else asks something."""
    decision = inquiries.take(turn)
    if decision is not None and decision.outcome is Outcome.REFUSED:
        inquiries.hand_over(turn, decision)
    return True


RULES: tuple[Rule, ...] = (
    desk_room,
    lifecycle,
    commands.command,
    steps.answer,
    choice,
    attachments,
    unreadable,
    open_ticket,
    inquiry,
)
