"""What the core asks of the database about tickets and the people who answer them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from clair_bot.domain.advisors import Absence, Advisor, Role
from clair_bot.domain.articles import Area
from clair_bot.domain.attachments import StoredAttachment
from clair_bot.domain.conversations import Conversation
from clair_bot.domain.desks import Desk, Office, Urgency
from clair_bot.domain.reminders import Reminder, ReminderKind
from clair_bot.domain.tickets import Move, Ticket, TicketEvent, TicketState
from clair_bot.messages import Address, Attachment


class Tickets(Protocol):
    """Escalations. What is returned for changing is locked until the end of the unit of work."""

    def open(
        self,
        *,
        conversation: Conversation,
        desk: Desk,
        area: Area | None,
        office: Office | None,
        question: str,
        terms: Sequence[str],
        candidates: Sequence[tuple[str, float]],
        urgency: Urgency = Urgency.NORMAL,
        country: str = "",
        deadline: date | None = None,
        follows: int | None = None,
    ) -> Ticket:
        """Store a new ticket of a desk. The caller has made sure that the conversation has no live one."""
        ...

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number, as it is."""
        ...

    def lock(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number for changing."""
        ...

    def live(self, conversation_id: int) -> Ticket | None:
        """Return the conversation's live ticket for changing."""
        ...

    def of(self, conversation_id: int, limit: int) -> Sequence[Ticket]:
        """Return the conversation's tickets, newest first."""
        ...

    def behind(self, address: Address, message_id: str) -> Ticket | None:
        """Return the ticket that one of our messages in a chat is about, for changing."""
        ...

    def move(
        self, ticket: Ticket, move: Move, *, actor: str, text: str = "", becomes: Ticket | None = None, source: str = "", template: str = ""
    ) -> Ticket | None:
        """Make an allowed move and write it down; None when the ticket's stored state does not allow it (any more).

        Args:
            ticket: As it was read for changing.
            move: What is done.
            actor: As ``TicketEvent.actor``.
            text: As ``TicketEvent.text``.
            becomes: The ticket with what else changes; its state is ignored: the move decides it.
            source: As ``TicketEvent.source``.
            template: As ``TicketEvent.template``.
        """
        ...

    def place(self, ticket: Ticket) -> Ticket:
        """Store of a ticket that was just opened in which room it is and when answers are aimed at."""
        ...

    def show(self, ticket: Ticket, card: int) -> Ticket:
        """Remember which delivery shows the ticket in its room."""
        ...

    def history(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return what happened to a ticket, oldest first."""
        ...

    def written(self, source: str) -> TicketEvent | None:
        """Return what came with a message."""
        ...

    def rewrite(self, source: str, text: str) -> None:
        """Store how the words that came with a message read now."""
        ...

    def merged_into(self, ticket_id: int) -> Sequence[Ticket]:
        """Return the tickets that are answered together with one, for changing."""
        ...

    def listed(
        self,
        *,
        states: Collection[TicketState],
        desks: Collection[str] | None = None,
        assignee: int | None = None,
        unassigned: bool = False,
        due_before: datetime | None = None,
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        limit: int = 20,
    ) -> Sequence[Ticket]:
        """Return tickets, those due first, then by number.

        Args:
            states: In one of these.
            desks: At one of these; None: at any.
            assignee: In this advisor's hand; None: in anybody's.
            unassigned: Only those that nobody has.
            due_before: Only those whose answer or resolution was due before this.
            opened_from: Only those opened at or after this.
            opened_before: Only those opened before this.
            limit: The most to return.
        """
        ...

    def count(self, *, states: Collection[TicketState], desks: Collection[str] | None = None) -> int:
        """Return how many tickets are in these states, at these desks (None: at any)."""
        ...

    def loads(self) -> Mapping[int, int]:
        """Return how many tickets each advisor has in hand, by the advisor's id."""
        ...

    def finished_terms(self, limit: int) -> Sequence[tuple[int, Sequence[str]]]:
        """Return the words of answered tickets that are not confidential, newest first, with their numbers."""
        ...

    def templates(self) -> Mapping[str, int]:
        """Return how often each canned reply was used."""
        ...

    def hide(self, conversation_id: int, text: str) -> None:
        """Blank a text that its author took back."""
        ...

    def without_desk(self) -> int:
        """Return how many live tickets no room has."""
        ...


class Advisors(Protocol):
    """The people of the desks."""

    def add(self, *, name: str, address: Address, desks: Collection[str], roles: Collection[Role], capacity: int) -> Advisor:
        """Store a person, or what is new of one with this name: a further address, other desks, roles, capacity.

        Raises:
            ValueError: the address is another person's.
        """
        ...

    def remove(self, advisor_id: int) -> None:
        """Let a person go; the history keeps their number."""
        ...

    def get(self, advisor_id: int) -> Advisor | None:
        """Return a person who is there."""
        ...

    def at(self, address: Address) -> Advisor | None:
        """Return who writes from an address."""
        ...

    def named(self, name: str) -> Advisor | None:
        """Return the person with this name, in any width and case."""
        ...

    def everyone(self) -> Sequence[Advisor]:
        """Return all who are there, by number."""
        ...

    def name(self, advisor_id: int) -> str:
        """Return a person's name, also of one who is gone; empty when there never was one."""
        ...

    def assigned(self, advisor_id: int) -> None:
        """Remember that a person has just been given a ticket."""
        ...

    def away(self, advisor_id: int, absence: Absence) -> None:
        """Store days on which a person is away."""
        ...

    def back(self, advisor_id: int, day: date) -> None:
        """Forget the absences that reach this day or later."""
        ...


class Reminders(Protocol):
    """What is to be said about tickets later."""

    def plan(self, ticket_id: int, kind: ReminderKind, moments: Sequence[tuple[int, datetime]]) -> None:
        """Let these (percent, due) take the place of what is planned of a kind; with none, drop it."""
        ...

    def due(self, limit: int) -> Sequence[Reminder]:
        """Return what is due and not done, oldest first. What a snoozed ticket is reminded of rests, but for the end of its rest."""
        ...

    def take(self, reminder_id: int) -> bool:
        """Mark one as done; False when somebody else was faster."""
        ...

    def planned(self, ticket_id: int) -> Sequence[Reminder]:
        """Return what is still planned for a ticket, in the order of time."""
        ...


class Attachments(Protocol):
    """Files of tickets."""

    def add(self, *, ticket_id: int, channel: str, to_desk: bool, file: Attachment, token: str) -> int:
        """Store that a file is wanted; return its id."""
        ...

    def claim(self, channels: Collection[str], limit: int) -> Sequence[StoredAttachment]:
        """Take wanted files of these channels for fetching; who holds one too long is taken for dead, and it is taken again."""
        ...

    def again(self, attachment_id: int, next_at: datetime) -> None:
        """Let a file be fetched again later."""
        ...

    def ready(self, attachment_id: int, *, name: str, media_type: str, content: bytes) -> None:
        """Store a file's bytes."""
        ...

    def refused(self, attachment_id: int, reason: str) -> None:
        """Store that a file is not passed on."""
        ...

    def content(self, attachment_id: int) -> bytes | None:
        """Return a file's bytes; None when they are gone."""
        ...

    def opened(self, attachment_id: int, token: str) -> tuple[str, str, bytes] | None:
        """Return name, media type and bytes of a file to whoever has its token."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete the bytes of files older than this; return how many."""
        ...


class SealedTexts(Protocol):
    """Texts of confidential tickets that are not sent over a channel which would keep them: read once, with a code."""

    def put(self, *, ticket_id: int, token: str, code_hash: str, text: str, expires_at: datetime) -> int:
        """Store a text behind a code; return its id."""
        ...

    def open(self, token: str, code_hash: str) -> tuple[int, str] | None:
        """Return ticket and text, once, for the right code; None for a wrong or used one, an expired text, or after five wrong codes."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete texts that expired before this; return how many."""
        ...
