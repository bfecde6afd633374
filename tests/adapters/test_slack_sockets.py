"""Socket Mode against the stand-in: acknowledged only when stored, connected again after every loss."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.standins import slack_events
from tests.standins.slack import SlackFault, SlackStandIn

from clair_bot.errors import DeliveryError, StorageUnavailable
from clair_bot.messages import InboundMessage
from clair_bot_slack import sockets
from clair_bot_slack.adapter import SlackAdapter, create


class Inbox:
    """Stores, or cannot; slow where it should be."""

    def __init__(self) -> None:
        self.stored: list[InboundMessage] = []
        self.broken = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, messages: Sequence[InboundMessage]) -> None:
        await self.gate.wait()
        if self.broken:
            self.broken -= 1
            raise StorageUnavailable("down")
        self.stored += messages

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.stored]


@pytest.fixture
async def standin() -> AsyncIterator[SlackStandIn]:
    made = SlackStandIn()
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


@pytest.fixture
async def adapter(standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackAdapter]:
    monkeypatch.setattr(sockets, "LOOK_SECONDS", 0.02)
    made = create({"SLACK_API_URL": standin.url, "SLACK_BOT_TOKEN": standin.bot_token, "SLACK_APP_TOKEN": standin.app_token})
    assert made is not None
    made._sockets._first_pause = 0.02
    yield made
    await made.aclose()


@pytest.fixture
async def inbox(standin: SlackStandIn, adapter: SlackAdapter) -> AsyncIterator[Inbox]:
    """An inbox behind a listening adapter."""
    inbox = Inbox()
    task = asyncio.create_task(adapter.listen(inbox.deliver))
    await standin.until(lambda: standin.socket_opened)
    yield inbox
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def said(standin: SlackStandIn, text: str) -> dict[str, object]:
    return standin.frame(slack_events.said(text, ts=standin.next_ts()))


async def test_every_kind_is_heard_and_acknowledged(standin: SlackStandIn, adapter: SlackAdapter, inbox: Inbox) -> None:
    envelopes = [await standin.push(said(standin, "一"))]
    command = dict(pair.split("=") for pair in slack_events.command("x", trigger="t", response_url="").decode().split("&"))
    envelopes.append(await standin.push(command | {"text": "メニュー"}, kind="slash_commands"))
    pressed = slack_events.pressed("human", message_ts="17.1", action_ts=standin.next_ts())
    envelopes.append(await standin.push(pressed, kind="interactive"))
    envelopes.append(await standin.push(standin.frame({"type": "teapot_boiled"})))
    envelopes.append(await standin.push({"type": "view_submission", "view": {"callback_id": "x"}}, kind="interactive"))
    await standin.until(lambda: len(standin.acknowledged) == len(envelopes))
    assert standin.acknowledged == envelopes
    assert inbox.texts == ["一", "メニュー", ""]
    assert "最終受信" in await adapter.check()


async def test_nothing_is_acknowledged_before_it_is_stored(standin: SlackStandIn, inbox: Inbox) -> None:
    inbox.gate.clear()
    envelope = await standin.push(said(standin, "一"))
    await asyncio.sleep(0.1)
    assert standin.acknowledged == []
    inbox.gate.set()
    await standin.until(lambda: standin.acknowledged == [envelope])
    assert inbox.texts == ["一"]


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(standin: SlackStandIn, inbox: Inbox) -> None:
    inbox.broken = 1
    lost = await standin.push(said(standin, "一"))
    kept = await standin.push(said(standin, "二"))
    await standin.until(lambda: standin.acknowledged == [kept])
    assert inbox.texts == ["二"]
    await standin.push_again(lost)
    await standin.until(lambda: standin.acknowledged == [kept, lost])
    assert inbox.texts == ["二", "一"]


async def test_order_is_kept(standin: SlackStandIn, inbox: Inbox) -> None:
    inbox.gate.clear()
    for number in range(20):
        await standin.push(said(standin, str(number)))
    inbox.gate.set()
    await standin.until(lambda: len(standin.acknowledged) == 20)
    assert inbox.texts == [str(number) for number in range(20)]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_an_announced_end_gives_a_new_socket(standin: SlackStandIn, inbox: Inbox, reason: str) -> None:
    await standin.push(said(standin, "前"))
    await standin.until(lambda: standin.acknowledged)
    await standin.disconnect(reason)
    await standin.until(lambda: standin.socket_opened == 2)
    envelope = await standin.push(said(standin, "後"))
    await standin.until(lambda: envelope in standin.acknowledged)
    assert inbox.texts == ["前", "後"]


async def test_a_cut_line_is_connected_again(standin: SlackStandIn, inbox: Inbox) -> None:
    for number in range(2, 4):
        await standin.cut_sockets()
        await standin.until(lambda number=number: standin.socket_opened == number)
    envelope = await standin.push(said(standin, "後"))
    await standin.until(lambda: envelope in standin.acknowledged)
    assert inbox.texts == ["後"]


async def test_a_failed_connection_is_tried_again(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    inbox = Inbox()
    standin.fail_next(SlackFault.SERVER_ERROR, method="apps.connections.open")
    standin.fail_next(SlackFault.DROPPED, method="apps.connections.open")
    standin.fail_next(SlackFault.GARBAGE, method="apps.connections.open")
    task = asyncio.create_task(adapter.listen(inbox.deliver))
    await standin.until(lambda: standin.socket_opened)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(standin.calls) == 4


async def test_a_refused_token_ends_listening(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    standin.app_token_refused = True
    with pytest.raises(DeliveryError) as caught:
        await asyncio.wait_for(adapter.listen(Inbox().deliver), 5)
    assert caught.value.channel_down


async def test_a_token_that_is_refused_later_ends_listening(standin: SlackStandIn, adapter: SlackAdapter) -> None:
    task = asyncio.create_task(adapter.listen(Inbox().deliver))
    await standin.until(lambda: standin.socket_opened)
    standin.app_token_refused = True
    await standin.cut_sockets()
    with pytest.raises(DeliveryError) as caught:
        await asyncio.wait_for(task, 5)
    assert caught.value.channel_down


async def test_frames_that_are_no_envelopes_are_survived(standin: SlackStandIn, inbox: Inbox) -> None:
    socket = standin._sockets[-1]
    for text in ("{}", "[]", "x", "{oops", json.dumps({"type": "events_api", "envelope_id": "e", "payload": 3})):
        await socket.send_str(text)
    envelope = await standin.push(said(standin, "後"))
    await standin.until(lambda: envelope in standin.acknowledged)
    assert inbox.texts == ["後"]
