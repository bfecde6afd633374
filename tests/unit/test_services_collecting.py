"""Files between asker and advisor: fetched, looked at, handed on once, or refused with a sentence."""

import asyncio
import io
import shlex
import stat
import sys
import zipfile
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from tests.unit.desks import desks, settings
from tests.unit.senders import until
from tests.unit.stores import OutageStore

from clair_bot import worker
from clair_bot.bootstrap import Application
from clair_bot.domain.attachments import MAX_ATTEMPTS, SIZE_LIMIT, AttachmentState
from clair_bot.domain.conversations import Language
from clair_bot.errors import DeliveryError, StorageUnavailable
from clair_bot.messages import Address, Attachment, OutboundMessage
from clair_bot.services import collecting
from clair_bot.services.collecting import CONCURRENCY, Collector, kind_of, named, safe_name
from clair_bot.services.relay import Relay
from clair_bot.services.wakers import Waker
from clair_bot.storage.codec import pack_outbound
from clair_bot.testing.adapters import FakeAdapter
from clair_bot.testing.clocks import FrozenClock
from clair_bot.testing.memory import MemoryStore
from clair_bot.testing.retrievers import ScriptedRetriever

ASKER = Address(channel="line", recipient="U1")
ROOM = Address(channel="slack", recipient="C0DESK")
LINE_ROOM = Address(channel="line", recipient="G1")
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
HELD = timedelta(minutes=2).total_seconds()
WANTED, READY, REFUSED = AttachmentState.WANTED, AttachmentState.READY, AttachmentState.REFUSED


class FetchingAdapter(FakeAdapter):
    """Meets faults when it fetches, and counts how many fetches are under way."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.troubles: deque[Exception] = deque()
        self.fetched: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = self.most = 0

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        self.fetched.append(attachment.handle)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
            if self.troubles:
                raise self.troubles.popleft()
            return (
                self.files[attachment.handle]
                if len(self.files[attachment.handle]) == limit + 1
                else await super().fetch(attachment, limit=limit)
            )
        finally:
            self.under_way -= 1


class Desk:
    """A ticket with its room, and a collector."""

    def __init__(
        self,
        *,
        room: Address | None = ROOM,
        command: str = "",
        base_url: str = "https://clair.example",
        store: Callable[[FrozenClock], MemoryStore] = MemoryStore,
        language: Language = Language.JA,
    ) -> None:
        self.clock = FrozenClock()
        self.store = store(self.clock)
        self.adapters = {name: FetchingAdapter(name) for name in ("line", "slack")}
        with self.store.write() as work:
            conversation = work.conversations.get(ASKER, "")
            work.conversations.put(replace(conversation, language=language))
            desk = desks(room).of(None, None)
            ticket = work.tickets.open(
                conversation=conversation, desk=desk, area=None, office=None, question="質問", terms=(), candidates=()
            )
            work.commit()
        self.number = ticket.id
        self.collector = Collector(
            store=self.store,
            adapters=self.adapters,
            clock=self.clock,
            settings=settings(room, base_url=base_url),
            retriever=ScriptedRetriever(),
            scan_command=command,
        )

    def attach(self, content: bytes | None = JPEG, name: str = "図.jpg", *, to_desk: bool = True, size: int = 0) -> int:
        """Let somebody send a file: the asker on LINE, or an advisor on Slack."""
        channel = "line" if to_desk else "slack"
        handle = f"F{self.store.state.last_ids.get('attachment', 0) + 1}"
        if content is not None:
            self.adapters[channel].files[handle] = content
        with self.store.write() as work:
            file = Attachment(handle=handle, name=name, size=size)
            number = work.attachments.add(ticket_id=self.number, channel=channel, to_desk=to_desk, file=file, token=f"token-{handle}")
            work.commit()
        return number

    def seal(self) -> None:
        self.store.state.tickets[self.number] = replace(self.store.state.tickets[self.number], confidential=True)

    async def collect(self) -> int:
        return await self.collector.run_once()

    def states(self) -> list[AttachmentState]:
        return [row.attachment.state for row in self.store.state.attachments.values()]

    def outbox(self, to: Address) -> list[OutboundMessage]:
        rows = self.store.state.deliveries.values()
        return [row.delivery.message for row in rows if row.delivery.message.to == to]

    def said(self, to: Address) -> list[str]:
        return ["\n".join(message.paragraphs) for message in self.outbox(to)]


@pytest.fixture
async def desk() -> Desk:
    return Desk()


# handing on


async def test_an_askers_file_reaches_the_room(desk: Desk) -> None:
    number = desk.attach()
    assert await desk.collect() == 1
    assert desk.states() == [READY]
    (message,) = desk.outbox(ROOM)
    (file,) = message.files
    assert message.paragraphs == ("相談者からのファイルです（受付番号1）。",)
    assert (file.id, file.name, file.media_type, file.size) == (number, "図.jpg", "image/jpeg", len(JPEG))
    assert file.url == f"https://clair.example/files/{number}/token-F1"
    with desk.store.read() as work:
        assert work.attachments.content(number) == JPEG
    assert desk.said(ASKER) == []
    assert await desk.collect() == 0


@pytest.mark.parametrize(("language", "sentence"), [(Language.JA, "相談員からの回答です"), (Language.EN, "A reply from the advisor")])
async def test_an_advisors_file_reaches_the_asker_in_their_language(language: Language, sentence: str) -> None:
    desk = Desk(language=language)
    desk.attach(PDF, "要項.PDF", to_desk=False)
    await desk.collect()
    (message,) = desk.outbox(ASKER)
    assert message.paragraphs[0].startswith(sentence)
    assert [file.name for file in message.files] == ["要項.pdf"]
    assert desk.outbox(ROOM) == []


async def test_without_a_public_address_a_file_has_none() -> None:
    desk = Desk(base_url="")
    desk.attach()
    await desk.collect()
    assert desk.outbox(ROOM)[0].files[0].url == ""


async def test_the_outbox_never_holds_the_bytes(desk: Desk) -> None:
    desk.attach()
    await desk.collect()
    (message,) = desk.outbox(ROOM)
    assert pack_outbound(message)["files"][0]["content"] == ""
    relay = asyncio.create_task(Relay(store=desk.store, adapter=desk.adapters["slack"], clock=desk.clock, waker=Waker()).run())
    await until(lambda: len(desk.adapters["slack"].accepted) == 1)
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    assert [message.files[0].content for message in desk.adapters["slack"].attempts] == [JPEG]
    assert desk.outbox(ROOM)[0].files[0].content == b""


async def test_a_file_whose_bytes_are_gone_is_sent_as_words(desk: Desk) -> None:
    desk.attach()
    await desk.collect()
    with desk.store.write() as work:
        work.attachments.forget(desk.clock.now() + timedelta(days=1))
        work.commit()
    relay = asyncio.create_task(Relay(store=desk.store, adapter=desk.adapters["slack"], clock=desk.clock, waker=Waker()).run())
    await until(lambda: len(desk.adapters["slack"].accepted) == 1)
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    assert [message.files[0].content for message in desk.adapters["slack"].attempts] == [b""]


async def test_a_file_that_cannot_be_read_yet_is_sent_later() -> None:
    desk = Desk(store=OutageStore)
    desk.attach()
    await desk.collect()
    (message,) = desk.outbox(ROOM)
    assert isinstance(desk.store, OutageStore)
    relay = Relay(store=desk.store, adapter=desk.adapters["slack"], clock=desk.clock, waker=Waker())
    with desk.store.write() as work:
        (delivery,) = work.outbox.claim("slack", 5, desk.adapters["slack"].limits)
        work.commit()
    desk.store.away = True
    await relay._send(delivery)
    (attempt,) = relay._finished
    assert isinstance(attempt.result, DeliveryError)
    assert (attempt.result.permanent, attempt.result.uncertain) == (False, False)
    assert attempt.delivery.message.idempotency_key == message.idempotency_key
    assert desk.adapters["slack"].attempts == []


# refusing


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "空.pdf", "中身が空です"),
        (b"MZ\x90\x00" + b"\x00" * 60, "請求書.pdf", "お渡しできるのは画像・PDF"),
        (b"\xff\xd8\xff" + b"\x00" * (SIZE_LIMIT - 2), "大.jpg", "10MBを超えています"),
        (None, "消.jpg", "すでに取り出せないか"),
    ],
    ids=["empty", "kind", "large", "gone"],
)
async def test_whoever_sent_it_hears_why_it_is_refused(desk: Desk, content: bytes | None, name: str, reason: str) -> None:
    desk.attach(content, name)
    if content is None:
        desk.adapters["line"].troubles.append(DeliveryError("gone", permanent=True))
    await desk.collect()
    assert desk.states() == [REFUSED]
    (heard,) = desk.said(ASKER)
    assert heard.startswith(f"ファイル「{name}」はお渡しできませんでした（{reason}")
    assert desk.outbox(ROOM) == []
    assert await desk.collect() == 0


async def test_an_advisors_side_hears_in_the_room(desk: Desk) -> None:
    desk.attach(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "図.svg", to_desk=False)
    await desk.collect()
    (heard,) = desk.said(ROOM)
    assert heard.startswith("ファイル「図.svg」をお渡しできませんでした（")
    assert heard.endswith("受付番号1")
    assert desk.said(ASKER) == []


@pytest.mark.parametrize("language", list(Language))
async def test_an_asker_hears_it_in_their_language(language: Language) -> None:
    desk = Desk(language=language)
    desk.attach(b"", "")
    await desk.collect()
    (heard,) = desk.said(ASKER)
    expected = {"ja": "ファイル「画像」", "en": "The file “picture” could not be passed on (it is empty)", "easy": "ファイル「しゃしん」"}
    assert heard.startswith(expected[language.value])


def test_every_reason_is_said_in_every_language() -> None:
    assert {language: set(reasons) for language, reasons in collecting._REASONS.items()} == {
        language: set(collecting.Refusal) for language in Language
    }


async def test_what_is_announced_as_too_large_is_not_even_fetched(desk: Desk) -> None:
    desk.attach(size=SIZE_LIMIT + 1)
    await desk.collect()
    assert (desk.states(), desk.adapters["line"].fetched) == ([REFUSED], [])


async def test_a_confidential_file_is_not_sent_over_line() -> None:
    desk = Desk()
    desk.seal()
    desk.attach(PDF, "名簿.pdf", to_desk=False)
    desk.attach(PDF, "家族.pdf")
    await desk.collect()
    assert desk.states() == [REFUSED, READY]
    assert desk.outbox(ASKER) == []
    assert [bool(message.files) for message in desk.outbox(ROOM)] == [False, True]
    assert "機密の相談のため" in desk.said(ROOM)[0]
    with desk.store.read() as work:
        assert work.attachments.content(1) is None


async def test_a_confidential_file_is_not_sent_to_a_room_on_line() -> None:
    desk = Desk(room=LINE_ROOM)
    desk.seal()
    desk.attach(PDF, "家族.pdf")
    desk.attach(b"", "名簿.pdf", to_desk=False)
    await desk.collect()
    assert desk.states() == [REFUSED, REFUSED]
    assert "機密の相談のため" in desk.said(ASKER)[0]  # the name came over LINE itself
    (heard,) = desk.said(LINE_ROOM)
    assert "名簿" not in heard  # this one came over Slack
    assert "https://clair.example/sealed/" in heard


async def test_without_a_room_the_asker_hears_that_nobody_gets_it() -> None:
    desk = Desk(room=None)
    desk.attach()
    await desk.collect()
    assert desk.states() == [REFUSED]
    assert "相談窓口の準備が整っていません" in desk.said(ASKER)[0]


# faults


async def test_a_passing_fault_is_met_with_growing_pauses_and_ends(desk: Desk) -> None:
    desk.attach()
    for attempt in range(MAX_ATTEMPTS):
        desk.adapters["line"].troubles.append(DeliveryError("server error"))
        assert await desk.collect() == 1
        pause = 10 * 3**attempt
        if attempt < MAX_ATTEMPTS - 1:
            assert desk.states() == [WANTED]
            desk.clock.advance(pause - 1)
            assert await desk.collect() == 0
            desk.clock.advance(1)
    assert desk.states() == [REFUSED]
    assert "ファイルを受け取れませんでした" in desk.said(ASKER)[0]


@pytest.mark.parametrize(("seconds", "pause"), [(120, 120), (1, 10), (float("inf"), 3_600)])
async def test_a_platform_is_left_alone_as_long_as_it_wants(desk: Desk, seconds: float, pause: float) -> None:
    desk.attach()
    desk.adapters["line"].troubles.append(DeliveryError("too many", retry_after=seconds))
    await desk.collect()
    desk.clock.advance(pause - 1)
    assert await desk.collect() == 0
    desk.clock.advance(1)
    await desk.collect()
    assert desk.states() == [READY]


async def test_a_fetch_that_hangs_is_a_passing_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "FETCH_SECONDS", 0.01)
    desk.attach()
    desk.adapters["line"].gate.clear()
    await desk.collect()
    assert desk.states() == [WANTED]


def test_fetching_and_scanning_end_before_the_file_is_somebody_elses() -> None:
    assert collecting.FETCH_SECONDS + collecting.SCAN_SECONDS < HELD


async def test_a_crash_before_the_outcome_costs_nothing_and_doubles_nothing(desk: Desk) -> None:
    desk.attach()
    desk.collector._claim()  # and dies
    assert await desk.collect() == 0
    desk.clock.advance(HELD + 1)
    assert await desk.collect() == 1
    assert len(desk.outbox(ROOM)) == 1


async def test_an_outcome_written_twice_says_nothing_twice(desk: Desk) -> None:
    desk.attach()
    (taken,) = desk.collector._claim()
    await desk.collector._collect(taken)
    await desk.collector._collect(taken)
    assert len(desk.outbox(ROOM)) == 1


async def test_an_adapter_that_breaks_stops_no_other_file_and_is_given_up(desk: Desk) -> None:
    desk.attach()
    desk.attach(PDF, "b.pdf")
    desk.adapters["line"].troubles.append(KeyError("broken"))
    await desk.collect()
    assert sorted(desk.states()) == [READY, WANTED]
    for _ in range(MAX_ATTEMPTS):
        desk.clock.advance(HELD + 1)
        desk.adapters["line"].troubles.append(KeyError("broken"))
        await desk.collect()
    assert sorted(desk.states()) == [READY, REFUSED]


async def test_a_database_that_goes_away_costs_nothing() -> None:
    desk = Desk(store=OutageStore)
    assert isinstance(desk.store, OutageStore)
    desk.attach()
    desk.store.commits_left = 1  # the claim, and not the outcome
    await desk.collect()
    assert (desk.states(), desk.outbox(ROOM)) == ([WANTED], [])
    desk.clock.advance(HELD + 1)
    with pytest.raises(StorageUnavailable):
        await desk.collect()
    desk.store.commits_left = 10
    await desk.collect()
    assert (desk.states(), len(desk.outbox(ROOM))) == ([READY], 1)


async def test_only_a_few_are_in_hand_at_once(desk: Desk) -> None:
    for _ in range(CONCURRENCY + 2):
        desk.attach()
    desk.adapters["line"].gate.clear()
    running = asyncio.create_task(desk.collect())
    await until(lambda: desk.adapters["line"].under_way == CONCURRENCY)
    desk.adapters["line"].gate.set()
    assert (await running, await desk.collect()) == (CONCURRENCY, 2)
    assert desk.adapters["line"].most == CONCURRENCY
    assert desk.states() == [READY] * (CONCURRENCY + 2)


async def test_files_of_channels_that_are_off_are_left_alone(desk: Desk) -> None:
    desk.attach()
    del desk.adapters["line"]
    assert await desk.collect() == 0


# the scan command


def scanner(folder: Path, code: str) -> str:
    """Return a command that runs this code with the file's path as ``path``, and writes down what it saw."""
    script = folder / "scanner.py"
    script.write_text(f"import os, sys, time\npath = sys.argv[-1]\nopen({str(folder / 'seen')!r}, 'w').write(path)\n{code}\n")
    return shlex.join([sys.executable, "-S", str(script)])


async def test_a_clean_file_passes_and_its_copy_is_private_and_gone(tmp_path: Path) -> None:
    seen_mode = tmp_path / "mode"
    code = f"open({str(seen_mode)!r}, 'w').write(oct(os.stat(path).st_mode & 0o777))\nsys.exit(os.path.getsize(path) != {len(JPEG)})"
    desk = Desk(command=scanner(tmp_path, code))
    desk.attach()
    await desk.collect()
    assert desk.states() == [READY]
    assert seen_mode.read_text() == oct(stat.S_IRUSR | stat.S_IWUSR)
    assert not Path((tmp_path / "seen").read_text()).exists()


async def test_a_finding_is_refused_at_once(tmp_path: Path) -> None:
    desk = Desk(command=scanner(tmp_path, "sys.exit(1)"))
    desk.attach()
    await desk.collect()
    assert desk.states() == [REFUSED]
    assert "ウイルス検査で問題が見つかりました" in desk.said(ASKER)[0]
    assert not Path((tmp_path / "seen").read_text()).exists()


@pytest.mark.parametrize("command", ["sys.exit(2)", "os.kill(os.getpid(), 9)", "time.sleep(60)", "/does/not/exist", "unclosed '"])
async def test_a_scan_that_does_not_work_is_tried_again_and_refused_at_last(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "SCAN_SECONDS", 0.5 if "sleep" in command else 10)
    monkeypatch.setattr(collecting, "MAX_ATTEMPTS", 2)
    desk = Desk(command=scanner(tmp_path, command) if "(" in command else command)
    desk.attach()
    await desk.collect()
    assert desk.states() == [WANTED]
    desk.clock.advance(10)
    await desk.collect()
    assert desk.states() == [REFUSED]
    assert "ウイルス検査ができませんでした" in desk.said(ASKER)[0]
    if (tmp_path / "seen").exists():
        assert not Path((tmp_path / "seen").read_text()).exists()


async def test_a_stopping_process_leaves_no_scanner_and_no_copy_behind(tmp_path: Path) -> None:
    desk = Desk(command=scanner(tmp_path, "time.sleep(60)"))
    desk.attach()
    running = asyncio.create_task(desk.collect())
    seen = tmp_path / "seen"
    await until(lambda: seen.exists() and bool(seen.read_text()))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await until(lambda: not Path(seen.read_text()).exists())
    assert desk.states() == [WANTED]


# what a file is


def office(*names: str, content_types: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*(["[Content_Types].xml"] if content_types else []), *names):
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, collecting.JPEG),
        (b"\x89PNG\r\n\x1a\n\x00\x00", collecting.PNG),
        (b"GIF89a\x00", collecting.GIF),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", collecting.WEBP),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", collecting.HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", collecting.HEIC),
        (PDF, collecting.PDF),
        (office("_rels/.rels", "word/document.xml"), collecting.DOCX),
        (office("xl/workbook.xml", "xl/worksheets/sheet1.xml"), collecting.XLSX),
        (office("ppt/presentation.xml"), collecting.PPTX),
        ("日程は未定です。\r\n".encode(), collecting.TEXT),
        ("\ufeff日程".encode(), collecting.TEXT),
        ("国名,人数\r\n韓国,3".encode("cp932"), collecting.TEXT),
        (b"a < b and c > d", collecting.TEXT),
    ],
)
def test_what_is_handed_on_is_known_by_its_bytes(content: bytes, kind: collecting.Kind) -> None:
    assert kind_of(content, "名前.exe") == kind


@pytest.mark.parametrize(
    "content",
    [
        office("word/document.xml", "word/vbaProject.bin"),
        office("xl/workbook.xml", "XL/VBAPROJECT.BIN"),
        office("xl/workbook.xml", "xl/macrosheets/sheet1.xml"),
        office("word/document.xml", "word/activeX/activeX1.xml"),
        office("word/document.xml", "xl/workbook.xml"),
        office("word/document.xml", content_types=False),
        office("readme.txt"),
        office("word/document.xml", *(f"m{number}" for number in range(10_001))),
        office("word/document.xml")[:-30],
        office(),
        b"PK\x03\x04" + b"\x00" * 40,
        b"PK\x05\x06" + b"\x00" * 18,
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01\x01\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00",
        b"7z\xbc\xaf\x27\x1c\x00",
        b"\x1f\x8b\x08\x00",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1",
        b"  <!DOCTYPE html><p>x",
        b"<?xml version='1.0'?><svg/>",
        b"hello <ScRiPt>alert(1)</script>",
        b"#!/bin/sh\nrm -rf /\n",
        b"{\\rtf1 x}",
        b"text with \x00 in it",
        b"\x81",
        "日程".encode("utf-16"),
    ],
)
def test_what_is_not_known_is_refused(content: bytes) -> None:
    assert kind_of(content, "要項.docx") is None


def test_a_list_of_members_that_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_DIRECTORY_LIMIT", 50)
    assert kind_of(office("word/document.xml"), "a.docx") is None


def test_the_name_tells_a_table_from_text() -> None:
    assert kind_of(b"a,b\n1,2\n", "表.CSV") == collecting.CSV
    assert kind_of(JPEG, "表.csv") == collecting.JPEG


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("../../etc/passwd", collecting.TEXT, "passwd.txt"),
        ("C:\\temp\\要項.docx", collecting.DOCX, "要項.docx"),
        ("請求書\u202efdp.exe", collecting.PDF, "請求書fdp.pdf"),
        ("a\r\nb\x00\u200b.pdf", collecting.PDF, "ab.pdf"),
        ("写真.jpeg", collecting.JPEG, "写真.jpg"),
        ("第1.2版 案", collecting.PDF, "第1.2版 案.pdf"),
        ("a<b>:c?.pdf", collecting.PDF, "a_b__c_.pdf"),
        ("", collecting.JPEG, "画像.jpg"),
        ("...", collecting.PDF, "ファイル.pdf"),
        (".htaccess", collecting.TEXT, "htaccess.txt"),
        ("か\u3099.txt", collecting.TEXT, "が.txt"),
    ],
)
def test_names_are_made_safe(name: str, kind: collecting.Kind, expected: str) -> None:
    assert named(name, kind) == expected


def test_names_are_short_with_their_extension() -> None:
    assert named("長" * 300 + ".docx", collecting.DOCX) == "長" * 95 + ".docx"
    assert len(safe_name("長" * 300)) == 100


# the worker's loop


class Loop:
    """What the worker's loop needs of an application: a collector that is told what to meet."""

    def __init__(self, *results: int | Exception) -> None:
        self.results = deque(results)
        self.collector = self

    async def run_once(self) -> int:
        if not self.results:
            await asyncio.Event().wait()
        result = self.results.popleft()
        if isinstance(result, Exception):
            raise result
        return result


async def test_the_loop_goes_on_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "COLLECT_SECONDS", 0.01)
    loop = Loop(1, StorageUnavailable("away"), 0, 2)
    task = asyncio.create_task(worker.collecting(cast("Application", loop)))
    await until(lambda: not loop.results)
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
