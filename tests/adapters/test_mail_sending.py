"""Connections, transactions and faults of the mail channel: nothing is sent twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.standins.smtp import DROP, SILENCE, SmtpStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, File, OutboundMessage
from clair_bot.testing.adapter_contract import message
from clair_bot_mail import connections, sending
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


# --- connections ------------------------------------------------------------------------------------------------------------


async def test_200_mails_go_over_four_connections(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    standin.delay = 0.005
    await asyncio.gather(*(adapter.send(said(f"{n}通目", f"a{n}@example.jp")) for n in range(200)))
    assert {(kept.recipient, kept.text) for kept in standin.kept} == {(f"a{n}@example.jp", f"{n}通目") for n in range(200)}
    assert len(standin.kept) == 200
    assert (standin.connections, standin.most_open) == (4, 4)


async def test_the_number_of_connections_is_a_setting(standin: SmtpStandIn) -> None:
    adapter = made(standin, "?connections=1&rate=5.5")
    await asyncio.gather(*(adapter.send(said(f"{n}")) for n in range(5)))
    assert (standin.connections, len(standin.kept)) == (1, 5)
    assert (adapter.limits.per_second, adapter.limits.burst, adapter.limits.per_recipient_seconds) == (5.5, 5, 0)
    await adapter.aclose()


async def test_a_connection_that_broke_in_the_meantime_is_replaced(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    await adapter.send(said("一"))
    standin.hang_up()
    await adapter.send(said("二"))
    assert [kept.text for kept in standin.kept] == ["一", "二"]
    assert standin.connections == 2


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_a_kept_connection_that_breaks_before_the_end_is_replaced(standin: SmtpStandIn, adapter: MailAdapter, stage: str) -> None:
    await adapter.send(said("一"))
    standin.answer_next(stage, DROP)
    await adapter.send(said("二"))
    assert [kept.text for kept in standin.kept] == ["一", "二"]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
async def test_a_kept_connection_that_the_server_ends_is_replaced(standin: SmtpStandIn, adapter: MailAdapter, stage: str) -> None:
    """Postfix says 421 after twenty unknown recipients on one connection: nothing of the next mail's concern."""
    await adapter.send(said("一"))
    standin.answer_next(stage, "421 4.4.2 Idle for too long")
    await adapter.send(said("二"))
    assert [kept.text for kept in standin.kept] == ["一", "二"]
    assert standin.connections == 2


async def test_a_quiet_connection_is_asked_for_a_sign_of_life(
    standin: SmtpStandIn, adapter: MailAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "QUIET_SECONDS", 0)
    await adapter.send(said("一"))
    await adapter.send(said("二"))
    assert (standin.connections, standin.commands.count("RSET")) == (1, 1)
    standin.answer_next("RSET", DROP)
    await adapter.send(said("三"))
    assert standin.connections == 2
    assert len(standin.kept) == 3


async def test_connections_that_nobody_uses_are_closed(standin: SmtpStandIn, adapter: MailAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEPT_SECONDS", 0.05)
    await adapter.send(said())
    assert len(standin.open) == 1
    await asyncio.sleep(0.2)
    assert len(standin.open) == 0


async def test_a_refused_recipient_costs_no_connection(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    standin.answer_next("RCPT", "550 5.1.1 User unknown")
    await fault(adapter)
    await adapter.send(said("次の人へ", "b@example.jp"))
    assert (standin.connections, [kept.text for kept in standin.kept]) == (1, ["次の人へ"])
    assert standin.commands == ["MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]


async def test_closing_says_goodbye(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    await adapter.send(said())
    await adapter.aclose()
    await asyncio.sleep(0.05)
    assert len(standin.open) == 0
    await adapter.send(said("もう一度"))
    assert len(standin.kept) == 2


# --- in doubt, and not ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["greeting", "MAIL", "RCPT", "DATA"])
async def test_what_breaks_before_the_end_was_not_accepted(standin: SmtpStandIn, adapter: MailAdapter, stage: str) -> None:
    standin.answer_next(stage, DROP)
    error = await fault(adapter)
    assert (flags(error), error.retry_after) == (set(), None)
    assert standin.kept == []


def large() -> OutboundMessage:
    """Return a mail that no socket's buffer holds, so that its end is on our side while its beginning is read."""
    content = b".\r\n..\r\n.x\r\n" * 800_000
    file = File(id=1, name="一覧.csv", media_type="text/csv", size=len(content), content=content)
    return replace(said(".\n..\n.点で始まる行"), files=(file,))


async def test_what_breaks_in_the_middle_was_not_accepted(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    standin.answer_next("content", DROP)
    assert flags(await fault(adapter, large())) == set()
    await adapter.send(said())
    standin.answer_next("content", DROP)
    await adapter.send(large())  # the kept connection was to blame
    assert len(standin.kept) == 2


async def test_large_mails_arrive_whole(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    """9 MB, with lines that begin with a dot."""
    sent = large()
    await adapter.send(sent)
    (kept,) = standin.kept
    (attached,) = kept.message.iter_attachments()
    assert attached.get_payload(decode=True) == sent.files[0].content
    assert kept.text == ".\n..\n.点で始まる行\n\n添付ファイル: 一覧.csv"


@pytest.mark.parametrize(("stage", "arrived"), [("end", 0), ("accepted", 1)])
async def test_what_breaks_behind_the_end_is_in_doubt(standin: SmtpStandIn, adapter: MailAdapter, stage: str, arrived: int) -> None:
    """Over a new connection and over a kept one: in neither case it is sent again."""
    for before in (0, 1):
        if before:
            await adapter.send(said("間に"))
        standin.answer_next(stage, DROP)
        assert flags(await fault(adapter, said(f"疑い{before}"))) == {"uncertain"}
        assert sum(kept.text == f"疑い{before}" for kept in standin.kept) == arrived


@pytest.mark.parametrize("reply", ["strange", "354 Go on", "199 Hm"])
async def test_a_strange_answer_to_the_whole_mail_is_in_doubt(standin: SmtpStandIn, adapter: MailAdapter, reply: str) -> None:
    standin.answer_next("accepted", reply)
    assert flags(await fault(adapter)) == {"uncertain"}
    assert len(standin.kept) == 1


@pytest.mark.parametrize("reply", ["strange", "354 Go on", "150 Hm"])
async def test_a_strange_answer_before_is_passing(standin: SmtpStandIn, adapter: MailAdapter, reply: str) -> None:
    standin.answer_next("RCPT", reply)
    assert flags(await fault(adapter)) == set()
    assert standin.kept == []


async def test_silence_before_the_end_is_passing(standin: SmtpStandIn, adapter: MailAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BEFORE_SECONDS", 0.1)
    for stage in ("greeting", "MAIL", "DATA"):
        standin.answer_next(stage, SILENCE)
        assert flags(await fault(adapter)) == set()


async def test_silence_behind_the_end_is_in_doubt(standin: SmtpStandIn, adapter: MailAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AFTER_SECONDS", 0.1)
    standin.answer_next("accepted", SILENCE)
    assert flags(await fault(adapter)) == {"uncertain"}
    assert len(standin.kept) == 1


async def test_the_answer_has_a_time_of_its_own(standin: SmtpStandIn, adapter: MailAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that looks into the mail for long does not eat the time for what came before."""
    monkeypatch.setattr(sending, "BEFORE_SECONDS", 0.3)
    standin.delay = 0.5
    await adapter.send(said())
    assert len(standin.kept) == 1


def test_all_of_it_ends_before_the_relay_gives_up() -> None:
    assert sending.BEFORE_SECONDS + sending.AFTER_SECONDS < 25


async def test_who_waits_too_long_for_a_connection_waits_in_the_outbox(standin: SmtpStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BEFORE_SECONDS", 0.2)
    standin.delay = 0.4
    adapter = made(standin, "?connections=1")
    first, second = await asyncio.gather(adapter.send(said("一")), adapter.send(said("二")), return_exceptions=True)
    assert not isinstance(first, BaseException)
    assert isinstance(second, DeliveryError)
    assert flags(second) == set()
    assert [kept.text for kept in standin.kept] == ["一"]
    await adapter.aclose()


async def test_who_is_stopped_leaves_no_half_open_connection(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    standin.delay = 30
    task = asyncio.create_task(adapter.send(said()))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.05)
    assert len(standin.open) == 0
    standin.delay = 0
    await adapter.send(said("次"))
    assert [kept.text for kept in standin.kept] == ["次"]


async def test_what_may_have_been_sent_is_not_repeated(standin: SmtpStandIn, adapter: MailAdapter) -> None:
    assert flags(await fault(adapter, replace(said(), maybe_sent=True))) == {"uncertain"}
    assert (await adapter.send(replace(said(), parts_sent=1))).message_ids
    assert standin.connections == 0


async def test_the_server_s_own_event_loop_sends_as_well(standin: SmtpStandIn) -> None:
    """``clair-bot serve`` runs on uvloop, whose transports are of no class of asyncio's."""
    import uvloop

    async def send() -> None:
        adapter = made(standin)
        await adapter.send(said("uvloopから"))
        await adapter.aclose()

    await asyncio.to_thread(lambda: uvloop.run(send()))
    assert [kept.text.strip().startswith("uvloopから") for kept in standin.to(TO.recipient)] == [True]
