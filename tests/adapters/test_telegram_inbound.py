"""What comes in from Telegram: faults (platforms.md 5.1), rooms, and every recorded sample."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn
from tests.standins.telegram_people import BOT_ID, GROUP, PERSON, USERNAME, bot_user
from tests.standins.telegram_spec import ABSENT, SAMPLES
from tests.standins.telegram_updates import MEDIA

from clair_bot.errors import ConfigurationError
from clair_bot.messages import Address, InboundKind, InboundMessage, WebhookRequest, WebhookResult
from clair_bot_telegram.adapter import SECRET_HEADER, TelegramAdapter, create

RECEIVED = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
ENVIRONMENT = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET}
WHERE = {"chat": {"id": PERSON, "type": "private"}, "message_id": 1, "date": 1_700_000_000}
RECORDED = sorted((SAMPLES / "teloxide").glob("*.json"))


def made(**environment: str) -> TelegramAdapter:
    adapter = create(ENVIRONMENT | environment)
    assert adapter is not None
    return adapter


@pytest.fixture
def adapter() -> TelegramAdapter:
    return made()


@pytest.fixture
def known(adapter: TelegramAdapter) -> TelegramAdapter:
    """One that knows its own name."""
    adapter._learn(USERNAME)
    return adapter


@pytest.fixture
def people() -> TelegramStandIn:
    standin = TelegramStandIn()
    standin.chats[GROUP].messages[500] = {
        "message_id": 500,
        "date": 1_700_000_000,
        "chat": standin.chats[GROUP].public(),
        "from": bot_user(),
        "text": "相談 #1",
    }
    return standin


async def received(adapter: TelegramAdapter, update: object, *, secret: str = SECRET) -> WebhookResult:
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return await adapter.receive(WebhookRequest(headers={SECRET_HEADER: secret}, body=body, received_at=RECEIVED))


async def heard(adapter: TelegramAdapter, update: object) -> InboundMessage:
    result = await received(adapter, update)
    assert result.status == 200
    (message,) = result.messages
    return message


# --- settings


def test_without_a_token_the_channel_is_off() -> None:
    assert create({}) is None
    assert create({"TELEGRAM_BOT_TOKEN": " ", "TELEGRAM_WEBHOOK_SECRET": SECRET}) is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", "abc"),
        ("TELEGRAM_BOT_TOKEN", "123456"),
        ("TELEGRAM_BOT_TOKEN", "1２3:abc"),
        ("TELEGRAM_WEBHOOK_SECRET", "秘密"),
        ("TELEGRAM_WEBHOOK_SECRET", "a" * 257),
        ("TELEGRAM_API_URL", "api.telegram.org"),
    ],
)
def test_wrong_settings_name_their_variable(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create(ENVIRONMENT | {variable: value})
    assert caught.value.variable == variable
    assert value not in str(caught.value)


def test_the_secret_decides_the_way_in() -> None:
    assert not made().listens
    assert made(TELEGRAM_WEBHOOK_SECRET="").listens


# --- the door


@pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], SECRET + "x", "é", "秘密", SECRET + "\x00"])
async def test_wrong_proof_is_401(adapter: TelegramAdapter, secret: str) -> None:
    assert (await received(adapter, {"update_id": 1}, secret=secret)).status == 401


async def test_without_a_secret_nothing_is_accepted() -> None:
    adapter = made(TELEGRAM_WEBHOOK_SECRET="")
    assert (await received(adapter, {"update_id": 1}, secret="")).status == 401


@pytest.mark.parametrize(
    "update", [b"x", b"{oops", {}, {"update_id": "1"}, {"update_id": True}, {"update_id": 1.0}, {"update_id": None}, []]
)
async def test_without_an_update_id_it_is_400(adapter: TelegramAdapter, update: object) -> None:
    assert (await received(adapter, update)).status == 400


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"message": None},
        {"message": []},
        {"message": {"some fields are missing": True}},
        {"message": {**WHERE, "chat": {"id": "x", "type": "private"}, "text": "a"}},
        {"message": {**WHERE, "chat": None, "text": "a"}},
        {"message": {**WHERE, "text": 5}},
        {"message": {**WHERE, "from": {"id": 7, "is_bot": True}, "text": "a"}},
        {"message": {**WHERE, "chat": {"id": -100, "type": "channel"}, "text": "a"}},
        {"message": {**WHERE, "sender_chat": {"id": -100}, "is_automatic_forward": True, "text": "a"}},
        {"message": {**WHERE, "new_chat_members": []}},
        {"edited_message": {**WHERE, "location": {"latitude": 35.6, "longitude": 139.7, "live_period": 60}}},
        {"edited_message": {**WHERE, "from": {"id": 7, "is_bot": True}, "text": "a"}},
        {"edited_message": {"chat": WHERE["chat"], "text": "a"}},
        {"edited_message": {**WHERE, "text": 5, "caption": ["a"]}},
        {"channel_post": {**WHERE, "text": "a"}},
        {"callback_query": {"id": "1", "from": {"id": 7}}},
        {"callback_query": {"id": "1", "from": {"id": 7}, "message": WHERE}},
        {"callback_query": {"id": 1, "from": 7, "message": 7, "data": 7}},
        {"my_chat_member": {}},
        {"my_chat_member": {"chat": WHERE["chat"], "new_chat_member": {"status": ["x"]}}},
        {"message_reaction": {}},
        {"something_new": {"deep": [1]}},
    ],
)
async def test_what_is_not_for_us_is_200(adapter: TelegramAdapter, content: Mapping[str, Any]) -> None:
    result = await received(adapter, {"update_id": 1, **content})
    assert (result.status, result.messages, result.ignored) == (200, (), 1)


async def test_fields_that_are_missing_or_strange_cost_nothing(adapter: TelegramAdapter) -> None:
    """``from`` without ``is_bot``, no date, entities of the wrong shape, a callback without ``chat_instance``."""
    entities = [
        None,
        {"type": "mention"},
        {"type": "mention", "offset": -1, "length": 3},
        {"type": "mention", "offset": 0, "length": 10**9},
    ]
    message = {**WHERE, "from": {"id": 7}, "text": "質問", "date": 10**30, "entities": entities, "reply_to_message": "x"}
    assert (await heard(adapter, {"update_id": 1, "message": message})).sent_at == RECEIVED
    query = {"id": "c1", "from": {"id": 7}, "message": {**WHERE, "date": 0}, "data": "menu"}
    assert (await heard(adapter, {"update_id": 2, "callback_query": query})).action == "menu"


async def test_text_that_no_database_holds_is_mended(adapter: TelegramAdapter) -> None:
    body = b'{"update_id": 1, "message": {"chat": {"id": 5, "type": "private"}, "message_id": 1, "date": 1, "text": "a\\u0000b\\ud83c"}}'
    assert (await heard(adapter, body)).text == "ab\ufffd"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "chat",
    "from",
    "text",
    "date",
    "message_id",
    "entities",
    "reply_to_message",
    "migrate_to_chat_id",
    "sticker",
    "photo",
    "document",
    "caption",
    "data",
    "id",
    "message",
)


KINDS = ("message", "edited_message", "callback_query", "my_chat_member")


@given(kind=st.sampled_from(KINDS), content=st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
async def test_no_json_raises(kind: str, content: dict[str, Any]) -> None:
    adapter = made()
    for chat in (content.get("chat"), WHERE["chat"]):
        update = {"update_id": 1, kind: content | {"chat": chat}}
        assert (await received(adapter, update)).status == 200


# --- what people do


async def test_a_message_carries_its_ids(adapter: TelegramAdapter, people: TelegramStandIn) -> None:
    update = people.text("食品展に出たい")
    message = await heard(adapter, update)
    assert message.event_ids == (f"update:{update['update_id']}", f"message:{PERSON}:1")
    assert (message.message_id, message.sender, message.language_hint) == ("1", str(PERSON), "ja")
    assert message.sent_at == datetime.fromtimestamp(update["message"]["date"], UTC)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("/menu", "menu"),
        (f"/menu@{USERNAME}", "menu"),
        ("/担当", "担当"),
        ("/assign @sato", "assign @sato"),
        ("1/2 の件", "1/2 の件"),
        ("/", "/"),
    ],
)
async def test_commands_lose_their_slash(adapter: TelegramAdapter, people: TelegramStandIn, written: str, text: str) -> None:
    message = await heard(adapter, people.text(written))
    assert (message.kind, message.text) == (InboundKind.TEXT, text)


async def test_start_is_joining_and_its_payload_is_dropped(adapter: TelegramAdapter, people: TelegramStandIn) -> None:
    message = await heard(adapter, people.text("/start admin_please"))
    assert (message.kind, message.text) == (InboundKind.JOINED, "")


@pytest.mark.parametrize(
    ("written", "text", "addressed"),
    [
        ("こんにちは", "こんにちは", False),
        ("/list", "list", True),
        (f"/list@{USERNAME} 自分", "list 自分", True),
        (f"/list@{USERNAME.upper()}", "list", True),
        ("/list@another_bot", "/list@another_bot", False),
        (f"🍎 @{USERNAME} 食品展は?", "🍎 食品展は?", True),
        (f"@{USERNAME}\n食品展は?", "食品展は?", True),
        ("@another_bot 食品展は?", "@another_bot 食品展は?", False),
        ("@sato さん", "@sato さん", False),
    ],
)
async def test_rooms_call_us_by_name(known: TelegramAdapter, people: TelegramStandIn, written: str, text: str, *, addressed: bool) -> None:
    message = await heard(known, people.text(written, chat=GROUP))
    assert (message.text, message.addressed, message.direct) == (text, addressed, False)


async def test_until_our_name_is_known_any_bots_name_is_ours_in_rooms(adapter: TelegramAdapter, people: TelegramStandIn) -> None:
    assert (await heard(adapter, people.text("@some_Bot 質問", chat=GROUP))).text == "質問"
    assert (await heard(adapter, people.text("@some_bot 質問"))).text == "@some_bot 質問"
    assert not (await heard(adapter, people.text("@sato 質問", chat=GROUP))).addressed


async def test_a_name_without_a_username_is_a_mention(adapter: TelegramAdapter, people: TelegramStandIn) -> None:
    entity = {"type": "text_mention", "offset": 0, "length": 5, "user": bot_user()}
    message = await heard(adapter, people.message({"text": "CLAIR 質問", "entities": [entity]}, chat=GROUP))
    assert (message.text, message.addressed) == ("質問", True)


async def test_a_reply_to_us_is_for_us(known: TelegramAdapter, people: TelegramStandIn) -> None:
    message = await heard(known, people.text("解決", chat=GROUP, reply_to=500))
    assert (message.addressed, message.reply_to) == (True, "500")


async def test_a_reply_to_others_is_not(known: TelegramAdapter, people: TelegramStandIn) -> None:
    first = people.text("こんにちは", chat=GROUP)["message"]["message_id"]
    message = await heard(known, people.text("どうも", chat=GROUP, reply_to=first))
    assert (message.addressed, message.reply_to) == (False, str(first))
    update = people.text("どうも", chat=GROUP, reply_to=500)
    update["message"]["reply_to_message"]["from"] = {"id": 9, "is_bot": True, "first_name": "x", "username": "another_bot"}
    assert not (await heard(known, update)).addressed


async def test_topics_are_threads_and_their_root_is_no_reply(known: TelegramAdapter, people: TelegramStandIn) -> None:
    message = await heard(known, people.text("質問", chat=GROUP, thread=500, reply_to=500))
    assert (message.thread, message.reply_to, message.addressed) == ("500", "", False)


@pytest.mark.parametrize("kind", sorted(MEDIA))
async def test_media_keep_their_caption(known: TelegramAdapter, people: TelegramStandIn, kind: str) -> None:
    message = await heard(known, people.media(kind, chat=GROUP))
    assert (message.kind, message.text, message.addressed) == (InboundKind.MEDIA, "", False)
    captioned = await heard(known, people.media(kind, caption=f"@{USERNAME} これは?", chat=GROUP))
    assert (captioned.kind, captioned.text, captioned.addressed) == (InboundKind.MEDIA, "これは?", True)


async def test_an_anonymous_administrator_is_a_person_without_id(known: TelegramAdapter) -> None:
    placeholder = {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}
    chat = {"id": GROUP, "type": "supergroup"}
    message = {**WHERE, "chat": chat, "from": placeholder, "sender_chat": chat, "text": "/list"}
    assert (await heard(known, {"update_id": 1, "message": message})).sender == ""


async def test_blocking_and_leaving(adapter: TelegramAdapter, people: TelegramStandIn) -> None:
    moves = {("member", "kicked"): InboundKind.LEFT, ("kicked", "member"): InboundKind.JOINED, ("left", "member"): InboundKind.JOINED}
    for (old, new), kind in moves.items():
        message = await heard(adapter, people.membership(old, new))
        assert (message.kind, message.address.recipient) == (kind, str(PERSON))
    promoted = {
        "chat": people.chats[GROUP].public(),
        "old_chat_member": {"status": "member"},
        "new_chat_member": {"status": "administrator"},
    }
    assert (await received(adapter, {"update_id": 1, "my_chat_member": promoted})).ignored == 1
    muted = promoted | {"new_chat_member": {"status": "restricted", "is_member": False}}
    assert (await heard(adapter, {"update_id": 1, "my_chat_member": muted})).kind is InboundKind.LEFT


async def test_a_group_that_moves(adapter: TelegramAdapter, people: TelegramStandIn) -> None:
    message = await heard(adapter, people.migrate(-1_000_000_000_888))
    assert (message.kind, message.address.recipient) == (InboundKind.MOVED, str(GROUP))
    assert message.moved_to == Address(channel="telegram", recipient="-1000000000888")


async def test_stand_in_updates_fit_the_specification(people: TelegramStandIn) -> None:
    people.text("/menu @sato", thread=7, chat=GROUP)
    people.media("photo", caption="x")
    people.membership("member", "kicked")
    people.migrate(-1)
    assert people.violations == []


def test_the_token_is_nowhere_in_sight(adapter: TelegramAdapter) -> None:
    assert TOKEN not in repr(adapter)
    assert adapter._own.id == BOT_ID


# --- samples


def updates_of(sample: Path) -> list[dict[str, Any]]:
    content = json.loads(sample.read_text())
    if sample.name.startswith("update-"):
        return [content]
    if sample.name.startswith("message-"):
        return [{"message": content}]
    return [update for update in content.get("result", []) if isinstance(update, dict)] if isinstance(content.get("result"), list) else []


def is_a_persons(update: Mapping[str, Any]) -> bool:
    message = update.get("message", {})
    group_of_anonymous = message.get("sender_chat", {}).get("type") != "channel"
    return bool(group_of_anonymous and {"text", "video", "photo", "sticker", "story", "document"} & message.keys())


@pytest.mark.skipif(not RECORDED, reason=ABSENT)
async def test_every_recorded_sample_is_survived(known: TelegramAdapter) -> None:
    seen: set[str] = set()
    counted = people = 0
    for number, update in enumerate(update for sample in RECORDED for update in updates_of(sample)):
        own = {**update, "update_id": 9_000 + number}
        if "message" in own and "message_id" in own["message"]:
            own["message"] = {**own["message"], "message_id": 100_000 + number}
        result = await received(known, own)
        assert result.status == 200
        assert len(result.messages) == is_a_persons(own), own
        assert not seen & {found for message in result.messages for found in message.event_ids}
        seen |= {found for message in result.messages for found in message.event_ids}
        counted, people = counted + 1, people + len(result.messages)
    assert counted >= 25
    assert people >= 8


@pytest.mark.skipif(not RECORDED, reason=ABSENT)
async def test_samples_as_they_are_repeat_themselves(known: TelegramAdapter) -> None:
    """Unchanged ids: the same message id in the same chat is the same message, whatever the update's id."""
    update = next(found for sample in RECORDED for found in updates_of(sample) if is_a_persons(found) and "update_id" in found)
    first, again = await heard(known, update), await heard(known, {**update, "update_id": 1})
    assert set(first.event_ids) & set(again.event_ids)
