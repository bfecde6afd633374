"""A ticket as a terminal or a script sees it. What is masked or confidential is there only when it was asked for in full."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clair_bot.cli.working import printable

if TYPE_CHECKING:
    from datetime import datetime

    from clair_bot.domain.tickets import Ticket, TicketEvent
    from clair_bot.services.desk.shifts import Shift

_HIDDEN = "機密の相談です。--full で示します（閲覧は記録されます）。"


def line_document(shift: "Shift", ticket: "Ticket") -> dict[str, Any]:
    """Return a ticket as one entry of a list."""
    from clair_bot.domain.tickets import IN_HAND
    from clair_bot.services.desk.cards import assignee_of, short_question

    dues = [due for due in (ticket.answer_due, ticket.resolution_due) if due]
    return {
        "id": ticket.id,
        "state": ticket.state.value,
        "desk": ticket.desk_key,
        "desk_name": shift.desk_of(ticket).name,
        "area": ticket.area.value if ticket.area else None,
        "office": ticket.office.value if ticket.office else None,
        "urgency": ticket.urgency.value,
        "assignee": assignee_of(shift, ticket) or None,
        "confidential": ticket.confidential,
        "question": None if ticket.confidential else short_question(ticket),
        "opened_at": _iso(ticket.opened_at),
        "answer_due": _iso(ticket.answer_due),
        "resolution_due": _iso(ticket.resolution_due),
        "overdue": ticket.state in IN_HAND and any(due < shift.now for due in dues),
        "snoozed_until": _iso(ticket.snoozed_until),
    }


def document(shift: "Shift", ticket: "Ticket", *, full: bool) -> dict[str, Any]:
    """Return everything about a ticket."""
    return line_document(shift, ticket) | {
        "question": _text(ticket, ticket.question, full=full),
        "tried": _text(ticket, ticket.tried, full=full),
        "full": full,
        "channel": ticket.asker.channel,
        "room": str(ticket.desk) if ticket.desk else None,
        "organisation": ticket.organisation if full else _masked(ticket.organisation),
        "country": ticket.country,
        "deadline": ticket.deadline.isoformat() if ticket.deadline else None,
        "candidates": [{"id": article_id, "confidence": confidence} for article_id, confidence in ticket.candidates],
        "answered_at": _iso(ticket.answered_at),
        "resolved_at": _iso(ticket.resolved_at),
        "merged_into": ticket.merged_into,
        "follows": ticket.follows,
        "rating": ticket.rating.value if ticket.rating else None,
        "history": [_event(shift, ticket, event, full=full) for event in shift.work.tickets.history(ticket.id)],
    }


def print_ticket(shift: "Shift", ticket: "Ticket", seen: Mapping[str, Any]) -> None:
    """Print a ticket for people, as its document shows it."""
    print(printable("\n".join(_lines(shift, ticket, seen))))


def _lines(shift: "Shift", ticket: "Ticket", seen: Mapping[str, Any]) -> Iterator[str]:
    from clair_bot.services.desk.lists import shown_text
    from clair_bot.services.phrases import DESK

    yield f"{DESK.urgency.get(ticket.urgency, '')}{DESK.title.format(number=ticket.id, desk=seen['desk_name'])}"
    for name, value in _facts(shift, ticket, seen):
        if value:
            yield f"{name}: {value}"
    yield f"\n{DESK.question}:\n{seen['question'] if seen['question'] is not None else _HIDDEN}"
    if ticket.tried:
        yield f"\n試したこと:\n{seen['tried'] if seen['tried'] is not None else _HIDDEN}"
    yield "\n経過:"
    for event in seen["history"]:
        # one line an event: what was written over several lines goes on further in
        text = shown_text(shift, event["move"], event["text"] or "", event["actor_name"]).replace("\n", "\n    ")
        name = DESK.moves.get(event["move"], event["move"])
        yield f"  {_shown(shift, event['at'])}　{name}（{event['actor_name']}）{text}".rstrip()


def _facts(shift: "Shift", ticket: "Ticket", seen: Mapping[str, Any]) -> list[tuple[str, str]]:
    from clair_bot.services.moments import shown_day
    from clair_bot.services.phrases import DESK, JA

    return [
        ("状況", DESK.states[ticket.state]),
        ("担当", seen["assignee"] or DESK.unassigned),
        ("優先度", DESK.urgencies[ticket.urgency]),
        ("受付", _shown(shift, seen["opened_at"])),
        ("回答予定", _shown(shift, seen["answer_due"])),
        ("解決の目標", _shown(shift, seen["resolution_due"])),
        ("保留", _shown(shift, seen["snoozed_until"])),
        ("初回の回答", _shown(shift, seen["answered_at"])),
        ("解決・取り下げ", _shown(shift, seen["resolved_at"])),
        ("分野", JA.areas[ticket.area] if ticket.area else ""),
        ("連絡手段", seen["channel"]),
        ("部屋", seen["room"] or ""),
        ("団体", seen["organisation"]),
        ("国・地域", ticket.country),
        ("期限", shown_day(ticket.deadline, JA) if ticket.deadline else ""),
        ("まとめた先", f"受付番号{ticket.merged_into}" if ticket.merged_into else ""),
        ("続き", f"受付番号{ticket.follows}の続き" if ticket.follows else ""),
        ("評価", DESK.ratings[ticket.rating] if ticket.rating else ""),
        ("近い記事", "、".join(f"{one['id']}（{one['confidence']:.0%}）" for one in seen["candidates"])),
    ]


def _event(shift: "Shift", ticket: "Ticket", event: "TicketEvent", *, full: bool) -> dict[str, Any]:
    return {
        "at": _iso(event.at),
        "move": event.move,
        "actor": event.actor,
        "actor_name": _actor_name(shift, event.actor),
        "text": _text(ticket, event.text, full=full),
        "template": event.template or None,
    }


def _actor_name(shift: "Shift", mark: str) -> str:
    from clair_bot.services.desk.lists import actor_name

    kind, _, user = mark.partition(":")
    return user if kind == "cli" else actor_name(shift, mark)


def _text(ticket: "Ticket", text: str, *, full: bool) -> str | None:
    """Return a text as far as it may be seen; None for one that is hidden."""
    if full:
        return text
    return None if ticket.confidential else _masked(text)


def _masked(text: str) -> str:
    from clair_bot.domain.masking import masked

    return masked(text)


def _iso(at: "datetime | None") -> str | None:
    return at.isoformat() if at else None


def _shown(shift: "Shift", iso: str | None) -> str:
    from datetime import datetime

    from clair_bot.services.moments import shown_moment
    from clair_bot.services.phrases import JA

    return shown_moment(datetime.fromisoformat(iso), shift.timezone, JA) if iso else ""
