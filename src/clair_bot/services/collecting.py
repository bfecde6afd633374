"""Collecting: files between asker and advisor are fetched, looked at and handed on, or refused with a sentence to whoever sent them.

With ``CLAIR_SCAN_COMMAND`` every file is shown to that command first: its path is added as the last word, and the file can be read by our
own user alone (``clamdscan`` needs ``--fdpass``). Exit status 0 is clean, 1 is a finding, anything else a fault that may pass. Without a
command files pass unseen by any scanner, and ``doctor`` warns of that.
"""

import asyncio
import contextlib
import io
import os
import re
import shlex
import signal
import tempfile
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import IO, Final

import structlog

from clair_bot.domain.attachments import MAX_ATTEMPTS, SIZE_LIMIT, StoredAttachment
from clair_bot.domain.conversations import Language
from clair_bot.domain.sealing import OUTSIDE
from clair_bot.domain.tickets import Ticket
from clair_bot.errors import DeliveryError
from clair_bot.messages import File
from clair_bot.ports import ChannelAdapter, Clock, Retriever, Store, UnitOfWork
from clair_bot.services.answering import Content
from clair_bot.services.desk.shifts import DeskSettings, Shift
from clair_bot.services.desk.telling import asker_phrases, notice, tell_asker, tell_room
from clair_bot.services.phrases import DESK
from clair_bot.services.speaking import Speech

CONCURRENCY = 4
"""Files in hand at once: each may hold ``SIZE_LIMIT`` bytes of memory."""
FETCH_SECONDS = 40.0
SCAN_SECONDS = 60.0
"""With the fetching less than the two minutes for which a file is ours: nobody else takes it while we are at it."""
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=1)
_NAME_LIMIT = 100
_MEMBERS = 10_000
_DIRECTORY_LIMIT = 2_000_000
"""Bytes of a ZIP's list of members: what is longer is not even read."""

log = structlog.get_logger()


class Refusal(StrEnum):
    """Why a file is not handed on."""

    EMPTY = "empty"  # no bytes at all
    LARGE = "large"  # more than SIZE_LIMIT
    KIND = "kind"  # not one of KINDS, or with macros
    INFECTED = "infected"  # the scan command found something
    UNSCANNED = "unscanned"  # the scan command did not work, again and again
    GONE = "gone"  # the platform does not give it, and never will
    UNFETCHED = "unfetched"  # the platform did not give it, again and again
    SEALED = "sealed"  # confidential, and the way leads over a channel that would keep it
    ROOMLESS = "roomless"  # the ticket has no room yet


_MEGABYTES = SIZE_LIMIT // 1024 // 1024
_REASONS: Final[Mapping[Language, Mapping[Refusal, str]]] = {
    Language.JA: {
        Refusal.EMPTY: "中身が空です",
        Refusal.LARGE: f"{_MEGABYTES}MBを超えています",
        Refusal.KIND: "お渡しできるのは画像・PDF・Word・Excel・PowerPoint・テキストです",
        Refusal.INFECTED: "ウイルス検査で問題が見つかりました",
        Refusal.UNSCANNED: "ウイルス検査ができませんでした",
        Refusal.GONE: f"すでに取り出せないか、{_MEGABYTES}MBを超えています",
        Refusal.UNFETCHED: "ファイルを受け取れませんでした",
        Refusal.SEALED: "機密の相談のため、LINEではファイルをやり取りできません",
        Refusal.ROOMLESS: "相談窓口の準備が整っていません",
    },
    Language.EN: {
        Refusal.EMPTY: "it is empty",
        Refusal.LARGE: f"it is larger than {_MEGABYTES} MB",
        Refusal.KIND: "only pictures, PDF, Word, Excel, PowerPoint and text files can be passed on",
        Refusal.INFECTED: "the virus check found a problem",
        Refusal.UNSCANNED: "the virus check did not work",
        Refusal.GONE: f"it is no longer available, or larger than {_MEGABYTES} MB",
        Refusal.UNFETCHED: "it could not be received",
        Refusal.SEALED: "the matter is confidential, and files are not exchanged over LINE",
        Refusal.ROOMLESS: "the advisors’ desk is not ready yet",
    },
    Language.EASY: {
        Refusal.EMPTY: "中が からです",
        Refusal.LARGE: f"{_MEGABYTES}MBより 大きいです",
        Refusal.KIND: "しゃしん・PDF・Word・Excel・PowerPoint・テキストだけ わたせます",
        Refusal.INFECTED: "ウイルスの けんさで 問題が ありました",
        Refusal.UNSCANNED: "ウイルスの けんさが できませんでした",
        Refusal.GONE: f"もう ないか、{_MEGABYTES}MBより 大きいです",
        Refusal.UNFETCHED: "うけとれませんでした",
        Refusal.SEALED: "ひみつの 話なので、LINEでは ファイルを わたせません",
        Refusal.ROOMLESS: "相談の まどぐちが まだ できて いません",
    },
}
_UNNAMED: Final = {Language.JA: "画像", Language.EN: "picture", Language.EASY: "しゃしん"}
"""Pictures are what platforms give no name to."""


# what a file is


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is handed on."""

    media_type: str
    extension: str


_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
JPEG, PNG, GIF = Kind("image/jpeg", ".jpg"), Kind("image/png", ".png"), Kind("image/gif", ".gif")
WEBP, HEIC, PDF = Kind("image/webp", ".webp"), Kind("image/heic", ".heic"), Kind("application/pdf", ".pdf")
DOCX = Kind(f"{_OFFICE}wordprocessingml.document", ".docx")
XLSX = Kind(f"{_OFFICE}spreadsheetml.sheet", ".xlsx")
PPTX = Kind(f"{_OFFICE}presentationml.presentation", ".pptx")
TEXT, CSV = Kind("text/plain", ".txt"), Kind("text/csv", ".csv")

_MAGIC: Final = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"GIF87a", GIF), (b"GIF89a", GIF), (b"%PDF-", PDF))
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_DOCUMENTS: Final = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_ACTIVE: Final = re.compile(r"vbaproject|vbadata|macrosheets/|activex/", re.IGNORECASE)
_NOT_PLAIN: Final = re.compile(
    r"\A\s*(?:#!|\{\\rtf|%!PS)|<(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?xml|\?php)|[\x00-\x08\x0e-\x19\x1c-\x1f\x7f-\x84\x86-\x9f\uf8f0-\uf8f3]",
    re.IGNORECASE,
)
"""Scripts, mark-up and control characters. ESC stays, which JIS text has, and the old end-of-file mark.
U+F8F0 to U+F8F3 are what CP932 makes of bytes that no text has."""


def kind_of(content: bytes, name: str) -> Kind | None:
    """Return what the bytes are, whatever anybody says of them; None for what is not handed on. The name only tells CSV from text."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp":
        return HEIC if _HEIC_BRANDS & _brands(content) else None
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return (CSV if name.lower().endswith(".csv") else TEXT) if _is_plain(content) else None


def _brands(content: bytes) -> set[bytes]:
    end = min(int.from_bytes(content[:4], "big"), 256)
    return {content[8:12], *(content[at : at + 4] for at in range(16, end, 4))}


def _office(content: bytes) -> Kind | None:
    """Read the names of a ZIP's members, and inflate nothing."""
    end = content.rfind(b"PK\x05\x06")
    announced = int.from_bytes(content[end + 12 : end + 16], "little") if end >= 0 else _DIRECTORY_LIMIT + 1
    if announced > _DIRECTORY_LIMIT or b"PK\x06\x07" in content[-70_000:]:  # ZIP64: no document of this size needs it
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        return None
    if len(names) > _MEMBERS or "[Content_Types].xml" not in names or any(_ACTIVE.search(name) for name in names):
        return None
    found = [kind for name, kind in _DOCUMENTS.items() if name in names]
    return found[0] if len(found) == 1 else None


def _is_plain(content: bytes) -> bool:
    for encoding in ("utf-8", "cp932"):
        with contextlib.suppress(UnicodeDecodeError):
            return not _NOT_PLAIN.search(content.decode(encoding).removeprefix("\ufeff"))
    return False


def safe_name(name: str) -> str:
    """Return a name that is safe to show and to save under, with the extension that it came with; empty when nothing is left."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(character for character in base if unicodedata.category(character)[0] not in "CZ" or character in " \u3000")
    return re.sub(r'[<>:"|?*]', "_", seen).strip(" \u3000.")[:_NAME_LIMIT]


def named(name: str, kind: Kind) -> str:
    """Return a file's name with the extension of what its bytes are."""
    safe = safe_name(name)
    stem, dot, extension = safe.rpartition(".")
    stem = stem if dot and re.fullmatch(r"[A-Za-z0-9]{1,8}", extension) else safe
    usual = "画像" if kind.media_type.startswith("image/") else "ファイル"
    return (stem[: _NAME_LIMIT - len(kind.extension)].rstrip(" .") or usual) + kind.extension


# whether it is harmless


async def scan(command: str, content: bytes) -> Refusal | None:
    """Show a file to the scan command; UNSCANNED is a fault that may pass."""
    with tempfile.NamedTemporaryFile(prefix="clair-") as file:  # ours alone (0600), and gone afterwards in any case
        await asyncio.to_thread(_fill, file, content)
        try:
            status = await _run(*shlex.split(command), file.name)
        except (OSError, ValueError, TimeoutError) as error:
            log.warning("scan.failed", error=type(error).__name__)
            return Refusal.UNSCANNED
    if status not in {0, 1}:
        log.warning("scan.failed", status=status)
    return {0: None, 1: Refusal.INFECTED}.get(status, Refusal.UNSCANNED)


def _fill(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()


_BARE: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
"""The environment of the scan: ours holds the platforms' tokens."""


async def _run(*words: str) -> int:
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True, env=_BARE)
    try:
        async with asyncio.timeout(SCAN_SECONDS):
            return await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started
            await process.wait()


# what becomes of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Passable:
    """A file that may be handed on."""

    kind: Kind
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A fault that may pass."""

    refusal: Refusal
    """What it becomes in the end."""
    seconds: float | None = None
    """How long the platform wants to be left alone."""


Outcome = Passable | Later | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Fetches what is wanted. A process that dies over a file loses nothing: it is taken again when its time is over."""

    store: Store
    adapters: Mapping[str, ChannelAdapter]
    clock: Clock
    settings: DeskSettings
    retriever: Retriever
    scan_command: str = ""

    async def run_once(self) -> int:
        """Take a few wanted files and settle them; return how many were taken.

        Raises:
            StorageError: the database does not serve; what is in hand is taken again later.
        """
        claimed = await asyncio.to_thread(self._claim)
        results = await asyncio.gather(*map(self._collect, claimed), return_exceptions=True)
        for attachment, result in zip(claimed, results, strict=True):
            if isinstance(result, BaseException):  # taken again when its time is over, and refused in the end
                log.error("attachment.broken", attachment=attachment.id, error=type(result).__name__)
        return len(claimed)

    def _claim(self) -> list[StoredAttachment]:
        with self.store.write() as work:
            claimed = list(work.attachments.claim(self.adapters.keys(), CONCURRENCY))
            work.commit()
        return claimed

    async def _collect(self, attachment: StoredAttachment) -> None:
        outcome = await self._examine(attachment)
        if isinstance(outcome, Later) and attachment.attempts >= MAX_ATTEMPTS:
            outcome = outcome.refusal
        await asyncio.to_thread(self._settle, attachment, outcome)

    async def _examine(self, attachment: StoredAttachment) -> Outcome:
        if attachment.file.size > SIZE_LIMIT:
            return Refusal.LARGE
        if attachment.attempts > MAX_ATTEMPTS:
            return Refusal.UNFETCHED  # whoever took it died over it, again and again
        content = await self._fetch(attachment)
        return await self._judge(content, attachment.file.name) if isinstance(content, bytes) else content

    async def _judge(self, content: bytes, name: str) -> Outcome:
        if not content or len(content) > SIZE_LIMIT:
            return Refusal.LARGE if content else Refusal.EMPTY
        kind = await asyncio.to_thread(kind_of, content, name)
        if kind is None:
            return Refusal.KIND
        found = await scan(self.scan_command, content) if self.scan_command else None
        if found is Refusal.UNSCANNED:
            return Later(refusal=found)
        return found or Passable(kind=kind, content=content)

    async def _fetch(self, attachment: StoredAttachment) -> bytes | Later | Refusal:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                return await self.adapters[attachment.channel].fetch(attachment.file, limit=SIZE_LIMIT)
        except TimeoutError:
            return Later(refusal=Refusal.UNFETCHED)
        except DeliveryError as error:
            log.warning("attachment.unfetched", attachment=attachment.id, channel=attachment.channel, attempts=attachment.attempts)
            if error.permanent or error.unreachable:
                return Refusal.GONE
            return Later(refusal=Refusal.UNFETCHED, seconds=error.retry_after)

    def _settle(self, attachment: StoredAttachment, outcome: Outcome) -> None:
        """Write down what came of a file and say it, in one transaction."""
        with self.store.write() as work:
            if isinstance(outcome, Later):
                work.attachments.again(attachment.id, self.clock.now() + _pause(attachment.attempts, outcome.seconds))
            elif ticket := work.tickets.lock(attachment.ticket_id):
                outcome = _obstacle(ticket, attachment) or outcome
                self._say(work, ticket, attachment, outcome)
            else:
                work.attachments.refused(attachment.id, Refusal.GONE)  # nobody is left to hear of it
            work.commit()
        log.info(
            "attachment.settled", attachment=attachment.id, outcome=outcome if isinstance(outcome, Refusal) else type(outcome).__name__
        )

    def _say(self, work: UnitOfWork, ticket: Ticket, attachment: StoredAttachment, outcome: Passable | Refusal) -> None:
        speech = Speech(work, f"attachment:{attachment.id}")
        shift = Shift(work=work, speech=speech, settings=self.settings, retriever=self.retriever, now=self.clock.now())
        if isinstance(outcome, Passable):
            _hand_on(shift, ticket, attachment, outcome)
        else:
            _refuse(shift, ticket, attachment, outcome)


def _pause(attempts: int, wanted: float | None) -> timedelta:
    growing = _FIRST_PAUSE * int(3 ** (attempts - 1))
    asked = timedelta(seconds=min(max(wanted or 0, 0), _LONGEST_PAUSE.total_seconds()))  # a platform may say what no calendar holds
    return max(min(growing, _LONGEST_PAUSE), asked)


def _obstacle(ticket: Ticket, attachment: StoredAttachment) -> Refusal | None:
    target = ticket.desk if attachment.to_desk else ticket.asker
    if target is None:
        return Refusal.ROOMLESS
    return Refusal.SEALED if ticket.confidential and target.channel in OUTSIDE else None


def _hand_on(shift: Shift, ticket: Ticket, attachment: StoredAttachment, found: Passable) -> None:
    name, base, size = named(attachment.file.name, found.kind), shift.settings.base_url, len(found.content)
    shift.work.attachments.ready(attachment.id, name=name, media_type=found.kind.media_type, content=found.content)
    url = f"{base}/files/{attachment.id}/{attachment.token}" if base else ""
    file = File(id=attachment.id, name=name, media_type=found.kind.media_type, size=size, url=url)
    if attachment.to_desk:
        tell_room(shift, ticket, Content(paragraphs=(DESK.file_from_asker.format(number=ticket.id),), files=(file,)))
    else:
        tell_asker(shift, ticket, Content(paragraphs=(asker_phrases(shift, ticket).reply.format(number=ticket.id),), files=(file,)))


def _refuse(shift: Shift, ticket: Ticket, attachment: StoredAttachment, refusal: Refusal) -> None:
    """Tell whoever sent it. The name of a confidential ticket's file is no secret to the channel that it came on."""
    shift.work.attachments.refused(attachment.id, refusal)
    sender = ticket.asker if attachment.to_desk else ticket.desk
    private = sender is not None and sender.channel != attachment.channel
    language = shift.work.conversations.by_id(ticket.conversation_id).language if attachment.to_desk else Language.JA
    name, reason = safe_name(attachment.file.name) or _UNNAMED[language], _REASONS[language][refusal]
    if attachment.to_desk:
        tell_asker(shift, ticket, notice(asker_phrases(shift, ticket).file_refused.format(name=name, reason=reason)), private=private)
    else:
        tell_room(shift, ticket, notice(DESK.file_failed.format(name=name, reason=reason, number=ticket.id)), private=private)
