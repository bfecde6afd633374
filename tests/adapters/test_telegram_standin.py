"""The stand-in of Telegram behaves as the platform's server does, and its specification bites."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.standins.telegram import SECRET, TelegramStandIn
from tests.standins.telegram_files import MB, png
from tests.standins.telegram_markup import MarkupError, parse
from tests.standins.telegram_people import GROUP, PERSON
from tests.standins.telegram_queue import retry_pause
from tests.standins.telegram_spec import ABSENT, decode, specification

OTHER = 5_000_000_002


class Receiver:
    """A webhook that answers what it is told, by chat."""

    def __init__(self) -> None:
        self.status: dict[int, int] = {}
        self.headers: dict[str, str] = {}
        self.texts: list[str] = []

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == SECRET
        message = (await request.json())["message"]
        status = self.status.get(message["chat"]["id"], 200)
        if status == 200:
            self.texts.append(message["text"])
        return web.Response(status=status, headers=self.headers)


@pytest.fixture
async def standin() -> AsyncIterator[TelegramStandIn]:
    started = await TelegramStandIn().start()
    started.add_chat(OTHER, name="鈴木")
    yield started
    await started.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    yield made
    await made.stop()


async def called(standin: TelegramStandIn, method: str, **parameters: Any) -> dict[str, Any]:
    """Call as a client that sends forms does: objects as JSON inside."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    async with aiohttp.ClientSession() as session, session.post(f"{standin.url}/bot{standin.token}/{method}", data=form) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def uploaded(standin: TelegramStandIn, method: str, name: str, file_name: str, content: bytes) -> dict[str, Any]:
    """Send a file to the person."""
    form = aiohttp.FormData({"chat_id": str(PERSON)})
    form.add_field(name, content, filename=file_name, content_type="application/pdf")
    async with aiohttp.ClientSession() as session, session.post(f"{standin.url}/bot{standin.token}/{method}", data=form) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_chat_waits_behind_what_it_cannot_deliver(standin: TelegramStandIn, receiver: Receiver) -> None:
    await called(standin, "setWebhook", url=await receiver.start(), secret_token=SECRET)
    receiver.status[PERSON] = 503
    for text, chat in (("一", PERSON), ("二", PERSON), ("甲", OTHER)):
        standin.say(standin.text(text, chat=chat, person=chat))
    attempts = await standin.updates.pump()
    assert receiver.texts == ["甲"]
    assert sorted(attempt.status for attempt in attempts) == [200, 503, 503]  # "immediate retry"
    receiver.status.clear()
    assert await standin.updates.pump() == []  # then 2 s
    standin.clock.shift(2.1)
    await standin.updates.pump()
    assert receiver.texts == ["甲", "一", "二"]
    assert standin.violations == []


async def test_retry_after_of_a_webhook_is_honoured(standin: TelegramStandIn, receiver: Receiver) -> None:
    await called(standin, "setWebhook", url=await receiver.start(), secret_token=SECRET)
    receiver.status[PERSON], receiver.headers = 429, {"Retry-After": "100"}
    standin.say(standin.text("一"))
    assert len(await standin.updates.pump()) == 1
    standin.clock.shift(90)
    assert await standin.updates.pump() == []
    standin.clock.shift(24 * 3600)
    await standin.updates.pump()
    assert standin.updates.waiting == []  # dead after 24 h


def test_the_pauses_grow_to_a_cap() -> None:
    assert [retry_pause(number) for number in range(1, 7)] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= retry_pause(number) <= 120 for number in range(7, 20))


async def test_two_pollers_conflict_and_a_webhook_forbids_both(standin: TelegramStandIn) -> None:
    first = asyncio.create_task(called(standin, "getUpdates", timeout=5))
    while not standin.updates.offsets:
        await asyncio.sleep(0.01)
    second = asyncio.create_task(called(standin, "getUpdates", timeout=1))
    assert (await first)["description"].startswith("Conflict: terminated by other getUpdates request")
    standin.say(standin.text("一"))
    assert [update["message"]["text"] for update in (await second)["result"]] == ["一"]
    await called(standin, "setWebhook", url="https://example.jp")
    assert (await called(standin, "getUpdates"))["error_code"] == 409
    assert standin.violations == []


async def test_privacy_mode_keeps_groups_quiet(standin: TelegramStandIn) -> None:
    asked = standin.text("質問", chat=GROUP)
    standin.say(asked)
    assert standin.updates.waiting == []
    sent = await called(standin, "sendMessage", chat_id=GROUP, text="5", reply_parameters={"message_id": 1})
    assert sent["result"]["text"] == "5"  # a text of 5 stays a text
    standin.say(standin.text("返信", chat=GROUP, reply_to=sent["result"]["message_id"]))
    assert len(standin.updates.waiting) == 1
    standin.privacy = False
    standin.say(standin.text("質問", chat=GROUP))
    assert len(standin.updates.waiting) == 2
    assert standin.violations == []


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "&#32;", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "あ" * 22}]]}}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"text": "x", "message_thread_id": 4}, "message thread not found"),
        ({"text": "x", "chat_id": 1}, "chat not found"),
    ],
)
async def test_what_it_refuses(standin: TelegramStandIn, parameters: dict[str, Any], description: str) -> None:
    answer = await called(standin, "sendMessage", **({"chat_id": PERSON} | parameters))
    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert description in answer["description"]
    assert standin.read(PERSON) == []


@pytest.mark.parametrize(
    ("number", "text", "description"),
    [
        (99, "x", "message to edit not found"),
        (1, "x", "message can't be edited"),
        (2, "旧", "message is not modified"),
        (2, "", "message text is empty"),
        (2, "x" * 4097, "message is too long"),
        (3, "x", "there is no text in the message to edit"),
    ],
)
async def test_what_it_does_not_change(standin: TelegramStandIn, number: int, text: str, description: str) -> None:
    standin.text("人の言葉")
    await called(standin, "sendMessage", chat_id=PERSON, text="旧")
    await uploaded(standin, "sendDocument", "document", "a.pdf", b"%PDF")
    answer = await called(standin, "editMessageText", chat_id=PERSON, message_id=number, text=text)
    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert description in answer["description"]
    assert standin.read(PERSON) == ["旧", "📄 a.pdf"]


async def test_an_edit_shows_the_new_words_and_no_old_buttons(standin: TelegramStandIn) -> None:
    keyboard = {"inline_keyboard": [[{"text": "メニュー", "callback_data": "menu"}]]}
    await called(standin, "sendMessage", chat_id=PERSON, text="旧", reply_markup=keyboard)
    await called(standin, "editMessageText", chat_id=PERSON, message_id=1, text="旧")
    assert standin.read(PERSON) == ["旧"]
    await called(standin, "editMessageText", chat_id=PERSON, message_id=1, text="<b>新</b>", parse_mode="HTML", reply_markup=keyboard)
    assert standin.read(PERSON) == ["新\nメニュー"]
    assert standin.violations == []


@pytest.mark.parametrize(
    ("method", "content", "status", "description"),
    [
        ("sendPhoto", b"%PDF", 400, "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", png(6000, 5000), 400, "PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", png(size=1001), 400, "is too big for a photo"),
        ("sendPhoto", b"", 400, "file must be non-empty"),
        ("sendDocument", b"", 400, "file must be non-empty"),
        ("sendDocument", bytes(1501), 413, "Request Entity Too Large"),
    ],
)
async def test_what_it_does_not_take(standin: TelegramStandIn, method: str, content: bytes, status: int, description: str) -> None:
    assert (standin.files.photo_limit, standin.files.document_limit) == (10 * MB, 50 * MB)
    standin.files.photo_limit, standin.files.document_limit = 1000, 1500
    answer = await uploaded(standin, method, method.removeprefix("send").lower(), "a.pdf", content)
    assert answer["error_code"] == status
    assert description in answer["description"]
    assert standin.read(PERSON) == []


async def test_a_file_can_be_downloaded_by_who_has_the_token(standin: TelegramStandIn) -> None:
    sent = await uploaded(standin, "sendDocument", "document", "a.pdf", b"%PDF")
    found = (await called(standin, "getFile", file_id=sent["result"]["document"]["file_id"]))["result"]
    assert found["file_size"] == 4
    async with aiohttp.ClientSession() as session:
        for token, path, status in ((standin.token, found["file_path"], 200), ("1:x", found["file_path"], 401), (standin.token, "x", 404)):
            async with session.get(f"{standin.url}/file/bot{token}/{path}") as response:
                assert response.status == status
    assert (await called(standin, "getFile", file_id="x"))["description"] == "Bad Request: invalid file_id"
    assert standin.violations == []


async def test_strangers_and_unknown_methods(standin: TelegramStandIn) -> None:
    assert (await called(standin, "frobnicate"))["error_code"] == 404
    standin.token = "1:other"
    async with aiohttp.ClientSession() as session, session.get(f"{standin.url}/bot1:wrong/getMe") as response:
        assert response.status == 401


@pytest.mark.skipif(specification() is None, reason=ABSENT)
async def test_the_specification_is_closed(standin: TelegramStandIn) -> None:
    await called(standin, "sendMessage", chat_id=PERSON, text="x", unknown_parameter="1")
    await called(standin, "sendMessage", chat_id=PERSON, text="x", link_preview_options={"disabled": True})
    await called(standin, "sendMessage", chat_id="x", text="x", message_thread_id="many")
    await called(standin, "editMessageText", chat_id=PERSON, message_id=1, text="y", message_thread_id=3)
    assert any("editMessageText" in fault and "message_thread_id" in fault for fault in standin.violations)
    standin.update(message={"message_id": 1})
    assert len([fault for fault in standin.violations if "unknown_parameter" in fault or "'disabled'" in fault]) == 2
    assert any("many" in fault for fault in standin.violations)
    assert any("is a required property" in fault for fault in standin.violations)


@pytest.mark.skipif(specification() is None, reason=ABSENT)
def test_forms_are_read_by_type() -> None:
    assert decode("sendMessage", {"text": "5", "chat_id": "-100", "disable_notification": "true"}) == {
        "text": "5",
        "chat_id": -100,
        "disable_notification": True,
    }


@pytest.mark.parametrize(
    ("markup", "text", "kinds"),
    [
        ("a<b>b</b>c", "abc", [("bold", 1, 1)]),
        ("🍎<i>b</i>", "🍎b", [("italic", 2, 1)]),
        ('<a href="https://x.jp/?a=1&amp;b">t</a>', "t", [("text_link", 0, 1)]),
        ("&lt;&amp;lt;&nbsp;&#65;", "<&lt;&nbsp;A", []),
        ("  <b> x</b>\n", "x", [("bold", 0, 1)]),
    ],
)
def test_markup_is_read_as_people_see_it(markup: str, text: str, kinds: list[tuple[str, int, int]]) -> None:
    reading = parse(markup)
    assert reading.text == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in reading.entities] == kinds


@pytest.mark.parametrize("markup", ["<b>x", "x</b>", "<b><i>x</b></i>", "<x>y</x>", "a < b", "<p>x</p>", "<br>"])
def test_bad_markup_is_refused(markup: str) -> None:
    with pytest.raises(MarkupError):
        parse(markup)
