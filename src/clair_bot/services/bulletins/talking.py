"""Talking: the words about bulletins that people type, and the buttons that say the same."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from clair_bot.domain.bulletins import Bulletin
from clair_bot.domain.subscriptions import AREA_TOPICS, OFFICE_TOPICS, Frequency, SubscriberState, Topic
from clair_bot.messages import Button, Choice
from clair_bot.services.answering import Content
from clair_bot.services.bulletins.issues import shown_date
from clair_bot.services.bulletins.presses import BulletinSettings, Press
from clair_bot.services.bulletins.prints import message_of
from clair_bot.services.bulletins.subscribing import (
    Wish,
    frequency_in,
    request_mail,
    shown_topics,
    subscribe,
    topics_in,
    unsubscribe,
)
from clair_bot.services.languages import folded
from clair_bot.services.phrases.bulletins import BULLETINS, BulletinPhrases
from clair_bot.services.turns import Turn

SUBSCRIBE, UNSUBSCRIBE, SETTINGS, FREQUENCY, ARCHIVE = "sub", "unsub", "subs", "often", "back"
_WORDS = {
    SUBSCRIBE: ("配信登録", "配信再開", "購読", "subscribe"),
    UNSUBSCRIBE: ("配信停止", "配信解除", "購読停止", "unsubscribe"),
    SETTINGS: ("配信確認", "配信状況", "subscriptions"),
    FREQUENCY: ("配信頻度", "frequency"),
    ARCHIVE: ("バックナンバー", "前号", "back numbers", "back number", "archive"),
}
_NUMBER = re.compile(r"vol\s*\.?\s*([0-9]{1,5})\s*(?:号)?", re.ASCII)
_SHOWN = 8
_PREVIOUS = "前号"


def bulletin_words(text: str) -> str:
    """Return the action that a text asks for, ``sub:…``; empty where it asks for nothing of bulletins."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    low = folded(plain)
    if volume := _NUMBER.fullmatch(low):
        return f"{ARCHIVE}:vol:{volume.group(1)}"
    for verb, words in _WORDS.items():
        for word in words:
            if low == word:
                return f"{verb}:{_PREVIOUS}" if word == _PREVIOUS else verb
            if low.startswith((f"{word} ", f"{word}:", f"{word}　")):
                return f"{verb}:={plain[len(word) :].strip(' :')}"
    return ""


def handle(turn: Turn, verb: str, rest: str) -> bool:
    """Do what an action says; False when it is none of bulletins."""
    handler = _HANDLERS.get(verb)
    if handler is None:
        return False
    handler(turn, rest.removeprefix("="))
    return True


def _press(turn: Turn) -> Press:
    settings = BulletinSettings(desks=turn.desks, timezone=turn.timezone, base_url=turn.shift.settings.base_url)
    return Press(work=turn.work, speech=turn.shift.speech, settings=settings, now=turn.now)


def _phrases(turn: Turn) -> BulletinPhrases:
    return BULLETINS[turn.language]


def _subscribe(turn: Turn, rest: str) -> None:
    phrases, press = _phrases(turn), _press(turn)
    mail = rest.split(maxsplit=1)[0] if "@" in rest else ""
    if rest in {"areas", "offices"}:
        _offer(turn, AREA_TOPICS if rest == "areas" else OFFICE_TOPICS)
        return
    if mail:
        wanted = topics_in(rest.removeprefix(mail)) or frozenset()
        turn.say(Content(paragraphs=(request_mail(press, mail, wanted, turn.language),)))
        return
    topics = topics_in(rest) if rest else frozenset()
    if topics is None:
        turn.say(Content(paragraphs=(phrases.unknown_topic.format(text=rest[:40]),), buttons=_ways(phrases)))
        return
    known = press.work.subscribers.at(turn.message.address)
    there = known.topics if known and known.state is SubscriberState.ACTIVE else frozenset()
    stored = subscribe(press, turn.message.address, Wish(add=topics), language=turn.language)
    sentence = phrases.already if there and stored.topics == there else phrases.subscribed
    _show(turn, sentence)


def _offer(turn: Turn, topics: Sequence[Topic]) -> None:
    phrases = _phrases(turn)
    asked = phrases.choose_area if topics == AREA_TOPICS else phrases.choose_office
    choices = tuple(Choice(title=phrases.topics[topic], action=f"{SUBSCRIBE}:{topic.value}") for topic in topics)
    turn.say(Content(paragraphs=(asked,), choices=choices, buttons=(Button(label=phrases.button_all, action=f"{SUBSCRIBE}:all"),)))


def _ways(phrases: BulletinPhrases) -> tuple[Button, ...]:
    return (
        Button(label=phrases.button_areas, action=f"{SUBSCRIBE}:areas"),
        Button(label=phrases.button_offices, action=f"{SUBSCRIBE}:offices"),
    )


def _show(turn: Turn, sentence: str = "") -> None:
    """Say what somebody gets, how often, and how to change it."""
    phrases = _phrases(turn)
    subscriber = turn.work.subscribers.at(turn.message.address)
    if subscriber is None or subscriber.state is not SubscriberState.ACTIVE:
        turn.say(Content(paragraphs=(phrases.nothing,), buttons=(Button(label=phrases.button_back, action=SUBSCRIBE),)))
        return
    told = phrases.settings.format(
        topics=shown_topics(subscriber.topics, turn.language), frequency=phrases.frequencies[subscriber.frequency]
    )
    often = phrases.button_weekly if subscriber.frequency is Frequency.EACH else phrases.button_each
    other = Frequency.WEEKLY if subscriber.frequency is Frequency.EACH else Frequency.EACH
    buttons = (
        *_ways(phrases),
        Button(label=often, action=f"{FREQUENCY}:{other.value}"),
        Button(label=phrases.button_stop, action=UNSUBSCRIBE),
    )
    turn.say(Content(paragraphs=tuple(filter(None, (sentence, told))), buttons=buttons))


def _unsubscribe(turn: Turn, rest: str) -> None:
    phrases, press = _phrases(turn), _press(turn)
    subscriber = press.work.subscribers.at(turn.message.address)
    topics = topics_in(rest) if rest else frozenset()
    if subscriber is None or subscriber.state is not SubscriberState.ACTIVE:
        turn.say(Content(paragraphs=(phrases.nothing,), buttons=(Button(label=phrases.button_back, action=SUBSCRIBE),)))
    elif topics is None:
        turn.say(Content(paragraphs=(phrases.unknown_topic.format(text=rest[:40]),)))
    elif topics and not topics & subscriber.topics:
        _show(turn, phrases.not_subscribed)
    elif topics and subscriber.topics - topics:
        unsubscribe(press, subscriber, topics)
        _show(turn, phrases.unsubscribed_from.format(topics=shown_topics(topics & subscriber.topics, turn.language)))
    else:
        unsubscribe(press, subscriber)
        turn.say(Content(paragraphs=(phrases.unsubscribed,), buttons=(Button(label=phrases.button_back, action=SUBSCRIBE),)))


def _settings(turn: Turn, _rest: str) -> None:
    _show(turn)


def _frequency(turn: Turn, rest: str) -> None:
    phrases, press = _phrases(turn), _press(turn)
    subscriber = press.work.subscribers.at(turn.message.address)
    frequency = Frequency(rest) if rest in set(Frequency) else frequency_in(rest)
    if subscriber is None or subscriber.state is not SubscriberState.ACTIVE or frequency is None:
        _show(turn)
        return
    subscribe(press, turn.message.address, Wish(frequency=frequency), language=turn.language)
    _show(turn, phrases.frequency_set.format(frequency=phrases.frequencies[frequency]))


def _archive(turn: Turn, rest: str) -> None:
    """Show back numbers: the last ones, those with some words, one by its number, or the last."""
    kind, _, number = rest.partition(":")
    bulletins = turn.work.bulletins
    if kind == "vol" and number.isdecimal():
        found = bulletins.published(number=int(number), limit=1)
    elif kind == "id" and number.isdecimal():
        one = bulletins.get(int(number))
        found = [one] if one and one in bulletins.published(number=one.number, limit=50) else []
    elif rest == _PREVIOUS:
        found = bulletins.published(limit=1)
    else:
        _list(turn, rest)
        return
    if not found:
        turn.say(Content(paragraphs=(_phrases(turn).no_archive,), buttons=(Button(label=_phrases(turn).button_back, action=SUBSCRIBE),)))
        return
    message = message_of(_press(turn), found[0], channel=turn.message.address.channel, language=turn.language)
    turn.say(Content(issue=message.issue))


def _list(turn: Turn, words: str) -> None:
    phrases = _phrases(turn)
    found = turn.work.bulletins.published(words=words.split(), limit=_SHOWN)
    if not found:
        turn.say(Content(paragraphs=(phrases.no_archive,)))
        return
    title = phrases.archive_found.format(words=words) if words else phrases.archive
    turn.say(Content(paragraphs=(title,), choices=tuple(_line(turn, bulletin) for bulletin in found)))


def _line(turn: Turn, bulletin: Bulletin) -> Choice:
    phrases = _phrases(turn)
    day = (bulletin.released_at or bulletin.created_at).astimezone(turn.timezone).date()
    number = f"{phrases.volume.format(number=bulletin.number)} " if bulletin.number else ""
    title = phrases.archive_line.format(number=number, date=shown_date(day, turn.language), title=bulletin.document.title)
    return Choice(title=title, action=f"{ARCHIVE}:id:{bulletin.id}")


_HANDLERS: dict[str, Callable[[Turn, str], None]] = {
    SUBSCRIBE: _subscribe,
    UNSUBSCRIBE: _unsubscribe,
    SETTINGS: _settings,
    FREQUENCY: _frequency,
    ARCHIVE: _archive,
}
