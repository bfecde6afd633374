"""Telegram keeps the contract of every adapter."""

import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.standins.telegram import SECRET, TOKEN, TelegramStandIn, Trouble
from tests.standins.telegram_people import PERSON

from clair_bot.messages import Address, WebhookRequest
from clair_bot.ports import ChannelAdapter
from clair_bot.testing.adapter_contract import AdapterContract, AdapterHarness, Fault
from clair_bot_telegram.adapter import SECRET_HEADER, create


class Harness:
    faults = frozenset(Fault)

    def __init__(self, standin: TelegramStandIn) -> None:
        self.standin = standin
        adapter = create({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET, "TELEGRAM_API_URL": standin.url})
        assert adapter is not None
        self.adapter: ChannelAdapter = adapter
        self._events: dict[str, dict[str, Any]] = {}

    def text(self, text: str, *, event: str) -> WebhookRequest:
        update = self._events.setdefault(event, self.standin.text(text))
        return self.proved(json.dumps(update).encode())

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        return dataclasses.replace(request, headers={**request.headers, SECRET_HEADER: "wrong"})

    def unproved(self, request: WebhookRequest) -> WebhookRequest:
        return dataclasses.replace(request, headers={name: value for name, value in request.headers.items() if name != SECRET_HEADER})

    def proved(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(headers=self.standin.proof(), body=body, received_at=datetime.now(UTC))

    def unknown(self) -> WebhookRequest:
        return self.proved(b'{"update_id": 9, "something_new": {"a": 1}}')

    def recipient(self) -> Address:
        return Address(channel="telegram", recipient=str(PERSON))

    def delivered(self, to: Address) -> list[str]:
        return self.standin.read(int(to.recipient))

    def fail_next(self, fault: Fault) -> None:
        self.standin.fail_next(Trouble(fault.value))


class TestTelegram(AdapterContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[AdapterHarness]:
        standin = await TelegramStandIn().start()
        made = Harness(standin)
        yield made
        await made.adapter.aclose()
        await standin.stop()
        assert standin.violations == []
