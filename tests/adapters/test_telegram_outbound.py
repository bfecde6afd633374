"""Sending to Telegram: faults (platforms.md 5.2), and what the adapter does beside it."""

import asyncio
import dataclasses
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn, Trouble
from tests.standins.telegram_people import GROUP, PERSON, USERNAME
from tests.standins.telegram_queue import encode

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Button, Card, InboundKind, InboundMessage, OutboundMessage, Source, WebhookRequest
from clair_bot_telegram.adapter import TelegramAdapter, create

HELLO = OutboundMessage(to=Address(channel="telegram", recipient=str(PERSON)), idempotency_key="k", paragraphs=("こんにちは",))
TO_ROOM = dataclasses.replace(HELLO, to=Address(channel="telegram", recipient=str(GROUP)))
LONG = dataclasses.replace(HELLO, paragraphs=tuple("一二三四五"[n] * 3000 for n in range(4)))


@pytest.fixture
async def standin() -> AsyncIterator[TelegramStandIn]:
    started = await TelegramStandIn().start()
    yield started
    await started.stop()
    assert started.violations == []


@pytest.fixture
async def adapter(standin: TelegramStandIn) -> AsyncIterator[TelegramAdapter]:
    made = create({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET, "TELEGRAM_API_URL": f"{standin.url}/"})
    assert made is not None
    yield made
    await made.aclose()


async def fault(adapter: TelegramAdapter, message: OutboundMessage = HELLO) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(message)
    assert TOKEN not in repr(caught.value)
    return caught.value


def flags(error: DeliveryError) -> set[str]:
    return {name for name in ("permanent", "uncertain", "unreachable", "channel_down") if getattr(error, name)}


@pytest.mark.parametrize(
    ("trouble", "expected", "arrived"),
    [
        (Trouble.REFUSED, set(), 0),
        (Trouble.LOST_RESPONSE, {"uncertain"}, 1),
        (Trouble.RATE_LIMITED, set(), 0),
        (Trouble.SERVER_ERROR, {"uncertain"}, 0),
        (Trouble.BAD_GATEWAY, {"uncertain"}, 0),
        (Trouble.GARBAGE, {"uncertain"}, 1),
        (Trouble.BLOCKED, {"permanent", "unreachable"}, 0),
        (Trouble.TOKEN_REVOKED, {"channel_down"}, 0),
    ],
)
async def test_each_trouble_has_its_class(
    standin: TelegramStandIn, adapter: TelegramAdapter, trouble: Trouble, expected: set[str], arrived: int
) -> None:
    standin.fail_next(trouble)
    error = await fault(adapter)
    assert flags(error) == expected
    assert len(standin.read(PERSON)) == arrived
    assert (error.retry_after == 35) == (trouble is Trouble.RATE_LIMITED)
    assert sum(call.method == "sendMessage" for call in standin.calls) == (trouble is not Trouble.REFUSED)


async def test_after_a_refused_connection_it_goes_on(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    await adapter.send(HELLO)
    standin.fail_next(Trouble.REFUSED, seconds=0.05)
    await fault(adapter)
    await asyncio.sleep(0.1)
    await adapter.send(HELLO)
    assert standin.read(PERSON) == ["こんにちは"] * 2


async def test_too_early_is_refused_again(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.fail_next(Trouble.RATE_LIMITED, seconds=3600)
    assert (await fault(adapter)).retry_after == 3600
    standin.clock.shift(3000)
    assert 500 < ((await fault(adapter)).retry_after or 0) < 700
    standin.clock.shift(700)
    await adapter.send(HELLO)
    assert len(standin.too_early) == 1


async def test_an_unknown_chat_is_permanent_but_no_refusal_of_a_person(adapter: TelegramAdapter) -> None:
    for recipient in ("999", "@nobody"):
        error = await fault(adapter, dataclasses.replace(HELLO, to=Address(channel="telegram", recipient=recipient)))
        assert flags(error) == {"permanent"}
        assert "chat not found" in error.reason


async def test_a_kicked_bot_is_permanent(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.membership("member", "kicked", chat=GROUP)
    assert flags(await fault(adapter, TO_ROOM)) == {"permanent", "unreachable"}


async def test_unreadable_markup_is_sent_plain(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    card = Card(title="<題>", blocks=(), sources=(Source(title="要綱", url="https://example.jp/a", as_of="2024"),))
    standin.fail_next(Trouble.CANNOT_PARSE)
    await adapter.send(dataclasses.replace(HELLO, card=card, buttons=(Button(label="メニュー", action="menu"),)))
    (shown,) = standin.read(PERSON)
    for text in ("<題>", "要綱 https://example.jp/a", "メニュー"):
        assert text in shown


async def test_a_group_that_moved_gets_it_once_at_its_new_address(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.migrate(-1_000_000_000_888)
    receipt = await adapter.send(dataclasses.replace(TO_ROOM, paragraphs=LONG.paragraphs))
    assert receipt.moved_to == Address(channel="telegram", recipient="-1000000000888")
    assert len(standin.read(-1_000_000_000_888)) == len(receipt.message_ids) == 4
    assert standin.read(GROUP) == []


async def test_a_group_that_moves_in_circles_is_left_alone(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    standin.chats[GROUP].migrated_to = GROUP
    assert flags(await fault(adapter, TO_ROOM)) == set()
    assert sum(call.method == "sendMessage" for call in standin.calls) == 2


async def test_a_broken_off_delivery_goes_on_behind_its_parts(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    receipt = await adapter.send(dataclasses.replace(LONG, parts_sent=2))
    assert len(receipt.message_ids) == 2
    assert [shown[0] for shown in standin.read(PERSON)] == ["三", "四"]


async def test_the_fault_says_how_many_parts_went(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    sending = asyncio.create_task(fault(adapter, LONG))
    while len(standin.read(PERSON)) < 1:
        await asyncio.sleep(0)
    standin.chats[PERSON].blocked = True
    error = await sending
    assert error.parts_sent == len(standin.read(PERSON)) >= 1


async def test_a_doubtful_delivery_is_not_repeated(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    error = await fault(adapter, dataclasses.replace(HELLO, maybe_sent=True, parts_sent=1))
    assert (flags(error), error.parts_sent, standin.calls) == ({"uncertain"}, 1, [])


async def test_replies_and_topics(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    asked = standin.text("質問", chat=GROUP, thread=500)["message"]["message_id"]
    await adapter.send(dataclasses.replace(TO_ROOM, thread="500", reply_to=str(asked)))
    await adapter.send(dataclasses.replace(TO_ROOM, thread="999", reply_to="12345"))  # both are gone: still said
    first, second = standin.sent(GROUP)
    assert (first["message_thread_id"], first["reply_to_message"]["message_id"]) == (500, asked)
    assert not {"message_thread_id", "reply_to_message"} & second.keys()


async def test_an_answer_that_never_comes_is_uncertain(
    standin: TelegramStandIn, adapter: TelegramAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clair_bot_telegram.sending.DEADLINE", 0.2)
    standin.fail_next(Trouble.SILENT)
    assert flags(await fault(adapter)) == {"uncertain"}


# --- seen


def inbound(kind: InboundKind, *, handle: str = "") -> InboundMessage:
    return InboundMessage(event_ids=("x",), kind=kind, address=HELLO.to, sender="1", sent_at=datetime.now(UTC), reply_handle=handle)


async def test_a_press_is_answered_and_a_question_shows_typing(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    await adapter.send(dataclasses.replace(HELLO, buttons=(Button(label="メニュー", action="menu"),)))
    update = standin.press("メニュー")
    request = WebhookRequest(headers=standin.proof(), body=encode(update), received_at=datetime.now(UTC))
    (message,) = (await adapter.receive(request)).messages
    assert (message.kind, message.action) == (InboundKind.ACTION, "menu")
    await adapter.acknowledge(message)
    assert standin.answered == [update["callback_query"]["id"]]
    await adapter.acknowledge(inbound(InboundKind.TEXT))
    assert "sendChatAction" in [call.method for call in standin.calls]


async def test_acknowledging_never_raises(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    await adapter.send(dataclasses.replace(HELLO, buttons=(Button(label="メニュー", action="menu"),)))
    old = standin.press("メニュー")["callback_query"]["id"]
    standin.clock.shift(3600)
    await adapter.acknowledge(inbound(InboundKind.ACTION, handle=f"callback:{old}"))
    for trouble in (Trouble.LOST_RESPONSE, Trouble.GARBAGE, Trouble.TOKEN_REVOKED, Trouble.SERVER_ERROR):
        standin.fail_next(trouble, method="sendChatAction")
        await adapter.acknowledge(inbound(InboundKind.TEXT))
    calls = len(standin.calls)
    for kind in (InboundKind.LEFT, InboundKind.JOINED, InboundKind.MEDIA):
        await adapter.acknowledge(inbound(kind))
    assert len(standin.calls) == calls
    standin.fail_next(Trouble.REFUSED)
    await adapter.acknowledge(inbound(InboundKind.TEXT))


async def test_our_name_is_learned_once(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    await adapter.acknowledge(inbound(InboundKind.TEXT))
    await adapter.acknowledge(inbound(InboundKind.TEXT))
    assert adapter._own.username == USERNAME
    assert [call.method for call in standin.calls].count("getMe") == 1


async def test_our_name_is_learned_from_what_we_sent(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    await adapter.send(HELLO)
    assert adapter._own.username == USERNAME
    assert [call.method for call in standin.calls] == ["sendMessage"]


# --- who we are


async def test_check_says_what_to_switch_on(standin: TelegramStandIn, adapter: TelegramAdapter) -> None:
    line = await adapter.check()
    for words in (f"@{USERNAME}", "プライバシーモードがオンです", "/setprivacy", "setWebhook"):
        assert words in line
    standin.privacy = False
    standin.updates.webhook_url = "https://example.jp/webhooks/telegram"
    line = await adapter.check()
    assert "プライバシーモードはオフです" in line
    assert "setWebhook" not in line
    standin.updates.allowed = frozenset({"message", "callback_query", "my_chat_member"})
    assert "allowed_updates に edited_message がありません" in await adapter.check()


async def test_check_of_a_poller_warns_of_a_webhook(standin: TelegramStandIn) -> None:
    standin.updates.webhook_url = "https://example.jp/webhooks/telegram"
    adapter = TelegramAdapter(token=TOKEN, secret="", api_url=standin.url)
    assert "deleteWebhook" in await adapter.check()
    standin.fail_next(Trouble.SERVER_ERROR, method="getWebhookInfo")
    assert "deleteWebhook" not in await adapter.check()
    await adapter.aclose()


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.TOKEN_REVOKED, Trouble.GARBAGE, Trouble.BAD_GATEWAY, Trouble.RATE_LIMITED])
async def test_check_fails_in_our_words(standin: TelegramStandIn, adapter: TelegramAdapter, trouble: Trouble) -> None:
    standin.fail_next(trouble, method="getMe")
    with pytest.raises(DeliveryError) as caught:
        await adapter.check()
    assert caught.value.channel_down == (trouble is Trouble.TOKEN_REVOKED)
    assert TOKEN not in str(caught.value)


# --- silence


async def test_no_log_has_the_token_or_a_text(standin: TelegramStandIn, adapter: TelegramAdapter, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await adapter.send(HELLO)
        for trouble in Trouble:
            standin.fail_next(trouble)
            standin.clock.shift(100)
            try:
                await adapter.send(HELLO)
            except DeliveryError:
                logging.getLogger("worker").exception("refused")
    assert "refused" in caplog.text
    assert "AA-stand-in_token" not in caplog.text
    assert "こんにちは" not in caplog.text


def test_importing_and_creating_is_cheap_and_silent() -> None:
    script = (
        "import sys; from clair_bot_telegram.adapter import create; from clair_bot_telegram.preview import preview;"
        f"assert create({{'TELEGRAM_BOT_TOKEN': '{TOKEN}'}}).listens; assert not {{'telegram', 'httpx', 'aiohttp'}} & sys.modules.keys()"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0
