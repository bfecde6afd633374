"""``/unsubscribe/{token}``: what somebody gets, how to stop it or change it.

Looking changes nothing: link previews look at every address. Mail servers stop everything with one POST (RFC 8058).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from clair_bot.bootstrap import Application
from clair_bot.domain.subscriptions import USUAL_TOPICS, ConsentAction, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.errors import StorageError
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.bulletins.prints import MAIL
from clair_bot.services.bulletins.subscribing import Wish, shown_topics, subscribe, unsubscribe
from clair_bot.services.phrases.bulletins import BULLETINS
from clair_bot.web.bodies import BodyRefused
from clair_bot.web.fields import Fields, read_fields
from clair_bot.web.pages import Pages
from clair_bot.web.presses import press_of
from clair_bot.web.sealed import TOKEN
from clair_bot.web.words import WORDS

_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
_PAGE, _MAIL = "page", "mail"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where somebody stands, and what has just been done."""

    subscriber: Subscriber
    said: tuple[str, ...] = ()
    undo: frozenset[Topic] = frozenset()
    """What was stopped just now, for the button that brings it back."""
    just_now: bool = False
    """True after everything was stopped."""


def routes(application: Application, pages: Pages) -> list[BaseRoute]:
    """Return the routes of unsubscribing."""
    handlers = _Handlers(application, pages)
    return [
        Route("/unsubscribe/{token}", handlers.show, methods=["GET"]),
        Route("/unsubscribe/{token}", handlers.post, methods=["POST"]),
    ]


class _Handlers:
    """The page's handlers. The token in the address is the proof that it is they: no cookie, no other token."""

    def __init__(self, application: Application, pages: Pages) -> None:
        self._application = application
        self._pages = pages

    async def show(self, request: Request) -> Response:
        """Show what somebody gets. Changes nothing: link previews look at every address."""
        return await self._answer(request, self._read)

    async def post(self, request: Request) -> Response:
        """Stop everything, stop a part, change how often, or take that back."""
        try:
            fields = await read_fields(request)
        except BodyRefused as refused:
            return self._pages.trouble(refused.status)
        deed = _deed(fields)
        if deed is None:
            return self._pages.trouble(400)
        return await self._answer(request, lambda token: self._do(token, deed))

    async def _answer(self, request: Request, find: Callable[[str], Standing | None]) -> Response:
        token = request.path_params["token"]
        if not TOKEN.fullmatch(token):
            return self._pages.trouble(404)
        try:
            standing = await run_in_threadpool(find, token)
        except StorageError:
            return self._pages.trouble(503)
        return self._drawn(standing) if standing else self._pages.trouble(404)

    def _read(self, token: str) -> Standing | None:
        with self._application.store.read() as work:
            subscriber = work.subscribers.with_token(token)
        return Standing(subscriber=subscriber) if subscriber else None

    def _do(self, token: str, deed: "_Deed") -> Standing | None:
        with self._application.store.write() as work:
            subscriber = work.subscribers.with_token(token)
            if subscriber is None:
                return None
            standing = deed(press_of(self._application, work), subscriber)
            work.commit()
        log.info("subscriber.asked", subscriber=subscriber.id, state=standing.subscriber.state.value)
        return standing

    def _drawn(self, standing: Standing) -> Response:
        subscriber = standing.subscriber
        return self._pages.page(
            "manage.html" if subscriber.state is SubscriberState.ACTIVE else "stopped.html",
            subscriber.language,
            subscriber=subscriber,
            address=_veiled(subscriber),
            standing=standing,
            chosen=[topic for topic in Topic if topic in subscriber.topics],
            frequencies=list(Frequency),
        )


_Deed = Callable[[Press, Subscriber], Standing]


def _deed(fields: Fields) -> _Deed | None:
    """Return what a form asks for; None where it asks for nothing that we know."""
    name, value = _ONE_CLICK
    if fields.last(name) == value:
        return lambda press, subscriber: _stop(press, subscriber, _MAIL)
    deeds: dict[str, _Deed] = {
        "stop": lambda press, subscriber: _stop(press, subscriber, _PAGE),
        "save": lambda press, subscriber: _save(press, subscriber, fields),
        "again": lambda press, subscriber: _again(press, subscriber, topics_of(fields, "topic")),
    }
    return deeds.get(fields.last("act"))


def topics_of(fields: Fields, name: str) -> frozenset[Topic]:
    """Return the topics of a form's field; what is none is passed over."""
    return frozenset(Topic(value) for value in fields.all(name) if value in set(Topic))


def _stop(press: Press, subscriber: Subscriber, source: str) -> Standing:
    if subscriber.state is not SubscriberState.UNSUBSCRIBED:
        subscriber = unsubscribe(press, subscriber, source=source)
    return Standing(subscriber=subscriber, just_now=True)


def _save(press: Press, subscriber: Subscriber, fields: Fields) -> Standing:
    """Stop what was shown and unticked, and change how often. What the page did not show stays as it is."""
    if subscriber.state is not SubscriberState.ACTIVE:
        return Standing(subscriber=subscriber)
    words, often = WORDS[subscriber.language], fields.last("frequency")
    dropped = (topics_of(fields, "shown") - topics_of(fields, "topic")) & subscriber.topics
    changed = unsubscribe(press, subscriber, dropped, source=_PAGE) if dropped else subscriber
    if changed.state is not SubscriberState.ACTIVE:
        return Standing(subscriber=changed, just_now=True)
    said = [words.dropped.format(topics=shown_topics(dropped, changed.language))] if dropped else []
    if often in set(Frequency) and often != changed.frequency:
        wish = Wish(frequency=Frequency(often))
        changed = subscribe(press, changed.address, wish, language=changed.language, source=_PAGE)
        phrases = BULLETINS[changed.language]
        said.append(phrases.frequency_set.format(frequency=phrases.frequencies[changed.frequency]))
    return Standing(subscriber=changed, said=tuple(said) or (words.unchanged,), undo=dropped)


def _again(press: Press, subscriber: Subscriber, topics: frozenset[Topic]) -> Standing:
    """Bring back what was stopped: what the form names, or everything that there was."""
    idle = subscriber.state in {SubscriberState.UNSUBSCRIBED, SubscriberState.UNREACHABLE}
    if not (idle or (topics and subscriber.state is SubscriberState.ACTIVE)):
        return Standing(subscriber=subscriber)
    wish = Wish(add=topics or _last_topics(press, subscriber))
    # Topics of somebody who does not get anything are no wish any more: only those that come back count.
    changed = subscribe(press, subscriber.address, wish, language=subscriber.language, source=_PAGE)
    return Standing(subscriber=changed, said=(WORDS[changed.language].resumed,))


def _last_topics(press: Press, subscriber: Subscriber) -> frozenset[Topic]:
    """Return what somebody had last, by the ledger; a request that nobody confirmed does not count."""
    for line in reversed(press.work.subscribers.consents(subscriber.id)):
        if line.topics and line.action is not ConsentAction.REQUESTED:
            return frozenset(line.topics)
    return frozenset(USUAL_TOPICS)


def _veiled(subscriber: Subscriber) -> str:
    """Return a mail address so that its owner knows it, and whom they forwarded the mail to does not; empty for a chat."""
    if subscriber.address.channel != MAIL:
        return ""
    name, _, domain = subscriber.address.recipient.rpartition("@")
    return f"{name[:1]}•••@{domain}"
