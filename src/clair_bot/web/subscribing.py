"""``/subscribe``: asking for bulletins by mail, and confirming it (double opt-in).

Looking confirms nothing: link previews look at every address.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from clair_bot.bootstrap import Application
from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import AREA_TOPICS, OFFICE_TOPICS, USUAL_TOPICS, Frequency, Subscriber, SubscriberState, Topic
from clair_bot.errors import StorageError
from clair_bot.services.bulletins.subscribing import awaits_confirmation, confirm, is_mail, request_mail
from clair_bot.web.bodies import BodyRefused
from clair_bot.web.brakes import Brake
from clair_bot.web.fields import Fields, read_fields
from clair_bot.web.pages import Pages, language_of
from clair_bot.web.presses import press_of
from clair_bot.web.sealed import TOKEN
from clair_bot.web.unsubscribing import topics_of
from clair_bot.web.words import WORDS

_KINDS: Final = (Topic.NEWSLETTER, Topic.NOTICE, Topic.EMERGENCY)
_SWITCH: Final = {language: f"?lang={language.value}" for language in Language}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What somebody filled in."""

    address: str = ""
    topics: frozenset[Topic] = frozenset(USUAL_TOPICS)
    language: Language | None
    frequency: Frequency | None = Frequency.EACH
    consent: bool = False

    def faults(self, page: Language) -> dict[str, str]:
        """Return what is wrong, by field."""
        words = WORDS[page]
        found = {
            "address": "" if is_mail(self.address) else words.bad_address,
            "topics": "" if self.topics else words.no_topics,
            "choice": "" if self.language and self.frequency else words.no_choice,
            "consent": "" if self.consent else words.no_consent,
        }
        return {name: sentence for name, sentence in found.items() if sentence}


def routes(application: Application, pages: Pages) -> list[BaseRoute]:
    """Return the routes of subscribing."""
    handlers = _Handlers(application, pages)
    return [
        Route("/subscribe", handlers.form, methods=["GET"]),
        Route("/subscribe", handlers.apply, methods=["POST"]),
        Route("/subscribe/{token}", handlers.ask, methods=["GET"]),
        Route("/subscribe/{token}", handlers.confirm, methods=["POST"]),
    ]


class _Handlers:
    """The pages' handlers."""

    def __init__(self, application: Application, pages: Pages) -> None:
        self._application = application
        self._pages = pages
        self._brake = Brake()

    async def form(self, request: Request) -> Response:
        """Show the form."""
        language = language_of(request)
        if not self._pages.mail_works:
            return self._pages.page("no_mail.html", language, switch=_SWITCH)
        return self._form(language, Form(language=language))

    async def apply(self, request: Request) -> Response:
        """Send a mail that asks for confirmation; say the same whatever is known of the address."""
        language = language_of(request)
        if not self._pages.mail_works:
            return self._pages.page("no_mail.html", language, status=503)
        if request.headers.get("sec-fetch-site") == "cross-site":
            return self._pages.trouble(403)
        try:
            form = _filled(await read_fields(request))
        except BodyRefused as refused:
            return self._pages.trouble(refused.status)
        if faults := form.faults(language):
            return self._form(language, form, faults)
        return await self._taken(request, form, language)

    async def _taken(self, request: Request, form: Form, language: Language) -> Response:
        host = request.client.host if request.client else ""
        if not self._brake.allows(host, self._application.clock.now()):
            return self._pages.trouble(429)
        try:
            await run_in_threadpool(self._request, form, language)
        except StorageError:
            return self._pages.trouble(503)
        return self._pages.page("asked.html", language, address=form.address)

    def _form(self, language: Language, form: Form, faults: dict[str, str] | None = None) -> Response:
        groups = zip(("kinds", "areas", "offices"), WORDS[language].groups, (_KINDS, AREA_TOPICS, OFFICE_TOPICS), strict=True)
        return self._pages.page(
            "subscribe.html",
            language,
            status=400 if faults else 200,
            switch=_SWITCH,
            noindex=False,
            form=form,
            faults=faults or {},
            groups=list(groups),
            frequencies=list(Frequency),
        )

    def _request(self, form: Form, page: Language) -> None:
        with self._application.store.write() as work:
            press = press_of(self._application, work)
            request_mail(press, form.address, form.topics, form.language or page, form.frequency)
            work.commit()

    async def ask(self, request: Request) -> Response:
        """Ask for the button to be pressed."""
        return await self._answer(request, confirming=False)

    async def confirm(self, request: Request) -> Response:
        """Complete a subscription."""
        try:
            await read_fields(request)
        except BodyRefused as refused:
            return self._pages.trouble(refused.status)
        return await self._answer(request, confirming=True)

    async def _answer(self, request: Request, *, confirming: bool) -> Response:
        token = request.path_params["token"]
        if not TOKEN.fullmatch(token):
            return self._pages.trouble(404)
        try:
            found = await run_in_threadpool(self._confirmed if confirming else self._asked, token)
        except StorageError:
            return self._pages.trouble(503)
        return self._drawn(*found) if found else self._pages.trouble(404)

    def _asked(self, token: str) -> tuple[Subscriber, bool] | None:
        """Return who it is, and whether they may confirm."""
        with self._application.store.read() as work:
            subscriber = work.subscribers.with_token(token)
            return (subscriber, awaits_confirmation(press_of(self._application, work), subscriber)) if subscriber else None

    def _confirmed(self, token: str) -> tuple[Subscriber, bool] | None:
        with self._application.store.write() as work:
            subscriber = confirm(press_of(self._application, work), token) or work.subscribers.with_token(token)
            work.commit()
        return (subscriber, False) if subscriber else None

    def _drawn(self, subscriber: Subscriber, waits: bool) -> Response:  # noqa: FBT001  # handed on from a pair
        language = subscriber.language
        chosen = [topic for topic in Topic if topic in subscriber.topics]
        if subscriber.state is SubscriberState.ACTIVE:
            return self._pages.page("confirmed.html", language, subscriber=subscriber, chosen=chosen)
        if not waits:
            return self._pages.page("expired.html", language, status=410)
        return self._pages.page("confirm.html", language, subscriber=subscriber, chosen=chosen)


def _filled(fields: Fields) -> Form:
    language, frequency = fields.last("language"), fields.last("frequency")
    return Form(
        address=unicodedata.normalize("NFKC", fields.last("address")).strip(),
        topics=topics_of(fields, "topic"),
        language=Language(language) if language in set(Language) else None,
        frequency=Frequency(frequency) if frequency in set(Frequency) else None,
        consent=fields.last("consent") == "yes",
    )
