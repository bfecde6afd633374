"""``clair-bot bulletin segment``: saved audiences."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.cli.press_work import press_work, veiled
from clair_bot.cli.working import Json, Person, has_controls, printable, shown
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clair_bot.domain.audiences import Audience, Target
    from clair_bot.services.bulletins.presses import Press

app = typer.Typer(help="保存した対象", no_args_is_help=True)

_SAMPLE = 5
Name = Annotated[str, typer.Argument(metavar="NAME", help="対象の名前")]
Words = list[str] | None


def _many(names: str) -> Any:
    return typer.Option(metavar="WORD", help=f"{names}（繰り返し指定できる）")


@app.callback()
def segment() -> None:
    """だれに送るかを、名前を付けて保存する。"""


@app.command("list")
def list_segments(person: Person = None, json: Json = False) -> None:
    """保存した対象を一覧にする。"""
    with press_work(person, changes=False) as (press, who):
        _require(who)
        found = press.work.bulletins.segments()
    if json:
        print_json({"segments": [{"name": name, **_document(audience)} for name, audience in found.items()]})
        return
    lines = [f"{name}: {_described(audience)}" for name, audience in found.items()]
    print(printable("\n".join(lines) or "保存した対象はありません。"))


@app.command()
def save(
    name: Name,
    *,
    prefecture: Annotated[Words, _many("都道府県")] = None,
    kind: Annotated[Words, _many("団体の種類: prefecture、city、association、jet、company、resident、other")] = None,
    topic: Annotated[Words, _many("登録した分野・事務所・種類: I〜VII、NY〜BEI、newsletter など")] = None,
    role: Annotated[Words, _many("担当")] = None,
    language: Annotated[Words, _many("言語: ja、en、easy")] = None,
    channel: Annotated[Words, _many("手段: slack、line、telegram、mail、web")] = None,
    person: Person = None,
    json: Json = False,
) -> None:
    """対象を保存する。同じ名前のものは改める。"""
    given = {"prefectures": prefecture, "kinds": kind, "topics": topic, "roles": role, "languages": language, "channels": channel}
    wanted, audience = _named(name), _audience(given)
    with press_work(person) as (press, who):
        _require(who, writes=True)
        press.work.bulletins.save_segment(wanted, audience, actor=who.mark)
        counts = press.work.subscribers.count(_target(audience))
        press.work.commit()
    if json:
        print_json({"name": wanted, **_document(audience), "reached": dict(counts), "total": sum(counts.values())})
    else:
        print(printable(f"「{wanted}」を保存しました（{_described(audience)}）。いまは{sum(counts.values()):,}人です。"))


@app.command()
def count(name: Name, person: Person = None, json: Json = False) -> None:
    """対象の人数を手段ごとに数え、例を示す。"""
    with press_work(person, changes=False) as (press, who):
        _require(who)
        audience = _saved(press, name)
        counts = press.work.subscribers.count(_target(audience))
        sample = [veiled(str(one.address)) for one in press.work.subscribers.reached(_target(audience), limit=_SAMPLE)]
    if json:
        print_json({"name": name.strip(), "reached": dict(counts), "total": sum(counts.values()), "sample": sample})
        return
    print(printable("\n".join(_lines(audience, counts, sample))))


@app.command()
def delete(name: Name, person: Person = None) -> None:
    """保存した対象を消す。"""
    from clair_bot.domain.bulletins import BulletinStatus

    with press_work(person) as (press, who):
        _require(who, writes=True)
        _saved(press, name)
        open_ = {BulletinStatus.DRAFT, BulletinStatus.SUBMITTED, BulletinStatus.APPROVED, BulletinStatus.SCHEDULED, BulletinStatus.SENDING}
        users = [one.id for one in press.work.bulletins.listed(statuses=open_, limit=10_000) if one.document.segment == name.strip()]
        if users:
            numbers = "、".join(map(str, users))
            raise ClairBotError(f"「{shown(name)}」は配信{numbers}で使われています。先に配信の対象を改めてください。")
        press.work.bulletins.delete_segment(name.strip())
        press.work.commit()
    print(printable(f"「{shown(name)}」を消しました。"))


def _require(who: Any, *, writes: bool = False) -> None:
    from clair_bot.services.bulletins.control import EITHER, WRITERS, require

    require(who, WRITERS if writes else EITHER)


def _named(name: str) -> str:
    from clair_bot.domain.names import folded_name
    from clair_bot.manuscripts.bulletins import EVERYONE, LONGEST_NAME

    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME or has_controls(wanted):
        raise ClairBotError(f"対象の名前は{LONGEST_NAME}字以内の文字で指定してください。")
    if folded_name(wanted) in EVERYONE:
        raise ClairBotError(f"「{shown(wanted)}」は登録者全員を表すため、対象の名前には使えません。")
    return wanted


def _audience(given: "Mapping[str, Words]") -> "Audience":
    from clair_bot.manuscripts.bulletins import read_audience

    audience = read_audience({name: words for name, words in given.items() if words})
    if audience.is_everyone:
        raise ClairBotError(
            "条件を1つ以上指定してください（例: --prefecture 群馬県）。全員に送るときは、ファイルに audience: all と書きます。"
        )
    return audience


def _saved(press: "Press", name: str) -> "Audience":
    from clair_bot.services.phrases import PRESS

    found = press.work.bulletins.segments().get(" ".join(name.split()))
    if found is None:
        raise ClairBotError(PRESS.segment_unknown.format(name=shown(name)))
    return found


def _target(audience: "Audience") -> "Target":
    from clair_bot.domain.audiences import Target

    return Target(audience=audience, topics=frozenset())


def _lines(audience: "Audience", counts: "Mapping[str, int]", sample: list[str]) -> "Iterator[str]":
    yield f"対象: {_described(audience)}"
    yield f"人数: {sum(counts.values()):,}人"
    yield from (f"  {channel}: {number:,}人" for channel, number in sorted(counts.items()))
    if sample:
        yield f"  例: {'、'.join(sample)}"


def _described(audience: "Audience") -> str:
    """Return an audience in words, as a bulletin to it would say."""
    from clair_bot.domain.bulletins import BulletinKind, Document
    from clair_bot.services.bulletins.audiences import described
    from clair_bot.services.phrases import PRESS

    document = Document(title="", kind=BulletinKind.NOTICE, items=(), everyone=True, audience=audience)
    return described(document).removeprefix(f"{PRESS.everyone}、")


def _document(audience: "Audience") -> dict[str, Any]:
    from dataclasses import fields

    return {field.name: sorted(getattr(audience, field.name)) for field in fields(audience)}
