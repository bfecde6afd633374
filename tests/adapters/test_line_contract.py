"""The LINE adapter keeps what every adapter promises."""

from collections.abc import AsyncIterator

import pytest
from tests.standins.line_harness import LineHarness, line_harness

from clair_bot.testing.adapter_contract import AdapterContract


class TestLineContract(AdapterContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[LineHarness]:
        async with line_harness() as harness:
            yield harness
