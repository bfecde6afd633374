"""``/healthz`` and ``/readyz``: the process lives; its parts work."""

from dataclasses import dataclass, field
from typing import Any

from clair_bot.bootstrap import Application
from clair_bot.errors import StorageError
from clair_bot.storage.schema import require_current


@dataclass(kw_only=True)
class Readiness:
    """Each part, in words for people who operate the bot."""

    database: str = "ok"
    migrations: str = "ok"
    index: str = "ok"
    articles: int = 0
    article_errors: int = 0
    set_aside: int = 0
    tickets_without_desk: int = 0
    channels: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """A platform that is down does not turn it red."""
        return self.database == self.migrations == self.index == "ok"

    def as_json(self) -> dict[str, Any]:
        """Return the document of ``/readyz``."""
        parts = {name: getattr(self, name) for name in ("database", "migrations", "index")}
        counts = {name: getattr(self, name) for name in ("articles", "article_errors", "set_aside", "tickets_without_desk")}
        return {"status": "ready" if self.ready else "unready", "parts": parts, "channels": self.channels, **counts}


def examine(application: Application) -> Readiness:
    """Look at every part. Reads the database and, the first time, the knowledge base."""
    readiness = Readiness()
    _examine_index(application, readiness)
    states = _examine_database(application, readiness)
    for name in application.adapters:
        error = states.get(name, "")
        readiness.channels[name] = {"status": "degraded", "error": error} if error else {"status": "ok"}
    return readiness


def _examine_database(application: Application, readiness: Readiness) -> dict[str, str]:
    try:
        require_current(application.store.engine)
        with application.store.read() as work:
            readiness.set_aside = work.inbox.counts().get("aside", 0)
            readiness.tickets_without_desk = work.tickets.without_desk()
            return dict(work.channels.states())
    except StorageError as error:
        part = "migrations" if type(error).__name__ == "NotMigrated" else "database"
        setattr(readiness, part, str(error))
        return {}


def _examine_index(application: Application, readiness: Readiness) -> None:
    retriever = application.retriever
    readiness.articles = sum(len(articles) for articles in retriever.areas().values())
    readiness.article_errors = len(retriever.errors)
    if not readiness.articles:
        readiness.index = "記事が1件もありません。CLAIR_KNOWLEDGE_DIR を確かめてください。"
