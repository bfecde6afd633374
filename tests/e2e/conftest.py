"""A town with three platforms, and a house in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.houses import House, Town, houses, towns


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with towns() as town:
        yield town


@pytest.fixture
async def house(tmp_path: Path, town: Town) -> AsyncIterator[House]:
    async with houses(tmp_path, town) as house:
        yield house
