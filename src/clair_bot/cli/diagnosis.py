"""``clair-bot doctor``: is everything that is needed in order?"""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.cli.output import print_json
from clair_bot.errors import ClairBotError, ConfigurationError

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application


_SHOWN = 5
"""How many of the messages that were put aside are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    part: str
    status: str
    """ok, warning or broken"""
    text: str


def doctor(json: Annotated[bool, typer.Option("--json", help="JSONで出力")] = False) -> None:
    """設定、データベース、知識ベース、チャンネル、相談窓口を点検する。"""
    findings = _examine()
    broken = any(finding.status == "broken" for finding in findings)
    if json:
        rows = [{"part": finding.part, "status": finding.status, "text": finding.text} for finding in findings]
        print_json({"status": "broken" if broken else "ok", "findings": rows})
    else:
        marks = {"ok": "正常", "warning": "注意", "broken": "異常"}
        for finding in findings:
            print(f"[{marks[finding.status]}] {finding.part}: {finding.text}")
    if broken:
        if not json:
            print("異常があります。上の説明に従って直してください。", file=sys.stderr)
        raise typer.Exit(1)


def _examine() -> list[Finding]:
    from clair_bot.bootstrap import bootstrap
    from clair_bot.settings import read_settings

    try:
        application = bootstrap(read_settings())
    except ConfigurationError as error:
        return [Finding(part="設定", status="broken", text=str(error))]
    settings = Finding(part="設定", status="ok", text=f"知識 {application.settings.knowledge_dir}、時間帯 {application.settings.timezone}")
    return [
        settings,
        *_database(application),
        *_knowledge(application),
        *_channels(application),
        *_desks(application),
        *_bulletins(application),
    ]


def _database(application: "Application") -> list[Finding]:
    from clair_bot.storage.schema import HEAD, require_current

    try:
        require_current(application.store.engine)
        with application.store.read() as work:
            aside, lonely = work.inbox.counts().get("aside", 0), work.tickets.without_desk()
            shown = "、".join(f"{entry.message.address.channel} {entry.id}番 {entry.error}" for entry in work.inbox.set_aside(_SHOWN))
    except ClairBotError as error:
        return [Finding(part="データベース", status="broken", text=str(error))]
    kind = application.store.engine.dialect.name
    findings = [Finding(part="データベース", status="ok", text=f"{kind}、版 {HEAD}")]
    if aside:
        findings.append(Finding(part="受信箱", status="warning", text=f"処理できずに取り置いたメッセージが{aside}件あります（{shown}）。"))
    if lonely:
        findings.append(Finding(part="相談", status="warning", text=f"どの窓口にも届いていない相談が{lonely}件あります。"))
    return findings


def _knowledge(application: "Application") -> list[Finding]:
    retriever = application.retriever
    articles = sum(len(of_area) for of_area in retriever.areas().values())
    status = "ok" if articles else "broken"
    text = f"記事{articles}件" if articles else "記事が1件もありません。CLAIR_KNOWLEDGE_DIR を確かめてください。"
    broken = [Finding(part="記事", status="warning", text=f"{error}（この記事は使いません）") for error in retriever.errors]
    return [Finding(part="知識ベース", status=status, text=text), *broken]


def _channels(application: "Application") -> list[Finding]:
    try:
        adapters = application.adapters
    except ConfigurationError as error:
        return [Finding(part="チャンネル", status="broken", text=str(error))]
    if not adapters:
        return [Finding(part="チャンネル", status="warning", text="未設定です。README の接続手順をご覧ください。")]
    ways = {True: "こちらから接続", False: "Webhook"}
    told = {name: ways[adapter.listens] if adapter.hears else "送信のみ" for name, adapter in adapters.items()}
    return [Finding(part=name, status="ok", text=text) for name, text in told.items()]


def _desks(application: "Application") -> list[Finding]:
    desks = application.desk.desks
    if not desks.rooms():
        return [Finding(part="相談窓口", status="warning", text="CLAIR_DESK が未設定です。相談は記録されますが、誰にも届きません。")]
    off = sorted({room.channel for room in desks.rooms()} - set(application.adapters))
    if off:
        text = f"窓口の部屋がある {'・'.join(off)} が使える状態になっていません。チャンネルの変数を設定してください。"
        return [Finding(part="相談窓口", status="broken", text=text)]
    rooms = Finding(part="相談窓口", status="ok", text="・".join(str(room) for room in sorted(desks.rooms())))
    return [rooms, *_advisors(application)]


def _advisors(application: "Application") -> list[Finding]:
    """Every desk needs somebody: its own, or those of the desk that stands in for it."""
    from clair_bot.services.desk.staffing import unstaffed, unsupervised

    try:
        with application.store.read() as work:
            everyone = work.advisors.everyone()
    except ClairBotError:
        return []  # the database has said so already
    if not everyone:
        text = "相談員が登録されていません。clair-bot advisor add で登録してください。登録するまでは、部屋にいる人全員が相談員です。"
        return [Finding(part="相談員", status="broken", text=text)]
    if empty := unstaffed(application.desk.desks, everyone):
        names = "・".join(desk.name for desk in empty)
        return [
            Finding(
                part="相談員", status="broken", text=f"相談員のいない窓口があります: {names}。clair-bot advisor add で登録してください。"
            )
        ]
    found = [Finding(part="相談員", status="ok", text=f"{len(everyone)}人、すべての窓口に相談員がいます。")]
    if unsupervised(everyone):
        text = "監督者も管理者もいません。期限を過ぎた相談を知らせる相手がいません（advisor add --roles advisor,supervisor）。"
        found.append(Finding(part="監督者", status="warning", text=text))
    return found


def _bulletins(application: "Application") -> list[Finding]:
    """Bulletins that wait for a person, feeds that cannot be read, and mail that nobody could stop."""
    from clair_bot.domain.bulletins import BulletinStatus
    from clair_bot.services.phrases import PRESS

    stuck = {BulletinStatus.MISSED, BulletinStatus.PAUSED}
    try:
        with application.store.read() as work:
            bulletins, feeds = work.bulletins.listed(statuses=stuck, limit=_SHOWN), work.feeds.listed()
    except ClairBotError:
        return []  # the database has said so already
    found = [f"配信{one.id}「{one.document.title}」は{PRESS.statuses[one.status]}です（{one.reason}）。" for one in bulletins]
    found += [f"取り込み元{feed.id}（{feed.name}）を読み取れません。{feed.error}" for feed in feeds if feed.error]
    if application.settings.environment.get("SMTP_URL") and not application.bulletins.base_url:
        found.append("CLAIR_BASE_URL が未設定のため、メールに配信停止のリンクを付けられません。")
    return [Finding(part="配信", status="warning", text=text) for text in found]
