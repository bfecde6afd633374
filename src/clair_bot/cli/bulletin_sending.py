"""``clair-bot bulletin``, the second half: when it goes out, how far it is, and what became of it."""

import asyncio
import sys
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.press_work import Number, Reason, do, press_work, say, table, warn_unconnected
from clair_bot.cli.working import Json, Person, open_application, printable
from clair_bot.domain.bulletins import BulletinStatus, LedgerState
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application
    from clair_bot.domain.bulletins import Bulletin
    from clair_bot.services.bulletins.presses import Press

Override = Annotated[bool, typer.Option("--override-quota", help="LINEの通数の上限を承知のうえで行う（承認者だけ）")]
_EVENING, _MORNING = time(21), time(8)
"""Between these nobody wants to be woken: who schedules for then is told so."""
_PAGE = 1_000


def schedule(
    number: Number,
    at: Annotated[str, typer.Option(metavar="TIME", help="2026-12-01T09:00（現地時間）か now（既定: ファイルの send_at）")] = "",
    override: Override = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """承認した配信の日時を決める。"""
    from clair_bot.services.bulletins import timing
    from clair_bot.services.phrases import PRESS

    application = open_application()
    if not override:
        _require_quota(application, number, person)
    taken = PRESS.override if override else ""
    done = do(
        number, person, lambda press, who, one: timing.schedule(press, who, one, at, override=taken), json=json, application=application
    )
    with press_work(person, changes=False, application=application) as (press, _):
        warning = _night(press, done.bulletin)
        reached = _reached(press, done.bulletin)
    if warning:
        print(warning, file=sys.stderr)
    warn_unconnected(application, reached)


def _require_quota(application: "Application", number: int, person: str | None) -> None:
    """Refuse what the month's quota does not allow, before anything is changed.

    Raises:
        ClairBotError: says how many are left and how many are needed, or why it may not be scheduled anyway.
    """
    from clair_bot.services.bulletins import control
    from clair_bot.services.bulletins.quotas import shortage

    with press_work(person, changes=False, application=application) as (press, who):
        control.require(who, control.EITHER)
        found = control.bulletin_of(press, number)
        control.require_status(found, {BulletinStatus.APPROVED, BulletinStatus.SCHEDULED, BulletinStatus.MISSED})
        control.reach(press, found.document)

    async def ask() -> str:
        try:
            return await shortage(application.adapters, application.store, found)
        finally:
            for adapter in application.adapters.values():
                await adapter.aclose()

    reason = asyncio.run(ask())
    if reason:
        raise ClairBotError(reason)


def _night(press: "Press", found: "Bulletin") -> str:
    """Return a warning where people would be woken; empty: they would not."""
    from clair_bot.domain.bulletins import BulletinKind
    from clair_bot.services.bulletins.presses import READER

    document = found.document
    if found.due_at is None or document.kind is BulletinKind.EMERGENCY:
        return ""
    local = found.due_at.astimezone(press.timezone_of(document)).time()
    if document.timezone == READER and found.due_local:
        local = datetime.fromisoformat(found.due_local).time()
    if _MORNING <= local < _EVENING:
        return ""
    held = "" if press.settings.quiet is None else "配信を控える時間（CLAIR_QUIET_HOURS）が明けるまで待ちます。"
    return f"注意: {local:%H:%M} は夜間（21:00〜8:00）です。{held}"


def _reached(press: "Press", found: "Bulletin") -> set[str]:
    from clair_bot.services.bulletins.audiences import target_of

    return {channel for channel, count in press.work.subscribers.count(target_of(press.work, found.document)).items() if count}


def pause(number: Number, reason: Reason = "", person: Person = None, json: Json = False) -> None:
    """配信中のものを一時停止する。"""
    from clair_bot.services.bulletins import control

    do(number, person, lambda press, who, one: control.pause(press, who, one, reason.strip()), json=json)


def resume(number: Number, override: Override = False, person: Person = None, json: Json = False) -> None:
    """止めたところから再開する。"""
    from clair_bot.services.bulletins import control
    from clair_bot.services.phrases import PRESS

    taken = PRESS.override if override else ""
    do(number, person, lambda press, who, one: control.resume(press, who, one, override=taken), json=json)


def cancel(number: Number, reason: Reason = "", person: Person = None, json: Json = False) -> None:
    """取りやめる。まだ送っていない人には送らない。"""
    from clair_bot.services.bulletins import control

    do(number, person, lambda press, who, one: control.cancel(press, who, one, reason.strip()), json=json)


def status(
    number: Number,
    watch: Annotated[bool, typer.Option("--watch", help="終わるまで待つ（端末では進み具合を示す）")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """配信の進み具合を示す。"""
    from clair_bot.cli.bulletin_views import status_document, status_lines, wait_until_done
    from clair_bot.services.bulletins.control import EITHER, bulletin_of, require

    application = open_application()
    if watch:
        wait_until_done(application, number, quiet=json)
    with press_work(person, changes=False, application=application) as (press, who):
        require(who, EITHER)
        found = bulletin_of(press, number)
        if json:
            print_json(status_document(press, found))
        else:
            print(printable("\n".join(status_lines(press, found))))


def resend(
    number: Number,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="失敗した人に")] = False,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="届いたか分からない人に")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="人数を確かめたうえで送る")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """届かなかった人だけに送り直す。--yes がなければ人数だけを示す。"""
    from clair_bot.services.bulletins import control

    chosen = [state for state, wanted in ((LedgerState.FAILED, failed), (LedgerState.UNCERTAIN, uncertain)) if wanted]
    if not chosen:
        raise typer.BadParameter("--failed か --uncertain を指定してください。")
    with press_work(person) as (press, who):
        done = control.resend(press, who, control.bulletin_of(press, number), chosen, sure=yes)
        if not yes:
            raise ClairBotError(done.sentence)
        press.work.commit()
    say(done, json=json)


def recipients(
    number: Number,
    *,
    state: Annotated[list[LedgerState] | None, typer.Option(help="状況（繰り返し指定できる。既定: すべて）")] = None,
    full: Annotated[bool, typer.Option("--full", help="宛先を伏せずに示す")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="示す人数の上限")] = _PAGE,
    person: Person = None,
    json: Json = False,
) -> None:
    """だれにどうなったかを、理由とともに示す。"""
    from clair_bot.cli.bulletin_views import line_entry, line_row
    from clair_bot.services.bulletins.control import EITHER, bulletin_of, require

    with press_work(person, changes=False) as (press, who):
        require(who, EITHER)
        found = bulletin_of(press, number)
        lines = press.work.ledger.lines(found.id, set(state or LedgerState), limit=limit)
    if json:
        print_json({"id": number, "count": len(lines), "recipients": [line_entry(line, full=full) for line in lines]})
    elif lines:
        print(printable(table([["番号", "宛先", "状況", "日時", "理由"], *(line_row(press, line, full=full) for line in lines)])))
    else:
        print("該当する宛先はありません。")


def archive(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORDS", help="すべてを含む号を探す（既定: 最近の号）")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="示す件数の上限")] = 20,
    json: Json = False,
) -> None:
    """配信したものを探す。"""
    from clair_bot.cli.bulletin_views import archive_lines, line_document

    with press_work(None, changes=False) as (press, _):
        found = press.work.bulletins.published(words=" ".join(words or ()).split(), limit=limit)
        if json:
            print_json({"count": len(found), "bulletins": [line_document(one) for one in found]})
        else:
            print(printable("\n".join(archive_lines(press, found)) if found else "お探しの号は見つかりませんでした。"))


def figures(
    number: Number,
    *,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="CSVに書き出す")] = None,
    encoding: Annotated[str, typer.Option(metavar="utf-8|cp932", help="CSVの文字コード")] = "utf-8",
    xlsx_file: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Excelに書き出す")] = None,
    person: Person = None,
    json: Json = False,
) -> None:
    """送信、失敗、ブロック、停止、クリックを、手段ごとに数える。"""
    from clair_bot.cli import bulletin_figures
    from clair_bot.cli.subscribers import encoding_named
    from clair_bot.services.bulletins.control import EITHER, bulletin_of, require

    kind = encoding_named(encoding)
    with press_work(person, changes=False) as (press, who):
        require(who, EITHER)
        found = bulletin_figures.gather(press, bulletin_of(press, number))
    written = bulletin_figures.write(found, csv_file=csv_file, encoding=kind, xlsx_file=xlsx_file)
    if json:
        print_json(bulletin_figures.document(found))
        return
    print(printable(bulletin_figures.text(found)))
    for sentence in written:
        print(sentence)
