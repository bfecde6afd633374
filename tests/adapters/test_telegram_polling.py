"""Hearing Telegram by long polling: what is confirmed, and what stops the loop (only a refused token)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn, Trouble
from tests.standins.telegram_people import GROUP, PERSON, USERNAME

from clair_bot.errors import DeliveryError, StorageUnavailable
from clair_bot.messages import InboundMessage
from clair_bot_telegram.adapter import TelegramAdapter


class Inbox:
    """Keeps what it is given, except while it is shut."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.shut = False
        self.refused = 0

    async def __call__(self, messages: Sequence[InboundMessage]) -> None:
        if self.shut:
            self.refused += 1
            raise StorageUnavailable("shut")
        self.texts += [message.text for message in messages]

    async def has(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.texts) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def standin() -> AsyncIterator[TelegramStandIn]:
    started = await TelegramStandIn().start()
    yield started
    await started.stop()
    assert started.violations == []


@contextlib.asynccontextmanager
async def listening(standin: TelegramStandIn, inbox: Inbox) -> AsyncIterator[asyncio.Task[None]]:
    adapter = TelegramAdapter(token=TOKEN, secret="", api_url=standin.url, poll_seconds=1, first_pause=0.02)
    task = asyncio.create_task(adapter.listen(inbox))
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, DeliveryError):
        await task
    await adapter.aclose()


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_with_a_secret_it_does_not_listen(standin: TelegramStandIn) -> None:
    adapter = TelegramAdapter(token=TOKEN, secret=SECRET, api_url=standin.url)
    await adapter.listen(Inbox())
    assert standin.calls == []


async def test_messages_arrive_in_order_and_are_confirmed(standin: TelegramStandIn) -> None:
    inbox = Inbox()
    standin.say(standin.text("一"))
    async with listening(standin, inbox):
        await inbox.has(1)
        standin.say(standin.text("二"))
        standin.say(standin.text(f"@{USERNAME} 三", chat=GROUP, reply_to=None))  # privacy mode keeps it
        standin.say(standin.text(f"/ask@{USERNAME} 四", chat=GROUP))
        await inbox.has(3)
        await until(lambda: not standin.updates.waiting)
    assert inbox.texts == ["一", "二", "ask 四"]
    call = next(call for call in standin.calls if call.method == "getUpdates")
    assert call.parameters["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]


async def test_nothing_is_confirmed_while_the_store_is_down(standin: TelegramStandIn) -> None:
    inbox = Inbox()
    inbox.shut = True
    first = standin.say(standin.text("一"))
    async with listening(standin, inbox):
        await until(lambda: inbox.refused >= 3)
        assert [item.update for item in standin.updates.waiting] == [first]
        assert set(standin.updates.offsets) == {None}
        inbox.shut = False
        await inbox.has(1)
    assert inbox.texts == ["一"]


async def test_one_unreadable_update_never_stops_the_loop(standin: TelegramStandIn) -> None:
    inbox = Inbox()
    standin.say(standin.text("一"))
    standin.updates.put({"update_id": 700_000_002, "message": {"some fields are missing": True}})
    standin.updates.put({"update_id": 700_000_003, "message": {"chat": {"id": PERSON}, "from": {"id": 1}, "text": "二"}})
    standin.updates.put({"update_id": 700_000_004})
    async with listening(standin, inbox):
        await inbox.has(2)
        await until(lambda: not standin.updates.waiting)
        assert standin.updates.offsets[-1] == 700_000_005
    standin.violations.clear()  # what was put in was wrong by intention
    assert inbox.texts == ["一", "二"]


async def test_a_batch_without_ids_waits_instead_of_spinning(standin: TelegramStandIn) -> None:
    standin.updates.put({"message": {}})
    async with listening(standin, Inbox()):
        await asyncio.sleep(0.3)
    assert len(standin.updates.offsets) < 8
    standin.violations.clear()


async def test_a_webhook_in_the_way_is_waited_for_and_not_removed(standin: TelegramStandIn) -> None:
    inbox = Inbox()
    standin.updates.webhook_url = "https://example.jp/webhooks/telegram"
    standin.say(standin.text("一"))
    async with listening(standin, inbox):
        await until(lambda: len(standin.updates.offsets) >= 3)
        assert standin.updates.webhook_url
        standin.updates.webhook_url = ""
        await inbox.has(1)
    assert "deleteWebhook" not in {call.method for call in standin.calls}


async def test_two_pollers_lose_nothing(standin: TelegramStandIn) -> None:
    one, two = Inbox(), Inbox()
    async with listening(standin, one), listening(standin, two):
        await until(lambda: any(call.status == 409 for call in standin.calls))
        for text in "一二三":
            standin.say(standin.text(text))
        await until(lambda: set(one.texts + two.texts) == set("一二三"))


@pytest.mark.parametrize(
    "trouble", [Trouble.REFUSED, Trouble.LOST_RESPONSE, Trouble.SERVER_ERROR, Trouble.BAD_GATEWAY, Trouble.GARBAGE, Trouble.BLOCKED]
)
async def test_a_broken_poll_is_repeated(standin: TelegramStandIn, trouble: Trouble) -> None:
    inbox = Inbox()
    standin.fail_next(trouble, method="getUpdates", seconds=0.1, times=3)
    standin.say(standin.text("一"))
    async with listening(standin, inbox):
        await inbox.has(1)
    assert inbox.texts == ["一"]


async def test_flood_control_is_obeyed(standin: TelegramStandIn) -> None:
    standin.fail_next(Trouble.RATE_LIMITED, method="getUpdates", seconds=35)
    async with listening(standin, Inbox()):
        await until(lambda: standin.updates.offsets or standin.calls[-1:])
        await asyncio.sleep(0.3)
    assert [call.method for call in standin.calls].count("getUpdates") == 1


async def test_a_refused_token_ends_it(standin: TelegramStandIn) -> None:
    standin.fail_next(Trouble.TOKEN_REVOKED, method="getUpdates")
    async with listening(standin, Inbox()) as task:
        with pytest.raises(DeliveryError) as caught:
            await task
    assert caught.value.channel_down
    assert TOKEN not in str(caught.value)
