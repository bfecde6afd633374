"""``clair-bot ticket``: what an advisor does from chat, from a terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.working import Json, Person, desk_named, desk_work, printable, readable, shown
from clair_bot.domain.desks import Urgency
from clair_bot.domain.tickets import IN_HAND, UNANSWERED, TicketState
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.domain.tickets import Ticket
    from clair_bot.services.desk.actors import Actor
    from clair_bot.services.desk.moves import Result
    from clair_bot.services.desk.shifts import Shift

app = typer.Typer(help="相談", no_args_is_help=True)

_EVERYTHING = 1_000_000
_LARGEST = 2_147_483_647
"""What the databases hold as a number."""
Number = Annotated[int, typer.Argument(metavar="ID", min=1, max=_LARGEST, help="受付番号")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="本文")]
_Deed = Callable[["Shift", "Actor", "Ticket"], "Result"]


@app.callback()
def ticket() -> None:
    """相談の一覧と操作。"""


@app.command("list")
def list_tickets(
    *,
    mine: Annotated[bool, typer.Option("--mine", help="--as の人が担当する相談")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="期限を過ぎた相談")] = False,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="担当者のいない相談")] = False,
    desk: Annotated[str | None, typer.Option(metavar="KEY", help="窓口（例: IV、NY）")] = None,
    state: Annotated[TicketState | None, typer.Option(help="状況")] = None,
    everything: Annotated[bool, typer.Option("--all", help="終わった相談も含める")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """相談を期限の早い順に一覧にする（既定: 対応中のもの）。"""
    from clair_bot.cli.ticket_views import line_document
    from clair_bot.services.desk.lists import Listing, show_listing
    from clair_bot.services.phrases import DESK

    _require_sense(mine=mine, unassigned=unassigned, state=state, everything=everything, person=person)
    states = frozenset({state}) if state else frozenset(TicketState) if everything else UNANSWERED if unassigned else IN_HAND
    with desk_work(person, changes=False) as (shift, actor):
        found = shift.work.tickets.listed(
            states=states,
            desks=_desks(shift, actor, desk, mine=mine),
            assignee=actor.id if mine else None,
            unassigned=unassigned,
            due_before=shift.now if overdue else None,
            limit=_EVERYTHING,
        )
        if json:
            print_json({"count": len(found), "tickets": [line_document(shift, one) for one in found]})
            return
        titles = ((mine, DESK.list_mine), (overdue, DESK.list_overdue), (unassigned, DESK.list_unassigned))
        plain = "すべての相談" if everything else DESK.states[state] if state else DESK.list_all
        title = "・".join(words for wanted, words in titles if wanted) or plain
        shown_list = show_listing(shift, Listing(title=title, tickets=tuple(found), count=len(found)))
        print(printable("\n".join(shown_list.paragraphs)))


@app.command()
def show(
    number: Number,
    full: Annotated[bool, typer.Option("--full", help="伏せた番号と機密の本文も示す（閲覧は記録される）")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """相談を経過とともに示す。"""
    from clair_bot.cli.ticket_views import document, print_ticket
    from clair_bot.domain.tickets import Move
    from clair_bot.services.desk import moves

    with desk_work(person, changes=full) as (shift, actor):
        found = _theirs(shift, actor, number, changes=full)
        if full:
            found = moves.move(shift, actor, found, Move.READ) or found
        seen = document(shift, found, full=full)
        if full:
            shift.work.commit()  # before anything is shown: what cannot be recorded is not read
        if json:
            print_json(seen)
        else:
            print_ticket(shift, found, seen)


@app.command()
def claim(number: Number, person: Person = None, json: Json = False) -> None:
    """担当する。"""
    from clair_bot.services.desk import handing

    if not person:
        raise ClairBotError("だれが担当するかを --as で指定してください（例: --as 佐藤）。")
    _do(number, person, handing.claim, json=json)


@app.command()
def release(number: Number, person: Person = None, json: Json = False) -> None:
    """担当を外す。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.release, json=json)


@app.command()
def resolve(number: Number, person: Person = None, json: Json = False) -> None:
    """解決とする。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.resolve, json=json)


@app.command()
def reopen(number: Number, person: Person = None, json: Json = False) -> None:
    """解決した相談を再開する。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.reopen, json=json)


@app.command()
def assign(
    number: Number,
    name: Annotated[str, typer.Argument(help="相談員の名前（既定: 順番で決める）")] = "",
    person: Person = None,
    json: Json = False,
) -> None:
    """相談員に割り当てる。"""
    from clair_bot.services.desk import handing

    _do(number, person, lambda shift, actor, one: handing.assign(shift, actor, one, name.strip()), json=json)


@app.command()
def transfer(
    number: Number,
    desk: Annotated[str, typer.Argument(help="転送先（例: IV、NY）")],
    reason: Annotated[str, typer.Argument(help="理由")] = "",
    person: Person = None,
    json: Json = False,
) -> None:
    """ほかの窓口に転送する。"""
    from clair_bot.services.desk import handing

    def deed(shift: "Shift", actor: "Actor", one: "Ticket") -> "Result":
        return handing.transfer(shift, actor, one, desk_named(shift.desks, desk), readable(reason) if reason.strip() else "")

    _do(number, person, deed, json=json)


@app.command()
def note(number: Number, text: Text, person: Person = None, json: Json = False) -> None:
    """メモを残す（相談者には送らない）。"""
    from clair_bot.services.desk import moves

    _do(number, person, lambda shift, actor, one: moves.note(shift, actor, one, readable(text)), json=json)


@app.command()
def reply(number: Number, text: Text, person: Person = None, json: Json = False) -> None:
    """相談者に回答する。"""
    from clair_bot.services.desk import moves

    _do(number, person, lambda shift, actor, one: moves.reply(shift, actor, one, readable(text)), json=json)


@app.command()
def snooze(
    number: Number,
    until: Annotated[str, typer.Argument(metavar="UNTIL", help="3d、2h、12月10日 など")],
    person: Person = None,
    json: Json = False,
) -> None:
    """期限のお知らせを休ませる。"""
    from clair_bot.services.desk import handing
    from clair_bot.services.desk.orders import read_moment

    def deed(shift: "Shift", actor: "Actor", one: "Ticket") -> "Result":
        moment = read_moment(until, shift.now, shift.desk_of(one).calendar)
        if moment is None:
            raise ClairBotError(f"「{shown(until)}」を読み取れません。「3d」「2h」「12月10日」のように、90日以内で指定してください。")
        return handing.snooze(shift, actor, one, moment)

    _do(number, person, deed, json=json)


@app.command()
def wake(number: Number, person: Person = None, json: Json = False) -> None:
    """保留を解く。"""
    from clair_bot.services.desk import handing

    _do(number, person, handing.wake, json=json)


@app.command()
def priority(
    number: Number,
    urgency: Annotated[Urgency, typer.Argument(help="優先度")],
    person: Person = None,
    json: Json = False,
) -> None:
    """優先度を変える。"""
    from clair_bot.services.desk import handing

    _do(number, person, lambda shift, actor, one: handing.prioritize(shift, actor, one, urgency), json=json)


@app.command()
def seal(number: Number, person: Person = None, json: Json = False) -> None:
    """機密にする。"""
    from clair_bot.services.desk import moves

    _do(number, person, moves.seal, json=json)


@app.command()
def merge(
    number: Number,
    target: Annotated[int, typer.Argument(metavar="TARGET", min=1, max=_LARGEST, help="まとめる先の受付番号")],
    person: Person = None,
    json: Json = False,
) -> None:
    """ほかの相談にまとめる。"""
    from clair_bot.services.desk import moves

    def deed(shift: "Shift", actor: "Actor", one: "Ticket") -> "Result":
        _theirs(shift, actor, target)  # the answer to it will be the answer to this one too
        return moves.merge(shift, actor, one, target)

    _do(number, person, deed, json=json)


@app.command()
def draft(
    number: Number,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="書き出す先（既定: 画面。既にあるファイルには書かない）")] = None,
    person: Person = None,
    json: Json = False,
) -> None:
    """回答を記事の下書きにする。"""
    from clair_bot.services.desk import drafts

    with desk_work(person) as (shift, actor):
        result = drafts.draft_of(shift, actor, _theirs(shift, actor, number))
        done = _done(shift, result)
        if to:
            _write(to, result.sentence)  # before it is written down that there is a draft
        shift.work.commit()
    if json:
        print_json(done | ({"file": str(to)} if to else {"draft": result.sentence}))
    else:
        print(f"下書きを {to} に書き出しました。内容と出典を確かめてください。" if to else printable(result.sentence))


def _require_sense(*, mine: bool, unassigned: bool, state: TicketState | None, everything: bool, person: str | None) -> None:
    """Refuse filters that can find nothing, or of which one would silently win."""
    if mine and person is None:
        raise typer.BadParameter("--mine には、--as で相談員を指定してください。")
    if mine and unassigned:
        raise typer.BadParameter("--mine と --unassigned は同時に指定できません。")
    if state and everything:
        raise typer.BadParameter("--state と --all は同時に指定できません。")


def _desks(shift: "Shift", actor: "Actor", key: str | None, *, mine: bool) -> list[str] | None:
    """Return the desks whose tickets somebody may see, of those that were asked for; None: all. What they have is theirs anywhere."""
    wanted = desk_named(shift.desks, key) if key else None
    if actor.advisor is None or mine:
        return [wanted.key] if wanted else None
    own = [one for one in shift.desks.by_key if _answers_for(shift, actor, one)]
    if wanted and wanted.key not in own:
        raise ClairBotError(f"{actor.name}さんは{wanted.name}の相談員ではありません。")
    return [wanted.key] if wanted else own


def _answers_for(shift: "Shift", actor: "Actor", key: str) -> bool:
    sits = actor.advisor is not None and actor.advisor.sits_at(key)
    return sits or actor.id in {member.id for member in shift.members(key)}


def _theirs(shift: "Shift", actor: "Actor", number: int, *, changes: bool = True) -> "Ticket":
    """Return a ticket on which somebody may act.

    Raises:
        ClairBotError: there is none with this number, or they may not.
    """
    from clair_bot.services.desk.actors import may_act
    from clair_bot.services.phrases import DESK

    found = shift.work.tickets.lock(number) if changes else shift.work.tickets.get(number)
    if found is None:
        raise ClairBotError(DESK.number_unknown.format(number=number))
    if not may_act(shift, actor, found):
        raise ClairBotError(f"受付番号{number}は{shift.desk_of(found).name}の相談のため、操作できません。")
    return found


def _do(number: int, person: str | None, deed: _Deed, *, json: bool) -> None:
    """Do something to a ticket in one transaction, and say what came of it.

    Raises:
        ClairBotError: it was refused; nothing has changed.
    """
    with desk_work(person) as (shift, actor):
        result = deed(shift, actor, _theirs(shift, actor, number))
        done = _done(shift, result)
        shift.work.commit()
    if json:
        print_json(done)
    else:
        print(result.sentence)


def _done(shift: "Shift", result: "Result") -> dict[str, Any]:
    from clair_bot.services.desk.cards import assignee_of

    if result.ticket is None:
        raise ClairBotError(result.sentence)
    return {"id": result.ticket.id, "state": result.ticket.state.value, "assignee": assignee_of(shift, result.ticket) or None}


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except FileExistsError as error:
        raise ClairBotError(f"{path} は既にあります。別の名前を指定してください。") from error
    except OSError as error:
        raise ClairBotError(f"{path} に書き込めません。場所と権限を確かめてください。") from error
