"""Pictures and documents in both directions."""

import asyncio
import dataclasses
import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn, Trouble
from tests.standins.telegram_downloads import Mishap
from tests.standins.telegram_files import MB, Upload, png
from tests.standins.telegram_people import GROUP, PERSON
from tests.standins.telegram_updates import MEDIA

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Attachment, Button, File, InboundKind, InboundMessage, OutboundMessage, WebhookRequest
from clair_bot_telegram.adapter import TelegramAdapter
from clair_bot_telegram.attachments import attachments_of
from clair_bot_telegram.uploads import DOCUMENT_LIMIT, PHOTO_LIMIT, ways

SHEET = Upload(name="申請書.pdf", media_type="application/pdf", content=b"%PDF-1.7 " + bytes(range(256)) * 400)
PICTURE = File(id=1, name="図.png", media_type="image/png", size=200, content=png())
PAPER = File(id=2, name="要綱 & '表'.pdf", media_type="application/pdf", size=8, url="https://example.jp/f/2", content=b"%PDF-1.7")
SAID = OutboundMessage(
    to=Address(channel="telegram", recipient=str(PERSON)),
    idempotency_key="k",
    paragraphs=("添付です",),
    buttons=(Button(label="メニュー", action="menu"),),
)


@pytest.fixture
async def standin() -> AsyncIterator[TelegramStandIn]:
    started = await TelegramStandIn().start()
    yield started
    await started.stop()
    assert started.violations == []


@pytest.fixture
async def adapter(standin: TelegramStandIn) -> AsyncIterator[TelegramAdapter]:
    made = TelegramAdapter(token=TOKEN, secret=SECRET, api_url=standin.url)
    yield made
    await made.aclose()


async def heard(adapter: TelegramAdapter, standin: TelegramStandIn, update: object) -> InboundMessage:
    request = WebhookRequest(headers=standin.proof(), body=json.dumps(update).encode(), received_at=datetime.now(UTC))
    (message,) = (await adapter.receive(request)).messages
    return message


async def attached(adapter: TelegramAdapter, standin: TelegramStandIn, upload: Upload = SHEET) -> Attachment:
    (attachment,) = (await heard(adapter, standin, standin.paper(upload))).attachments
    return attachment


async def fault(sending: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sending
    assert TOKEN.partition(":")[2] not in f"{caught.value!r} {caught.value}"
    return caught.value


def methods(standin: TelegramStandIn) -> list[str]:
    return [call.method for call in standin.calls]


# --- in


async def test_a_document_is_attached(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    message = await heard(adapter, standin, standin.paper(SHEET, caption="確認してください"))
    assert (message.kind, message.text) == (InboundKind.MEDIA, "確認してください")
    (attachment,) = message.attachments
    assert (attachment.name, attachment.media_type, attachment.size) == (SHEET.name, SHEET.media_type, len(SHEET.content))


async def test_a_photo_is_attached_in_its_best_size(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    update = standin.picture(png(size=5000))
    message = await heard(adapter, standin, update)
    best = update["message"]["photo"][-1]
    assert message.attachments == (Attachment(handle=best["file_id"], media_type="image/jpeg", size=5000),)


def test_of_sizes_that_cannot_be_downloaded_the_next_one_is_taken() -> None:
    sizes = [
        {"file_id": "b", "width": 900, "height": 900, "file_size": 9_000_000},
        {"file_id": "c", "width": 4000, "height": 4000, "file_size": 20_000_001},
        {"file_id": "a", "width": 90, "height": 90, "file_size": 900},
    ]
    assert [found.handle for found in attachments_of({"photo": sizes})] == ["b"]
    assert [found.handle for found in attachments_of({"photo": sizes[1:2]})] == ["c"]  # too large, but there


@pytest.mark.parametrize("kind", sorted(MEDIA.keys() - {"photo", "document"}))
async def test_other_media_are_no_attachments(adapter: TelegramAdapter, standin: TelegramStandIn, kind: str) -> None:
    assert (await heard(adapter, standin, standin.media(kind))).attachments == ()


@pytest.mark.parametrize(
    "content",
    [
        {"photo": None},
        {"photo": {}},
        {"photo": []},
        {"photo": [None, 5, {"file_id": 5}, {"file_id": ""}, {}]},
        {"document": []},
        {"document": {"file_name": "a.pdf"}},
        {"document": {"file_id": "a\x00"}},
        {"document": {"file_id": "\ud800"}},
        {"animation": {"file_id": "a"}, "document": {"file_id": "a"}},
        {"video": {"file_id": "a"}},
        {"audio": {"file_id": "a"}},
    ],
)
def test_what_cannot_be_fetched_is_no_attachment(content: Mapping[str, Any]) -> None:
    assert attachments_of(content) == ()


def test_strange_details_are_dropped() -> None:
    strange = {"file_id": "a", "file_name": 5, "mime_type": ["x"], "file_size": "9", "width": None}
    assert attachments_of({"document": strange}) == (Attachment(handle="a"),)
    assert attachments_of({"document": {"file_id": "a", "file_size": 10**30, "file_name": "a\x00b"}}) == (
        Attachment(handle="a", name="ab"),
    )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("file_id", "file_size", "width", "x")), inner, max_size=3),
    max_leaves=8,
)


@given(content=st.dictionaries(st.sampled_from(("photo", "document", "animation")), ANYTHING))
def test_no_json_raises(content: dict[str, Any]) -> None:
    for found in attachments_of(content):
        assert found.handle
        assert found.size >= 0


# --- fetch


async def test_a_file_is_fetched_whole(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    attachment = await attached(adapter, standin)
    assert await adapter.fetch(attachment, limit=len(SHEET.content)) == SHEET.content
    (photo,) = (await heard(adapter, standin, standin.picture(png(size=300_000)))).attachments
    assert await adapter.fetch(photo, limit=10 * MB) == png(size=300_000)


async def test_more_than_the_limit_is_not_asked_for(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    attachment = await attached(adapter, standin)
    assert (await fault(adapter.fetch(attachment, limit=attachment.size - 1))).permanent
    assert methods(standin) == []
    unsaid = dataclasses.replace(attachment, size=0)
    assert (await fault(adapter.fetch(unsaid, limit=attachment.size - 1))).permanent
    assert standin.file_server.asked == []


async def test_a_file_that_is_larger_than_it_said_is_dropped(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    attachment = await attached(adapter, standin)
    standin.file_server.mishaps.append(Mishap.ENDLESS)
    assert (await fault(adapter.fetch(attachment, limit=attachment.size))).permanent
    assert standin.file_server.given < 30 * MB  # what the sockets hold, and no more


async def test_what_the_platform_does_not_give_is_permanent(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    attachment = await attached(adapter, standin)
    standin.files.download_limit = 1000
    error = await fault(adapter.fetch(attachment, limit=MB))
    assert (error.permanent, error.reason) == (True, "telegram: BadRequest file is too big")
    standin.files.forget(attachment.handle)
    assert (await fault(adapter.fetch(attachment, limit=MB))).permanent
    assert (await fault(adapter.fetch(Attachment(handle="../../x"), limit=MB))).permanent


@pytest.mark.parametrize(
    ("mishap", "flags"),
    [
        (Mishap.RATE_LIMITED, {"retry_after"}),
        (Mishap.SERVER_ERROR, set()),
        (Mishap.BAD_GATEWAY, set()),
        (Mishap.CUT, set()),
        (Mishap.TOKEN_REVOKED, {"channel_down"}),
        (Mishap.LOGIN, {"permanent"}),
        (Mishap.ELSEWHERE, {"permanent"}),
    ],
)
async def test_each_mishap_has_its_class(adapter: TelegramAdapter, standin: TelegramStandIn, mishap: Mishap, flags: set[str]) -> None:
    foreign = await TelegramStandIn().start()
    standin.file_server.elsewhere = f"{foreign.url}/file/bot{TOKEN}/x"
    attachment = await attached(adapter, standin)
    standin.file_server.mishaps.append(mishap)
    error = await fault(adapter.fetch(attachment, limit=MB))
    named = ("permanent", "uncertain", "unreachable", "channel_down", "retry_after")
    assert {name for name in named if getattr(error, name)} == flags
    assert await adapter.fetch(attachment, limit=MB) == SHEET.content
    assert foreign.file_server.asked == []
    await foreign.stop()


@pytest.mark.parametrize(
    ("trouble", "flags"),
    [
        (Trouble.REFUSED, set()),
        (Trouble.LOST_RESPONSE, set()),
        (Trouble.GARBAGE, set()),
        (Trouble.SERVER_ERROR, set()),
        (Trouble.RATE_LIMITED, {"retry_after"}),
        (Trouble.TOKEN_REVOKED, {"channel_down"}),
    ],
)
async def test_each_trouble_before_the_download_has_its_class(
    adapter: TelegramAdapter, standin: TelegramStandIn, trouble: Trouble, flags: set[str]
) -> None:
    attachment = await attached(adapter, standin)
    standin.fail_next(trouble, method="getFile", seconds=35 if trouble is Trouble.RATE_LIMITED else 0.05)
    error = await fault(adapter.fetch(attachment, limit=MB))
    named = ("permanent", "uncertain", "unreachable", "channel_down", "retry_after")
    assert {name for name in named if getattr(error, name)} == flags
    assert standin.file_server.asked == []


async def test_an_address_that_has_expired_is_gone(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    attachment = await attached(adapter, standin)
    standin.files.lose_paths = True
    assert (await fault(adapter.fetch(attachment, limit=MB))).permanent


@pytest.mark.parametrize("path", ["/var/lib/telegram-bot-api/1/documents/a.pdf", "../../bot1:x/getMe", "", "a\ud800"])
async def test_no_other_address_is_called(adapter: TelegramAdapter, standin: TelegramStandIn, path: str) -> None:
    attachment = await attached(adapter, standin)
    standin.files.told_path = path
    error = await fault(adapter.fetch(attachment, limit=MB))
    assert error.permanent
    assert all(asked.startswith(("a", "/var/")) for asked in standin.file_server.asked)  # nowhere else than below our own address


async def test_a_server_that_is_silent_is_left(adapter: TelegramAdapter, standin: TelegramStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clair_bot_telegram.fetching.DOWNLOAD_SECONDS", 0.2)
    attachment = await attached(adapter, standin)
    standin.file_server.mishaps.append(Mishap.SILENT)
    error = await fault(adapter.fetch(attachment, limit=MB))
    assert (error.permanent, error.reason) == (False, "telegram: download failed: TimeoutError")


async def test_no_log_has_the_token(adapter: TelegramAdapter, standin: TelegramStandIn, caplog: pytest.LogCaptureFixture) -> None:
    attachment = await attached(adapter, standin)
    with caplog.at_level(logging.DEBUG):
        await adapter.fetch(attachment, limit=MB)
        for mishap in (Mishap.CUT, Mishap.LOGIN, Mishap.SERVER_ERROR):
            standin.file_server.mishaps.append(mishap)
            try:
                await adapter.fetch(attachment, limit=MB)
            except DeliveryError:
                logging.getLogger("worker").exception("refused")
    assert caplog.text.count("refused") >= 3
    assert TOKEN.partition(":")[2] not in caplog.text


# --- out


def test_pictures_go_as_photos_and_the_rest_as_documents() -> None:
    def sized(media_type: str, size: int) -> tuple[str, ...]:
        return ways(File(id=1, name="a", media_type=media_type, size=size, content=bytes(size)))

    assert sized("image/jpeg", 9) == sized("image/png", PHOTO_LIMIT) == ("photo", "document")
    assert sized("image/png", PHOTO_LIMIT + 1) == sized("image/gif", 9) == sized("application/pdf", DOCUMENT_LIMIT) == ("document",)
    assert sized("application/pdf", DOCUMENT_LIMIT + 1) == sized("image/png", 0) == ()


async def test_files_are_sent_behind_the_text(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    receipt = await adapter.send(dataclasses.replace(SAID, files=(PICTURE, PAPER)))
    assert standin.read(PERSON) == ["添付です\nメニュー", "🖼\n図.png", f"📄 {PAPER.name}"]
    assert receipt.message_ids == tuple(str(message["message_id"]) for message in standin.sent(PERSON))
    _, photo, document = standin.sent(PERSON)
    assert standin.files.of(photo) == Upload(name=PICTURE.name, media_type="image/png", content=PICTURE.content)
    assert standin.files.of(document) == Upload(name=PAPER.name, media_type="application/pdf", content=PAPER.content)


async def test_a_name_arrives_whatever_stands_in_it(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    names = ('a"b.pdf', "a\\b.pdf", "改\n行.pdf", "%22.pdf", "x" * 300, "写真")
    await adapter.send(dataclasses.replace(SAID, files=tuple(dataclasses.replace(PAPER, name=name) for name in names)))
    arrived = [standin.files.of(message).name for message in standin.sent(PERSON)[1:]]
    assert arrived == ["a'b.pdf", "a_b.pdf", "改 行.pdf", "%22.pdf", "x" * 255, "写真"]


async def test_files_stand_where_the_text_stands(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    asked = standin.text("質問", chat=GROUP, thread=500)["message"]["message_id"]
    room = dataclasses.replace(SAID, to=Address(channel="telegram", recipient=str(GROUP)), files=(PICTURE, PAPER))
    await adapter.send(dataclasses.replace(room, thread="500", reply_to=str(asked)))
    await adapter.send(dataclasses.replace(room, thread="999", reply_to="12345"))  # both are gone: still sent
    sent = standin.sent(GROUP)
    assert [(m.get("message_thread_id"), m.get("reply_to_message", {}).get("message_id")) for m in sent] == [
        *[(500, asked)] * 3,
        *[(None, None)] * 3,
    ]
    standin.migrate(-1_000_000_000_888)
    assert (await adapter.send(room)).moved_to == Address(channel="telegram", recipient="-1000000000888")
    assert len(standin.read(-1_000_000_000_888)) == 3


@pytest.mark.parametrize("content", [png(9000, 2000), b"\x89PNX no picture", png(size=5000)])
async def test_a_picture_that_is_no_photo_goes_as_a_document(adapter: TelegramAdapter, standin: TelegramStandIn, content: bytes) -> None:
    standin.files.photo_limit = 4000
    await adapter.send(dataclasses.replace(SAID, files=(dataclasses.replace(PICTURE, content=content),)))
    assert standin.read(PERSON)[1:] == ["📄 図.png"]
    assert methods(standin) == ["sendMessage", "sendPhoto", "sendDocument"]


async def test_what_cannot_be_sent_is_named_with_its_address(adapter: TelegramAdapter, standin: TelegramStandIn) -> None:
    standin.files.document_limit = 4
    await adapter.send(dataclasses.replace(SAID, files=(PAPER, dataclasses.replace(PAPER, content=b""))))
    assert standin.read(PERSON)[1:] == [f"📎 {PAPER.name}"] * 2
    assert standin.sent(PERSON)[1]["entities"][0]["url"] == PAPER.url
    room = dataclasses.replace(SAID, to=Address(channel="telegram", recipient=str(GROUP)), files=(PICTURE,))
    standin.chats[GROUP].texts_only = True
    await adapter.send(room)
    assert standin.read(GROUP)[1:] == ["📎 図.png"]


@pytest.mark.parametrize(
    ("trouble", "flags", "arrived"),
    [
        (Trouble.LOST_RESPONSE, {"uncertain"}, 2),
        (Trouble.SERVER_ERROR, {"uncertain"}, 1),
        (Trouble.RATE_LIMITED, {"retry_after"}, 1),
        (Trouble.BLOCKED, {"permanent", "unreachable"}, 1),
        (Trouble.TOKEN_REVOKED, {"channel_down"}, 1),
    ],
)
async def test_a_break_between_text_and_file_goes_on_with_the_file(
    adapter: TelegramAdapter, standin: TelegramStandIn, trouble: Trouble, flags: set[str], arrived: int
) -> None:
    message = dataclasses.replace(SAID, files=(PICTURE, PAPER))
    standin.fail_next(trouble, method="sendPhoto")
    error = await fault(adapter.send(message))
    named = ("permanent", "uncertain", "unreachable", "channel_down", "retry_after")
    assert {name for name in named if getattr(error, name)} == flags
    assert (error.parts_sent, len(standin.read(PERSON))) == (1, arrived)
    standin.clock.shift(100)
    if error.uncertain:
        assert (await fault(adapter.send(dataclasses.replace(message, maybe_sent=True, parts_sent=1)))).uncertain
    else:
        assert len((await adapter.send(dataclasses.replace(message, parts_sent=error.parts_sent))).message_ids) == 2
        assert standin.read(PERSON) == ["添付です\nメニュー", "🖼\n図.png", f"📄 {PAPER.name}"]


async def test_an_upload_that_is_never_answered_is_uncertain(
    adapter: TelegramAdapter, standin: TelegramStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clair_bot_telegram.sending.DEADLINE", 0.2)
    standin.fail_next(Trouble.SILENT, method="sendDocument")
    async with asyncio.timeout(5):
        error = await fault(adapter.send(dataclasses.replace(SAID, files=(PAPER,))))
    assert (error.uncertain, error.parts_sent) == (True, 1)
