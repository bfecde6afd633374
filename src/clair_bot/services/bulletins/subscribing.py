"""Subscribing: what people say of what they want to hear, from a chat, a mail's link or a page."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from clair_bot.domain.bulletins import Bulletin
from clair_bot.domain.conversations import Language
from clair_bot.domain.recurrences import Every, Recurrence, Shift, local_times, resolve
from clair_bot.domain.subscriptions import (
    USUAL_TOPICS,
    Consent,
    ConsentAction,
    Frequency,
    Subscriber,
    SubscriberState,
    Topic,
)
from clair_bot.messages import Address
from clair_bot.services.answering import Content
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.bulletins.prints import MAIL
from clair_bot.services.languages import folded
from clair_bot.services.phrases.bulletins import BULLETINS, EN, JA

CONFIRM_WITHIN = timedelta(days=3)
"""How long the link of a confirmation mail holds."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_DIGEST_RULES = {
    Frequency.DAILY: Recurrence(kind=Every.DAILY, at=time(8, 30)),
    Frequency.WEEKLY: Recurrence(kind=Every.WEEKLY, at=time(9), weekdays=frozenset({0})),
    Frequency.MONTHLY: Recurrence(kind=Every.MONTH_DAYS, at=time(9), days=frozenset({1}), shift=Shift.NEXT),
}
_ALL = {"すべて", "全て", "全部", "ぜんぶ", "all", "everything"}
_SHORT = {
    "経済": Topic.I,
    "海外経済": Topic.I,
    "経済活動": Topic.I,
    "共生": Topic.II,
    "多文化": Topic.II,
    "jet": Topic.III,
    "交流": Topic.IV,
    "国際交流": Topic.IV,
    "国際協力": Topic.IV,
    "情報": Topic.V,
    "人材": Topic.VI,
    "研修": Topic.VI,
    "人材育成": Topic.VI,
    "海外事務所": Topic.VII,
    "メルマガ": Topic.NEWSLETTER,
    "メールマガジン": Topic.NEWSLETTER,
    "緊急": Topic.EMERGENCY,
}


def topics_in(text: str) -> frozenset[Topic] | None:
    """Return the topics that a text names, by key or name in any language, or several; None: it names something else."""
    found: set[Topic] = set()
    for word in re.split(r"[\s、,・;；]+", text.strip()):
        named = _topic(folded(word)) if word else set()
        if named is None:
            return None
        found |= named
    return frozenset(found) or None


def _topic(word: str) -> set[Topic] | None:
    if word in _ALL:
        return set(Topic)
    names = {topic.value.lower(): topic for topic in Topic} | _SHORT
    for topic in Topic:
        for phrases in (JA, EN):
            name = folded(phrases.topics[topic])
            names |= {name: topic, name.removesuffix("事務所").removesuffix(" office"): topic}
    return {names[word]} if word in names else None


def frequency_in(text: str) -> Frequency | None:
    """Return how often a text says."""
    words = {
        Frequency.EACH: ("つど", "都度", "その都度", "発行のつど", "each", "すぐ"),
        Frequency.DAILY: ("毎日", "1日1回", "日", "daily", "1日に1回"),
        Frequency.WEEKLY: ("毎週", "週1回", "週", "weekly", "1週間に1回"),
        Frequency.MONTHLY: ("毎月", "月1回", "月", "monthly", "1か月に1回"),
    }
    wanted = folded(text).replace(" ", "")
    return next((frequency for frequency, names in words.items() if wanted in names), None)


def is_mail(text: str) -> bool:
    """Tell whether a text is a mail address as we take it."""
    longest = 254
    return len(text) <= longest and _ADDRESS.fullmatch(text) is not None


def next_digest(press: Press, frequency: Frequency, zone: str) -> datetime | None:
    """Return when the next digest is due; None where each bulletin comes by itself."""
    rule = _DIGEST_RULES.get(frequency)
    if rule is None:
        return None
    there = ZoneInfo(zone)
    after = press.now.astimezone(there).replace(tzinfo=None)
    works = press.settings.desks.get("base").calendar.is_working_day
    try:
        local = next(local_times(rule, after=after, is_working_day=works))
    except ValueError:  # headquarters has no working day any more: a digest comes all the same
        local = next(local_times(replace(rule, shift=Shift.NONE), after=after, is_working_day=works))
    return resolve(local, there)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants."""

    add: frozenset[Topic] = frozenset()
    drop: frozenset[Topic] = frozenset()
    frequency: Frequency | None = None


def subscribe(press: Press, address: Address, wish: Wish, *, language: Language, source: str = "chat") -> Subscriber:
    """Give somebody what they want; who is new gets what is usual, unless they named something."""
    known = press.work.subscribers.at(address)
    before = known.topics if known and known.state is SubscriberState.ACTIVE else frozenset()
    topics = (before | _first(known, before, wish)) - wish.drop
    subscriber = known or Subscriber(address=address)
    frequency = wish.frequency or subscriber.frequency
    changed = replace(
        subscriber,
        topics=topics,
        language=language,
        frequency=frequency,
        state=SubscriberState.ACTIVE,
        reason="",
        digest_at=_digest_at(press, subscriber, frequency),
    )
    action = ConsentAction.CHANGED if before else ConsentAction.SUBSCRIBED
    stored = press.work.subscribers.put(changed, _consent(press, action, topics, source))
    withdraw_unwanted(press, stored)
    return stored


def _first(known: Subscriber | None, before: frozenset[Topic], wish: Wish) -> frozenset[Topic]:
    """Return what somebody adds; who is new gets what is usual, and emergencies whatever they named."""
    if known is None and wish.add:
        return wish.add | {Topic.EMERGENCY}
    return wish.add or (frozenset() if before else frozenset(USUAL_TOPICS))


def _digest_at(press: Press, subscriber: Subscriber, frequency: Frequency) -> datetime | None:
    """Return when the next digest is due; one last at once for who wants none any more and has something waiting."""
    if frequency is Frequency.EACH and subscriber.id and press.work.ledger.held(subscriber.id):
        return press.now
    return next_digest(press, frequency, subscriber.timezone)


def _consent(press: Press, action: ConsentAction, topics: Iterable[Topic], source: str, by: str = "self") -> Consent:
    return Consent(at=press.now, action=action, topics=tuple(sorted(topics)), source=source, by=by)


def unsubscribe(
    press: Press, subscriber: Subscriber, topics: Collection[Topic] = (), *, source: str = "chat", by: str = "self"
) -> Subscriber:
    """Stop everything, or some topics; what waits is not sent any more."""
    left = subscriber.topics - frozenset(topics) if topics else frozenset()
    changed = replace(subscriber, topics=left)
    if not left:
        changed = replace(changed, state=SubscriberState.UNSUBSCRIBED, reason="", digest_at=None)
    stored = press.work.subscribers.put(changed, _consent(press, ConsentAction.UNSUBSCRIBED, left, source, by))
    if left:
        withdraw_unwanted(press, stored)
    else:
        press.work.ledger.withdraw(stored.id)
    return stored


def withdraw_unwanted(press: Press, subscriber: Subscriber) -> None:
    """Take back what waits for somebody and is about nothing that they want any more."""
    waiting = [press.work.bulletins.get(number) for number in press.work.ledger.waiting(subscriber.id)]
    unwanted = [bulletin.id for bulletin in waiting if bulletin and not _wants(subscriber, bulletin)]
    if unwanted:
        press.work.ledger.withdraw(subscriber.id, unwanted)


def _wants(subscriber: Subscriber, bulletin: Bulletin) -> bool:
    target = bulletin.document.target(bulletin.document.audience)
    if target.needed and target.needed not in subscriber.topics:
        return False
    return not target.topics or bool(target.topics & subscriber.topics)


def request_mail(press: Press, text: str, topics: frozenset[Topic], language: Language, frequency: Frequency | None = None) -> str:
    """Ask whoever reads a mail address whether they want it; return what the person who gave it hears.

    Nothing of who is subscribed is told to others, beyond what they gave themselves; nobody is asked more than once in ten minutes.
    Without a frequency it stays what it was.
    """
    phrases = BULLETINS[language]
    if not is_mail(text):
        return phrases.mail_bad
    if not press.settings.base_url:
        return phrases.mail_off
    address = Address(channel=MAIL, recipient=text.lower())
    known = press.work.subscribers.at(address)
    if known is None or known.state in {SubscriberState.UNSUBSCRIBED, SubscriberState.PENDING, SubscriberState.UNREACHABLE}:
        asked = known or Subscriber(address=address)
        wanted = replace(asked, topics=topics or frozenset(USUAL_TOPICS), language=language, frequency=frequency or asked.frequency)
        _ask_to_confirm(press, wanted)
    return phrases.mail_sent.format(address=text)


def _ask_to_confirm(press: Press, wanted: Subscriber) -> None:
    if wanted.id and _asked_lately(press, wanted):
        return
    asked = replace(wanted, state=SubscriberState.PENDING, reason="", digest_at=None)
    stored = press.work.subscribers.put(asked, _consent(press, ConsentAction.REQUESTED, asked.topics, "page"))
    phrases = BULLETINS[stored.language]
    url = f"{press.settings.base_url}/subscribe/{stored.token}"
    content = Content(paragraphs=(phrases.confirm_subject, phrases.confirm.format(url=url)))
    press.speech.send(stored.address, content, language=stored.language)


def _asked_lately(press: Press, subscriber: Subscriber) -> bool:
    pause = timedelta(minutes=10)
    consents = press.work.subscribers.consents(subscriber.id)
    return any(line.action is ConsentAction.REQUESTED and line.at > press.now - pause for line in consents)


def awaits_confirmation(press: Press, subscriber: Subscriber) -> bool:
    """Tell whether somebody asked for mail lately enough to confirm it now."""
    if subscriber.state is not SubscriberState.PENDING:
        return False
    requests = [line.at for line in press.work.subscribers.consents(subscriber.id) if line.action is ConsentAction.REQUESTED]
    return bool(requests) and requests[-1] + CONFIRM_WITHIN >= press.now


def confirm(press: Press, token: str) -> Subscriber | None:
    """Subscribe who has opened the link of a confirmation mail in time; None: there is nothing to confirm."""
    subscriber = press.work.subscribers.with_token(token)
    if subscriber is None or not awaits_confirmation(press, subscriber):
        return None
    active = replace(subscriber, state=SubscriberState.ACTIVE, digest_at=next_digest(press, subscriber.frequency, subscriber.timezone))
    return press.work.subscribers.put(active, _consent(press, ConsentAction.SUBSCRIBED, subscriber.topics, "mail"))


def shown_topics(topics: Collection[Topic], language: Language) -> str:
    """Return topics in words."""
    names = BULLETINS[language].topics
    separator = ", " if language is Language.EN else "、"
    return separator.join(names[topic] for topic in Topic if topic in topics)
