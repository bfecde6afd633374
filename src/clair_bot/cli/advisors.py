"""``clair-bot advisor``: the people of the desks."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.desk_work import Json, acting, shift
from clair_bot.cli.output import print_json
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.domain.advisors import Advisor
    from clair_bot.messages import Address
    from clair_bot.services.desk.shifts import Shift

app = typer.Typer(help="相談員", no_args_is_help=True)
_CAPACITY = 10


@app.callback()
def advisor() -> None:
    """相談員の登録。"""


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="連絡先（slack:U0AAA、telegram:777、line:U…）")],
    name: Annotated[str, typer.Option(help="名前。同じ名前なら連絡先を足し、役割などを改める")],
    areas: Annotated[str, typer.Option(help="分野（I,IV）。省略するとすべて")] = "",
    offices: Annotated[str, typer.Option(help="海外事務所（NY,LON,PAR,SIN,SEL,SYD,BEI）")] = "",
    roles: Annotated[str, typer.Option(help="advisor,supervisor,editor,approver,admin")] = "advisor",
    capacity: Annotated[int, typer.Option(help="順番で割り当てる件数の上限", min=0, max=1_000)] = _CAPACITY,
) -> None:
    """相談員を登録する。"""
    from clair_bot.domain.advisors import Role
    from clair_bot.domain.articles import Area
    from clair_bot.domain.desks import Office

    place = _address(address)
    desks = [*_members(areas, Area, "分野"), *_members(offices, Office, "海外事務所")]
    chosen = [Role(role) for role in _members(roles.lower(), Role, "役割")]
    if not name.strip() or not chosen:
        raise ClairBotError("名前と役割を指定してください。")
    with shift() as work:
        try:
            added = work.work.advisors.add(name=name.strip(), address=place, desks=desks, roles=chosen, capacity=capacity)
        except ValueError as error:
            raise ClairBotError(
                f"{address} は{error}さんの連絡先です。先に clair-bot advisor remove {error} を実行してください。"
            ) from error
    print(f"{added.name}さんを登録しました（{'・'.join(map(str, added.addresses))}）。")


def _address(text: str) -> "Address":
    from clair_bot.messages import Address
    from clair_bot.registry import channels

    try:
        address = Address.parse(text)
    except ValueError as error:
        raise ClairBotError(f"連絡先は slack:U0AAA のように、channel:id の形で指定してください（{text[:40]}）。") from error
    if address.channel not in channels():
        raise ClairBotError(f"{address.channel} というチャンネルはありません。使えるもの: {', '.join(channels())}")
    return address


def _members(text: str, allowed: Any, what: str) -> list[str]:
    names = [part.strip() for part in text.replace("、", ",").split(",") if part.strip()]
    for name in names:
        if name not in {member.value for member in allowed}:
            raise ClairBotError(f"{what}「{name[:20]}」はありません。使えるもの: {', '.join(member.value for member in allowed)}")
    return names


@app.command("list")
def list_advisors(json: Json = False) -> None:
    """登録されている相談員を一覧にする。"""
    with shift() as work:
        loads = work.work.tickets.loads()
        rows = [_row(one, loads.get(one.id, 0)) for one in work.work.advisors.everyone()]
    if json:
        print_json({"advisors": rows})
        return
    for row in rows:
        desks = "・".join(row["desks"]) or "すべて"
        print(f"{row['name']}\t{'・'.join(row['addresses'])}\t{desks}\t{'・'.join(row['roles'])}\t{row['load']}/{row['capacity']}件")
    if not rows:
        print("登録されている相談員はいません。clair-bot advisor add で登録してください。")


def _row(advisor: "Advisor", load: int) -> dict[str, Any]:
    return {
        "id": advisor.id,
        "name": advisor.name,
        "addresses": [str(address) for address in advisor.addresses],
        "desks": list(advisor.desks),
        "roles": sorted(role.value for role in advisor.roles),
        "capacity": advisor.capacity,
        "absences": [{"first": absence.first.isoformat(), "last": absence.last.isoformat()} for absence in advisor.absences],
        "load": load,
    }


@app.command()
def remove(person: Annotated[str, typer.Argument(help="名前か channel:id")]) -> None:
    """相談員の登録を消す。受け持っていた相談は窓口に戻す。"""
    from clair_bot.domain.tickets import TicketState
    from clair_bot.services.desk import moves
    from clair_bot.services.desk.telling import notice, tell_room

    with shift() as work:
        gone = _registered(work, person)
        clerk = acting(work, "")
        held = work.work.tickets.listed(states=[TicketState.ASSIGNED], assignee=gone.id, limit=1_000)
        for ticket in held:
            if locked := work.work.tickets.lock(ticket.id):
                result = moves.release(work, clerk, locked)
                tell_room(work, locked, notice(result.sentence), private=False)
        work.work.advisors.remove(gone.id)
    print(f"{gone.name}さんの登録を消しました。{len(held)}件の相談を窓口に戻しました。")


@app.command()
def away(
    person: Annotated[str, typer.Argument(help="名前か channel:id")],
    first: Annotated[str, typer.Argument(help="初日（2026-12-01）")],
    last: Annotated[str, typer.Argument(help="最終日。省略すると初日だけ")] = "",
) -> None:
    """不在の日を登録する。その間は順番の割り当てから外れる。"""
    from clair_bot.domain.advisors import Absence

    days = _day(first), _day(last or first)
    if days[1] < days[0]:
        raise ClairBotError("最終日は初日より後にしてください。")
    with shift() as work:
        work.work.advisors.away(_registered(work, person).id, Absence(first=days[0], last=days[1]))
    print(f"{days[0]}から{days[1]}まで不在として登録しました。")


@app.command()
def back(person: Annotated[str, typer.Argument(help="名前か channel:id")]) -> None:
    """今日からの不在の登録を取り消す。"""
    with shift() as work:
        work.work.advisors.back(_registered(work, person).id, work.now.astimezone(work.timezone).date())
    print("不在の登録を取り消しました。")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ClairBotError(f"日付は 2026-12-01 の形で指定してください（{text[:20]}）。") from error


def _registered(work: "Shift", person: str) -> "Advisor":
    actor = acting(work, person or "-")
    if actor.advisor is None:
        raise ClairBotError("名前か channel:id を指定してください。")
    return actor.advisor
