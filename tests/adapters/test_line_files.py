"""Pictures and documents: what people send is fetched within bounds, and ours are shown as LINE can."""

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tests.standins.line import GROUP, LineStandIn
from tests.standins.line_harness import LineHarness, line_harness
from tests.standins.line_server import Server

from clair_bot.errors import DeliveryError
from clair_bot.messages import Attachment, Button, Card, File, InboundKind
from clair_bot_line import contents
from clair_bot_line.adapter import LineAdapter
from clair_bot_line.files import PREVIEW_BYTES
from clair_bot_line.preview import preview
from clair_bot_line.rendering import CALL_MESSAGES, render

JPEG, PDF = b"\xff\xd8\xff\xe0" + bytes(100_000), b"%PDF-1.7\n" + bytes(2_000)
LIMIT = 1_000_000
PHOTO = File(id=1, name="会場.jpg", media_type="image/jpeg", size=500_000, url="https://clair.example/f/1/会場.jpg")
PAPER = File(id=2, name="募集要項.pdf", media_type="application/pdf", size=3_000_000, url="https://clair.example/f/2")


@pytest.fixture
async def line() -> AsyncIterator[LineHarness]:
    async with line_harness() as harness:
        yield harness


async def refused(line: LineHarness, attachment: Attachment, limit: int = LIMIT) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await line.adapter.fetch(attachment, limit=limit)
    return caught.value


async def attached(line: LineHarness, event: dict[str, Any]) -> Attachment:
    ((found,),) = [message.attachments for message in await line.heard(event)]
    return found


# what comes in


@pytest.mark.parametrize("room", ["", GROUP])
async def test_a_picture_is_attached(line: LineHarness, room: str) -> None:
    (message,) = await line.heard(line.standin.image_event(JPEG, event="1", room=room))
    assert (message.kind, message.text, message.addressed) == (InboundKind.MEDIA, "", not room)
    assert message.attachments == (Attachment(handle=message.message_id, media_type="image/jpeg"),)


async def test_a_document_is_attached(line: LineHarness) -> None:
    (message,) = await line.heard(line.standin.file_event("申請書.docx", PDF, event="1"))
    assert message.kind is InboundKind.MEDIA
    assert message.attachments == (Attachment(handle=message.message_id, name="申請書.docx", size=len(PDF)),)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("video", {"contentProvider": {"type": "line"}, "duration": 1_000, "quoteToken": "q"}),
        ("audio", {"contentProvider": {"type": "line"}, "duration": 1_000}),
        ("sticker", {"packageId": "1", "stickerId": "1", "stickerResourceType": "STATIC", "quoteToken": "q"}),
        ("location", {"latitude": 35.6, "longitude": 139.7}),
        ("image", {"contentProvider": {"type": "external", "originalContentUrl": "https://example.com/a.jpg"}, "quoteToken": "q"}),
    ],
)
async def test_the_rest_is_no_attachment(line: LineHarness, kind: str, content: dict[str, Any]) -> None:
    (message,) = await line.heard(line.standin.media_event(kind, event="1", **content))
    assert (message.kind, message.attachments) == (InboundKind.MEDIA, ())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"type": "file", "id": "1"}, [Attachment(handle="1")]),
        ({"type": "file", "id": 1, "fileName": 5, "fileSize": "12"}, [Attachment(handle="1", name="5")]),
        ({"type": "file", "id": "1", "fileName": None, "fileSize": -1}, [Attachment(handle="1")]),
        ({"type": "file", "id": "1", "fileName": "a\x00b", "fileSize": True}, [Attachment(handle="1", name="ab")]),
        ({"type": "file", "id": "1", "fileSize": 2**63}, [Attachment(handle="1")]),
        ({"type": "file", "id": "1", "fileSize": 2.5}, [Attachment(handle="1")]),
        ({"type": "file", "fileName": "a.pdf", "fileSize": 5}, []),
        ({"type": "image", "id": "1"}, [Attachment(handle="1", media_type="image/jpeg")]),
        ({"type": "image", "id": "1", "contentProvider": "line"}, [Attachment(handle="1", media_type="image/jpeg")]),
        ({"type": "image", "id": "1", "contentProvider": {"type": ["external"]}}, [Attachment(handle="1", media_type="image/jpeg")]),
        ({"type": "image", "id": None}, []),
    ],
)
async def test_malformed_contents(line: LineHarness, content: dict[str, Any], expected: list[Attachment]) -> None:
    (message,) = await line.heard({**line.standin.text_event("x", event="1"), "message": content}, strict=False)
    assert message.kind is InboundKind.MEDIA
    assert list(message.attachments) == expected


# fetched


@pytest.mark.parametrize("manner", ["", "chunked"])
async def test_what_was_sent_is_fetched(line: LineHarness, manner: str) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1", manner=manner))
    paper = await attached(line, line.standin.file_event("a.pdf", PDF, event="2", manner=manner))
    assert await line.adapter.fetch(photo, limit=len(JPEG)) == JPEG
    assert await line.adapter.fetch(paper, limit=LIMIT) == PDF
    request = line.standin.requests[0]
    assert (request.method, request.path) == ("GET", f"/v2/bot/message/{photo.handle}/content")
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("manner", ["", "chunked"])
async def test_what_is_too_large_is_refused(line: LineHarness, manner: str) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1", manner=manner))
    for limit in (len(JPEG) - 1, 0):
        assert (await refused(line, photo, limit)).permanent


@pytest.mark.parametrize("manner", ["", "chunked"])
async def test_no_more_than_the_limit_is_read(line: LineHarness, monkeypatch: pytest.MonkeyPatch, manner: str) -> None:
    read = 0
    original = aiohttp.StreamReader.read

    async def counted(self: aiohttp.StreamReader, n: int = -1) -> bytes:
        nonlocal read
        piece = await original(self, n)
        read += len(piece)
        return piece

    monkeypatch.setattr(aiohttp.StreamReader, "read", counted)
    huge = await attached(line, line.standin.file_event("a.bin", bytes(20_000_000), event="1", manner=manner))
    assert (await refused(line, huge, 1_000)).permanent
    assert read == (1_001 if manner else 0)  # a length that is told is believed when it is too large


async def test_what_is_being_prepared_comes_later(line: LineHarness) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1", preparing=1))
    error = await refused(line, photo)
    assert (error.permanent, error.channel_down, error.reason) == (False, False, "line: content: 202 still being prepared")
    assert await line.adapter.fetch(photo, limit=LIMIT) == JPEG


async def test_what_is_gone_is_gone(line: LineHarness) -> None:
    event = line.standin.image_event(JPEG, event="1")
    photo = await attached(line, event)
    line.standin.content_of(event).gone = True
    assert (await refused(line, photo)).permanent
    assert (await refused(line, Attachment(handle="777"))).permanent


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_compressed_bytes_are_not_unpacked(line: LineHarness, encoding: str) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1", encoding=encoding))
    assert (await refused(line, photo)).permanent


@pytest.mark.parametrize("media_type", ["text/html", "text/html; charset=utf-8", "application/xhtml+xml"])
async def test_a_page_is_no_file(line: LineHarness, media_type: str) -> None:
    paper = await attached(line, line.standin.file_event("a.pdf", b"<html>login</html>", event="1", media_type=media_type))
    assert (await refused(line, paper)).permanent


@pytest.mark.parametrize(
    ("fault", "flags", "waits"),
    [
        ("rate limited", set(), True),
        ("server error", set(), False),
        ("html", set(), False),
        ("dropped", set(), False),
        ("lost response", set(), False),
        ("redirect", set(), False),
        ("garbage", {"permanent"}, False),
        ("bad request", {"permanent"}, False),
        ("forbidden", {"permanent"}, False),
        ("unauthorized", {"channel_down"}, False),
    ],
)
async def test_faults_of_fetching(line: LineHarness, fault: str, flags: set[str], *, waits: bool) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1"))
    line.standin.fail_next(*[fault] * 2)  # a client may ask once more where a kept connection broke
    error = await refused(line, photo)
    assert {name for name in ("permanent", "channel_down", "uncertain", "unreachable") if getattr(error, name)} == flags
    assert (error.retry_after is not None) is waits
    line.standin._faults.clear()
    assert await line.adapter.fetch(photo, limit=LIMIT) == JPEG


async def test_half_a_file_is_none(line: LineHarness) -> None:
    event = line.standin.image_event(JPEG, event="1", manner="cut short")
    photo = await attached(line, event)
    assert not (await refused(line, photo)).permanent
    line.standin.content_of(event).manner = ""
    assert await line.adapter.fetch(photo, limit=LIMIT) == JPEG


async def test_nobody_there(line: LineHarness) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1"))
    line.standin.shut_door()
    assert not (await refused(line, photo)).permanent


async def test_silence_ends(line: LineHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    photo = await attached(line, line.standin.image_event(JPEG, event="1"))
    line.standin.fail_next("slow")
    error = await refused(line, photo)
    assert (error.permanent, error.reason) == (False, "line: content: timeout")


async def test_the_token_goes_to_no_other_host() -> None:
    met: list[aiohttp.web.Request] = []

    async def serve(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        met.append(request)
        return aiohttp.web.Response(body=JPEG)

    async def lead_astray(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        return aiohttp.web.Response(status=302, headers={"Location": f"{foreign.url}/x"})

    foreign, ours = Server(serve), Server(lead_astray)
    foreign.open()
    ours.open()
    adapter = LineAdapter(secret="s", token="t", host=ours.url)
    try:
        with pytest.raises(DeliveryError):
            await adapter.fetch(Attachment(handle="1"), limit=LIMIT)
        assert met == []
    finally:
        await adapter.aclose()
        foreign.close()
        ours.close()


@pytest.mark.parametrize("handle", ["", "..", "1/../../info", "1?x=1", "1#", "https://example.com/", "1 2", "１", "1\n", "x" * 101])
async def test_strange_handles_call_nobody(line: LineHarness, handle: str) -> None:
    assert (await refused(line, Attachment(handle=handle))).permanent
    assert line.calls() == []


@pytest.mark.parametrize(("host", "address"), [(None, "https://api-data.line.me"), ("http://127.0.0.1:1", "http://127.0.0.1:1")])
async def test_contents_lie_on_a_host_of_their_own(host: str | None, address: str) -> None:
    assert LineAdapter(secret="s", token="t", host=host)._contents._host == address


async def test_it_may_be_closed_and_used_again(line: LineHarness) -> None:
    photo = await attached(line, line.standin.image_event(JPEG, event="1"))
    for _ in range(2):
        assert await line.adapter.fetch(photo, limit=LIMIT) == JPEG
        await line.adapter.aclose()


# what goes out


def published(standin: LineStandIn, *files: File) -> None:
    for file in files:
        standin.contents.published[file.url.replace("会場", "%E4%BC%9A%E5%A0%B4")] = (file.media_type, file.size)


async def test_a_picture_is_shown_and_a_document_named(line: LineHarness) -> None:
    published(line.standin, PHOTO, PAPER)
    asked = await line.asked()
    receipt = await line.adapter.send(line.answer(asked, "資料です。", files=(PHOTO, PAPER)))
    assert line.delivered(asked.address) == [
        "資料です。",
        "[https://clair.example/f/1/%E4%BC%9A%E5%A0%B4.jpg]",
        "📎 募集要項.pdf\nhttps://clair.example/f/2",
    ]
    assert len(receipt.message_ids) == 3
    assert line.calls() == ["reply"]


@pytest.mark.parametrize(
    "change",
    [
        {"size": PREVIEW_BYTES + 1},
        {"size": 0},
        {"media_type": "image/gif"},
        {"media_type": "application/pdf"},
        {"url": "http://clair.example/f/1"},
    ],
)
async def test_what_line_cannot_show_becomes_a_link(line: LineHarness, change: dict[str, Any]) -> None:
    file = dataclasses.replace(PHOTO, url="https://clair.example/f/1")
    file = dataclasses.replace(file, **change)
    published(line.standin, file)
    said = line.answer(None, files=(file,))
    await line.adapter.send(said)
    assert line.delivered(said.to) == [f"📎 会場.jpg\n{file.url}"]


async def test_the_largest_picture_is_still_shown(line: LineHarness) -> None:
    file = dataclasses.replace(PHOTO, size=PREVIEW_BYTES, media_type="image/png")
    published(line.standin, file)
    said = line.answer(None, files=(file,))
    await line.adapter.send(said)
    assert line.standin.payloads(said.to.recipient)[0]["type"] == "image"


@pytest.mark.parametrize(
    ("language", "word"), [("ja", "LINEではご覧いただけません"), ("easy", "見る ことが できません"), ("en", "cannot be shown on LINE")]
)
async def test_what_has_no_address_is_said_in_words(line: LineHarness, language: str, word: str) -> None:
    said = line.answer(None, files=(dataclasses.replace(PHOTO, url=""),), language=language)
    await line.adapter.send(said)
    (shown,) = line.delivered(said.to)
    assert shown.startswith("📎 会場.jpg\n")
    assert word in shown


async def test_buttons_hang_below_the_files(line: LineHarness) -> None:
    buttons = (Button(label="はい", action="yes"),)
    said = line.answer(None, "資料です。", files=(PAPER, PHOTO), buttons=buttons)
    await line.adapter.send(said)
    payloads = line.standin.payloads(said.to.recipient)
    assert [("quickReply" in payload) for payload in payloads] == [False, False, True]
    only = render(dataclasses.replace(said, paragraphs=(), files=(PAPER,)))
    assert len(only) == 1
    assert "quickReply" in only[0].rich


async def test_a_refused_picture_goes_as_a_link(line: LineHarness) -> None:
    said = line.answer(None, files=(PHOTO,), buttons=(Button(label="はい", action="yes"),))
    line.standin.fail_next("bad request")
    await line.adapter.send(said)
    assert line.calls() == ["push", "push"]
    (shown,) = line.delivered(said.to)
    assert shown.startswith("📎 会場.jpg\nhttps://clair.example/f/1/%E4%BC%9A%E5%A0%B4.jpg")
    assert "「はい」" in shown


async def test_a_break_between_text_and_files(line: LineHarness) -> None:
    files = tuple(dataclasses.replace(PAPER, id=number, name=f"{number}.pdf") for number in range(5))
    said = line.answer(await line.asked(), "資料です。", files=files)
    assert len(render(said)) == CALL_MESSAGES + 1
    line.standin.fail_next("", "server error")
    with pytest.raises(DeliveryError) as caught:
        await line.adapter.send(said)
    assert caught.value.parts_sent == CALL_MESSAGES
    receipt = await line.adapter.send(dataclasses.replace(said, parts_sent=CALL_MESSAGES))
    assert line.calls() == ["reply", "push", "push"]
    assert [shown.split("\n")[0] for shown in line.delivered(said.to)] == ["資料です。", *(f"📎 {number}.pdf" for number in range(5))]
    assert len(receipt.message_ids) == 1


async def test_a_lost_answer_never_shows_a_file_twice(line: LineHarness) -> None:
    said = line.answer(None, "資料です。", files=(PHOTO, PAPER))
    line.standin.fail_next("lost response")
    with pytest.raises(DeliveryError):
        await line.adapter.send(said)
    receipt = await line.adapter.send(dataclasses.replace(said, maybe_sent=True))
    assert len(line.delivered(said.to)) == len(receipt.message_ids) == 3


async def test_files_follow_the_card(line: LineHarness) -> None:
    said = line.answer(None, "前", card=Card(title="題", blocks=()), files=(PAPER,))
    assert [part.rich["type"] for part in render(said)] == ["text", "flex", "text"]
    await line.adapter.send(said)


@pytest.mark.parametrize(
    ("url", "html"),
    [
        ("https://clair.example/f/2", '<p><a href="https://clair.example/f/2">📎 &lt;b&gt;.pdf</a></p>'),
        ("http://clair.example/f/2", '<p><a href="http://clair.example/f/2">📎 &lt;b&gt;.pdf</a></p>'),
        ("javascript:alert(1)", "<p>📎 &lt;b&gt;.pdf<br>javascript:alert(1)</p>"),
        ("", "<p>📎 &lt;b&gt;.pdf<br>This file cannot be shown on LINE. Please ask the advisor for another way to receive it.</p>"),
    ],
)
def test_previews_name_files(url: str, html: str, line: LineHarness) -> None:
    file = dataclasses.replace(PAPER, name="<b>.pdf", url=url)
    (bubble,) = preview(line.answer(None, files=(file,), language="en", buttons=(Button(label="Yes", action="yes"),)))
    assert bubble.html == html
    assert [button.action for button in bubble.buttons] == ["yes"]


def test_previews_name_pictures(line: LineHarness) -> None:
    (bubble,) = preview(line.answer(None, files=(PHOTO,)))
    assert bubble.html == '<p><a href="https://clair.example/f/1/%E4%BC%9A%E5%A0%B4.jpg">📎 会場.jpg</a></p>'
