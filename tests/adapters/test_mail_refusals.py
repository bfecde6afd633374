"""What a mail server refuses, and for whom: every refusal means what it says."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.standins.smtp import SmtpStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, File, OutboundMessage
from clair_bot.testing.adapter_contract import message
from clair_bot_mail.adapter import MailAdapter, create

TO = Address(channel="mail", recipient="kokusai@example.lg.jp")


@pytest.fixture
async def standin() -> AsyncIterator[SmtpStandIn]:
    made = SmtpStandIn()
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


def made(standin: SmtpStandIn, query: str = "") -> MailAdapter:
    adapter = create({"SMTP_URL": standin.url(query=query), "CLAIR_MAIL_FROM": "クレア <clair@example.lg.jp>"})
    assert adapter is not None
    return adapter


@pytest.fixture
async def adapter(standin: SmtpStandIn) -> AsyncIterator[MailAdapter]:
    adapter = made(standin)
    yield adapter
    await adapter.aclose()


def said(text: str = "一度だけ", to: str = TO.recipient) -> OutboundMessage:
    return message(Address(channel="mail", recipient=to), text)


async def fault(adapter: MailAdapter, sent: OutboundMessage | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await adapter.send(sent or said())
    return caught.value


def flags(error: DeliveryError) -> set[str]:
    return {name for name in ("permanent", "uncertain", "unreachable", "channel_down") if getattr(error, name)}


# --- refusals -------------------------------------------------------------------------------------------------------------------

GONE = {"permanent", "unreachable"}
OURS = {"channel_down"}
REFUSALS = [
    ("RCPT", "550 5.1.1 <kokusai@example.lg.jp>: User unknown", GONE),
    ("RCPT", "550 No such user here", GONE),
    ("RCPT", "551 User not local", GONE),
    ("RCPT", "553 5.1.3 Bad address syntax", GONE),
    ("RCPT", "554 5.1.2 Host not found", GONE),
    ("RCPT", "550 5.2.1 Mailbox disabled", GONE),
    ("end", "550 5.1.1 User unknown", GONE),
    ("RCPT", "552 5.2.2 Mailbox full", {"permanent"}),
    ("RCPT", "550 5.7.1 Blocked by our policy", {"permanent"}),
    ("RCPT", "554 5.7.1 Rejected", {"permanent"}),
    ("end", "554 5.7.1 Message rejected as spam", {"permanent"}),
    ("DATA", "554 5.5.1 No valid recipients", {"permanent"}),
    ("MAIL", "552 5.3.4 Message size exceeds fixed limit", {"permanent"}),
    ("MAIL", "553 5.7.1 Sender address rejected: not owned by user", OURS),
    ("RCPT", "553 5.7.1 <clair@example.lg.jp>: Sender address rejected: not logged in", OURS),
    ("RCPT", "550 5.1.8 Domain of sender does not exist", OURS),
    ("RCPT", "554 5.7.1 Relay access denied", OURS),
    ("MAIL", "530 5.7.0 Authentication required", OURS),
    ("RCPT", "530 5.7.0 Must issue a STARTTLS command first", OURS),
    ("MAIL", "535 5.7.8 Authentication credentials invalid", OURS),
    ("greeting", "554 5.7.1 Go away", OURS),
    ("RCPT", "451 4.3.0 Try again later", set()),
    ("MAIL", "452 4.3.1 Insufficient system storage", set()),
    ("end", "451 4.3.0 Queue file write error", set()),
    ("DATA", "451 4.5.0 Not now", set()),
]


@pytest.mark.parametrize(("stage", "reply", "expected"), REFUSALS)
async def test_refusals_mean_what_they_say(standin: SmtpStandIn, adapter: MailAdapter, stage: str, reply: str, expected: set[str]) -> None:
    standin.answer_next(stage, reply)
    error = await fault(adapter)
    assert (flags(error), error.retry_after) == (expected, None)
    assert standin.kept == []
    assert reply[:3] in error.reason
    assert "example" not in error.reason
    assert (await adapter.send(said("後で"))).message_ids
    assert [kept.text for kept in standin.kept] == ["後で"]


@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        ("RCPT", "450 4.7.1 Rate limit, try again in 35 seconds", 35),
        ("MAIL", "451 4.7.0 Too many messages, please wait 2 minutes", 120),
        ("MAIL", "452 Too many recipients received this hour", None),
        ("greeting", "421 4.7.0 Too many connections", 60),
        ("greeting", "421 4.3.2 Shutting down, back in 1 hour", 3_600),
        ("MAIL", "421 Try again in 99999 seconds", 3_600),
        ("end", "421 4.7.0 wait 0 s", 1),
        ("RCPT", "450 4.2.0 <kokusai@example.lg.jp>: Recipient address rejected: Greylisted, try again in 300 seconds", None),
        ("RCPT", "451 4.7.1 Greylisting in action, please come back in 5 minutes", None),
        ("RCPT", "450 4.2.1 Mailbox busy, try again in 5 minutes", None),
    ],
)
async def test_pauses_are_for_the_channel_only_where_it_is_meant(
    standin: SmtpStandIn, adapter: MailAdapter, stage: str, reply: str, expected: float | None
) -> None:
    standin.answer_next(stage, reply)
    error = await fault(adapter)
    assert (flags(error), error.retry_after) == (set(), expected)


# --- recipients -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("", "x", "@example.jp", "a@", "a b@example.jp", "a@exa mple.jp", "a@b@example.jp", "<a@example.jp>", "A <a@example.jp>"),
        *("a@example.jp\r\nRCPT TO:<b@example.jp>", "a@example.jp> SIZE=1 <b@example.jp", "a\x00@example.jp", "a,b@example.jp"),
        *('"a b"@example.jp', "a@-example.jp", "a@example..jp", f"{'a' * 65}@example.jp", f"a@{'b' * 64}.jp", "a\u2028b@example.jp"),
        *(
            "あ\u202e@example.jp",
            "=?utf-8?q?=0A=0Abody?=@example.jp",
            "=?utf-8?q?=0A=0Abody?=@example.jp",
            "a\ud800@example.jp",
            "a\u3000@example.jp",
            f"a@{'b.' * 130}jp",
            f"{'あ' * 60}@{'b' * 60}.{'c' * 60}.jp",
        ),
    ],
)
async def test_what_is_no_address_fails_for_good(standin: SmtpStandIn, adapter: MailAdapter, address: str) -> None:
    assert flags(await fault(adapter, said(to=address))) == {"permanent"}
    assert standin.connections == 0


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("Kokusai+jet@Example.LG.jp", "Kokusai+jet@Example.LG.jp"),
        ("o'brien@example.jp", "o'brien@example.jp"),
        ("taro..yamada.@example.ne.jp", '"taro..yamada."@example.ne.jp'),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
        (" a@example.jp ", "a@example.jp"),
    ],
)
async def test_addresses_as_they_are_in_the_world(standin: SmtpStandIn, adapter: MailAdapter, address: str, wire: str) -> None:
    await adapter.send(said(to=address))
    (kept,) = standin.kept
    path, _, options = standin.paths[0].partition(" ")
    assert (path, options.partition("=")[0]) == ("FROM:<clair@example.lg.jp>", "SIZE")
    assert standin.paths[1:] == [f"TO:<{wire}>"]
    assert f"\r\nTo: {wire}\r\n".encode() in kept.content


async def test_a_japanese_local_part_needs_a_server_that_takes_it() -> None:
    for utf8 in (True, False):
        standin = SmtpStandIn(utf8=utf8)
        await standin.start()
        adapter = made(standin)
        if utf8:
            await adapter.send(said("日本語の宛先", "国際課@example.jp"))
            (kept,) = standin.kept
            assert (kept.recipient, kept.text) == ("国際課@example.jp", "日本語の宛先")
            assert "SMTPUTF8" in kept.options
            await adapter.send(said())
            assert "SMTPUTF8" not in standin.kept[1].options
        else:
            assert flags(await fault(adapter, said(to="国際課@example.jp"))) == {"permanent"}
            assert standin.commands == []
        await adapter.aclose()
        await standin.stop()
        assert standin.violations == []


# --- size -----------------------------------------------------------------------------------------------------------------------


async def test_files_that_the_server_cannot_take_are_named() -> None:
    standin = SmtpStandIn(size=50_000)
    await standin.start()
    adapter = made(standin)
    file = File(id=1, name="要項.pdf", media_type="application/pdf", size=60_000, url="https://example.jp/f/1", content=b"%PDF" * 15_000)
    await adapter.send(replace(said("資料です。"), files=(file,)))
    (kept,) = standin.kept
    assert list(kept.message.iter_attachments()) == []
    assert kept.text.endswith("ファイル: 要項.pdf\nhttps://example.jp/f/1")
    assert flags(await fault(adapter, said("長い" * 30_000))) == {"permanent"}
    await adapter.aclose()
    await standin.stop()
