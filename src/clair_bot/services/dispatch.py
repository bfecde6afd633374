"""The dispatcher: inbox rows become what happened and what to say, one transaction each, in order within a conversation."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from clair_bot.domain.articles import Bars, Search
from clair_bot.domain.conversations import QUESTION_LIMIT, InboxEntry, Language
from clair_bot.errors import StorageError
from clair_bot.messages import InboundKind
from clair_bot.ports import Clock, Retriever, Store, UnitOfWork
from clair_bot.services.desk.shifts import DeskSettings, Shift
from clair_bot.services.languages import language_of
from clair_bot.services.rules import RULES
from clair_bot.services.speaking import Speech
from clair_bot.services.turns import Turn, Unsettled

MAX_ATTEMPTS = 5
"""A message that failed so often is put aside and shown to people."""
_FIRST_PAUSE = timedelta(seconds=1)
_SETTLING = timedelta(seconds=1)
_BATCH = 50
_NOTHING = Search(question="", terms=(), hits=())

log = structlog.get_logger()


class Dispatcher:
    """Handles what was taken in. Any number of them may run, in any number of processes."""

    def __init__(
        self,
        *,
        store: Store,
        retriever: Retriever,
        bars: Bars,
        desk: DeskSettings,
        clock: Clock,
        handled: Callable[[], None] = lambda: None,
    ) -> None:
        """Work with these; ``handled`` is called after each message: there may be something to send."""
        self._handled = handled
        self._store = store
        self._retriever = retriever
        self._bars = bars
        self._desk = desk
        self._clock = clock

    def run_pending(self) -> int:
        """Handle everything that is due; return how many messages were handled."""
        handled = 0
        while True:
            with self._store.read() as work:
                entries = work.inbox.pending(_BATCH)
            done = sum(self._attempt(entry) for entry in entries)
            handled += done
            if not done:
                return handled

    def _attempt(self, entry: InboxEntry) -> bool:
        try:
            return self._handle(entry)
        except StorageError:
            raise
        except Unsettled:
            self._postpone(entry)
            return False
        except Exception as error:  # noqa: BLE001  # one poisonous message must not stop the others
            self._put_off(entry, error)
            return False

    def _handle(self, entry: InboxEntry) -> bool:
        search = self._think(entry)
        with self._store.write() as work:
            claimed = work.inbox.claim(entry.id)
            if claimed is None:
                return False
            turn = self._turn(work, claimed, search)
            for rule in RULES:
                if rule(turn):
                    break
            turn.keep()
            work.inbox.done(entry.id)
            work.commit()
        self._handled()
        return True

    def _think(self, entry: InboxEntry) -> Search:
        """Retrieve before the transaction begins: nobody waits for the database meanwhile."""
        message = entry.message
        spoken = message.kind in {InboundKind.TEXT, InboundKind.MEDIA} and not message.action
        return self._retriever.search(message.text) if spoken and 0 < len(message.text) <= QUESTION_LIMIT else _NOTHING

    def _turn(self, work: UnitOfWork, entry: InboxEntry, search: Search) -> Turn:
        conversation = work.conversations.get(entry.message.address, entry.message.thread)
        usual = conversation.language
        language = language_of(entry.message.text, usual) or usual
        return Turn(
            work=work,
            entry=entry,
            conversation=conversation,
            language=Language(language),
            search=search,
            retriever=self._retriever,
            bars=self._bars,
            shift=Shift(
                work=work,
                speech=Speech(work, f"inbox:{entry.id}"),
                settings=self._desk,
                retriever=self._retriever,
                now=self._clock.now(),
                source=f"{entry.message.address}/{entry.message.message_id}" if entry.message.message_id else "",
            ),
        )

    def _postpone(self, entry: InboxEntry) -> None:
        with self._store.write() as work:
            work.inbox.postpone(entry.id, self._clock.now() + _SETTLING)
            work.commit()

    def _put_off(self, entry: InboxEntry, error: Exception) -> None:
        attempts = entry.attempts + 1
        again = None if attempts >= MAX_ATTEMPTS else self._clock.now() + _FIRST_PAUSE * 2 ** (attempts - 1)
        log.error("inbox.failed", entry=entry.id, attempts=attempts, error=type(error).__name__, aside=again is None)
        with self._store.write() as work:
            work.inbox.failed(entry.id, error=type(error).__name__, next_at=again)
            work.commit()
