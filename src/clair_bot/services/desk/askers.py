"""Askers: what the person who asked does to their ticket."""

from dataclasses import replace

from clair_bot.domain.masking import masked
from clair_bot.domain.tickets import LIVE, Move, Rating, Ticket, TicketEvent, TicketState
from clair_bot.messages import Button
from clair_bot.services.answering import Content
from clair_bot.services.desk import targets
from clair_bot.services.desk.actors import actor_at, may_act
from clair_bot.services.desk.cards import refresh_card
from clair_bot.services.desk.moves import owed_again
from clair_bot.services.desk.opening import open_ticket, opened
from clair_bot.services.desk.orders import read_order
from clair_bot.services.desk.telling import asker_phrases, notice, tell_asker, tell_room
from clair_bot.services.phrases import DESK, Phrases
from clair_bot.services.turns import Turn

_WRITTEN = frozenset({Move.REPLY.value, Move.FOLLOW_UP.value, Move.RECEIPT.value, Move.NOTE.value})
"""What an advisor wrote, word for word."""
_FINISHED = 5
"""Tickets, newest first, among which one to reopen is sought."""


def give(turn: Turn, question: str) -> tuple[Ticket, str, bool]:
    """Give a question to the desk, with the live ticket or as a new one; return it, what the asker hears, and whether it is new."""
    live = turn.work.tickets.live(turn.conversation.id)
    if live and tell_more(turn, live, question):
        return live, turn.phrases.added.format(number=live.id), False
    search = turn.search if turn.search.question == question else turn.retriever.search(question)
    ticket = open_ticket(turn.shift, turn.conversation, question, search)
    return ticket, opened(turn.shift, ticket, turn.phrases), True


def has(turn: Turn, ticket: Ticket, question: str) -> bool:
    """Tell whether the desk has this question with the ticket already."""
    asked = {"open", Move.ADD.value}
    if question == ticket.question:
        return True
    return any(event.text == question and event.move in asked for event in turn.work.tickets.history(ticket.id))


def tell_more(turn: Turn, ticket: Ticket, text: str) -> bool:
    """Pass more words of the asker on to the desk; False when the ticket is no longer live. After an answer, one is owed again."""
    answered = ticket.state in {TicketState.WAITING, TicketState.MERGED}
    becomes = owed_again(turn.shift, ticket) if answered else replace(ticket, snoozed_until=None)
    added = turn.work.tickets.move(ticket, Move.ADD, actor="asker", text=text, becomes=becomes, source=turn.shift.source)
    if added is None:
        return False
    tell_room(turn.shift, added, Content(paragraphs=(DESK.added.format(number=ticket.id), masked(text))))
    if added.state is not ticket.state:
        refresh_card(turn.shift, added)
    return True


def add_to_ticket(turn: Turn, ticket: Ticket) -> bool:
    """Take the message as part of the ticket; False when the ticket is no longer live."""
    if not tell_more(turn, ticket, turn.message.text):
        return False
    turn.say(Content(paragraphs=(turn.phrases.added.format(number=ticket.id),), buttons=(new_question_button(turn.phrases),)))
    return True


def cancel_ticket(turn: Turn, ticket: Ticket) -> None:
    """Withdraw the ticket as its asker wishes."""
    _cancel(turn, ticket, DESK.cancelled)
    turn.say(notice(turn.phrases.cancelled.format(number=ticket.id)))


def withdraw_question(turn: Turn, ticket: Ticket) -> None:
    """Tell the desk that the question was taken back; the ticket goes with it."""
    _cancel(turn, ticket, DESK.question_withdrawn)


def _cancel(turn: Turn, ticket: Ticket, sentence: str) -> None:
    becomes = replace(ticket, resolved_at=turn.now, answer_due=None, resolution_due=None)
    cancelled = turn.work.tickets.move(ticket, Move.CANCEL, actor="asker", becomes=becomes, source=turn.shift.source)
    if cancelled:
        targets.rest(turn.shift, cancelled, *targets.EVERY_KIND)
        tell_room(turn.shift, cancelled, notice(sentence.format(number=ticket.id)), private=False)
        refresh_card(turn.shift, cancelled)
        turn.remember(asking="")


def tell_presence(turn: Turn, sentence: str) -> None:
    """Tell the desk that the asker can, or cannot, be reached any more: some platforms take what is sent to one who is gone."""
    ticket = turn.work.tickets.live(turn.conversation.id)
    if ticket:
        tell_room(turn.shift, ticket, notice(sentence.format(number=ticket.id)), private=False)


def withdraw_text(turn: Turn, ticket: Ticket) -> None:
    """Tell the desk that words of the asker were taken back."""
    tell_room(turn.shift, ticket, notice(DESK.text_withdrawn.format(number=ticket.id)), private=False)
    refresh_card(turn.shift, ticket)


def correct(turn: Turn) -> None:
    """Let the ticket say what its asker's changed message says now; the desk sees the new words."""
    message = turn.message
    entry_id, before = turn.work.inbox.correct(message.address, message.message_id, message.text)
    if entry_id is None or before == message.text or not message.text.strip():
        return
    turn.work.inquiries.correct(entry_id, message.text.strip())
    source = f"{message.address}/{message.message_id}"
    if turn.conversation.question == before.strip():
        turn.remember(question=message.text.strip())
    ticket = turn.work.tickets.live(turn.conversation.id)
    if ticket is None:
        return
    if ticket.question == before.strip() or ticket.question == before:
        becomes = replace(ticket, question=message.text.strip())
    elif turn.work.tickets.written(source):
        becomes = ticket
    else:
        return
    corrected = turn.work.tickets.move(ticket, Move.CORRECT, actor="asker", text=message.text, becomes=becomes)
    if corrected:
        turn.work.tickets.rewrite(source, message.text)
        turn.work.tickets.hide(turn.conversation.id, before.strip())
        for shown in {before.strip(), masked(before.strip())}:
            turn.work.outbox.hide(turn.conversation.id, shown)
        tell_room(turn.shift, corrected, Content(paragraphs=(DESK.corrected.format(number=ticket.id), masked(message.text))))
        refresh_card(turn.shift, corrected)
        turn.say(notice(turn.phrases.corrected.format(number=ticket.id)))


def rate(turn: Turn, number: str, rating: str) -> bool:
    """Store how an own ticket was (without a number: the newest that was answered); False when there is none. The last tap counts."""
    if not number:
        answered = (one for one in turn.work.tickets.of(turn.conversation.id, _FINISHED) if one.state is TicketState.RESOLVED)
        number = next((str(one.id) for one in answered), "")
    ticket = turn.work.tickets.lock(int(number)) if number.isdecimal() else None
    if ticket is None or ticket.conversation_id != turn.conversation.id or rating not in set(Rating):
        return False
    rated = turn.work.tickets.move(ticket, Move.RATE, actor="asker", text=rating, becomes=replace(ticket, rating=Rating(rating)))
    if rated is None:
        return False
    tell_room(turn.shift, rated, notice(DESK.rated.format(number=ticket.id, rating=DESK.ratings[rating])), private=False)
    poor = rating == Rating.POOR and rated.state is TicketState.RESOLVED
    buttons = (Button(label=turn.phrases.button_reopen, action=f"reopen:{ticket.id}"),) if poor else ()
    turn.say(Content(paragraphs=(turn.phrases.rated_poor if poor else turn.phrases.rated_good,), buttons=buttons))
    return True


def reopen(turn: Turn, number: str, text: str = "") -> None:
    """Take up an own finished ticket again; after the window a new one goes on with it."""
    finished = [one for one in turn.work.tickets.of(turn.conversation.id, _FINISHED) if one.state not in LIVE]
    wanted = [one for one in finished if not number or str(one.id) == number]
    live = turn.work.tickets.live(turn.conversation.id)
    if live and not text:
        turn.say(Content(paragraphs=(turn.phrases.already.format(number=live.id),), buttons=(new_question_button(turn.phrases),)))
    elif live:
        add_to_ticket(turn, live)
    elif not wanted:
        turn.say(notice(turn.phrases.reopened_nothing))
    else:
        _take_up(turn, wanted[0], text)


def _take_up(turn: Turn, ticket: Ticket, text: str) -> None:
    shift, becomes = turn.shift, replace(owed_again(turn.shift, ticket), assignee=None)
    again = None
    if targets.is_in_window(shift, ticket, shift.desk_of(ticket)):
        again = shift.work.tickets.move(ticket, Move.REOPEN, actor="asker", text=text, becomes=becomes, source=shift.source)
    if again is None:
        targets.rest(shift, ticket, *targets.EVERY_KIND)
        _go_on(turn, ticket, text)
        return
    tell_room(shift, again, Content(paragraphs=tuple(filter(None, (DESK.reopened_by_asker.format(number=ticket.id), masked(text))))))
    refresh_card(shift, again)
    turn.remember(aside=False)
    turn.say(notice(turn.phrases.added.format(number=ticket.id) if text else turn.phrases.reopened.format(number=ticket.id)))


def _go_on(turn: Turn, earlier: Ticket, text: str) -> None:
    question = text or earlier.question
    ticket = open_ticket(turn.shift, turn.conversation, question, turn.retriever.search(question), follows=earlier)
    told = turn.phrases.opened_linked.format(earlier=earlier.id, number=ticket.id, desk=turn.shift.desk_of(ticket).name)
    turn.say(notice(told))


def answer_of(turn: Turn) -> bool:
    """An advisor changed or took back an own reply or note; True when it was one. What was sent stays sent: askers get the correction."""
    message = turn.message
    event = turn.work.tickets.written(f"{message.address}/{message.message_id}")
    ticket = turn.work.tickets.lock(event.ticket_id) if event and event.move in _WRITTEN else None
    if event is None or ticket is None or ticket.conversation_id == turn.conversation.id:
        return False
    actor = actor_at(turn.shift, channel=message.address.channel, sender=message.sender, in_room=message.address in turn.shift.rooms())
    order = read_order(message.text, in_thread=True)
    text = order.rest.removeprefix(f"{ticket.id} ").strip() if order.verb != "say" and not message.reply_to else order.rest
    if event.move == Move.NOTE.value:
        _change_note(turn, ticket, event, text if order.verb == "note" else message.text.strip())
    elif message.text.strip() and (actor is None or not may_act(turn.shift, actor, ticket)):
        turn.answer_desk(notice(DESK.not_advisor), ticket)
    elif event.move == Move.RECEIPT.value:  # what was no answer does not become one behind the desk's back
        turn.answer_desk(notice(DESK.reply_withdrawn.format(number=ticket.id)), ticket)
    elif order.verb in {"say", "reply"} and text and text != event.text:
        turn.work.tickets.rewrite(event.source, text)
        for one in (ticket, *_answered_with(turn, ticket, event.source)):
            told = asker_phrases(turn.shift, one).corrected_answer.format(number=one.id)
            tell_asker(turn.shift, one, Content(paragraphs=(told, text)))
        turn.answer_desk(notice(DESK.reply_corrected.format(number=ticket.id)), ticket)
    elif not text or order.verb not in {"say", "reply"}:
        turn.answer_desk(notice(DESK.reply_withdrawn.format(number=ticket.id)), ticket)
    return True


def _answered_with(turn: Turn, ticket: Ticket, source: str) -> list[Ticket]:
    """Return the tickets whose askers got the same reply."""
    together = turn.work.tickets.merged_into(ticket.id)
    return [one for one in together if any(event.source == source for event in turn.work.tickets.history(one.id))]


def _change_note(turn: Turn, ticket: Ticket, event: TicketEvent, text: str) -> None:
    """A note reads as it was written last; one that was taken back is gone."""
    if text == event.text:
        return
    turn.work.tickets.rewrite(event.source, text)
    if text:
        turn.work.inbox.correct(turn.message.address, turn.message.message_id, turn.message.text)
    else:
        turn.work.inbox.hide(turn.message.address, turn.message.message_id)
    turn.answer_desk(notice(DESK.noted.format(number=ticket.id) if text else DESK.note_withdrawn.format(number=ticket.id)), ticket)


def new_question_button(phrases: Phrases) -> Button:
    """Return the way out of an open ticket."""
    return Button(label=phrases.button_new, action="new")
