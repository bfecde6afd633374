"""Files that people attach: which of them count, and how they are fetched."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackFault, SlackStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Attachment, InboundKind
from clair_bot_slack.adapter import SlackAdapter, create
from clair_bot_slack.attachments import attachments

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


# --- what people attach ---------------------------------------------------------------------------------------------------

HELD = {
    "id": "F1",
    "name": "写真.png",
    "mimetype": "image/png",
    "size": 7,
    "mode": "hosted",
    "file_access": "visible",
    "url_private": "https://files.slack.com/a",
    "url_private_download": "https://files.slack.com/download/a",
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ("https://files.slack.com/download/a", "写真.png", "image/png", 7)),
        ({"url_private_download": None}, ("https://files.slack.com/a", "写真.png", "image/png", 7)),
        ({"name": 3, "mimetype": [], "size": "7"}, ("https://files.slack.com/download/a", "", "", 0)),
        ({"size": -1, "mode": "snippet"}, ("https://files.slack.com/download/a", "写真.png", "image/png", 0)),
        ({"size": True}, ("https://files.slack.com/download/a", "写真.png", "image/png", 0)),
        (
            {"mimetype": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
            (
                "https://files.slack.com/download/a",
                "写真.png",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                7,
            ),
        ),
        ({"mode": "tombstone"}, None),
        ({"mode": "hidden_by_limit"}, None),
        ({"mode": "external"}, None),
        ({"is_external": True}, None),
        ({"file_access": "check_file_info"}, None),
        ({"file_access": "access_denied"}, None),
        ({"mimetype": "audio/mp4", "subtype": "slack_audio"}, None),
        ({"mimetype": "video/mp4"}, None),
        ({"mimetype": "application/vnd.slack-docs"}, None),
        ({"url_private_download": 5, "url_private": {}}, None),
    ],
)
def test_which_files_are_attachments(change: dict[str, Any], found: tuple[Any, ...] | None) -> None:
    taken = attachments([HELD | change])
    assert [(one.handle, one.name, one.media_type, one.size) for one in taken] == ([found] if found else [])


async def heard(
    adapter: SlackAdapter, standin: SlackStandIn, *files: Any, text: str = "これです"
) -> tuple[InboundKind, str, tuple[Attachment, ...]]:
    event = slack_events.said(text, ts=standin.next_ts(), subtype="file_share") | {"files": list(files)}
    (message,) = (await adapter.receive(standin.signed_event(event))).messages
    return message.kind, message.text, message.attachments


async def test_a_message_with_files(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    odd: list[Any] = [3, None, {}, {"mode": "tombstone", "id": "F9"}]
    kind, text, attached = await heard(adapter, standin, standin.attach("写真.png", PNG), *odd, standin.attach("案内.pdf", PDF))
    assert (kind, text) == (InboundKind.MEDIA, "これです")
    assert [(one.name, one.media_type, one.size) for one in attached] == [
        ("写真.png", "image/png", len(PNG)),
        ("案内.pdf", "application/pdf", len(PDF)),
    ]
    assert [await adapter.fetch(one, limit=3_000_000) for one in attached] == [PNG, PDF]


async def test_a_voice_is_media_without_an_attachment(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    voice = standin.attach("声.m4a", b"\0\0\0 ftyp", mimetype="audio/mp4")
    assert await heard(adapter, standin, voice, text="") == (InboundKind.MEDIA, "", ())


# --- fetching -------------------------------------------------------------------------------------------------------------


async def attached(adapter: SlackAdapter, standin: SlackStandIn, name: str = "写真 1.png", content: bytes = PNG) -> tuple[str, Attachment]:
    file = standin.attach(name, content)
    _, _, (one,) = await heard(adapter, standin, file)
    return file["id"], one


async def not_fetched(adapter: SlackAdapter, attachment: Attachment, *, limit: int = 10_000_000) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.fetch(attachment, limit=limit)
    error = caught.value
    assert not any((error.uncertain, error.channel_down, error.unreachable))
    return error


@pytest.mark.parametrize(("limit", "fits"), [(len(PNG), True), (len(PNG) - 1, False), (0, False)])
@pytest.mark.parametrize("told", [True, False])
async def test_no_more_than_the_limit_is_read(standin: SlackStandIn, adapter: SlackAdapter, limit: int, *, fits: bool, told: bool) -> None:
    _, one = await attached(adapter, standin)
    one = one if told else replace(one, size=0)
    if fits:
        assert await adapter.fetch(one, limit=limit) == PNG
    else:
        assert (await not_fetched(adapter, one, limit=limit)).permanent
        assert ("download" in methods(standin)) is not told


async def test_a_length_that_is_not_told_is_no_way_around_the_limit(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.chunked = True
    _, one = await attached(adapter, standin)
    assert await adapter.fetch(one, limit=len(PNG)) == PNG
    assert (await not_fetched(adapter, replace(one, size=0), limit=len(PNG) - 1)).permanent


async def test_a_deleted_file_is_gone(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    file_id, one = await attached(adapter, standin)
    standin.discard(file_id)
    assert (await not_fetched(adapter, one)).permanent


@pytest.mark.parametrize("where", ["elsewhere", "here", "page"])
async def test_a_login_page_is_no_file(standin: SlackStandIn, adapter: SlackAdapter, where: str) -> None:
    _, one = await attached(adapter, standin)
    standin.login = where
    assert (await not_fetched(adapter, one)).permanent
    standin.login, standin.scopes = where, "chat:write"
    assert (await not_fetched(adapter, one)).permanent


@pytest.mark.parametrize(
    ("fault", "flag"),
    [(SlackFault.RATE_LIMITED, "retry_after"), (SlackFault.SERVER_ERROR, ""), (SlackFault.HALF, ""), (SlackFault.REFUSED, "")],
)
async def test_faults_of_the_line_pass(standin: SlackStandIn, adapter: SlackAdapter, fault: SlackFault, flag: str) -> None:
    _, one = await attached(adapter, standin)
    standin.fail_next(fault, method="download")
    error = await not_fetched(adapter, one)
    assert not error.permanent
    assert bool(error.retry_after) is (flag == "retry_after")
    if fault is SlackFault.REFUSED:
        await standin.reopen()
    assert await adapter.fetch(one, limit=10_000) == PNG


async def test_a_dropped_line_passes(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    _, one = await attached(adapter, standin)
    for _ in range(2):
        standin.fail_next(SlackFault.DROPPED, method="download")  # aiohttp itself repeats a GET on a kept connection once
    assert not (await not_fetched(adapter, one)).permanent


@pytest.mark.parametrize(
    "handle",
    [
        "https://files.slack.com.example.invalid/a",
        "https://files.slack.com@example.invalid/a",
        "https://files.slack.com:8443/a",
        "https://example.invalid\\@files.slack.com/a",
        "http://files.slack.com/a",
        "https://town.slack.com/a",
        "http://127.0.0.1:9/a",
        "file:///etc/passwd",
        "//files.slack.com/a",
        "",
    ],
)
async def test_foreign_hosts_are_never_called(standin: SlackStandIn, adapter: SlackAdapter, handle: str) -> None:
    assert (await not_fetched(adapter, Attachment(handle=handle))).permanent
    assert standin.calls == []


@pytest.mark.parametrize("address", ["https://files.slack.com/files-pri/T1-F1/a.png", "https://slack-files.com/T1-F1-x"])
def test_slacks_own_hosts_may_be_called(adapter: SlackAdapter, address: str) -> None:
    assert adapter._api.holds(address)
