"""``clair-bot bulletin``: newsletters and office updates, from a file to everybody's message."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli import bulletin_sending, segments
from clair_bot.cli.output import print_json
from clair_bot.cli.pictures import look_at_pictures
from clair_bot.cli.press_work import LARGEST, Number, Reason, address_named, do, press_work, say, table, warn_unconnected
from clair_bot.cli.working import Json, Person, open_application, printable, readable
from clair_bot.domain.bulletins import BulletinStatus
from clair_bot.domain.conversations import Language
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.domain.bulletins import Bulletin, Document
    from clair_bot.services.bulletins.presses import Press

app = typer.Typer(help="メールマガジンと海外事務所だより", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Markdown（先頭に title、kind などの項目）")]


@app.callback()
def bulletin() -> None:
    """配信の作成・承認・配信。"""


@app.command()
def create(
    file: File,
    *,
    corrects: Annotated[
        int | None, typer.Option(metavar="ID", min=1, max=LARGEST, help="訂正する配信の番号（それを受け取った人に送る）")
    ] = None,
    drill: Annotated[bool, typer.Option("--drill", help="訓練（訓練用の登録者だけに送る）")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """下書きを作る。"""
    from dataclasses import replace

    from clair_bot.manuscripts.bulletins import read_file
    from clair_bot.services.bulletins import control

    document = read_file(file)
    document = replace(document, corrects=corrects or document.corrects, drill=drill or document.drill)
    application = open_application()
    look_at_pictures(application, document)
    with press_work(person, application=application) as (press, who):
        done = control.create(press, who, document)
        press.work.commit()
    _saved(done, json=json)


@app.command()
def edit(number: Number, file: File, person: Person = None, json: Json = False) -> None:
    """内容を改める。承認は取り消される。"""
    from dataclasses import replace

    from clair_bot.manuscripts.bulletins import read_file
    from clair_bot.services.bulletins import control

    document = read_file(file)
    application = open_application()
    look_at_pictures(application, document)
    with press_work(person, application=application) as (press, who):
        there = control.bulletin_of(press, number)
        kept = replace(document, corrects=document.corrects or there.document.corrects, drill=document.drill or there.document.drill)
        done = control.edit(press, who, there, kept)
        press.work.commit()
    _saved(done, json=json)


def _saved(done: Any, *, json: bool) -> None:
    if json:
        print_json({"id": done.bulletin.id, "revision": done.bulletin.revision})
    else:
        say(done, json=False)


@app.command("list")
def list_bulletins(
    *,
    status: Annotated[list[BulletinStatus] | None, typer.Option(help="状況（繰り返し指定できる。既定: すべて）")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="示す件数の上限")] = 50,
    person: Person = None,
    json: Json = False,
) -> None:
    """配信を新しい順に一覧にする。"""
    from clair_bot.cli.bulletin_views import line_document, list_lines
    from clair_bot.services.bulletins.control import EITHER, require

    with press_work(person, changes=False) as (press, who):
        require(who, EITHER)
        found = press.work.bulletins.listed(statuses=set(status) if status else None, limit=limit)
        if json:
            print_json({"count": len(found), "bulletins": [line_document(one) for one in found]})
        else:
            print(printable(table(list_lines(press, found)) if found else "配信はありません。"))


@app.command()
def show(
    number: Number,
    *,
    revision: Annotated[int | None, typer.Option(min=1, max=LARGEST, help="版（既定: いまの版）")] = None,
    source: Annotated[bool, typer.Option("--source", help="元のファイルの形で示す")] = False,
    person: Person = None,
    json: Json = False,
) -> None:
    """内容、対象、人数、経過を示す。"""
    from clair_bot.cli.bulletin_views import show_document, show_lines
    from clair_bot.manuscripts.rendering import render
    from clair_bot.services.bulletins.control import EITHER, bulletin_of, require

    with press_work(person, changes=False) as (press, who):
        require(who, EITHER)
        found = bulletin_of(press, number)
        said = _revision(press, found, revision)
        if source:
            print(printable(render(said)), end="")
        elif json:
            print_json(show_document(press, found, said, revision or found.revision))
        else:
            print(printable("\n".join(show_lines(press, found, said, revision or found.revision))))


def _revision(press: "Press", found: "Bulletin", revision: int | None) -> "Document":
    said = found.document if revision is None else press.work.bulletins.revision(found.id, revision)
    if said is None:
        raise ClairBotError(f"配信{found.id}に第{revision}版はありません（いまは第{found.revision}版です）。")
    return said


@app.command()
def preview(
    number: Number,
    *,
    channel: Annotated[str, typer.Option(metavar="NAME", help="slack、line、telegram、mail、web、all")] = "all",
    language: Annotated[Language, typer.Option(help="前後の言葉の言語")] = Language.JA,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="HTMLに書き出す")] = None,
    payload: Annotated[bool, typer.Option("--payload", help="チャンネルに渡す内容と描画をJSONで示す")] = False,
    person: Person = None,
) -> None:
    """各チャンネルでの見え方を示す。チャンネルの設定は要らない。"""
    from clair_bot.cli import previewing
    from clair_bot.services.bulletins.control import EITHER, bulletin_of, require

    if html and payload:
        raise typer.BadParameter("--html と --payload は同時に指定できません。")
    application = open_application()
    names = previewing.channels(application, channel)
    with press_work(person, changes=False, application=application) as (press, who):
        require(who, EITHER)
        drawn = previewing.draw(application, press, bulletin_of(press, number), names, language)
    if payload:
        print_json(previewing.payload(drawn))
    elif html:
        previewing.save(html, drawn)
        print(f"{html} に書き出しました。ブラウザーで開いて確かめてください。")
    else:
        print(printable(previewing.text(drawn)))


@app.command("test-send")
def send_test(
    number: Number,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="channel:id", help="宛先（繰り返し指定できる）")] = None,
    person: Person = None,
    json: Json = False,
) -> None:
    """いまの版を、承認の前に自分たちへ送って確かめる。"""
    from clair_bot.services.bulletins import control

    addresses = [address_named(one) for one in to or ()]
    application = open_application()
    do(number, person, lambda press, who, one: control.test_send(press, who, one, addresses), json=json, application=application)
    warn_unconnected(application, {address.channel for address in addresses})


@app.command()
def submit(number: Number, person: Person = None, json: Json = False) -> None:
    """承認を求める。"""
    from clair_bot.services.bulletins import control

    do(number, person, control.submit, json=json)


@app.command("return")
def send_back(number: Number, reason: Reason, person: Person = None, json: Json = False) -> None:
    """理由を付けて差し戻す。"""
    from clair_bot.services.bulletins import control

    words = readable(reason)
    do(number, person, lambda press, who, one: control.send_back(press, who, one, words), json=json)


@app.command()
def approve(number: Number, person: Person = None, json: Json = False) -> None:
    """いまの版を承認する。書いた人は承認できない。"""
    from clair_bot.services.bulletins import timing

    do(number, person, timing.approve, json=json)


for _command in (
    bulletin_sending.schedule,
    bulletin_sending.pause,
    bulletin_sending.resume,
    bulletin_sending.cancel,
    bulletin_sending.status,
    bulletin_sending.resend,
    bulletin_sending.recipients,
    bulletin_sending.archive,
    bulletin_sending.figures,
):
    app.command()(_command)
app.add_typer(segments.app, name="segment")
