"""A bulletin as a terminal or a script sees it."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from clair_bot.cli.press_work import veiled
from clair_bot.domain.bulletins import Act, BulletinStatus, LedgerState

if TYPE_CHECKING:
    from datetime import datetime

    from clair_bot.bootstrap import Application
    from clair_bot.domain.audiences import Target
    from clair_bot.domain.bulletins import Bulletin, BulletinEvent, Document, LedgerLine
    from clair_bot.services.bulletins.presses import Press

SAMPLE = 5
_STEP = 1.0
"""Seconds between two looks at what is being sent."""
_UNDER_WAY = frozenset({BulletinStatus.SCHEDULED, BulletinStatus.SENDING})
_LEFT = (LedgerState.QUEUED, LedgerState.SENDING)
_REPORTED = (
    LedgerState.QUEUED,
    LedgerState.SENDING,
    LedgerState.SENT,
    LedgerState.FAILED,
    LedgerState.UNCERTAIN,
    LedgerState.CANCELLED,
    LedgerState.HELD,
)


def line_document(found: "Bulletin") -> dict[str, Any]:
    """Return a bulletin as one entry of a list."""
    document = found.document
    return {
        "id": found.id,
        "number": found.number,
        "status": found.status.value,
        "revision": found.revision,
        "kind": document.kind.value,
        "title": document.title,
        "items": len(document.items),
        "areas": [area.value for area in document.areas],
        "offices": [office.value for office in document.offices],
        "drill": document.drill,
        "corrects": document.corrects,
        "author": found.author,
        "template": found.template,
        "due_at": _iso(found.due_at),
        "released_at": _iso(found.released_at),
        "finished_at": _iso(found.finished_at),
        "created_at": _iso(found.created_at),
    }


def list_lines(press: "Press", found: Sequence["Bulletin"]) -> list[list[str]]:
    """Return bulletins as rows of a table, the headings first."""
    from clair_bot.services.phrases import PRESS

    rows = [["番号", "状況", "種類", "日時", "題名"]]
    for one in found:
        at = one.released_at or one.due_at
        when = _when(press, one.document, at) if at else ""
        rows.append([str(one.id), PRESS.statuses[one.status], PRESS.kinds[one.document.kind], when, _title(one)])
    return rows


def archive_lines(press: "Press", found: Sequence["Bulletin"]) -> list[str]:
    """Return back numbers, one a line."""
    return [f"{one.id}\t{_when(press, one.document, one.released_at or one.created_at)[:10]}\t{_title(one)}" for one in found]


def _title(one: "Bulletin") -> str:
    number = f"vol.{one.number} " if one.number else ""
    return f"{'【訓練】' if one.document.drill else ''}{number}{one.document.title}"


def show_document(press: "Press", found: "Bulletin", said: "Document", revision: int) -> dict[str, Any]:
    """Return everything about a bulletin."""
    from clair_bot.domain.bulletins import approvals_needed, approvers
    from clair_bot.manuscripts.rendering import render
    from clair_bot.services.bulletins.audiences import described

    target = _target(press, said)
    counts = dict(press.work.subscribers.count(target)) if target else {}
    events = press.work.bulletins.events(found.id)
    return line_document(found) | {
        "title": said.title,
        "shown_revision": revision,
        "reason": found.reason or None,
        "recurrence": said.recurrence or None,
        "send_at": said.send_at or None,
        "audience": described(said),
        "reached": counts,
        "total": sum(counts.values()),
        "sample": _sample(press, target),
        "approvals": {"given": len(approvers(events, found.revision)), "needed": approvals_needed(found.document)},
        "source": render(said),
        "trail": [
            {"at": _iso(event.at), "actor": event.actor, "act": event.act.value, "revision": event.revision, "text": event.text or None}
            for event in events
        ],
    }


def show_lines(press: "Press", found: "Bulletin", said: "Document", revision: int) -> Iterator[str]:
    """Yield what people read about a bulletin."""
    from clair_bot.services.phrases import PRESS

    yield f"配信{found.id}　{_title(found)}"
    older = "" if revision == found.revision else f"（第{revision}版を表示）"
    yield f"状況: {PRESS.statuses[found.status]}{f'（{found.reason}）' if found.reason else ''}　第{found.revision}版{older}"
    for name, value in _facts(press, found, said):
        if value:
            yield f"{name}: {value}"
    yield from _audience_lines(press, said)
    yield "\n内容:"
    yield from (f"  {line}" for line in _contents(said))
    yield "\n経過:"
    yield from (_event_line(press, said, event) for event in press.work.bulletins.events(found.id))


def _facts(press: "Press", found: "Bulletin", said: "Document") -> list[tuple[str, str]]:
    from clair_bot.services.phrases import PRESS

    return [
        ("種類", PRESS.kinds[said.kind] + ("・訓練" if said.drill else "")),
        ("訂正", f"配信{said.corrects}の訂正" if said.corrects else ""),
        ("繰り返し", said.recurrence),
        ("希望の日時", said.send_at),
        ("配信の予定", _when(press, said, found.due_at) if found.due_at else ""),
        ("配信の開始", _when(press, said, found.released_at) if found.released_at else ""),
        ("配信の終了", _when(press, said, found.finished_at) if found.finished_at else ""),
        ("作成者", _actor(press, found.author)),
    ]


def _audience_lines(press: "Press", said: "Document") -> Iterator[str]:
    from clair_bot.services.bulletins.audiences import described, people
    from clair_bot.services.bulletins.presses import total

    yield f"対象: {described(said)}"
    target = _target(press, said)
    if target is None:
        yield "  保存した対象が見つからないため、人数を数えられません。"
        return
    counts = press.work.subscribers.count(target)
    yield f"配信先: {people(total(counts), said)}"
    yield from (f"  {channel}: {count:,}人" for channel, count in sorted(counts.items()))
    sample = _sample(press, target)
    if sample:
        yield f"  例: {'、'.join(sample)}"


def _target(press: "Press", said: "Document") -> "Target | None":
    from clair_bot.errors import ClairBotError
    from clair_bot.services.bulletins.audiences import target_of

    try:
        return target_of(press.work, said)
    except ClairBotError:  # the saved audience has been deleted in the meantime
        return None


def _sample(press: "Press", target: "Target | None") -> list[str]:
    found = press.work.subscribers.reached(target, limit=SAMPLE) if target else ()
    return [veiled(str(one.address)) for one in found]


def _contents(said: "Document") -> Iterator[str]:
    for number, item in enumerate(said.items, 1):
        place = f"【{item.office.value}】" if item.office else ""
        deadline = f"（締切 {item.deadline.isoformat()}）" if item.deadline else ""
        yield f"{number}. 【{item.category.value}】{place}{item.title}{deadline}"


def _event_line(press: "Press", said: "Document", event: "BulletinEvent") -> str:
    from clair_bot.services.phrases import PRESS

    text = event.text
    if event.act is Act.TEST:
        text = " ".join(veiled(address) for address in text.split())
    what = f"{PRESS.acts[event.act]}（第{event.revision}版、{_actor(press, event.actor)}）"
    return f"  {_when(press, said, event.at)}　{what}{text}"


def _actor(press: "Press", mark: str) -> str:
    kind, _, name = mark.partition(":")
    if kind == "advisor" and name.isdecimal():
        person = press.work.advisors.get(int(name))
        return person.name if person else mark
    return {"clock": "自動"}.get(mark, name if kind == "cli" else mark)


def status_document(press: "Press", found: "Bulletin") -> dict[str, Any]:
    """Return how far a bulletin is."""
    counts = press.work.ledger.counts(found.id)
    shown = {state.value: counts.get(state, 0) for state in _REPORTED}
    return {"id": found.id, "status": found.status.value, "recipients": sum(counts.values()), **shown}


def status_lines(press: "Press", found: "Bulletin") -> Iterator[str]:
    """Yield how far a bulletin is, for people."""
    from clair_bot.services.phrases import PRESS

    counts = press.work.ledger.counts(found.id)
    yield f"配信{found.id}　{_title(found)}"
    yield f"状況: {PRESS.statuses[found.status]}{f'（{found.reason}）' if found.reason else ''}"
    if found.status is BulletinStatus.SCHEDULED and found.due_at:
        yield f"予定: {_when(press, found.document, found.due_at)}"
    more = "" if found.expanded or found.status is not BulletinStatus.SENDING else "（配信先を準備中）"
    yield f"配信先: {sum(counts.values()):,}人{more}"
    yield from (f"  {PRESS.ledger[state]}: {counts[state]:,}" for state in _REPORTED if counts.get(state))


def line_entry(line: "LedgerLine", *, full: bool) -> dict[str, Any]:
    """Return what became of one recipient."""
    return {
        "subscriber": line.subscriber_id,
        "address": _place(line, full=full),
        "state": line.state.value,
        "reason": line.reason or None,
        "at": _iso(line.at),
    }


def line_row(press: "Press", line: "LedgerLine", *, full: bool) -> list[str]:
    """Return what became of one recipient, as a row of a table."""
    from clair_bot.services.phrases import PRESS

    at = f"{line.at.astimezone(press.settings.timezone):%Y-%m-%d %H:%M}" if line.at else ""
    return [str(line.subscriber_id), _place(line, full=full) or "（消去済み）", PRESS.ledger[line.state], at, line.reason]


def _place(line: "LedgerLine", *, full: bool) -> str:
    return line.address if full else veiled(line.address)


def wait_until_done(application: "Application", number: int, *, quiet: bool) -> None:
    """Return when nothing of a bulletin is under way any more; on a terminal a bar shows how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal or not sys.stdout.isatty()) as progress:
        bar = progress.add_task(f"配信{number}", total=None)
        while (look := _look(application, number)) is not None:
            done, total = look
            progress.update(bar, completed=done, total=total or None)
            time.sleep(_STEP)


def _look(application: "Application", number: int) -> tuple[int, int] | None:
    """Return how many of how many are settled; None: nothing is under way."""
    with application.store.read() as work:
        found = work.bulletins.get(number)
        if found is None or found.status not in _UNDER_WAY:
            return None
        counts = work.ledger.counts(number)
    total = sum(counts.values())
    return total - sum(counts.get(state, 0) for state in _LEFT), total


def _when(press: "Press", document: "Document", at: "datetime") -> str:
    return f"{at.astimezone(press.timezone_of(document)):%Y-%m-%d %H:%M}"


def _iso(at: "datetime | None") -> str | None:
    return at.isoformat() if at else None
