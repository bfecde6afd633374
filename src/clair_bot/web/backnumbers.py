"""Back numbers: bulletins that were released and are public, in lists."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

from clair_bot.bootstrap import Application
from clair_bot.domain.bulletins import Bulletin, BulletinKind, BulletinStatus
from clair_bot.domain.conversations import Language
from clair_bot.ports import UnitOfWork
from clair_bot.services.bulletins.issues import office_name, shown_date
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.phrases.bulletins import BULLETINS
from clair_bot.web.presses import press_of
from clair_bot.web.words import WORDS

PAGE: Final = 20
DEEPEST: Final = 50
"""So many pages can be turned; what lies behind them is found by searching."""
RELEASED: Final = frozenset({BulletinStatus.SENT, BulletinStatus.SENDING, BulletinStatus.PAUSED})
"""While one is being sent, its first readers already follow the link to its page."""
_VOLUME: Final = re.compile(r"(?:vol\s*\.?\s*|第\s*)?([0-9]{1,5})\s*号?", re.ASCII)
_MOST_WORDS, _LONGEST = 8, 200
_KNOWN: Final = timedelta(seconds=30)
"""How long it is believed which bulletins were corrected."""
_LOOKED_AT: Final = 1_000

Corrections = Mapping[int, Sequence[int]]
"""The corrections of each bulletin that was wrong, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for in the archive."""

    text: str = ""
    page: int = 1

    @property
    def number(self) -> int | None:
        """The volume, where it may be one: 「vol.340」, 「340号」, 「340」."""
        found = _VOLUME.fullmatch(self.text.lower())
        return int(found.group(1)) if found else None

    @property
    def words(self) -> list[str]:
        """The words; all of them count."""
        return self.text.split()[:_MOST_WORDS]

    @classmethod
    def read(cls, text: str, page: str) -> Self:
        """Read what an address says; what cannot be read is the first page."""
        number = int(page) if page.isascii() and page.isdigit() and len(page) <= len(str(DEEPEST)) else 1
        plain = unicodedata.normalize("NFKC", text[:_LONGEST]).replace("\0", " ")
        return cls(text=" ".join(plain.split()), page=min(max(number, 1), DEEPEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One bulletin in a list."""

    id: int
    title: str
    lang: str
    """Of the title."""
    masthead: str
    number: str
    day: date
    shown: str
    """The day in words."""
    corrected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of a list."""

    lines: Sequence[Line]
    more: bool
    """True: there are older ones."""


def is_public(bulletin: Bulletin) -> bool:
    """Tell whether everybody may read it."""
    document = bulletin.document
    return bulletin.status in RELEASED and bulletin.released_at is not None and not (document.drill or document.recurrence)


def written_in(bulletin: Bulletin) -> Language:
    """Return the language of a bulletin."""
    return next(iter(bulletin.document.languages), Language.JA)


def released_on(press: Press, bulletin: Bulletin) -> date:
    """Return the day on which it was released, where it is at home."""
    return (bulletin.released_at or bulletin.created_at).astimezone(press.timezone_of(bulletin.document)).date()


def line_of(press: Press, bulletin: Bulletin, language: Language, *, corrected: bool) -> Line:
    """Return a bulletin as it stands in a list."""
    phrases, day = BULLETINS[language], released_on(press, bulletin)
    document = bulletin.document
    office = (
        f"（{office_name(document.offices[0], phrases)}）" if document.kind is BulletinKind.OFFICE and len(document.offices) == 1 else ""
    )
    return Line(
        id=bulletin.id,
        title=document.title,
        lang=WORDS[written_in(bulletin)].lang,
        masthead=phrases.mastheads[document.kind] + office,
        number=phrases.volume.format(number=bulletin.number) if bulletin.number else "",
        day=day,
        shown=shown_date(day, language),
        corrected=corrected,
    )


class BackNumbers:
    """Reads the archive."""

    def __init__(self, application: Application) -> None:
        """Read this application's."""
        self._application = application
        self._known: tuple[datetime, Corrections] | None = None

    def found(self, search: Search, language: Language) -> Found:
        """Return one page of a list."""
        start = (search.page - 1) * PAGE
        with self._application.store.read() as work:
            press, corrections = press_of(self._application, work), self.corrections(work)
            bulletins = _matching(work, search, start + PAGE + 1)
            lines = [line_of(press, one, language, corrected=one.id in corrections) for one in bulletins[start : start + PAGE]]
        return Found(lines=lines, more=len(bulletins) > start + PAGE)

    def newest(self) -> list[Bulletin]:
        """Return the last ones."""
        with self._application.store.read() as work:
            return [bulletin for bulletin in work.bulletins.published(limit=PAGE) if is_public(bulletin)]

    def corrections(self, work: UnitOfWork) -> Corrections:
        """Return which bulletins were corrected, and by which; looked up twice a minute at most."""
        now = self._application.clock.now()
        if self._known and self._known[0] > now - _KNOWN:
            return self._known[1]
        found: dict[int, list[int]] = {}
        for bulletin in reversed(work.bulletins.listed(statuses=RELEASED, limit=_LOOKED_AT)):
            if bulletin.document.corrects and is_public(bulletin):
                found.setdefault(bulletin.document.corrects, []).append(bulletin.id)
        self._known = (now, found)
        return found


def _matching(work: UnitOfWork, search: Search, limit: int) -> list[Bulletin]:
    """Return what has the number, or where there is none, what holds the words."""
    numbered = work.bulletins.published(number=search.number, limit=limit) if search.number is not None else ()
    bulletins = numbered or work.bulletins.published(words=search.words, limit=limit)
    return [bulletin for bulletin in bulletins if is_public(bulletin)]
