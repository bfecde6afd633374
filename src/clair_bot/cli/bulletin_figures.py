"""Figures of one bulletin: what became of it, by channel, for people, spreadsheets and scripts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clair_bot.cli.press_work import table
from clair_bot.domain.bulletins import Bulletin, LedgerState
from clair_bot.domain.subscriptions import SubscriberState
from clair_bot.errors import ClairBotError
from clair_bot.manuscripts.rosters import MISSING, Encoding, write_table
from clair_bot.manuscripts.sheets import escaped
from clair_bot.services.bulletins.presses import Press
from clair_bot.services.phrases import PRESS

_UNSUBSCRIBED = "unsubscribed"
"""The reason that the ledger gives where somebody unsubscribed before their message went out."""
_PAGE = 1_000
_TOTAL = "全体"
_COLUMNS = ("recipients", "sent", "failed", "blocked", "uncertain", "held", "waiting", "unsubscribed", "cancelled")
_NAMES = {
    "recipients": "配信先",
    "sent": "送信済み",
    "failed": "失敗",
    "blocked": "うちブロック等",
    "uncertain": "要確認",
    "held": "まとめ待ち",
    "waiting": "配信待ち",
    "unsubscribed": "配信停止",
    "cancelled": "中止",
}
_WAITING = frozenset({LedgerState.QUEUED, LedgerState.SENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What became of a bulletin."""

    bulletin: Bulletin
    channels: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    """Why it failed, by channel."""
    clicks: dict[str, int] = field(default_factory=dict)
    """By address, over all channels: nobody is remembered."""

    def total(self) -> Counter[str]:
        """Return all channels together."""
        return sum(self.channels.values(), Counter())

    def rows(self) -> dict[str, Counter[str]]:
        """Return each channel's figures, and their total last."""
        return {**self.channels, _TOTAL: self.total()}


def gather(press: Press, bulletin: Bulletin) -> Figures:
    """Count."""
    found = Figures(bulletin=bulletin, clicks=dict(press.work.links.clicks(bulletin.id)))
    for channel, state, reason, count in press.work.ledger.figures(bulletin.id):
        row = found.channels.setdefault(channel, Counter())
        row["recipients"] += count
        row[_column(state, reason)] += count
        if state is LedgerState.FAILED:
            found.reasons.setdefault(channel, Counter())[reason or "（不明）"] += count
    for channel, count in _blocked(press, bulletin.id).items():
        found.channels[channel]["blocked"] += count
    return found


def _column(state: LedgerState, reason: str) -> str:
    if state in _WAITING:
        return "waiting"
    return _UNSUBSCRIBED if state is LedgerState.CANCELLED and reason == _UNSUBSCRIBED else state.value


def _blocked(press: Press, bulletin_id: int) -> Counter[str]:
    """Return how many of the failures are those of people who cannot be reached any more, by channel."""
    found: Counter[str] = Counter()
    after = 0
    while lines := press.work.ledger.lines(bulletin_id, {LedgerState.FAILED}, after=after, limit=_PAGE):
        for line in lines:
            reader = press.work.subscribers.get(line.subscriber_id)
            if reader and reader.state is SubscriberState.UNREACHABLE:
                found[reader.address.channel] += 1
        after = lines[-1].subscriber_id
    return found


def document(found: Figures) -> dict[str, Any]:
    """Return figures as JSON."""
    one = found.bulletin
    rows = [
        {"channel": channel, **{name: row[name] for name in _COLUMNS}, "reasons": dict(found.reasons.get(channel, {}))}
        for channel, row in found.channels.items()
    ]
    return {
        "id": one.id,
        "title": one.document.title,
        "kind": one.document.kind.value,
        "areas": [area.value for area in one.document.areas],
        "offices": [office.value for office in one.document.offices],
        "released_at": one.released_at.isoformat() if one.released_at else None,
        "channels": rows,
        "total": {name: found.total()[name] for name in _COLUMNS},
        "clicks": {"total": sum(found.clicks.values()), "urls": [{"url": url, "clicks": count} for url, count in found.clicks.items()]},
    }


def text(found: Figures) -> str:
    """Return figures for people."""
    head = ["手段", *_NAMES.values()]
    rows = [[channel, *(f"{row[name]:,}" for name in _COLUMNS)] for channel, row in found.rows().items()]
    lines = [f"配信{found.bulletin.id}　{found.bulletin.document.title}", table([head, *rows])]
    for channel, reasons in found.reasons.items():
        lines += [f"失敗の理由（{channel}）: {_joined(reasons)}"]
    lines += [f"クリック: {sum(found.clicks.values()):,}"] if found.clicks else []
    lines += [f"  {count:,}  {url}" for url, count in found.clicks.items()]
    return "\n".join(lines)


def _joined(reasons: Counter[str]) -> str:
    return "、".join(f"{reason} {count:,}" for reason, count in reasons.most_common())


def write(found: Figures, *, csv_file: Path | None, encoding: Encoding, xlsx_file: Path | None) -> list[str]:
    """Write figures into files; return what there is to say.

    Raises:
        ClairBotError: a file cannot be written.
    """
    said = []
    if csv_file:
        written = write_table(_table(found), encoding=encoding)
        try:
            csv_file.write_bytes(written.content)
        except OSError as error:
            raise _unwritable(csv_file) from error
        replaced = f"CP932にない文字{written.replaced:,}字を「{MISSING}」にしました。" if written.replaced else ""
        said.append(f"{csv_file} に書き出しました。{replaced}")
    if xlsx_file:
        _write_book(found, xlsx_file)
        said.append(f"{xlsx_file} に書き出しました。")
    return said


def _table(found: Figures) -> list[list[str | int]]:
    one = found.bulletin
    head: list[str | int] = ["配信", "題名", "種類", "分野", "海外事務所", "配信の開始", "手段", *_NAMES.values(), "失敗の理由", "クリック"]
    offices = ";".join(office.value for office in one.document.offices)
    areas = ";".join(area.value for area in one.document.areas)
    at = one.released_at.isoformat(timespec="minutes") if one.released_at else ""
    clicks = sum(found.clicks.values())
    about: list[str | int] = [one.id, one.document.title, PRESS.kinds[one.document.kind], areas, offices, at]
    return [
        head,
        *(
            [
                *about,
                channel,
                *(row[name] for name in _COLUMNS),
                _joined(found.reasons.get(channel, Counter())),
                clicks if channel == _TOTAL else "",
            ]
            for channel, row in found.rows().items()
        ),
    ]


def _write_book(found: Figures, file: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    _add_sheet(book, "配信", _table(found))
    _add_sheet(book, "失敗の理由", [["手段", "理由", "件数"], *_reason_rows(found)])
    _add_sheet(book, "クリック", [["アドレス", "回数"], *found.clicks.items()])
    try:
        book.save(file)
    except OSError as error:
        raise _unwritable(file) from error


def _add_sheet(book: Any, title: str, rows: Sequence[Sequence[object]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([escaped(cell) if isinstance(cell, str) else cell for cell in row])


def _reason_rows(found: Figures) -> list[list[str | int]]:
    return [[channel, reason, count] for channel, reasons in found.reasons.items() for reason, count in reasons.most_common()]


def _unwritable(file: Path) -> ClairBotError:
    return ClairBotError(f"{file} に書き込めません。場所と権限を確かめてください。")
