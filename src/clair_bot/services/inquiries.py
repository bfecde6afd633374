"""Inquiries: answered, choices, or refused and handed to a person."""

from clair_bot.domain.conversations import Outcome
from clair_bot.messages import Choice
from clair_bot.services import commands
from clair_bot.services.answering import Content, Decision, decide, offer_articles, show_article
from clair_bot.services.desk import askers, files, steps
from clair_bot.services.languages import language_of
from clair_bot.services.phrases import UNSERVED
from clair_bot.services.turns import Turn


def take(turn: Turn) -> Decision | None:
    """Store the inquiry with its outcome and show an answer or choices; None when it needs no decision."""
    text = turn.message.text.strip()
    if language_of(text, turn.conversation.language) is None:
        turn.remember(question=text)
        turn.say(Content(paragraphs=(UNSERVED,), buttons=(commands.human_button(turn),)))
        return None
    if not turn.search.terms:
        turn.say(Content(paragraphs=(turn.phrases.empty,), buttons=(commands.menu_button(turn),)))
        return None
    decision = decide(turn.search, turn.bars)
    inquiry_id = turn.work.inquiries.add(
        conversation_id=turn.conversation.id,
        entry_id=turn.entry.id,
        question=text,
        language=turn.language.value,
        outcome=decision.outcome,
        search=turn.search,
    )
    turn.remember(question=text, inquiry_id=inquiry_id, language=turn.language)
    _show(turn, decision)
    return decision


def _show(turn: Turn, decision: Decision) -> None:
    if decision.outcome is Outcome.ANSWERED:
        article = decision.hits[0].article
        turn.remember(article_id=article.id)
        turn.say(show_article(article, turn.language))
    elif decision.outcome is Outcome.CHOICES:
        choices = offer_articles(tuple(hit.article for hit in decision.hits))
        buttons = (commands.human_button(turn), commands.menu_button(turn))
        turn.say(Content(paragraphs=(turn.phrases.choices,), choices=choices, buttons=buttons))


def hand_over(turn: Turn, decision: Decision) -> None:
    """Nothing was sure enough: offer what is near, and give the question to an advisor.

    A conversation has one live ticket; further questions are added to it.
    """
    near: tuple[Choice, ...] = offer_articles(tuple(hit.article for hit in decision.hits))
    ticket, told, new = askers.give(turn, turn.message.text.strip())
    if turn.message.attachments:
        told += "\n" + files.pass_to_desk(turn.shift, ticket, turn.message, turn.phrases)
    step = steps.first_step(turn, ticket) if new else Content()
    buttons = (*step.buttons, commands.cancel_button(turn), commands.menu_button(turn))
    paragraphs = (f"{turn.phrases.refused}\n{told}", *step.paragraphs, *((turn.phrases.near,) if near else ()))
    turn.say(Content(paragraphs=paragraphs, choices=near, buttons=buttons))
