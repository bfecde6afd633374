"""Subjects: what a mail is called in a list of mails."""

import re

from clair_bot.messages import Issue, OutboundMessage
from clair_bot_mail.texts import header, shorten
from clair_bot_mail.words import words

LIMIT = 120
"""Characters of a subject."""
_FIRST_LINE = 60
"""Characters of a paragraph that serve as a subject; more is read in the mail itself."""
_MARKS = re.compile(r"(?:\s*(?:【[^】\n]{1,20}】|\[[^\]\n]{1,20}\]))+")
"""What a notice begins with: 【訓練】【訂正】, [DRILL]."""


def subject_of(message: OutboundMessage) -> str:
    """Return the subject: of the issue, else of the card, else of the first words."""
    if message.issue and (subject := _issue(message.issue)):
        return subject
    if message.card and (subject := header(message.card.title)):
        return shorten(subject, LIMIT)
    lines = (header(part) for paragraph in message.paragraphs for part in paragraph.splitlines())
    first = next(filter(None, lines), "")
    return shorten(first, _FIRST_LINE) or words(message.language).subject


def _issue(issue: Issue) -> str:
    """Return marks, masthead, number and title; only the title is shortened as long as the others leave it some room."""
    marks = "".join(header(found[0]) for part in issue.notice.splitlines() if (found := _MARKS.match(part)))
    head = " ".join(filter(None, (header(issue.masthead), header(issue.number))))
    title = header(issue.title)
    front = f"{shorten(marks, LIMIT // 3)}{shorten(head, LIMIT // 3)}"
    if not front or not title:
        return shorten(front or title, LIMIT)
    return f"{front} {shorten(title, LIMIT - len(front) - 1)}"
