"""A bulletin in pieces: each a Flex bubble together with the same words as plain text."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from clair_bot.messages import Issue, Item
from clair_bot_line.cards import GREY, link, texts
from clair_bot_line.lengths import shorten, shorten_sentences, units
from clair_bot_line.words import words

Json = dict[str, Any]

_PARAGRAPH_UNITS = 200  # of the first paragraph, where an item has no summary
_STOPS = ("配信停止", "unsubscribe")  # as they are typed
_RULE = "━" * 10
_RED = "#C62828"  # 5.6 to 1 on white
_WHITE = "#FFFFFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much is said. Titles, marks, facts and addresses are no part of it: they are always said in full."""

    summary: int
    """UTF-16 units of an item's summary."""
    lead: int
    """UTF-16 units of the lead."""
    contents: int
    """Grapheme clusters of a title in the table of contents; 0: no table."""
    plain_facts: int | None = None
    """How many facts of an item the plain form names, from the first; None: all. The bubbles always show all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item in its place."""

    label: str
    item: Item
    begins: bool
    """True for the first of its section."""
    number: str
    """``3. ``; empty where the bulletin has no other item."""

    def heading(self, language: str, *, mark: str = "") -> str:
        """Return the title behind its number and a mark, with who is responsible behind it."""
        return f"{self.number}{mark}{self.item.title.strip()}{_bracketed(self.item.owner, words(language).owner)}"

    @property
    def section(self) -> str:
        """The label in its brackets."""
        return _bracketed(self.label, "【{}】")

    @property
    def mark(self) -> str:
        """The mark in its brackets."""
        return _bracketed(self.item.mark, "【{}】")

    def summary(self, limit: int) -> str:
        """Return what it says, in at most so many units."""
        first = next((paragraph for paragraph in self.item.paragraphs if paragraph.strip()), "")
        said = self.item.summary.strip() or shorten_sentences(first.strip(), _PARAGRAPH_UNITS)
        return shorten_sentences(said, limit)

    def facts(self, language: str) -> list[str]:
        """Return its facts, a line each."""
        pattern = words(language).fact
        return [pattern.format(name, value) if name.strip() else value for name, value in self.item.facts if value.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A bubble and its words; stays together."""

    bubble: Json
    text: str
    size: int = field(init=False)
    """Bytes of the bubble, at its larger writing: with escapes, as the SDK sends it."""
    length: int = field(init=False)
    """UTF-16 units of the text."""

    def __post_init__(self) -> None:
        """Measure, once."""
        object.__setattr__(self, "size", len(json.dumps(self.bubble)))
        object.__setattr__(self, "length", units(self.text))


def entries(issue: Issue) -> list[Entry]:
    """Return the items in order."""
    alone = sum(len(section.items) for section in issue.sections) == 1
    return [
        Entry(label=section.label, item=item, begins=place == 0, number="" if alone else f"{item.number}. ")
        for section in issue.sections
        for place, item in enumerate(section.items)
    ]


def pieces(issue: Issue, language: str, measure: Measure, together: int) -> list[Piece]:
    """Return the bulletin as pieces: its head, ``together`` items each, its foot; all in one where it has one item at most."""
    found = entries(issue)
    head, foot = _head(issue, found, language, measure), _foot(issue, language)
    if len(found) <= 1:
        items = [_item(entry, language, measure) for entry in found]
        return [piece for piece in [_joined([head, *items, foot], hero=True)] if piece]
    groups = [found[place : place + together] for place in range(0, len(found), together)]
    drawn = [_joined([_item(entry, language, measure) for entry in group], hero=together == 1) for group in groups]
    return [piece for piece in [_joined([head], hero=True), *drawn, _joined([foot], hero=True)] if piece]


def header(notice: str) -> Json | None:
    """Return the block above everything else of a bubble, its picture included."""
    said = texts(notice, weight="bold", color=_WHITE)
    return {"type": "box", "layout": "vertical", "backgroundColor": _RED, "contents": said} if said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """What one part of the bulletin puts into a bubble."""

    components: list[Json]
    text: str
    picture: Json | None = None
    buttons: tuple[Json, ...] = ()


def _joined(shares: list[_Share], *, hero: bool) -> Piece | None:
    """Return a bubble of these shares, or None where they are blank. With ``hero`` one picture stands above, else each where it belongs."""
    shares = [share for share in shares if share.components]
    if not shares:
        return None
    bubble: Json = {"type": "bubble"}
    pictures = [share.picture for share in shares if share.picture]
    if hero and pictures:
        bubble["hero"] = pictures[0]
    bubble["body"] = _box([component for place, share in enumerate(shares) for component in _drawn(share, place, hero=hero)])
    if hero and (buttons := [button for share in shares for button in share.buttons]):
        bubble["footer"] = _box(buttons)
    return Piece(bubble=bubble, text="\n\n".join(share.text for share in shares if share.text.strip()))


def _drawn(share: _Share, place: int, *, hero: bool) -> list[Json]:
    ruled = [{"type": "separator", "margin": "lg"}] if place else []
    if hero:
        return [*ruled, *share.components]
    return [*ruled, *([share.picture] if share.picture else []), *share.components, *share.buttons]


def _box(contents: list[Json]) -> Json:
    return {"type": "box", "layout": "vertical", "spacing": "sm", "contents": contents}


def _head(issue: Issue, found: list[Entry], language: str, measure: Measure) -> _Share:
    masthead = " ".join(part.strip() for part in (issue.masthead, issue.number) if part.strip())
    shown = issue.title if len(found) != 1 or issue.title.strip() != found[0].item.title.strip() else ""  # said once, by the item
    lead = shorten_sentences("\n\n".join(paragraph.strip() for paragraph in issue.lead if paragraph.strip()), measure.lead)
    listed = _contents(found, measure) if len(found) > 1 else []
    heading = words(language).contents if listed else ""
    drawn = [
        *texts(masthead, weight="bold", size="sm"),
        *texts(issue.date, size="xs", color=GREY),
        *texts(shown, weight="bold", size="lg", margin="md"),
        *texts(lead, size="sm", margin="md"),
        *texts(heading, weight="bold", size="sm", margin="lg"),
        *(component for section in listed for component in texts(section, size="sm")),
    ]
    top = "\n".join(part for part in (masthead, issue.date) if part.strip())
    said = [top, shown, lead, "\n".join([heading, *listed]) if listed else ""]
    buttons = _button(issue.archive_url, words(language).in_full) if len(found) > 1 else ()
    return _Share(components=drawn, text="\n\n".join(part for part in said if part.strip()), buttons=buttons)


def _contents(found: list[Entry], measure: Measure) -> list[str]:
    """Return the table of contents, one text for each section."""
    listed: list[list[str]] = []
    for entry in found if measure.contents else ():
        if entry.begins:
            listed.append([entry.section] if entry.section else [])
        listed[-1].append(entry.number + shorten(entry.item.title.strip(), measure.contents))
    return ["\n".join(lines) for lines in listed]


def _item(entry: Entry, language: str, measure: Measure) -> _Share:
    item, summary, facts = entry.item, entry.summary(measure.summary), entry.facts(language)
    shown = _picture_text(item, language)
    buttons = _button(item.url, words(language).details)
    picture = _picture(item)
    drawn = [
        *texts(entry.section, size="xs", color=GREY),
        *texts(entry.mark, weight="bold", size="sm", color=_RED),
        *texts(entry.heading(language), weight="bold", size="lg"),
        *texts(item.picture.caption if item.picture and picture else "", size="xs", color=GREY),
        *texts(summary, size="sm"),
        *(component for fact in facts for component in texts(fact, size="sm")),
        *texts("" if picture else shown, size="xs", color=GREY),
        *texts("" if buttons else item.url, size="xs", color=GREY),
    ]
    section = f"{_RULE}\n{entry.section}" if entry.begins and entry.section else ""
    address = link(item.url) or item.url
    heading = entry.heading(language, mark=entry.mark)
    said = [section, heading, summary, *facts[: measure.plain_facts], address, shown if measure.summary else ""]
    return _Share(components=drawn, text="\n".join(part for part in said if part.strip()), picture=picture, buttons=buttons)


def _picture(item: Item) -> Json | None:
    """Return the picture, or None where LINE would not show it: it takes https alone."""
    address = link(item.picture.url) if item.picture else None
    if address is None or urlsplit(address).scheme != "https":
        return None
    return {"type": "image", "url": address, "size": "full", "aspectRatio": "20:13", "aspectMode": "cover"}


def _picture_text(item: Item, language: str) -> str:
    said = [item.picture.caption.strip(), link(item.picture.url) or item.picture.url.strip()] if item.picture else []
    return words(language).fact.format(words(language).picture, " ".join(part for part in said if part)) if any(said) else ""


def _foot(issue: Issue, language: str) -> _Share:
    said = words(language)
    lines = [line.strip() for line in issue.footer if line.strip()]
    if not any(stop in line.lower() for line in lines for stop in _STOPS):
        lines.append(said.stop)
    buttons = _button(issue.archive_url, said.in_full)
    shown = "\n".join([*lines, *([issue.archive_url] if issue.archive_url.strip() and not buttons else [])])
    address = link(issue.archive_url) or issue.archive_url
    archive = f"{said.fact.format(said.in_full, address)}" if address.strip() else ""
    text = "\n".join(part for part in (_RULE, archive, *lines) if part)
    return _Share(components=texts(shown, size="xs", color=GREY), text=text, buttons=buttons)


def _button(url: str, label: str) -> tuple[Json, ...]:
    address = link(url)
    if address is None:
        return ()
    return ({"type": "button", "style": "link", "height": "sm", "action": {"type": "uri", "label": label, "uri": address}},)


def _bracketed(text: str, brackets: str) -> str:
    return brackets.format(text.strip()) if text.strip() else ""
