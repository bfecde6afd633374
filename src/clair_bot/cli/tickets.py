"""``clair-bot ticket``: the desk's work, from the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.desk_work import Json, Person, acting, shift, ticket_of
from clair_bot.cli.output import print_json
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.domain.tickets import Ticket
    from clair_bot.services.desk.actors import Actor
    from clair_bot.services.desk.moves import Result
    from clair_bot.services.desk.shifts import Shift

app = typer.Typer(help="相談", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="受付番号")]


@app.callback()
def ticket() -> None:
    """相談の一覧と操作。"""


@app.command("list")
def list_tickets(
    mine: Annotated[bool, typer.Option("--mine", help="自分の相談だけ")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="期限を過ぎた相談だけ")] = False,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="担当者のいない相談だけ")] = False,
    person: Person = "",
    json: Json = False,
) -> None:
    """対応中の相談を、期限の近い順に並べる。"""
    from clair_bot.services.desk.lists import listing, show_listing

    which = "mine" if mine else "overdue" if overdue else "unassigned" if unassigned else "all"
    with shift() as work:
        found = listing(work, acting(work, person), which)
        rows = [_row(work, one) for one in found.tickets]
        text = show_listing(work, found).paragraphs[0]
    if json:
        print_json({"tickets": rows, "count": found.count})
    else:
        print(text)


@app.command()
def show(
    number: Number,
    full: Annotated[bool, typer.Option("--full", help="伏せた番号と機密の内容も出す（閲覧を記録する）")] = False,
    person: Person = "",
    json: Json = False,
) -> None:
    """相談の内容と経過を出す。"""
    from clair_bot.domain.tickets import Move
    from clair_bot.services.desk.lists import show_history
    from clair_bot.services.desk.moves import move

    with shift() as work:
        actor, one = _allowed(work, number, person)
        if full:
            move(work, actor, one, Move.READ)
        row = _row(work, one, full=full)
        history = show_history(work, one).paragraphs[0]
    if json:
        print_json({**row, "history": history.splitlines()[1:]})
        return
    print("\n".join(f"{name}: {value}" for name, value in row.items() if value not in {None, ""}))
    print(history)


def _row(work: "Shift", one: "Ticket", *, full: bool = False) -> dict[str, Any]:
    from clair_bot.domain.masking import masked
    from clair_bot.services.desk.cards import assignee_of

    shown = one.question if full else "" if one.confidential else masked(one.question)
    moments = {name: getattr(one, name) for name in ("opened_at", "answer_due", "resolution_due", "answered_at", "resolved_at")}
    return {
        "id": one.id,
        "state": one.state.value,
        "desk": one.desk_key,
        "area": one.area.value if one.area else None,
        "office": one.office.value if one.office else None,
        "urgency": one.urgency.value,
        "assignee": assignee_of(work, one) or None,
        "organisation": one.organisation,
        "country": one.country,
        "deadline": one.deadline.isoformat() if one.deadline else None,
        "confidential": one.confidential,
        "question": shown,
        "rating": one.rating.value if one.rating else None,
        **{name: at.astimezone(work.timezone).isoformat(timespec="minutes") if at else None for name, at in moments.items()},
    }


def _allowed(work: "Shift", number: int, person: str) -> "tuple[Actor, Ticket]":
    """Return who acts and on what.

    Raises:
        ClairBotError: they may not, or there is no such ticket.
    """
    from clair_bot.services.desk.actors import may_act
    from clair_bot.services.phrases import DESK

    actor, one = acting(work, person), ticket_of(work, number)
    if not may_act(work, actor, one):
        raise ClairBotError(DESK.not_yours.format(number=number, desk=work.desk_of(one).name))
    return actor, one


def _do(number: int, person: str, deed: "Callable[[Shift, Actor, Ticket], Result]", *, json: bool = False) -> None:
    """Do something in one transaction, tell the room, and print what came of it.

    Raises:
        ClairBotError: it was refused; nothing was done.
    """
    from clair_bot.services.desk.cards import assignee_of
    from clair_bot.services.desk.telling import notice, tell_room

    with shift() as work:
        actor, one = _allowed(work, number, person)
        result = deed(work, actor, one)
        if result.ticket is None:
            raise ClairBotError(result.sentence)
        tell_room(work, result.ticket, notice(f"{result.sentence}（{actor.name}）"), private=False)
        done = {"id": number, "state": result.ticket.state.value, "assignee": assignee_of(work, result.ticket) or None}
    if json:
        print_json(done)
    else:
        print(result.sentence)


@app.command()
def claim(number: Number, person: Person = "", json: Json = False) -> None:
    """相談を受け持つ。"""
    from clair_bot.services.desk import handing

    _do(number, person, handing.claim, json=json)


@app.command()
def release(number: Number, person: Person = "", json: Json = False) -> None:
    """担当を外れる。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.release, json=json)


@app.command()
def assign(
    number: Number,
    name: Annotated[str, typer.Argument(help="割り当てる人。省略すると順番で")] = "",
    person: Person = "",
    json: Json = False,
) -> None:
    """相談を割り当てる。"""
    from clair_bot.services.desk import handing

    _do(number, person, lambda work, actor, one: handing.assign(work, actor, one, name), json=json)


@app.command()
def transfer(
    number: Number,
    desk: Annotated[str, typer.Argument(help="転送先（I〜VII、base、NY…）")],
    reason: Annotated[str, typer.Argument(help="理由")] = "",
    person: Person = "",
    json: Json = False,
) -> None:
    """相談をほかの窓口に転送する。"""
    from clair_bot.services.desk import handing, orders
    from clair_bot.services.desk.moves import Result
    from clair_bot.services.phrases import DESK

    def deed(work: "Shift", actor: "Actor", one: "Ticket") -> "Result":
        found = orders.read_desk(work.desks, desk)
        return handing.transfer(work, actor, one, found[0], reason) if found else Result(sentence=DESK.transfer_unknown.format(text=desk))

    _do(number, person, deed, json=json)


@app.command()
def note(number: Number, text: Annotated[str, typer.Argument(help="メモ")], person: Person = "", json: Json = False) -> None:
    """相談者に届かないメモを残す。"""
    from clair_bot.services.desk import moves

    _do(number, person, lambda work, actor, one: moves.note(work, actor, one, _said(text)), json=json)


@app.command()
def reply(number: Number, text: Annotated[str, typer.Argument(help="回答")], person: Person = "", json: Json = False) -> None:
    """相談者に回答する。"""
    from clair_bot.services.desk import moves

    _do(number, person, lambda work, actor, one: moves.reply(work, actor, one, _said(text)), json=json)


def _said(text: str) -> str:
    if not text.strip():
        raise ClairBotError("本文がありません。")
    return text.strip()


@app.command()
def snooze(
    number: Number,
    until: Annotated[str, typer.Argument(help="3d、2h、3日、12月10日、2026-12-10")],
    person: Person = "",
    json: Json = False,
) -> None:
    """リマインダーを休ませる。"""
    from clair_bot.services.desk import handing, orders
    from clair_bot.services.desk.moves import Result
    from clair_bot.services.phrases import DESK

    def deed(work: "Shift", actor: "Actor", one: "Ticket") -> "Result":
        moment = orders.read_moment(until, work.now, work.desk_of(one).calendar)
        return handing.snooze(work, actor, one, moment) if moment else Result(sentence=DESK.snooze_how)

    _do(number, person, deed, json=json)


@app.command()
def wake(number: Number, person: Person = "", json: Json = False) -> None:
    """保留を解く。"""
    from clair_bot.services.desk import handing

    _do(number, person, handing.wake, json=json)


@app.command()
def priority(
    number: Number, urgency: Annotated[str, typer.Argument(help="urgent、high、normal")], person: Person = "", json: Json = False
) -> None:
    """優先度を変える。"""
    from clair_bot.services.desk import handing, orders
    from clair_bot.services.desk.moves import Result
    from clair_bot.services.phrases import DESK

    def deed(work: "Shift", actor: "Actor", one: "Ticket") -> "Result":
        wanted = orders.URGENCIES.get(urgency.casefold())
        return handing.prioritize(work, actor, one, wanted) if wanted else Result(sentence=DESK.prioritize_how)

    _do(number, person, deed, json=json)


@app.command()
def seal(number: Number, person: Person = "", json: Json = False) -> None:
    """相談を機密にする。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.seal, json=json)


@app.command()
def merge(
    number: Number, target: Annotated[int, typer.Argument(help="まとめる先の受付番号")], person: Person = "", json: Json = False
) -> None:
    """ほかの相談とまとめて答える。"""
    from clair_bot.services.desk import moves

    _do(number, person, lambda work, actor, one: moves.merge(work, actor, one, target), json=json)


@app.command()
def resolve(number: Number, person: Person = "", json: Json = False) -> None:
    """解決とし、評価を尋ねる。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.resolve, json=json)


@app.command()
def reopen(number: Number, person: Person = "", json: Json = False) -> None:
    """解決した相談を開き直す。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.reopen, json=json)


@app.command()
def draft(
    number: Number,
    to: Annotated[Path | None, typer.Option(help="書き出すファイル。省略すると画面に出す")] = None,
    person: Person = "",
) -> None:
    """回答から、記事の下書きを作る。"""
    from clair_bot.services.desk.drafts import draft_of

    if to and to.exists():
        raise ClairBotError(f"{to} はすでにあります。ほかの名前を指定してください。")
    with shift() as work:
        actor, one = _allowed(work, number, person)
        result = draft_of(work, actor, one)
        if result.ticket is None:
            raise ClairBotError(result.sentence)
    if to:
        to.write_text(result.sentence + "\n", encoding="utf-8")
        print(f"{to} に書き出しました。内容と出典を確かめ、knowledge に保存してください。")
    else:
        print(result.sentence)
