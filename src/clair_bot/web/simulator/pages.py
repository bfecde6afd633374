"""Pages: entries become HTML. Everything is escaped but the bubbles, which their adapters have escaped."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from clair_bot.web.simulator.entries import Entry, anchor, threads
from clair_bot.web.simulator.views import View

_TEMPLATES = Path(__file__).parent.parent / "templates" / "simulator"
EXAMPLES = ("海外の食品展に出展したい", "JETプログラムの任用期間は何年までですか", "姉妹都市の相手はどうやって探しますか")
"""What an empty page proposes to ask."""


class Pages:
    """Draws the page and its fragments."""

    def __init__(self, views: Mapping[str, View], timezone: ZoneInfo) -> None:
        """Draw these tabs, with the times of this zone."""
        self._views = views
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters["clock"] = lambda at: _clock(at, timezone)
        environment.filters["anchor"] = anchor
        self._page = environment.get_template("page.html")
        self._news = environment.get_template("news.html")
        self._notice = environment.get_template("notice.html")
        self._trouble = environment.get_template("trouble.html")

    def page(self, view: View, entries: Sequence[Entry], after: int) -> str:
        """Return the whole page."""
        shown = threads(entries) if view.room else ()
        return self._page.render(
            views=self._views.values(),
            view=view,
            entries=entries,
            threads=shown,
            after=after,
            examples=EXAMPLES,
            fresh=secrets.token_hex(4),  # a link to the very address of the page, with a fragment, would not load it again
        )

    def news(self, view: View, entries: Sequence[Entry], after: int | None) -> str:
        """Return what is new, for adding to the page; with ``after`` also the poller that asks for what comes next."""
        return self._news.render(view=view, entries=entries, after=after)

    def notice(self, sentence: str) -> str:
        """Return a sentence about trouble, for adding to the page."""
        return self._notice.render(sentence=sentence)

    def trouble(self, sentence: str) -> str:
        """Return a sentence about trouble as a page of its own."""
        return self._trouble.render(sentence=sentence)


def _clock(at: datetime, timezone: ZoneInfo) -> str:
    return at.astimezone(timezone).strftime("%H:%M")
