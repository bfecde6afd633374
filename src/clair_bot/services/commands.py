"""Words and buttons that ask for something: they are the same, typed or pressed, on every channel."""

from collections.abc import Callable

from clair_bot.domain.articles import Area
from clair_bot.domain.conversations import Language
from clair_bot.domain.tickets import UNANSWERED, Ticket, TicketState
from clair_bot.messages import Button, Choice
from clair_bot.services.answering import Content, offer_articles, show_article
from clair_bot.services.bulletins import talking
from clair_bot.services.bulletins.talking import bulletin_words
from clair_bot.services.desk import askers, steps
from clair_bot.services.languages import folded
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import BY_LANGUAGE
from clair_bot.services.turns import Turn

WORDS: dict[str, str] = {
    "相談": "human",
    "相談員に聞く": "human",
    "相談員": "human",
    "人に 聞く": "human",
    "human": "human",
    "ask an advisor": "human",
    "状況": "status",
    "status": "status",
    "メニュー": "menu",
    "menu": "menu",
    "ヘルプ": "help",
    "使い方": "help",
    "help": "help",
    "取消": "cancel",
    "取り消し": "cancel",
    "相談を取り下げる": "cancel",
    "相談を やめる": "cancel",
    "withdraw request": "cancel",
    "cancel": "cancel",
    "再開": "reopen",
    "相談を再開": "reopen",
    "もう一度 相談": "reopen",
    "reopen": "reopen",
    "入力しない": "step::skip",
    "書かない": "step::skip",
    "スキップ": "step::skip",
    "skip": "step::skip",
    "前回と同じ": "step::same",
    "前と 同じ": "step::same",
    "same as before": "step::same",
    "国は問わない": "step::none",
    "国は ない": "step::none",
    "no country": "step::none",
    "急ぎません": "step::none",
    "急がない": "step::none",
    "no hurry": "step::none",
    "今日": "step::today",
    "今日中": "step::today",
    "today": "step::today",
    "今週": "step::week",
    "今週中": "step::week",
    "this week": "step::week",
    "役に立った": "rate::good",
    "役に 立った": "rate::good",
    "helpful": "rate::good",
    "足りなかった": "rate::poor",
    "たりない": "rate::poor",
    "not enough": "rate::poor",
    "新しい質問": "new",
    "新しい 質問": "new",
    "new question": "new",
    "new": "new",
    "詳しく": "more",
    "詳しく見る": "more",
    "くわしく": "more",
    "くわしく 見る": "more",
    "more details": "more",
    "english": "lang:en",
    "英語": "lang:en",
    "日本語": "lang:ja",
    "japanese": "lang:ja",
    "やさしい日本語": "lang:easy",
    "easy japanese": "lang:easy",
}
"""What people type, folded, and the action of the button that does the same."""

_STATUS_LIMIT = 5
_AREA_LIMIT = 10


def command(turn: Turn) -> bool:
    """Rule 2: a word that is a command, or a pressed button of ours."""
    action = turn.message.action or WORDS.get(folded(turn.message.text), "") or bulletin_words(turn.message.text)
    if turn.message.action and not act(turn, action):
        _gone(turn)  # a button of an older version
        return True
    return bool(turn.message.action) or act(turn, action)


def act(turn: Turn, action: str) -> bool:
    """Do what a button's action says; False when there is no such action."""
    verb, _, rest = action.partition(":")
    handler = _HANDLERS.get(verb)
    if handler is None:
        return talking.handle(turn, verb, rest)
    handler(turn, rest)
    return True


def menu_button(turn: Turn) -> Button:
    """Return the button that shows the areas."""
    return Button(label=turn.phrases.button_menu, action="menu")


def human_button(turn: Turn) -> Button:
    """Return the button that hands the question to the desk."""
    return Button(label=turn.phrases.button_human, action="human")


def _human(turn: Turn, _rest: str) -> None:
    ticket = turn.work.tickets.live(turn.conversation.id)
    question = turn.conversation.question
    if ticket and (askers.has(turn, ticket, question) if question else not turn.conversation.aside):
        turn.say(Content(paragraphs=(turn.phrases.already.format(number=ticket.id),), buttons=(askers.new_question_button(turn.phrases),)))
    elif not question:
        turn.say(Content(paragraphs=(turn.phrases.ask_first,), buttons=(menu_button(turn),)))
    else:
        given, told, new = askers.give(turn, question)
        step = steps.first_step(turn, given) if new else Content()
        turn.say(Content(paragraphs=(told, *step.paragraphs), buttons=(*step.buttons, cancel_button(turn))))


def cancel_button(turn: Turn) -> Button:
    """Return the button that withdraws the ticket."""
    return Button(label=turn.phrases.button_cancel, action="cancel")


def _status(turn: Turn, _rest: str) -> None:
    tickets = turn.work.tickets.of(turn.conversation.id, _STATUS_LIMIT)
    lines = [_status_line(turn, ticket) for ticket in tickets]
    turn.say(Content(paragraphs=("\n".join(lines) or turn.phrases.status_none,), buttons=(menu_button(turn),)))


def _status_line(turn: Turn, ticket: Ticket) -> str:
    opened = ticket.opened_at.astimezone(turn.timezone).strftime("%Y-%m-%d")
    line = turn.phrases.status_line.format(number=ticket.id, state=turn.phrases.states[ticket.state], date=opened)
    if ticket.answer_due is None or ticket.state not in UNANSWERED:
        return line
    desk = turn.desks.get(ticket.desk_key)
    due = shown_moment(desk.calendar.promise(ticket.answer_due), turn.timezone, turn.phrases)
    return line + turn.phrases.status_desk.format(desk=desk.name, due=due)


def _menu(turn: Turn, _rest: str) -> None:
    choices = tuple(Choice(title=turn.phrases.areas[area], action=f"area:{area.value}") for area in Area)
    turn.say(Content(paragraphs=(turn.phrases.menu,), choices=choices, buttons=(human_button(turn),)))


def _area(turn: Turn, rest: str) -> None:
    """Show the articles of an area, a page at a time: ``area:VII``, then ``area:VII:10``."""
    name, _, start = rest.partition(":")
    if name not in set(Area) or not (start or "0").isdecimal():
        _gone(turn)
        return
    area, first = Area(name), int(start or 0)
    articles = tuple(turn.retriever.areas().get(area, ()))
    choices = offer_articles(articles[first : first + _AREA_LIMIT])
    if first + _AREA_LIMIT < len(articles):
        choices += (Choice(title=turn.phrases.next_page, action=f"area:{name}:{first + _AREA_LIMIT}"),)
    turn.say(Content(paragraphs=(turn.phrases.area.format(area=turn.phrases.areas[area]),), choices=choices, buttons=(menu_button(turn),)))


def _article(turn: Turn, rest: str) -> None:
    article = turn.retriever.article(rest)
    if article is None:
        _gone(turn)
        return
    turn.remember(article_id=article.id)
    turn.say(show_article(article, turn.language))


def _more(turn: Turn, rest: str) -> None:
    article = turn.retriever.article(rest or turn.conversation.article_id)
    if article is None:
        _gone(turn)
        return
    turn.remember(article_id=article.id)
    turn.say(show_article(article, turn.language, details=True))


def _gone(turn: Turn) -> None:
    turn.say(Content(paragraphs=(turn.phrases.article_gone,), buttons=(menu_button(turn),)))


def _help(turn: Turn, _rest: str) -> None:
    turn.say(Content(paragraphs=(turn.phrases.help,), buttons=(menu_button(turn), human_button(turn))))


def _cancel(turn: Turn, _rest: str) -> None:
    ticket = turn.work.tickets.live(turn.conversation.id)
    if ticket is None:
        turn.say(Content(paragraphs=(turn.phrases.nothing_open,), buttons=(menu_button(turn),)))
    else:
        askers.cancel_ticket(turn, ticket)


def _new(turn: Turn, _rest: str) -> None:
    ticket = turn.work.tickets.live(turn.conversation.id)
    turn.remember(aside=ticket is not None and ticket.state is TicketState.WAITING, offered=(), article_id="", question="", asking="")
    sentence = turn.phrases.new_question.format(number=ticket.id) if ticket else turn.phrases.hello
    turn.say(Content(paragraphs=(sentence,), buttons=(menu_button(turn),)))


def _reopen(turn: Turn, rest: str) -> None:
    askers.reopen(turn, rest)


def _rate(turn: Turn, rest: str) -> None:
    number, _, rating = rest.partition(":")
    if not askers.rate(turn, number, rating):
        turn.say(Content(paragraphs=(turn.phrases.nothing_open,), buttons=(menu_button(turn),)))


def _step(turn: Turn, rest: str) -> None:
    if not steps.press(turn, rest):
        _gone(turn)


def _language(turn: Turn, rest: str) -> None:
    language = Language(rest) if rest in set(Language) else Language.JA
    turn.remember(language=language)
    turn.language = language
    turn.say(Content(paragraphs=(BY_LANGUAGE[language].language_set,), buttons=(menu_button(turn),)))


_HANDLERS: dict[str, Callable[[Turn, str], None]] = {
    "human": _human,
    "status": _status,
    "menu": _menu,
    "area": _area,
    "a": _article,
    "more": _more,
    "help": _help,
    "cancel": _cancel,
    "new": _new,
    "lang": _language,
    "reopen": _reopen,
    "rate": _rate,
    "step": _step,
}
