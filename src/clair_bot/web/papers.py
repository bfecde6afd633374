"""Papers: one bulletin on a page of its own, as it was sent, with what has become of it since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from clair_bot.bootstrap import Application
from clair_bot.domain.bulletins import Bulletin
from clair_bot.domain.conversations import Language
from clair_bot.messages import Issue, Item
from clair_bot.ports import UnitOfWork
from clair_bot.services.bulletins.issues import Print, current, sections_of
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.bulletins.prints import MAIL, message_of
from clair_bot.web.backnumbers import BackNumbers, Line, is_public, line_of, released_on, written_in
from clair_bot.web.links import is_web
from clair_bot.web.presses import press_of
from clair_bot.web.words import WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item."""

    item: Item
    closed: str
    """「受付終了」, once its time has passed."""
    host: str
    """Of its link; empty: it has none."""
    picture: str
    """Address of its picture; empty: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One bulletin."""

    language: Language
    day: date
    issue: Issue
    sections: Sequence[tuple[str, Sequence[Entry]]]
    corrected_by: Sequence[Line]
    corrects: Line | None


def paper_of(application: Application, numbers: BackNumbers, bulletin_id: int) -> Paper | None:
    """Return a bulletin as it was sent; None where there is none that is public."""
    with application.store.read() as work:
        press = press_of(application, work)
        bulletin = _public(work, bulletin_id)
        issue = _issue(press, bulletin) if bulletin else None
        if bulletin is None or issue is None:
            return None
        corrections = numbers.corrections(work)
        over = _over(press, bulletin)
        return Paper(
            language=written_in(bulletin),
            day=released_on(press, bulletin),
            issue=issue,
            sections=[(section.label, [_entry(item, over) for item in section.items]) for section in issue.sections],
            corrected_by=_lines(press, bulletin, corrections.get(bulletin.id, ()), corrections),
            corrects=next(iter(_lines(press, bulletin, (bulletin.document.corrects or 0,), corrections)), None),
        )


def _public(work: UnitOfWork, bulletin_id: int) -> Bulletin | None:
    bulletin = work.bulletins.get(bulletin_id)
    return bulletin if bulletin and is_public(bulletin) else None


def _issue(press: Press, bulletin: Bulletin) -> Issue | None:
    """Return it as of its release, so that nothing in it has expired."""
    then = replace(press, now=bulletin.released_at or bulletin.created_at)
    return message_of(then, bulletin, channel=MAIL, language=written_in(bulletin)).issue


def _lines(press: Press, bulletin: Bulletin, others: Sequence[int], corrected: Collection[int]) -> list[Line]:
    found = [_public(press.work, number) for number in others]
    return [line_of(press, one, written_in(bulletin), corrected=one.id in corrected) for one in found if one]


def _over(press: Press, bulletin: Bulletin) -> dict[Item, str]:
    """Return what to say of items whose time has passed by now."""
    words, today = WORDS[written_in(bulletin)], press.now.astimezone(press.timezone_of(bulletin.document)).date()
    then = Print(day=released_on(press, bulletin), language=written_in(bulletin))
    found = {}
    for written in bulletin.document.items:
        if not current([written], today):
            for section in sections_of([written], then):
                found[_unnumbered(section.items[0])] = words.closed if written.deadline else words.over
    return found


def _unnumbered(item: Item) -> Item:
    return replace(item, number=0)


def _entry(item: Item, over: dict[Item, str]) -> Entry:
    picture = item.picture.url if item.picture and is_web(item.picture.url) else ""
    host = urlsplit(item.url).hostname or "" if is_web(item.url) else ""
    return Entry(item=item, closed=over.get(_unnumbered(item), ""), host=host, picture=picture)
