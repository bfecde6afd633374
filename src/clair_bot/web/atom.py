"""The feed of what is new in the archive, as Atom (RFC 4287)."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from clair_bot.domain.bulletins import Bulletin
from clair_bot.domain.conversations import Language
from clair_bot.services.bulletins.issues import summary
from clair_bot.services.phrases.bulletins import BULLETINS
from clair_bot.web.backnumbers import written_in
from clair_bot.web.words import WORDS

_NAMESPACE: Final = uuid.UUID("6b0d3a52-93c7-4f1e-9d0c-5f3f2e8c4b17")
_AUTHOR: Final = "一般財団法人自治体国際化協会（クレア）"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def changed_at(bulletins: Sequence[Bulletin]) -> datetime:
    """Return when the feed became what it is: one comes into it once all of it has been sent."""
    moments = [moment for one in bulletins for moment in (one.released_at, one.finished_at) if moment]
    return max(moments, default=_NEVER)


def feed_of(bulletins: Sequence[Bulletin], base_url: str) -> bytes:
    """Return the feed."""
    words = WORDS[Language.JA]
    feed = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": words.lang})
    _add(feed, "id", uuid.uuid5(_NAMESPACE, f"feed {base_url}").urn)
    _add(feed, "title", words.site)
    _add(feed, "updated", _moment(changed_at(bulletins)))
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{base_url}/bulletins/feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{base_url}/bulletins")
    _add(ET.SubElement(feed, "author"), "name", _AUTHOR)
    for bulletin in bulletins:
        _entry(feed, bulletin, base_url)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entry(feed: ET.Element, bulletin: Bulletin, base_url: str) -> None:
    language, released = written_in(bulletin), bulletin.released_at or bulletin.created_at
    phrases = BULLETINS[language]
    entry = ET.SubElement(feed, "entry", {"xml:lang": WORDS[language].lang})
    number = f"{phrases.volume.format(number=bulletin.number)} " if bulletin.number else ""
    # Its own from the beginning, wherever we may be reached: readers know by it what they have seen.
    _add(entry, "id", uuid.uuid5(_NAMESPACE, f"bulletin {bulletin.id} {bulletin.created_at.astimezone(UTC).isoformat()}").urn)
    _add(entry, "title", number + bulletin.document.title)
    _add(entry, "updated", _moment(released))
    _add(entry, "published", _moment(released))
    _add(entry, "link", rel="alternate", type="text/html", href=f"{base_url}/bulletins/{bulletin.id}")
    _add(entry, "category", term=bulletin.document.kind.value, label=phrases.mastheads[bulletin.document.kind])
    _add(entry, "summary", _summary(bulletin))


def _summary(bulletin: Bulletin) -> str:
    """Return what it begins with, or what stands in it."""
    document = bulletin.document
    return summary(" ".join(document.lead)) or " / ".join(item.title for item in document.items)


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> None:
    child = ET.SubElement(parent, name, attributes)
    child.text = _NOT_XML.sub("", text) or None


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
