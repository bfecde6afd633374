"""The adapter contract, outbound, against a mail server on loopback."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.standins.smtp import DROP, SmtpStandIn

from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Attachment, InboundKind, InboundMessage, WebhookRequest
from clair_bot.ports import ChannelAdapter, Create, Preview
from clair_bot.testing.adapter_contract import Fault, OutboundContract, message
from clair_bot_mail.adapter import MailAdapter, create
from clair_bot_mail.preview import preview

THE_PORT: Create = create
THE_PREVIEW: Preview = preview
"""mypy compares the adapter with its ports here."""
NOW = datetime(2026, 12, 9, 9, 0, tzinfo=UTC)
REPLIES = {
    Fault.LOST_RESPONSE: ("accepted", DROP),
    Fault.RATE_LIMITED: ("RCPT", "450 4.7.1 Too many messages, try again in 35 seconds"),
    Fault.SERVER_ERROR: ("end", "451 4.3.0 Try again later"),
    Fault.BLOCKED: ("RCPT", "550 5.1.1 <kokusai@example.lg.jp>: Recipient address rejected: User unknown"),
}


class MailHarness:
    """An ``AdapterHarness``, of which nothing is heard."""

    faults = frozenset(Fault)

    def __init__(self, standin: SmtpStandIn, adapter: MailAdapter) -> None:
        self.standin = standin
        self.adapter: ChannelAdapter = adapter

    def text(self, text: str, *, event: str) -> WebhookRequest:
        raise NotImplementedError

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        raise NotImplementedError

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        raise NotImplementedError

    def proved(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(headers={}, body=body, received_at=NOW)

    def unknown(self) -> WebhookRequest:
        raise NotImplementedError

    def recipient(self) -> Address:
        return Address(channel="mail", recipient="kokusai@example.lg.jp")

    def delivered(self, to: Address) -> list[str]:
        return [kept.text for kept in self.standin.to(to.recipient)]

    def fail_next(self, fault: Fault) -> None:
        if fault is Fault.REFUSED:
            self.standin.refuse()
        elif fault is Fault.TOKEN_REVOKED:
            self.standin.users = {}
        else:
            self.standin.answer_next(*REPLIES[fault])


class TestMailContract(OutboundContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[MailHarness]:
        standin = SmtpStandIn(users={"clair": "secret"})
        await standin.start()
        adapter = create({"SMTP_URL": standin.url(user="clair"), "CLAIR_MAIL_FROM": "クレア <clair@example.lg.jp>"})
        assert adapter is not None
        yield MailHarness(standin, adapter)
        await adapter.aclose()
        await standin.stop()
        assert standin.violations == []

    async def test_a_revoked_password_stops_connections_that_are_open(self, harness: MailHarness) -> None:
        await harness.adapter.send(message(harness.recipient(), "一"))
        harness.standin.users = {}
        with pytest.raises(DeliveryError) as caught:
            await harness.adapter.send(message(harness.recipient(), "二"))
        assert caught.value.channel_down
        assert not caught.value.permanent

    async def test_server_errors_are_passing(self, harness: MailHarness) -> None:
        error = await self._fault(harness, Fault.SERVER_ERROR)
        assert not any((error.permanent, error.uncertain, error.unreachable, error.channel_down))
        assert error.retry_after is None
        assert harness.delivered(harness.recipient()) == []

    async def test_the_receipt_names_the_mail(self, harness: MailHarness) -> None:
        sent = message(harness.recipient(), "一")
        receipt = await harness.adapter.send(sent)
        (kept,) = harness.standin.kept
        assert receipt.message_ids == (kept.message["Message-ID"],) == (f"<{sent.idempotency_key}@example.lg.jp>",)

    async def test_mail_hears_nothing(self, harness: MailHarness) -> None:
        adapter = harness.adapter
        result = await adapter.receive(harness.proved(b"{}"))
        assert (result.status, result.messages) == (404, ())

        async def deliver(messages: object) -> None:
            raise AssertionError(messages)

        await adapter.listen(deliver)
        heard = InboundMessage(event_ids=("1",), kind=InboundKind.TEXT, address=harness.recipient(), sender="", sent_at=NOW)
        await adapter.acknowledge(heard)
        assert harness.standin.connections == 0

    async def test_what_mail_cannot_do_is_refused(self, harness: MailHarness) -> None:
        adapter = harness.adapter
        assert (adapter.listens, adapter.edits, adapter.repeats_safely, adapter.batch) == (False, False, False, 1)
        assert await adapter.quota() is None
        for call in (
            adapter.fetch(Attachment(handle="x"), limit=1),
            adapter.send_many(message(harness.recipient(), "一"), ["a@example.jp"]),
        ):
            with pytest.raises(DeliveryError) as caught:
                await call
            assert caught.value.permanent

    async def test_the_check_says_where_and_how(self, harness: MailHarness) -> None:
        port = harness.standin.port
        expected = f"メール: 127.0.0.1:{port} に接続できました（暗号化なし、ログイン済み）。差出人は clair@example.lg.jp です。"
        assert await harness.adapter.check() == expected
        assert "MAIL" not in harness.standin.commands

    async def test_the_check_says_what_is_wrong(self, harness: MailHarness) -> None:
        harness.standin.users = {"clair": "another"}
        with pytest.raises(DeliveryError) as caught:
            await harness.adapter.check()
        assert caught.value.channel_down
        assert "secret" not in str(caught.value)
        assert "535" in str(caught.value)
        harness.standin.refuse()
        with pytest.raises(DeliveryError) as caught:
            await harness.adapter.check()
        assert not any((caught.value.channel_down, caught.value.permanent))
