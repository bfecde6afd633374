"""Issues: a document as it is read on a day, in a language."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from clair_bot.domain.bulletins import SOON, BulletinItem, BulletinKind, Category, Document
from clair_bot.domain.conversations import Language
from clair_bot.domain.desks import Office
from clair_bot.domain.subscriptions import Topic
from clair_bot.messages import Issue, Item, Picture, Section
from clair_bot.services.phrases.bulletins import BULLETINS, BulletinPhrases

_SUMMARY = 140
"""Characters of the one or two sentences that chats show."""
_TIMELY = frozenset({Category.INFO, Category.CALL})
"""What is over once its event is over; an article tells of events that were."""
Lead = Callable[[str], str]
"""Turns an address into one that leads through us, or leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """How a document is to be printed."""

    day: date
    """Whose deadlines are looked at, and which stands in the head."""
    language: Language = Language.JA
    number: int | None = None
    notice: str = ""
    chat: bool = True
    """False for mail, whose unsubscription stands in its own link."""
    archive_url: str = ""
    lead: Lead = str


def issue_of(document: Document, how: Print) -> Issue:
    """Return the document as it is read; items whose time has passed are left out."""
    phrases = BULLETINS[how.language]
    notices = [how.notice, phrases.drill if document.drill else "", phrases.emergency if document.kind is BulletinKind.EMERGENCY else ""]
    return Issue(
        masthead=_masthead(document, phrases),
        number=phrases.volume.format(number=how.number) if how.number else "",
        date=_format(phrases.date, how.day, phrases),
        title=document.title,
        notice="\n".join(filter(None, notices)),
        lead=document.lead,
        sections=sections_of(document.items, how),
        footer=footer(how),
        archive_url=how.archive_url,
    )


def footer(how: Print) -> tuple[str, ...]:
    """Return what stands below: who publishes it and how to stop it."""
    phrases = BULLETINS[how.language]
    return (phrases.publisher, phrases.stop_in_chat) if how.chat else (phrases.publisher,)


def _masthead(document: Document, phrases: BulletinPhrases) -> str:
    if document.kind is BulletinKind.OFFICE and len(document.offices) == 1:
        return f"{phrases.mastheads[document.kind]}（{office_name(document.offices[0], phrases)}）"
    return phrases.mastheads[document.kind]


def sections_of(items: Iterable[BulletinItem], how: Print) -> tuple[Section, ...]:
    """Return what is current under its labels, in the magazine's order, numbered through."""
    phrases = BULLETINS[how.language]
    grouped: dict[tuple[int, str], list[BulletinItem]] = {}
    order = list(Category)
    for item in current(items, how.day):
        grouped.setdefault((order.index(_category(item)), _label(item, phrases)), []).append(item)
    return numbered([(label, grouped[place, label]) for place, label in sorted(grouped, key=lambda key: key[0])], how)


def numbered(groups: Sequence[tuple[str, Sequence[BulletinItem]]], how: Print) -> tuple[Section, ...]:
    """Return sections with these labels, their items in the order of their deadlines, numbered through."""
    sections, number = [], 0
    for label, items in groups:
        shown = []
        for item in sorted(items, key=_urgency):
            number += 1
            shown.append(_item(item, number, how))
        sections.append(Section(label=label, items=tuple(shown)))
    return tuple(sections)


def current(items: Iterable[BulletinItem], day: date) -> list[BulletinItem]:
    """Return the items whose time has not passed."""
    return [item for item in items if not _is_over(item, day)]


def _is_over(item: BulletinItem, day: date) -> bool:
    if item.deadline:
        return item.deadline < day
    return bool(item.event_date and item.event_date < day and item.category in _TIMELY)


def _category(item: BulletinItem) -> Category:
    return Category.OFFICE if item.office and item.category is Category.INFO else item.category


def _label(item: BulletinItem, phrases: BulletinPhrases) -> str:
    category = _category(item)
    return office_name(item.office, phrases) if category is Category.OFFICE and item.office else phrases.categories[category]


def office_name(office: Office, phrases: BulletinPhrases) -> str:
    """Return an office's name."""
    return phrases.topics[Topic(office.value)]


def _urgency(item: BulletinItem) -> tuple[bool, date]:
    return item.deadline is None, item.deadline or date.max


def _item(item: BulletinItem, number: int, how: Print) -> Item:
    phrases = BULLETINS[how.language]
    paragraphs = tuple(part.strip() for part in item.text.split("\n\n") if part.strip())
    return Item(
        number=number,
        title=item.title,
        mark=_mark(item, how, phrases),
        owner=item.owner or (office_name(item.office, phrases) if item.office and item.category is not Category.INFO else ""),
        paragraphs=paragraphs,
        summary=summary(" ".join(paragraphs)),
        facts=_facts(item, how, phrases),
        url=how.lead(item.url) if item.url else "",
        picture=Picture(url=item.picture, caption=item.caption) if item.picture else None,
    )


def _mark(item: BulletinItem, how: Print, phrases: BulletinPhrases) -> str:
    if item.deadline and item.deadline - how.day <= SOON:
        return phrases.soon
    return phrases.open_call if item.category is Category.CALL else ""


def _facts(item: BulletinItem, how: Print, phrases: BulletinPhrases) -> tuple[tuple[str, str], ...]:
    facts = (
        (phrases.deadline, _day(item.deadline, how, phrases)),
        (phrases.event, _day(item.event_date, how, phrases)),
        (phrases.place, item.place),
        (phrases.audience, item.audience),
        (phrases.contact, item.contact),
    )
    return tuple((name, value) for name, value in facts if value)


def _day(day: date | None, how: Print, phrases: BulletinPhrases) -> str:
    if day is None:
        return ""
    return _format(phrases.day if day.year == how.day.year else phrases.day_with_year, day, phrases)


def _format(pattern: str, day: date, phrases: BulletinPhrases) -> str:
    return pattern.format(year=day.year, month=day.month, day=day.day, weekday=phrases.weekdays[day.weekday()])


def shown_date(day: date, language: Language) -> str:
    """Return a day in full: 2026年12月9日."""
    phrases = BULLETINS[language]
    return _format(phrases.date, day, phrases)


def summary(text: str) -> str:
    """Return the first one or two sentences, whole where they are not too long."""
    flat = " ".join(text.split()).replace("。 ", "。")
    if len(flat) <= _SUMMARY:
        return flat
    end = _last_sentence(flat[: _SUMMARY + 1])
    return flat[:end] if end else f"{flat[: _SUMMARY - 1]}…"


def _last_sentence(text: str) -> int:
    """Return where the last sentence ends that is whole, what is quoted in it included; the last character only looks ahead."""
    end = depth = 0
    for place, character in enumerate(text[:-1]):
        depth += (character in "「『（") - (character in "」』）")
        if depth <= 0 and (character in "。！？" or (character == "." and text[place + 1] == " ")):
            end = place + 1
    return end


def with_notice(issue: Issue, notice: str) -> Issue:
    """Return an issue with something above everything else."""
    return replace(issue, notice="\n".join(filter(None, (notice, issue.notice))))
