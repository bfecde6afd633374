"""Files that we hand on: how they are shown, and how a break between words and file is repeated."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackFault, SlackStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, File, OutboundMessage
from clair_bot_slack.adapter import SlackAdapter, create
from clair_bot_slack.preview import preview
from clair_bot_slack.rendering import render

ROOM = slack_events.ROOM
PNG, PDF = b"\x89PNG\r\n\x1a\n" + bytes(5_000), b"%PDF-1.7\n" + b"x" * 2_000_000


@pytest.fixture
async def standin() -> AsyncIterator[SlackStandIn]:
    made = SlackStandIn()
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


@pytest.fixture
async def adapter(standin: SlackStandIn) -> AsyncIterator[SlackAdapter]:
    made = create(standin.environment)
    assert made is not None
    yield made
    await made.aclose()


def methods(standin: SlackStandIn) -> list[str]:
    return [method for method, _ in standin.calls]


def file(name: str = "写真.png", content: bytes = PNG, **more: Any) -> File:
    return File(id=1, name=name, media_type="image/png", size=len(content), content=content, **more)


def message(*files: File, text: str = "届きました", to: str = ROOM, **more: Any) -> OutboundMessage:
    return OutboundMessage(
        to=Address(channel="slack", recipient=to), idempotency_key=str(uuid.uuid4()), paragraphs=(text,), files=files, **more
    )


async def refused(adapter: SlackAdapter, sent: OutboundMessage) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(sent)
    return caught.value


@pytest.mark.parametrize("to", [ROOM, slack_events.PERSON])
@pytest.mark.parametrize("thread", ["", "1700000000.000001"])
async def test_files_come_below_the_words(standin: SlackStandIn, adapter: SlackAdapter, to: str, thread: str) -> None:
    receipt = await adapter.send(message(file(), file("案内 2.pdf", PDF), to=to, thread=thread))
    assert standin.read(to) == ["届きました", "📎 写真.png", "📎 案内 2.pdf"]
    words, picture, document = receipt.message_ids
    assert words == standin.messages(to)[0]["ts"]
    assert (standin.content(picture), standin.content(document)) == (PNG, PDF)
    assert [shown["files"][0]["mimetype"] for shown in standin.messages(to)[1:]] == ["image/png", "application/pdf"]
    assert {shown.get("thread_ts", "") for shown in standin.messages(to)} == {thread}


async def test_only_a_file_is_a_message(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    (file_id,) = (await adapter.send(message(file(), text=""))).message_ids
    assert file_id.startswith("F")
    assert standin.read(ROOM) == ["📎 写真.png"]


@pytest.mark.parametrize(
    ("fault", "flags"),
    [
        (SlackFault.RATE_LIMITED, {"retry_after"}),
        (SlackFault.SERVER_ERROR, set()),
        (SlackFault.DROPPED, set()),
        (SlackFault.LOST, set()),
        (SlackFault.REFUSED, set()),
    ],
)
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload"])
async def test_a_break_before_the_file_is_shown_may_be_repeated(
    standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault, flags: set[str], method: str
) -> None:
    sent = message(file())
    if fault is SlackFault.REFUSED:  # only who is not connected yet is refused
        sent = replace(sent, parts_sent=1)
    standin.fail_next(fault, method=method)
    error = await refused(adapter, sent)
    assert {name for name in ("permanent", "uncertain", "channel_down", "retry_after") if getattr(error, name)} == flags
    assert error.parts_sent == 1
    if fault is SlackFault.REFUSED:
        await standin.reopen()
    standin.shift(36)
    receipt = await adapter.send(replace(sent, parts_sent=error.parts_sent))
    assert receipt.message_ids[0].startswith("F")
    assert standin.read(ROOM)[-1:] == ["📎 写真.png"]
    assert len(standin.read(ROOM)) == (1 if fault is SlackFault.REFUSED else 2)


@pytest.mark.parametrize("fault", [SlackFault.LOST, SlackFault.FATAL])
async def test_a_file_that_was_shown_is_found(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault) -> None:
    standin.fail_next(fault, method="files.completeUploadExternal")
    receipt = await adapter.send(message(file()))
    assert receipt.message_ids[1] == standin.messages(ROOM)[1]["files"][0]["id"]
    assert standin.read(ROOM) == ["届きました", "📎 写真.png"]


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("thread", ["", "1700000000.000001"])
async def test_a_file_that_may_have_been_shown_is_looked_for(
    standin: SlackStandIn, adapter: SlackAdapter, thread: str, *, late: bool
) -> None:
    """Slack shares in the background: the file stands there only when the next attempt looks, or never."""
    await adapter.send(message(file(), thread=thread))  # the same file, handed on by an earlier delivery
    standin.shares_late = True
    standin.fail_next(SlackFault.LOST if late else SlackFault.DROPPED, method="files.completeUploadExternal")
    sent = message(file(), text="もう一度", thread=thread)
    error = await refused(adapter, sent)
    assert (error.uncertain, error.parts_sent) == (True, 1)
    standin.settle()
    standin.shares_late = False
    receipt = await adapter.send(replace(sent, maybe_sent=True, parts_sent=error.parts_sent))
    assert standin.read(ROOM) == ["届きました", "📎 写真.png", "もう一度", "📎 写真.png"]
    assert receipt.message_ids[-1] == standin.messages(ROOM)[-1]["files"][0]["id"]


async def test_a_killed_worker_hands_on_nothing_twice(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(file(), file(), file("案内.pdf", PDF))
    whole = await adapter.send(sent)
    assert len(whole.message_ids) == 4
    assert await adapter.send(replace(sent, maybe_sent=True)) == whole
    assert len(standin.read(ROOM)) == 4


async def test_words_in_a_files_place_hide_no_earlier_file(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(file(), replace(file("x.png"), content=b""), file("z.png"))
    whole = await adapter.send(sent)
    assert await adapter.send(replace(sent, maybe_sent=True)) == whole
    assert standin.read(ROOM) == ["届きました", "📎 写真.png", "📎 x.png", "📎 z.png"]


async def test_what_an_advisor_attached_is_not_ours(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.fail_next(SlackFault.DROPPED, method="files.completeUploadExternal")
    sent = message(file())
    await refused(adapter, sent)
    standin.say(ROOM, "", files=[standin.attach("写真.png", PNG)])
    await adapter.send(replace(sent, maybe_sent=True, parts_sent=1))
    assert standin.read(ROOM) == ["届きました", "📎 写真.png", "📎 写真.png"]


async def test_a_lone_file_that_nothing_tells_apart_is_left_to_people(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(file(), text="")
    await adapter.send(sent)
    assert (await refused(adapter, replace(sent, maybe_sent=True))).uncertain
    other = message(file("別.png"), text="")
    assert (await adapter.send(replace(other, maybe_sent=True))).message_ids
    assert standin.read(ROOM) == ["📎 写真.png", "📎 別.png"]


async def test_when_the_look_up_fails_a_file_stays_uncertain(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.fail_next(SlackFault.LOST, method="files.completeUploadExternal")
    standin.fail_next(SlackFault.SERVER_ERROR, method="conversations.history")
    error = await refused(adapter, message(file()))
    assert (error.uncertain, error.parts_sent) == (True, 1)


@pytest.mark.parametrize("url", ["", "https://clair.example.jp/files/abc"])
async def test_without_the_scope_a_file_is_named_in_words(standin: SlackStandIn, adapter: SlackAdapter, url: str) -> None:
    standin.scopes = standin.scopes.replace("files:write,", "")
    receipt = await adapter.send(message(file(url=url)))
    assert len(receipt.message_ids) == 2
    assert standin.read(ROOM) == ["届きました", "📎 写真.png"]
    assert url in standin.messages(ROOM)[1]["text"]
    assert "files:write" in await adapter.check()


async def test_without_bytes_a_file_is_named_in_words(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(file(content=b"", url="https://clair.example.jp/files/abc"))
    receipt = await adapter.send(sent)
    assert methods(standin) == ["chat.postMessage", "chat.postMessage"]
    assert await adapter.send(replace(sent, maybe_sent=True)) == receipt


async def test_a_closed_channel_takes_no_files_either(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    sent = message(file())
    await adapter.send(replace(sent, files=()))
    standin.close_channel(ROOM, "not_in_channel")
    error = await refused(adapter, replace(sent, parts_sent=1))
    assert (error.permanent, error.unreachable, error.parts_sent) == (True, True, 1)


async def test_bytes_and_names_never_reach_the_log(standin: SlackStandIn, adapter: SlackAdapter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    event = slack_events.said("", ts=standin.next_ts(), subtype="file_share") | {"files": [standin.attach("秘密の名.png", PNG)]}
    (heard,) = (await adapter.receive(standin.signed_event(event))).messages
    assert await adapter.fetch(heard.attachments[0], limit=10_000) == PNG
    await adapter.send(message(file("秘密の名.png")))
    assert "秘密の名" not in caplog.text
    assert standin.bot_token not in caplog.text


# --- rendering and previews -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "url", "html"),
    [
        ("写真.png", "", "<p>📎 写真.png</p>"),
        ("a&b<i>.pdf", "https://example.jp/f?a=1&b=2", '<p>📎 <a href="https://example.jp/f?a=1&amp;b=2">a&amp;b&lt;i&gt;.pdf</a></p>'),
        ("x.pdf", "javascript:alert(1)", "<p>📎 x.pdf</p>"),
        ("x.pdf", 'https://example.jp/"><script>', "<p>📎 x.pdf</p>"),
    ],
)
def test_previews_name_the_files(name: str, url: str, html: str) -> None:
    words, named = preview(message(file(name, url=url)))
    assert words.html == "<p>届きました</p>"
    assert named.html == html
    assert named.buttons == ()


def test_a_file_is_one_more_part() -> None:
    words, named = render(message(file("長" * 500, url="https://example.jp/a")))
    assert words.file is None
    assert named.file == file("長" * 500, url="https://example.jp/a")
    assert len(named.text) < 400
