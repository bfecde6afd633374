"""Reminders: what is to be said or done about a ticket at a moment, once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReminderKind(StrEnum):
    """What a reminder is about."""

    ANSWER = "answer"  # the answer that is aimed at
    RESOLUTION = "resolution"  # the resolution that is aimed at
    SNOOZE = "snooze"  # the end of a rest
    SILENCE = "silence"  # the asker has not written since the answer: warned, then closed
    WINDOW = "window"  # the time in which a resolved ticket may be reopened ends


TARGET_PERCENTS = (50, 80, 100)
"""Of the time that a target allows, at which people are told."""
WARNING, END = 50, 100
"""The two steps of a silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One of them."""

    id: int
    ticket_id: int
    kind: ReminderKind
    percent: int
    due_at: datetime
