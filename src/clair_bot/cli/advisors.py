"""``clair-bot advisor``: the people of the desks."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.working import Json, Person, desk_work, has_controls, open_application, person_named, shown
from clair_bot.domain.advisors import CAPACITY
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clair_bot.domain.advisors import Absence, Advisor, Role
    from clair_bot.domain.desks import Desks
    from clair_bot.domain.tickets import Ticket
    from clair_bot.messages import Address
    from clair_bot.services.desk.actors import Actor
    from clair_bot.services.desk.shifts import Shift

app = typer.Typer(help="相談員", no_args_is_help=True)

_EVERYTHING = 1_000_000
_NAME_LIMIT = 40
_MOST = 1_000
_LONGEST_DAYS = 366
_SEPARATORS = str.maketrans(dict.fromkeys(";、，；", ","))


@app.callback()
def advisor() -> None:
    """相談員の登録と不在。"""


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="channel:id（例: slack:U0AAA）")],
    *,
    name: Annotated[str, typer.Option(help="名前。登録済みの名前なら、連絡先を加え、指定した項目だけを改める")],
    areas: Annotated[str | None, typer.Option(help="分野（例: I,IV。分野も海外事務所も省くと、すべての窓口）")] = None,
    offices: Annotated[str | None, typer.Option(help="海外事務所（例: NY,LON）")] = None,
    roles: Annotated[str | None, typer.Option(help="役割: advisor,supervisor,editor,approver,admin（省くとadvisor）")] = None,
    capacity: Annotated[int | None, typer.Option(min=0, max=_MOST, help="同時に割り当てる件数の上限（省くと10）")] = None,
    person: Person = None,
    json: Json = False,
) -> None:
    """相談員を登録する。"""
    with desk_work(person) as (shift, actor):
        _require_administrator(actor)
        place, called = _address(address), _name(name)
        known = shift.work.advisors.named(called)
        try:
            added = shift.work.advisors.add(
                name=known.name if known else called,
                address=place,
                desks=known.desks if known and areas is offices is None else _desks(areas or "", offices or ""),
                roles=known.roles if known and roles is None else _roles("advisor" if roles is None else roles),
                capacity=capacity if capacity is not None else known.capacity if known else CAPACITY,
            )
        except ValueError as error:
            raise ClairBotError(f"{place} は{error}さんの連絡先です。先に clair-bot advisor remove {error} を実行してください。") from error
        load = shift.work.tickets.loads().get(added.id, 0)
        shift.work.commit()
    if json:
        print_json(_document(added, load))
        return
    print(f"{added.name}さんを{'改めました' if known else '登録しました'}（{_summary(added, shift.desks)}）。")


@app.command("list")
def list_advisors(json: Json = False) -> None:
    """相談員を一覧にする。"""
    application = open_application()
    with application.store.read() as work:
        everyone, loads = work.advisors.everyone(), work.tickets.loads()
    if json:
        print_json({"advisors": [_document(one, loads.get(one.id, 0)) for one in everyone]})
        return
    if not everyone:
        print("登録されている相談員はいません。clair-bot advisor add で登録してください。")
    today = application.clock.now().astimezone(application.settings.timezone).date()
    for one in everyone:
        absences = "・".join(_days(absence) for absence in one.absences if absence.last >= today)
        held = f"担当{loads.get(one.id, 0)}件（上限{one.capacity}件）"
        cells = [str(one.id), one.name, *_parts(one, application.desk.desks), held, f"不在 {absences}" if absences else ""]
        print("\t".join(cells).rstrip())


@app.command()
def remove(name: Annotated[str, typer.Argument(help="名前か channel:id")], person: Person = None) -> None:
    """登録を取り消す。担当していた相談は窓口に戻す。"""
    from clair_bot.domain.tickets import LIVE

    with desk_work(person) as (shift, actor):
        _require_administrator(actor)
        gone = person_named(shift.work, name)
        held = shift.work.tickets.listed(states=LIVE, assignee=gone.id, limit=_EVERYTHING)
        for ticket in sorted(held, key=lambda ticket: ticket.id):
            _give_back(shift, actor, ticket, gone.name)
        shift.work.advisors.remove(gone.id)
        shift.work.commit()
    numbers = "・".join(str(number) for number in sorted(ticket.id for ticket in held))
    given_back = f"{len(held)}件の相談を窓口に戻しました（受付番号{numbers}）。" if held else "担当していた相談は0件です。"
    print(f"{gone.name}さんの登録を取り消しました。{given_back}")


@app.command()
def away(
    name: Annotated[str, typer.Argument(help="名前か channel:id")],
    first: Annotated[str, typer.Argument(help="初日（例: 2026-12-01）")],
    last: Annotated[str, typer.Argument(help="最終日（既定: 初日）")] = "",
    person: Person = None,
) -> None:
    """不在の日を登録する。"""
    from clair_bot.domain.advisors import Absence

    days = _day(first), _day(last or first)
    with desk_work(person) as (shift, actor):
        absent = person_named(shift.work, name)
        _require_own(actor, absent)
        today = shift.now.astimezone(shift.timezone).date()
        if not (days[0] <= days[1] and today <= days[1] and (days[1] - days[0]).days <= _LONGEST_DAYS):
            raise ClairBotError("不在の日は、今日以降の日を1年以内で、早い順に指定してください。")
        absence = Absence(first=days[0], last=days[1])
        shift.work.advisors.away(absent.id, absence)
        shift.work.commit()
    print(f"{absent.name}さんを{_days(absence)}の間、不在として登録しました。")


@app.command()
def back(name: Annotated[str, typer.Argument(help="名前か channel:id")], person: Person = None) -> None:
    """今日以降の不在を取り消す。"""
    from clair_bot.services.desk import persons
    from clair_bot.services.desk.actors import actor_of

    with desk_work(person) as (shift, actor):
        returned = person_named(shift.work, name)
        _require_own(actor, returned)
        sentence = persons.back(shift, actor_of(returned))
        shift.work.commit()
    print(f"{returned.name}さん: {sentence}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ClairBotError(f"日付は 2026-12-01 の形で指定してください（{shown(text)}）。") from error


def _require_administrator(actor: "Actor") -> None:
    from clair_bot.domain.advisors import Role

    if actor.advisor is not None and Role.ADMIN not in actor.advisor.roles:
        raise ClairBotError(f"{actor.name}さんには相談員を登録する権限がありません。管理者にお問い合わせください。")


def _require_own(actor: "Actor", advisor: "Advisor") -> None:
    if actor.id != advisor.id:
        _require_administrator(actor)


def _give_back(shift: "Shift", actor: "Actor", ticket: "Ticket", name: str) -> None:
    """Take a ticket out of the hands of somebody who goes; what waits for its asker is not open again, but nobody's."""
    from dataclasses import replace

    from clair_bot.domain.tickets import Move, TicketState
    from clair_bot.services.desk import cards, moves, telling

    if ticket.state is TicketState.ASSIGNED:
        moves.release(shift, actor, ticket)
    else:
        text = f"{name}さんの登録を取り消したため、担当を外しました。"
        if freed := moves.move(shift, actor, ticket, Move.NOTE, text, replace(ticket, assignee=None)):
            cards.refresh_card(shift, freed)
    told = f"受付番号{ticket.id}: {name}さんの登録を取り消したため、担当を外しました。"
    telling.tell_room(shift, ticket, telling.notice(told), private=False)


def _address(text: str) -> "Address":
    from clair_bot.messages import Address
    from clair_bot.registry import channels

    try:
        address = Address.parse(text)
    except ValueError as error:
        raise ClairBotError(
            f"「{shown(text)}」はアドレスの形ではありません。「slack:U0AAA」のように、channel:id で指定してください。"
        ) from error
    if address.channel not in channels():
        raise ClairBotError(f"{shown(address.channel)} というチャンネルはありません。使えるもの: {'、'.join(channels())}")
    if has_controls(address.recipient) or any(character.isspace() for character in address.recipient):
        raise ClairBotError(f"「{shown(text)}」の id に空白や制御文字が入っています。")
    return address


def _name(text: str) -> str:
    from clair_bot.domain.names import folded_name

    name = text.strip()
    if not folded_name(name) or len(name) > _NAME_LIMIT or has_controls(name):
        raise ClairBotError(f"名前と役割を指定してください。名前は{_NAME_LIMIT}字以内の文字です。")
    if ":" in name:
        raise ClairBotError("名前に「:」は使えません。channel:id と区別できなくなります。")
    return name


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.translate(_SEPARATORS).split(",") if word.strip()]


def _desks(areas: str, offices: str) -> list[str]:
    """Return the keys of the desks that were named; none means every desk."""
    from clair_bot.domain.articles import Area
    from clair_bot.domain.desks import Office

    return list(dict.fromkeys(_keys(areas, list(Area), "分野") + _keys(offices, list(Office), "海外事務所")))


def _keys(text: str, known: Sequence[str], what: str) -> list[str]:
    by_folded = {str(key).casefold(): str(key) for key in known}
    for word in _words(text):
        if word.casefold() not in by_folded:
            raise ClairBotError(f"{what}「{shown(word)}」はありません。使えるもの: {'、'.join(known)}")
    return [by_folded[word.casefold()] for word in _words(text)]


def _roles(text: str) -> "set[Role]":
    from clair_bot.domain.advisors import Role

    found = {Role(key) for key in _keys(text, list(Role), "役割")}
    if not found:
        raise ClairBotError(f"役割を1つ以上指定してください。使えるもの: {'、'.join(Role)}")
    return found


def _document(advisor: "Advisor", load: int) -> "Mapping[str, Any]":
    """Return a person as JSON; no desks means every desk."""
    return {
        "id": advisor.id,
        "name": advisor.name,
        "addresses": [str(address) for address in advisor.addresses],
        "desks": list(advisor.desks),
        "roles": _in_order(advisor),
        "capacity": advisor.capacity,
        "absences": [{"first": absence.first.isoformat(), "last": absence.last.isoformat()} for absence in advisor.absences],
        "load": load,
    }


def _in_order(advisor: "Advisor") -> list[str]:
    from clair_bot.domain.advisors import Role

    return [role.value for role in Role if role in advisor.roles]


def _summary(advisor: "Advisor", desks: "Desks") -> str:
    return "、".join([*_parts(advisor, desks), f"上限{advisor.capacity}件"])


def _parts(advisor: "Advisor", desks: "Desks") -> list[str]:
    """Return addresses, desks and roles as people read them."""
    names = "・".join(desks.get(key).name for key in advisor.desks) or "すべての窓口"
    return ["・".join(str(address) for address in advisor.addresses), names, "・".join(_in_order(advisor))]


def _days(absence: "Absence") -> str:
    return f"{absence.first.isoformat()}〜{absence.last.isoformat()}"
