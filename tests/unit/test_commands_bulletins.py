"""``clair-bot bulletin``: from a file to everybody's message, by two people; what is refused, and what is shown."""

import asyncio
import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from openpyxl import load_workbook
from structlog.testing import capture_logs
from tests.unit.commands import Library, Result, Shell
from tests.unit.halls import NOW, Hall

from clair_bot.bootstrap import Application, bootstrap
from clair_bot.domain.bulletins import Act, LedgerState
from clair_bot.manuscripts.bulletins import read
from clair_bot.manuscripts.subscribers import COLUMNS
from clair_bot.messages import Address
from clair_bot.ports import Quota
from clair_bot.settings import read_settings
from clair_bot.testing.adapters import FakeAdapter

BULLETIN = """---
title: 秋の号
kind: newsletter
{front}---
はじめに。

## 【募集】多文化共生セミナー<参加者>
締切: 2026-12-18
担当: 多文化共生課

地域日本語教育の事例を学びます。[くわしく](https://example.test/seminar)

## 【ロンドン事務所】英国で商談会
ロンドンで商談会を開きました。
"""
STATUS = {"id", "status", "recipients", "queued", "sending", "sent", "failed", "uncertain", "cancelled", "held"}


class Newsroom(Hall):
    """A hall with an editor, an approver and readers in the simulator."""

    def application(self) -> Application:
        """Return the application as a worker would have it."""
        return bootstrap(read_settings())

    def write(self, front: str = "", *, text: str = BULLETIN) -> str:
        path = self.shell.folder / "bulletin.md"
        path.write_text(text.format(front=front), encoding="utf-8")
        return str(path)

    def create(self, front: str = "", *words: str) -> int:
        number: int = self.done("bulletin", "create", self.write(front), *words, "--as", "高橋", "--json").document["id"]
        return number

    def approved(self, front: str = "") -> int:
        number = self.create(front)
        self.done("bulletin", "test-send", str(number), "--to", "web:tester", "--as", "高橋")
        self.done("bulletin", "submit", str(number), "--as", "高橋")
        self.done("bulletin", "approve", str(number), "--as", "伊藤")
        return number

    def sent(self, front: str = "") -> int:
        number = self.approved(front)
        self.done("bulletin", "schedule", str(number), "--at", "now", "--as", "伊藤")
        self.carry_on()
        return number

    def carry_on(self, *, deliver: bool = True) -> None:
        """Let clock, publisher and the simulator's relay do what is due."""
        application = self.application()
        application.releasing.run_due()

        async def steps() -> None:
            while await application.publisher.run_once():
                pass
            relay = application.relay("web")
            for _ in range(8 if deliver else 0):
                await relay._step()
                while relay._under_way:
                    await asyncio.sleep(0)
            await relay._drain()
            while await application.publisher.run_once():
                pass

        asyncio.run(steps())
        application.store.engine.dispose()

    def fail(self, number: int, state: str, error: str, recipient: str) -> None:
        """Let the platform have refused somebody."""
        with self.store.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE delivery SET state = ?, error = ? WHERE bulletin_id = ? AND recipient = ?", (state, error, number, recipient)
            )

    def status(self, number: int) -> dict[str, object]:
        found: dict[str, object] = self.done("bulletin", "status", str(number), "--json").document
        return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def room(tmp_path: Path, library: Library, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    shell = Shell(tmp_path, library, monkeypatch)
    shell.set(CLAIR_SIMULATOR="1")
    room = Newsroom(shell, sqlite_database)
    with time_machine.travel(NOW, tick=False):
        room.staff()
        room.done("advisor", "add", "slack:U4", "--name", "伊藤", "--roles", "approver")
        room.done("advisor", "add", "slack:U5", "--name", "田中", "--roles", "editor,approver")
        people(room, *(f"web,reader{number},,,群馬県,,NY,ja,{'weekly' if number == 3 else 'each'}" for number in range(4)))
        yield room
    room.store.engine.dispose()


def people(room: Newsroom, *rows: str) -> None:
    path = room.shell.folder / "people.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    room.done("subscriber", "import", str(path))


def test_a_whole_story(room: Newsroom) -> None:
    created = room.done("bulletin", "create", room.write(), "--as", "高橋", "--json").document
    assert created == {"id": 1, "revision": 1}
    room.done("bulletin", "submit", "1", "--as", "高橋")
    assert "まだテスト配信していません" in room.refused("bulletin", "approve", "1", "--as", "伊藤")
    edited = room.done("bulletin", "edit", "1", room.write("areas: [II]\n"), "--as", "田中", "--json").document
    assert edited == {"id": 1, "revision": 2}
    assert "1か所" in room.done("bulletin", "test-send", "1", "--to", "web:tester", "--as", "高橋").out
    room.done("bulletin", "submit", "1", "--as", "高橋")
    for author in ("高橋", "田中"):
        room.refused("bulletin", "approve", "1", "--as", author)
    room.refused("bulletin", "schedule", "1", "--at", "now", "--as", "伊藤")
    assert "4人" in room.done("bulletin", "approve", "1", "--as", "伊藤").out
    scheduled = room.done("bulletin", "schedule", "1", "--at", "now", "--as", "伊藤", "--json").document
    assert scheduled == {"id": 1, "revision": 2, "status": "scheduled"}
    room.carry_on(deliver=False)
    waiting = room.status(1)
    assert set(waiting) == STATUS
    assert (waiting["status"], waiting["recipients"], waiting["queued"], waiting["held"]) == ("sending", 4, 3, 1)
    room.carry_on()
    assert room.status(1) == {
        "id": 1,
        "status": "sent",
        "recipients": 4,
        "queued": 0,
        "sending": 0,
        "sent": 3,
        "failed": 0,
        "uncertain": 0,
        "cancelled": 0,
        "held": 1,
    }
    shown = room.done("bulletin", "status", "1").out
    assert "配信済み" in shown
    assert "送信済み: 3" in shown
    assert room.done("bulletin", "archive", "商談会", "セミナー", "--json").document["bulletins"][0]["number"] == 1
    assert "vol.1 秋の号" in room.done("bulletin", "archive").out
    assert "見つかりません" in room.done("bulletin", "archive", "火星").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("---\ntitle: 題\nkind: notice\n---\n本文\n", "項目が一つもありません"),
        ("---\ntitle: 題\nkind: notice\n---\n" + "".join(f"## 項目{one}\n" for one in range(60)), "項目が60件あります"),
        ("---\ntitle: 題\nkind: notice\n---\n## 一\n" + "あ" * 100_000, "100,0"),
        ("---\ntitle: 題\nkind: notice\n---\n## 一\n" + "あ" * 5_000, "1項目は4,000字まで"),
        ("---\ntitle: 題\nkind: notice\n---\n## 一\n締切: 2026-11-23\n", "過ぎた項目しかありません"),
        ("---\ntitle: 題\nkind: notice\naudience: だれか\n---\n## 一\n", "「だれか」という対象は保存されていません"),
        ("---\ntitle: 題\n---\n", "bulletin.md:2: kind がありません"),
    ],
)
def test_files_that_are_refused(room: Newsroom, text: str, words: str) -> None:
    assert words in room.refused("bulletin", "create", room.write(text=text.replace("{", "{{")), "--as", "高橋")
    assert room.done("bulletin", "list", "--json").document["count"] == 0


def test_a_time_that_has_passed_or_is_none(room: Newsroom) -> None:
    number = str(room.approved())
    for at, words in (("2026-11-24T09:00", "すでに過ぎています"), ("あした", "日時として読み取れません"), ("", "日時がありません")):
        assert words in room.refused("bulletin", "schedule", number, "--at", at, "--as", "伊藤")
    assert room.status(1)["status"] == "approved"


def test_the_file_may_say_when(room: Newsroom) -> None:
    number = str(room.approved("send_at: 2026-12-01T09:00\n"))
    assert "12月1日" in room.done("bulletin", "schedule", number, "--as", "伊藤").out
    assert "2026-12-01 09:00" in room.done("bulletin", "status", number).out


def test_who_would_be_woken_is_told(room: Newsroom) -> None:
    number = str(room.approved())
    for at, warns in (("2026-12-01T07:59", True), ("2026-12-01T08:00", False), ("2026-12-01T20:59", False), ("2026-12-01T21:00", True)):
        result = room.run("bulletin", "schedule", number, "--at", at, "--as", "伊藤", "--json")
        assert (result.status, "夜間" in result.err, result.document["status"]) == (0, warns, "scheduled")


def test_channels_that_are_not_connected_are_told(room: Newsroom) -> None:
    people(room, f"line,U{'0' * 32},,,,,,,", "mail,a@example.test,,,,,,,")
    number = str(room.approved())
    result = room.run("bulletin", "schedule", number, "--at", "now", "--as", "伊藤")
    assert (result.status, "line、mail はこのコンピューターでは設定されていません" in result.err) == (0, True)
    tested = room.run("bulletin", "test-send", str(room.create()), "--to", "line:U1", "--as", "高橋")
    assert (tested.status, "line は" in tested.err) == (0, True)


def test_a_quota_that_is_too_small(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    adapter = FakeAdapter(name="web")

    async def quota() -> Quota:
        return Quota(limit=5, used=3)

    async def aclose() -> None:
        closed.append(True)

    monkeypatch.setattr(adapter, "quota", quota)
    monkeypatch.setattr(adapter, "aclose", aclose)
    monkeypatch.setattr("clair_bot.bootstrap.create_adapters", lambda environment: {"web": adapter})
    number = str(room.approved())
    refused = room.refused("bulletin", "schedule", number, "--at", "now", "--as", "伊藤")
    assert "残りは2通（上限5、使用3、予約0）で、この配信の4人に足りません" in refused
    assert closed == [True]
    room.refused("bulletin", "schedule", number, "--at", "now", "--override-quota", "--as", "高橋")
    assert room.status(1)["status"] == "approved"
    room.done("bulletin", "schedule", number, "--at", "now", "--override-quota", "--as", "伊藤")


def test_pausing_resuming_cancelling(room: Newsroom) -> None:
    number = str(room.approved())
    room.refused("bulletin", "pause", number, "--as", "高橋")
    room.done("bulletin", "schedule", number, "--at", "now", "--as", "伊藤")
    room.carry_on(deliver=False)
    assert "残りは3人" in room.done("bulletin", "pause", number, "内容の確認", "--as", "高橋").out
    assert "一時停止（内容の確認）" in room.done("bulletin", "status", number).out
    room.done("bulletin", "resume", number, "--as", "高橋")
    assert "4人には送りません" in room.done("bulletin", "cancel", number, "--as", "伊藤").out
    assert (room.status(1)["status"], room.status(1)["cancelled"]) == ("cancelled", 4)
    room.refused("bulletin", "resume", number, "--override-quota", "--as", "高橋")


def test_returning_with_a_reason(room: Newsroom) -> None:
    number = str(room.create())
    room.done("bulletin", "test-send", number, "--to", "web:tester", "--as", "高橋")
    room.done("bulletin", "submit", number, "--as", "高橋")
    room.refused("bulletin", "return", number, " ", "--as", "伊藤")
    room.done("bulletin", "return", number, "締切を確かめてください", "--as", "伊藤")
    shown = room.done("bulletin", "show", number).out
    assert "差し戻し（第1版、伊藤）締切を確かめてください" in shown
    assert "下書き" in shown


def test_sending_again_only_to_those_who_did_not_get_it(room: Newsroom) -> None:
    number = room.sent()
    room.refused("bulletin", "resend", str(number), "--failed", "--as", "伊藤")
    room.fail(number, "failed", "http 500", "reader0")
    room.fail(number, "uncertain", "timeout", "reader1")
    assert "1人に再送します。よろしければ --yes" in room.refused("bulletin", "resend", str(number), "--failed", "--as", "伊藤")
    assert room.status(number)["failed"] == 1
    room.refused("bulletin", "resend", str(number), "--as", "伊藤", status=2)
    room.done("bulletin", "resend", str(number), "--failed", "--uncertain", "--yes", "--as", "伊藤")
    room.carry_on()
    assert (room.status(number)["status"], room.status(number)["sent"]) == ("sent", 3)


def test_who_got_it_and_why_not(room: Newsroom) -> None:
    number = room.sent()
    room.fail(number, "failed", "http 500", "reader0")
    listed = room.done("bulletin", "recipients", str(number), "--state", "failed", "--json").document
    assert (listed["count"], listed["recipients"][0]["reason"], listed["recipients"][0]["state"]) == (1, "http 500", "failed")
    everybody = room.done("bulletin", "recipients", str(number)).out
    assert "reader0" not in everybody
    assert "まとめ待ち" in everybody
    assert "web:reader0" in room.done("bulletin", "recipients", str(number), "--full").out
    assert "ありません" in room.done("bulletin", "recipients", str(number), "--state", "uncertain").out


def test_showing_everything(room: Newsroom) -> None:
    number = room.create("areas: [II]\n")
    room.done("bulletin", "test-send", str(number), "--to", "web:tester-long-id", "--as", "高橋")
    shown = room.done("bulletin", "show", str(number)).out
    for words in ("対象: 登録分野: メールマガジン", "配信先: 4人", "web: 4人", "例: web:r…", "作成（第1版、高橋）", "（締切 2026-12-18）"):
        assert words in shown, shown
    assert "tester-long-id" not in shown
    document = room.done("bulletin", "show", str(number), "--json").document
    assert (document["reached"], document["total"], len(document["sample"])) == ({"web": 4}, 4, 4)
    assert document["approvals"] == {"given": 0, "needed": 1}
    assert [event["act"] for event in document["trail"]] == ["create", "test"]
    source = room.done("bulletin", "show", str(number), "--source").out
    with room.store.read() as work:
        stored = work.bulletins.get(number)
    assert stored
    assert read(source, file="") == stored.document
    room.refused("bulletin", "show", "99")


def test_older_revisions_can_be_read(room: Newsroom) -> None:
    number = str(room.create())
    room.done("bulletin", "edit", number, room.write(text=BULLETIN.replace("秋の号", "冬の号")), "--as", "高橋")
    assert "冬の号" in room.done("bulletin", "show", number, "--source").out
    assert "秋の号" in room.done("bulletin", "show", number, "--revision", "1", "--source").out
    assert "第1版を表示" in room.done("bulletin", "show", number, "--revision", "1").out
    assert "第3版はありません" in room.refused("bulletin", "show", number, "--revision", "3")


def test_previews_of_every_channel_need_no_settings(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLAIR_SIMULATOR")
    number = str(room.create())
    shown = room.done("bulletin", "preview", number).out
    for channel in ("slack", "line", "telegram", "mail", "web"):
        assert f"━━ {channel} ━━" in shown
    assert shown.count("多文化共生セミナー<参加者>") >= 5
    page = room.shell.folder / "preview.html"
    room.done("bulletin", "preview", number, "--channel", "telegram", "--html", str(page))
    html = page.read_text(encoding="utf-8")
    assert "多文化共生セミナー&lt;参加者&gt;" in html
    assert "<参加者>" not in html
    assert "script" not in html
    drawn = room.done("bulletin", "preview", number, "--channel", "slack", "--language", "en", "--payload").document
    assert set(drawn) == {"slack"}
    assert drawn["slack"]["message"]["issue"]["masthead"] == "CLAIR Mail Magazine"
    assert drawn["slack"]["bubbles"]
    room.refused("bulletin", "preview", number, "--channel", "fax", status=2)
    room.refused("bulletin", "preview", number, "--html", str(page), "--payload", status=2)
    room.refused("bulletin", "preview", number, "--html", str(room.shell.folder))


def test_corrections_and_drills(room: Newsroom) -> None:
    number = room.sent()
    correction = room.create("", "--corrects", str(number))
    shown = room.done("bulletin", "show", str(correction)).out
    assert f"配信{number}の訂正" in shown
    assert "配信先: 3人" in shown
    room.done("bulletin", "edit", str(correction), room.write(), "--as", "高橋")
    assert f"配信{number}の訂正" in room.done("bulletin", "show", str(correction)).out
    drill = room.create("", "--drill")
    assert "訓練用の登録者" in room.done("bulletin", "show", str(drill)).out
    assert "配信先が0人" in room.refused("bulletin", "submit", str(drill), "--as", "高橋")
    assert "【訓練】" in room.done("bulletin", "list").out
    room.refused("bulletin", "create", room.write(), "--corrects", "99", "--as", "高橋")


def test_figures(room: Newsroom) -> None:
    people(room, "web,=blocked,,,,,,,".replace("=", ""), "telegram,77,,,,,,,")
    number = room.approved("offices: [LON]\n")
    room.run("bulletin", "schedule", str(number), "--at", "now", "--as", "伊藤")
    room.carry_on()
    room.fail(number, "failed", "=blocked", "reader0")
    with room.store.write() as work:
        reader = work.subscribers.at(Address(channel="web", recipient="reader0"))
        assert reader
        from clair_bot.services.bulletins.presence import suspend

        suspend(work, reader.address, reason="blocked", now=NOW)
        work.links.follow(work.links.put(number, "https://example.test/seminar"))
        work.commit()
    room.done("subscriber", "unsubscribe", "telegram:77")
    found = room.done("bulletin", "figures", str(number), "--json").document
    telegram, web = found["channels"]
    assert (web["recipients"], web["sent"], web["failed"], web["blocked"], web["held"]) == (5, 3, 1, 1, 1)
    assert (telegram["channel"], telegram["unsubscribed"], telegram["cancelled"]) == ("telegram", 1, 0)
    assert (found["total"]["recipients"], found["offices"], web["reasons"]) == (6, ["LON"], {"=blocked": 1})
    assert found["clicks"] == {"total": 1, "urls": [{"url": "https://example.test/seminar", "clicks": 1}]}
    table, book = room.shell.folder / "f.csv", room.shell.folder / "f.xlsx"
    shown = room.done("bulletin", "figures", str(number), "--csv", str(table), "--xlsx", str(book)).out
    assert "失敗の理由（web）: =blocked 1" in shown
    rows = list(csv.DictReader(io.StringIO(table.read_bytes().decode("utf-8-sig"))))
    assert [(row["手段"], row["配信先"], row["海外事務所"], row["クリック"]) for row in rows] == [
        ("telegram", "1", "LON", ""),
        ("web", "5", "LON", ""),
        ("全体", "6", "LON", "1"),
    ]
    assert rows[1]["失敗の理由"] == "'=blocked 1"
    workbook = load_workbook(book)
    assert workbook.sheetnames == ["配信", "失敗の理由", "クリック"]
    assert [cell.value for cell in list(workbook["失敗の理由"].rows)[1]] == ["web", "'=blocked", 1]
    room.done("bulletin", "figures", str(number), "--csv", str(table), "--encoding", "cp932")
    assert "配信停止" in table.read_bytes().decode("cp932")
    room.refused("bulletin", "figures", str(number), "--csv", str(room.shell.folder))
    room.refused("bulletin", "figures", str(number), "--xlsx", str(room.shell.folder))


def test_saved_audiences(room: Newsroom) -> None:
    people(room, "web,tokyo,,,東京,,,,", "slack,U77,,,群馬,,,,")
    saved = room.done(
        "bulletin", "segment", "save", "群馬の人", "--prefecture", "群馬", "--channel", "web", "--as", "高橋", "--json"
    ).document
    assert (saved["prefectures"], saved["channels"], saved["total"]) == (["群馬県"], ["web"], 4)
    counted = room.done("bulletin", "segment", "count", "群馬の人", "--json").document
    assert (counted["reached"], len(counted["sample"])) == ({"web": 4}, 4)
    assert "人数: 4人" in room.done("bulletin", "segment", "count", "群馬の人").out
    number = room.create("audience: 群馬の人\n")
    assert "保存した対象「群馬の人」" in room.done("bulletin", "show", str(number)).out
    assert "配信1で使われています" in room.refused("bulletin", "segment", "delete", "群馬の人", "--as", "高橋")
    room.done("bulletin", "cancel", str(number), "--as", "高橋")
    room.done("bulletin", "segment", "delete", "群馬の人", "--as", "高橋")
    assert "ありません" in room.done("bulletin", "segment", "list").out
    assert "人数を数えられません" in room.done("bulletin", "show", str(number)).out
    room.refused("bulletin", "segment", "count", "群馬の人")


def test_an_audience_of_nobody(room: Newsroom) -> None:
    saved = room.done("bulletin", "segment", "save", "沖縄", "--prefecture", "沖縄県", "--as", "高橋")
    assert "いまは0人です" in saved.out
    assert "都道府県: 沖縄県" in room.done("bulletin", "segment", "list").out
    number = str(room.create("audience: 沖縄\n"))
    assert "配信先が0人" in room.refused("bulletin", "submit", number, "--as", "高橋")


@pytest.mark.parametrize(
    "words",
    [
        ("全員", "--prefecture", "群馬"),
        (" ", "--role", "a"),
        ("あ" * 61, "--role", "a"),
        ("村", "--kind", "村"),
        ("村",),
        ("村", "--role", " "),
    ],
)
def test_audiences_that_cannot_be_saved(room: Newsroom, words: tuple[str, ...]) -> None:
    room.refused("bulletin", "segment", "save", *words, "--as", "高橋")
    assert room.done("bulletin", "segment", "list", "--json").document == {"segments": []}


def test_everybody_needs_two_approvals(room: Newsroom) -> None:
    number = str(room.create("audience: all\n"))
    room.done("bulletin", "test-send", number, "--to", "web:tester", "--as", "高橋")
    room.done("bulletin", "submit", number, "--as", "高橋")
    assert "四人" in room.done("bulletin", "approve", number, "--as", "伊藤").out
    assert room.done("bulletin", "show", number, "--json").document["approvals"] == {"given": 1, "needed": 2}
    room.refused("bulletin", "approve", number, "--as", "伊藤")
    room.done("bulletin", "approve", number, "--as", "田中")


def test_the_operator_is_an_administrator_but_no_second_person(room: Newsroom) -> None:
    number = str(room.done("bulletin", "create", room.write(), "--json").document["id"])
    room.done("bulletin", "test-send", number, "--to", "web:tester")
    room.done("bulletin", "submit", number)
    assert "承認できません" in room.refused("bulletin", "approve", number)
    with room.store.read() as work:
        assert all(event.actor.startswith("cli:") for event in work.bulletins.events(int(number)))
        assert [event.act for event in work.bulletins.events(int(number))] == [Act.CREATE, Act.TEST, Act.SUBMIT]


_COMMANDS = (
    ("edit", "1", "FILE"),
    ("list",),
    ("show", "1"),
    ("preview", "1"),
    ("test-send", "1", "--to", "web:tester"),
    ("submit", "1"),
    ("return", "1", "理由"),
    ("approve", "1"),
    ("schedule", "1", "--at", "now"),
    ("pause", "1"),
    ("resume", "1"),
    ("cancel", "1"),
    ("status", "1"),
    ("resend", "1", "--failed"),
    ("recipients", "1"),
    ("figures", "1"),
    ("create", "FILE"),
    ("segment", "list"),
    ("segment", "save", "x", "--role", "a"),
    ("segment", "count", "x"),
    ("segment", "delete", "x"),
)


@pytest.mark.parametrize("command", _COMMANDS)
def test_who_has_no_part_in_bulletins_may_nothing(room: Newsroom, command: tuple[str, ...]) -> None:
    room.create()
    words = [room.write() if word == "FILE" else word for word in command]
    for person in ("佐藤", "だれか"):
        refused = room.refused("bulletin", *words, "--as", person)
        assert "役割では、この操作はできません" in refused or "登録されていません" in refused


@pytest.mark.parametrize("words", [("slack",), ("fax:1",), ("mail:x",), ("slack:",), ("web:a b",)])
def test_addresses_that_are_none(room: Newsroom, words: tuple[str, ...]) -> None:
    number = str(room.create())
    room.refused("bulletin", "test-send", number, "--to", *words, "--as", "高橋")
    room.refused("bulletin", "test-send", number, "--as", "高橋")


def test_watching_until_it_is_done(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    number = room.approved()
    room.done("bulletin", "schedule", str(number), "--at", "now", "--as", "伊藤")
    looks = []

    def work_goes_on(seconds: float) -> None:
        looks.append(seconds)
        with capture_logs():  # a worker's, in a process of its own
            room.carry_on(deliver=len(looks) > 1)

    monkeypatch.setattr("clair_bot.cli.bulletin_views.time.sleep", work_goes_on)
    watched: Result = room.run("bulletin", "status", str(number), "--watch", "--json")
    assert (watched.status, watched.err, json.loads(watched.out)["status"]) == (0, "", "sent")
    assert len(looks) == 2
    assert "配信済み" in room.done("bulletin", "status", str(number), "--watch").out


def test_what_is_late_is_missed_and_can_be_scheduled_again(room: Newsroom) -> None:
    number = room.approved()
    room.done("bulletin", "schedule", str(number), "--at", "2026-11-24T11:00", "--as", "伊藤")
    with time_machine.travel(NOW + timedelta(hours=4), tick=False):
        room.carry_on()
        assert room.status(number)["status"] == "missed"
        room.done("bulletin", "schedule", str(number), "--at", "now", "--as", "伊藤")
        room.carry_on()
    assert room.status(number)["status"] == "sent"
    with room.store.read() as work:
        assert work.ledger.counts(number)[LedgerState.SENT] == 3


def test_listing_by_status(room: Newsroom) -> None:
    room.sent()
    room.create()
    listed = room.done("bulletin", "list", "--status", "draft", "--json").document
    assert ([one["id"] for one in listed["bulletins"]], listed["count"]) == ([2], 1)
    assert "下書き" in room.done("bulletin", "list").out
    assert room.done("bulletin", "list", "--status", "missed").out == "配信はありません。\n"


def test_help_loads_nothing_heavy() -> None:
    heavy = (
        "sqlalchemy",
        "pydantic",
        "yaml",
        "openpyxl",
        "sudachipy",
        "slack_sdk",
        "telegram",
        "linebot",
        "feedparser",
        "aiohttp",
        "holidays",
    )
    code = f"import sys, clair_bot.cli.commands; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
