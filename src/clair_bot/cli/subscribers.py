"""``clair-bot subscriber``: who gets bulletins."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.press_work import address_named, press_work, table
from clair_bot.cli.working import Json, Person, printable
from clair_bot.domain.subscriptions import SubscriberState
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from clair_bot.cli.rosters import Plan
    from clair_bot.domain.subscriptions import Consent, Subscriber
    from clair_bot.manuscripts.rosters import Written
    from clair_bot.ports import UnitOfWork
    from clair_bot.services.bulletins.presses import Press

app = typer.Typer(help="配信の登録者", no_args_is_help=True)

_SHOWN_ERRORS = 20
_PAGE = 5_000
STATES = {
    SubscriberState.PENDING: "確認待ち",
    SubscriberState.ACTIVE: "登録中",
    SubscriberState.UNSUBSCRIBED: "配信停止",
    SubscriberState.UNREACHABLE: "到達不能",
}
_ACTIONS = {
    "requested": "申込み（未確認）",
    "subscribed": "登録",
    "imported": "取り込み",
    "changed": "変更",
    "unsubscribed": "配信停止",
    "suspended": "到達不能",
    "restored": "復帰",
}


@app.callback()
def subscriber() -> None:
    """配信の登録者の取り込みと一覧。管理者だけが使えます。"""


@app.command("import")
def import_subscribers(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV（UTF-8かCP932、カンマかタブ）か Excel（.xlsx）")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="確かめるだけで、登録しない")] = False,
    skip_errors: Annotated[bool, typer.Option("--skip-errors", help="誤りのある行を除いて登録する")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """登録者をファイルから取り込む。誤りが1行でもあれば、何も登録しない。"""
    from clair_bot.cli import rosters
    from clair_bot.manuscripts.subscribers import read_roster

    with press_work(person, changes=False) as (_, who):
        _require_administrator(who)
    roster = read_roster(file)
    writes = not dry_run and (skip_errors or not roster.errors)
    with press_work(person, changes=writes) as (press, who):
        plan = rosters.plan(press, roster)
        if writes:
            rosters.store(press, plan, by=who.mark)
            press.work.commit()
    _tell(plan, writes=writes, json=json)
    if plan.errors:
        ends = "誤りのない行だけを登録しました" if writes else "何も登録していません"
        raise ClairBotError(f"{len(plan.errors):,}行に誤りがあります。{ends}。ファイルを直して、もう一度取り込んでください。")


def _tell(plan: "Plan", *, writes: bool, json: bool) -> None:
    counts = {"new": len(plan.new), "changed": len(plan.changed), "unchanged": plan.unchanged}
    if json:
        errors = [{"row": one.row, "reason": one.reason} for one in plan.errors]
        print_json({**counts, "errors": errors, "kept": [{"row": row, "reason": _KEPT} for row in plan.kept], "written": writes})
        return
    print(
        f"新規 {counts['new']:,}、変更 {counts['changed']:,}、変更なし {counts['unchanged']:,}{'' if writes else '（登録はしていません）'}"
    )
    if plan.kept:
        print(f"うち{len(plan.kept):,}行は{_KEPT}")
    for one in plan.errors[:_SHOWN_ERRORS]:
        print(printable(f"{one.row}行目: {one.reason}"))
    if len(plan.errors) > _SHOWN_ERRORS:
        print(f"ほかに{len(plan.errors) - _SHOWN_ERRORS:,}行に誤りがあります（--json ですべて示します）。")


_KEPT = "配信を停止した人のため、登録を変えていません。"


@app.command("export")
def export_subscribers(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="書き出す先（既定: 標準出力）")] = None,
    *,
    encoding: Annotated[str, typer.Option(metavar="utf-8|cp932", help="文字コード")] = "utf-8",
    everyone: Annotated[bool, typer.Option("--all", help="配信を停止した人なども含め、状態の列を付ける")] = False,
    person: Person = None,
) -> None:
    """登録者をCSVに書き出す。そのまま取り込み直せます。"""
    from clair_bot.manuscripts.rosters import MISSING, write_roster

    kind = encoding_named(encoding)
    with press_work(person, changes=False) as (press, who):
        _require_administrator(who)
        found = list(_every(press.work, None if everyone else {SubscriberState.ACTIVE}))
    written = write_roster(found, encoding=kind, states=everyone)
    save(file, written)
    if file:
        print(f"{len(found):,}人を {file} に書き出しました。")
    if written.replaced:
        print(f"CP932にない文字{written.replaced:,}字を「{MISSING}」にしました。", file=sys.stderr)


def encoding_named(text: str) -> Any:
    """Return an encoding.

    Raises:
        typer.BadParameter: it is none that is written.
    """
    from clair_bot.manuscripts.rosters import Encoding

    known = {"utf-8": Encoding.UTF_8, "utf8": Encoding.UTF_8, "cp932": Encoding.CP932, "shift_jis": Encoding.CP932, "sjis": Encoding.CP932}
    if text.lower() not in known:
        raise typer.BadParameter("文字コードは utf-8 か cp932 で指定してください。")
    return known[text.lower()]


def save(file: Path | None, written: "Written") -> None:
    """Write what was made into a file, or to standard output.

    Raises:
        ClairBotError: it cannot be written.
    """
    if file is None:
        sys.stdout.buffer.write(written.content)
        sys.stdout.flush()
        return
    try:
        file.write_bytes(written.content)
    except OSError as error:
        raise ClairBotError(f"{file} に書き込めません。場所と権限を確かめてください。") from error


@app.command("list")
def list_subscribers(
    *,
    state: Annotated[SubscriberState | None, typer.Option(help="状態（既定: すべて）")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="示す人数の上限")] = 1_000,
    person: Person = None,
    json: Json = False,
) -> None:
    """登録者を一覧にする。"""
    with press_work(person, changes=False) as (press, who):
        _require_administrator(who)
        found = list(press.work.subscribers.listed(states={state} if state else None, limit=limit))
    if json:
        print_json({"count": len(found), "subscribers": [_document(one) for one in found]})
        return
    if not found:
        print("登録者はいません。")
        return
    print(printable(table([["番号", "宛先", "状態", "名前", "団体", "配信"], *map(_line, found)])))


@app.command()
def show(address: Annotated[str, typer.Argument(help="channel:id")], person: Person = None, json: Json = False) -> None:
    """登録者を、同意の記録とともに示す。"""
    with press_work(person, changes=False) as (press, who):
        _require_administrator(who)
        found = _found(press, address)
        consents = press.work.subscribers.consents(found.id)
        if json:
            print_json({**_document(found), "consents": [_consent(line) for line in consents]})
            return
        facts = (
            ("宛先", str(found.address)),
            ("状態", STATES[found.state] + (f"（{found.reason}）" if found.reason else "")),
            *(("名前", found.name), ("団体", found.organisation), ("都道府県", found.prefecture), ("担当", found.role)),
            *(("配信", _topics(found)), ("頻度", _frequency(found)), ("言語", found.language.value), ("時間帯", found.timezone)),
            ("次のまとめ", _when(press, found.digest_at) if found.digest_at else ""),
            ("訓練用", "はい" if found.tester else ""),
        )
        lines = [f"{name}: {value}" for name, value in facts if value]
        lines += ["", "同意の記録:", *(_consent_line(press, line) for line in consents)]
    print(printable("\n".join(lines)))


@app.command()
def unsubscribe(address: Annotated[str, typer.Argument(help="channel:id")], person: Person = None, json: Json = False) -> None:
    """配信を停止する。配信待ちのものも送りません。"""
    from clair_bot.services.bulletins import subscribing

    with press_work(person) as (press, who):
        _require_administrator(who)
        found = _found(press, address)
        if found.state is SubscriberState.UNSUBSCRIBED:
            raise ClairBotError("その宛先の配信は、すでに停止しています。")
        stored = subscribing.unsubscribe(press, found, source="command", by=who.mark)
        press.work.commit()
    if json:
        print_json(_document(stored))
    else:
        print("配信を停止しました。配信待ちのものも送りません。")


def _require_administrator(who: Any) -> None:
    from clair_bot.domain.advisors import Role
    from clair_bot.services.bulletins.control import require

    require(who, {Role.ADMIN})


def _found(press: "Press", text: str) -> "Subscriber":
    found = press.work.subscribers.at(address_named(text))
    if found is None:
        raise ClairBotError("その宛先は登録されていません。clair-bot subscriber list で確かめてください。")
    return found


def _every(work: "UnitOfWork", states: Any) -> "Iterator[Subscriber]":
    after = 0
    while page := work.subscribers.listed(states=states, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _line(one: "Subscriber") -> list[str]:
    return [str(one.id), str(one.address), STATES[one.state], one.name, one.organisation, _topics(one)]


def _topics(one: "Subscriber") -> str:
    from clair_bot.domain.conversations import Language
    from clair_bot.services.bulletins.subscribing import shown_topics

    return shown_topics(one.topics, Language.JA)


def _frequency(one: "Subscriber") -> str:
    from clair_bot.services.phrases.bulletins import JA

    return JA.frequencies[one.frequency]


def _when(press: "Press", at: "datetime") -> str:
    return f"{at.astimezone(press.settings.timezone):%Y-%m-%d %H:%M}"


def _consent_line(press: "Press", line: "Consent") -> str:
    from clair_bot.domain.conversations import Language
    from clair_bot.services.bulletins.subscribing import shown_topics

    topics = shown_topics(line.topics, Language.JA) or "なし"
    return f"  {_when(press, line.at)}　{_ACTIONS[line.action.value]}（{line.source}、{line.by}）{topics}"


def _document(one: "Subscriber") -> dict[str, Any]:
    from clair_bot.domain.subscriptions import Topic

    return {
        "id": one.id,
        "address": str(one.address),
        "name": one.name,
        "organisation": one.organisation,
        "kind": one.kind.value,
        "prefecture": one.prefecture,
        "role": one.role,
        "topics": [topic.value for topic in Topic if topic in one.topics],
        "language": one.language.value,
        "frequency": one.frequency.value,
        "timezone": one.timezone,
        "tester": one.tester,
        "state": one.state.value,
        "reason": one.reason,
        "digest_at": one.digest_at.isoformat() if one.digest_at else None,
    }


def _consent(line: "Consent") -> dict[str, Any]:
    topics = [topic.value for topic in line.topics]
    return {"at": line.at.isoformat(), "action": line.action.value, "topics": topics, "source": line.source, "by": line.by}
