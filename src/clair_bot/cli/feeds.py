"""``clair-bot feed``: where offices publish, and drafts of what is new there."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.press_work import LARGEST, press_work, table
from clair_bot.cli.working import Json, Person, has_controls, open_application, printable, shown
from clair_bot.domain.feeds import FeedKind
from clair_bot.errors import ClairBotError, FeedError

if TYPE_CHECKING:
    from clair_bot.domain.desks import Office
    from clair_bot.domain.feeds import Feed, Reading
    from clair_bot.ports import FeedReading
    from clair_bot.services.bulletins.presses import Press

app = typer.Typer(help="海外事務所などの記事の取り込み", no_args_is_help=True)

_LONGEST = 2_000
_LONGEST_NAME = 60
_MOST_MINUTES = 10_080
_KINDS = {FeedKind.RSS: "RSS・Atom", FeedKind.PAGE: "ページ", FeedKind.MAILBOX: "メール", FeedKind.FOLDER: "フォルダー"}
_ONLINE = frozenset({FeedKind.RSS, FeedKind.PAGE})
_Read = tuple["Feed", "Reading | None", str]


@app.callback()
def feed() -> None:
    """記事の取り込み元の登録と読み取り。"""


@app.command()
def add(
    kind: Annotated[FeedKind, typer.Argument(metavar="KIND", help="rss（RSS・Atom）、page（一覧ページ）、mailbox、folder")],
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="アドレス（https://…）か、このコンピューターの中の場所")],
    *,
    office: Annotated[str, typer.Option(metavar="KEY", help="海外事務所（例: NY。既定: 本部）")] = "",
    name: Annotated[str, typer.Option(help="名前（既定: 場所）")] = "",
    every: Annotated[int, typer.Option(min=5, max=_MOST_MINUTES, help="読み取りの間隔（分）")] = 60,
    person: Person = None,
    json: Json = False,
) -> None:
    """取り込み元を登録する。"""
    place, called, whose = _location(kind, location), _name(name), _office(office)
    with press_work(person) as (press, who):
        _require(who)
        try:
            added = press.work.feeds.add(kind=kind, location=place, office=whose, name=called or place[:_LONGEST_NAME], every_minutes=every)
        except ValueError as error:
            raise ClairBotError("その場所はすでに登録されています。clair-bot feed list で確かめてください。") from error
        press.work.commit()
    if json:
        print_json(_document(added))
    else:
        print(printable(f"取り込み元{added.id}（{added.name}）を登録しました。clair-bot feed poll {added.id} で読み取れます。"))


@app.command("list")
def list_feeds(person: Person = None, json: Json = False) -> None:
    """取り込み元を一覧にする。"""
    with press_work(person, changes=False) as (press, who):
        _require(who, writes=False)
        found = press.work.feeds.listed()
        if json:
            print_json({"feeds": [_document(one) for one in found]})
        elif found:
            print(printable(table([["番号", "種類", "事務所", "名前", "間隔", "前回", "状態"], *(_line(press, one) for one in found)])))
        else:
            print("取り込み元はありません。")


@app.command()
def remove(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="取り込み元の番号")], person: Person = None
) -> None:
    """取り込み元の登録を消す。取り込んだ記事は残る。"""
    with press_work(person) as (press, who):
        _require(who)
        if not press.work.feeds.remove(number):
            raise _unknown(number)
        press.work.commit()
    print(f"取り込み元{number}の登録を消しました。取り込んだ記事は残ります。")


@app.command()
def poll(
    number: Annotated[int | None, typer.Argument(metavar="ID", min=1, max=LARGEST, help="取り込み元の番号（既定: すべて）")] = None,
    *,
    no_draft: Annotated[bool, typer.Option("--no-draft", help="下書きを作らない")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """いま読み取り、新しい記事から下書きを作る。"""
    application = open_application()
    with press_work(person, changes=False, application=application) as (press, who):
        _require(who)
        feeds = [one for one in press.work.feeds.listed() if number in {None, one.id}]
    if number is not None and not feeds:
        raise _unknown(number)
    read = asyncio.run(_read_all(application.assembling.reader, feeds))  # outside of transactions: the network takes its time
    with press_work(person, application=application) as (press, who):
        rows = [_kept(press, one, found, fault) for one, found, fault in read]
        offices = dict.fromkeys(one.office for (one, _, _), row in zip(read, rows, strict=True) if row["new"])
        drafts = [] if no_draft else _drafts(press, list(offices), who.mark)
        press.work.commit()
    _tell(rows, drafts, json=json)
    faults = sum(bool(row["error"]) for row in rows)
    if faults:
        raise ClairBotError(f"{faults}件の取り込み元を読み取れませんでした。")


def _kept(press: "Press", feed: "Feed", found: "Reading | None", fault: str) -> dict[str, Any]:
    new = press.work.feeds.read(feed, found, error=fault)
    return {"id": feed.id, "name": feed.name, "new": new, "error": fault or None}


def _tell(rows: list[dict[str, Any]], drafts: list[Any], *, json: bool) -> None:
    if json:
        print_json({"feeds": rows, "drafts": [{"id": one.bulletin.id, "items": len(one.bulletin.document.items)} for one in drafts]})
        return
    lines = [f"取り込み元{row['id']}（{row['name']}）: {row['error'] or '新しい記事 {:,}件'.format(row['new'])}" for row in rows]
    print(printable("\n".join([*lines, *(one.sentence for one in drafts)]) or "取り込み元はありません。"))


async def _read_all(reader: "FeedReading", feeds: list["Feed"]) -> list[_Read]:
    found: list[_Read] = []
    for one in feeds:
        try:
            found.append((one, await reader.read(one), ""))
        except FeedError as error:
            found.append((one, None, str(error)))
    return found


def _drafts(press: "Press", offices: list["Office | None"], mark: str) -> list[Any]:
    from clair_bot.services.bulletins.assembling import assemble

    return [done for office in offices if (done := assemble(press, office, actor=mark))]


def _require(who: Any, *, writes: bool = True) -> None:
    from clair_bot.services.bulletins.control import EITHER, WRITERS, require

    require(who, WRITERS if writes else EITHER)


def _unknown(number: int) -> ClairBotError:
    return ClairBotError(f"取り込み元{number}は登録されていません。clair-bot feed list で確かめてください。")


def _location(kind: FeedKind, text: str) -> str:
    from clair_bot.manuscripts.fields import is_address

    place = text.strip()
    if not place or len(place) > _LONGEST or has_controls(place):
        raise ClairBotError(f"場所は{_LONGEST:,}字以内の文字で指定してください。")
    if kind in _ONLINE and not is_address(place):
        raise ClairBotError(f"「{shown(place)}」はアドレスの形ではありません。https:// で始まるアドレスを指定してください。")
    if kind not in _ONLINE and "://" in place:
        raise ClairBotError("mailbox と folder には、このコンピューターの中の場所を指定してください。")
    return place if kind in _ONLINE else str(Path(place).absolute())  # workers run elsewhere


def _name(text: str) -> str:
    if len(text.strip()) > _LONGEST_NAME or has_controls(text):
        raise ClairBotError(f"名前は{_LONGEST_NAME}字以内の文字で指定してください。")
    return text.strip()


def _office(text: str) -> "Office | None":
    from clair_bot.domain.desks import Office
    from clair_bot.domain.names import folded_name
    from clair_bot.manuscripts.words import OFFICES

    if not text.strip():
        return None
    found = OFFICES.get(folded_name(text))
    if found is None:
        raise ClairBotError(f"海外事務所「{shown(text)}」はありません。使えるもの: {'、'.join(Office)}")
    return found


def _document(one: "Feed") -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "location": one.location,
        "office": one.office.value if one.office else None,
        "name": one.name,
        "every_minutes": one.every_minutes,
        "last_read_at": one.last_read_at.isoformat() if one.last_read_at else None,
        "error": one.error or None,
    }


def _line(press: "Press", one: "Feed") -> list[str]:
    read = f"{one.last_read_at.astimezone(press.settings.timezone):%Y-%m-%d %H:%M}" if one.last_read_at else "まだ"
    office = one.office.value if one.office else "本部"
    return [str(one.id), _KINDS[one.kind], office, one.name, f"{one.every_minutes}分", read, one.error or "正常"]
