"""Desks as a small town hall has them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from clair_bot.desks.reading import read_desks
from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Desks
from clair_bot.messages import Address
from clair_bot.services.desk.shifts import DeskSettings

TOKYO = ZoneInfo("Asia/Tokyo")


def desks(everyone: Address | None, by_area: Mapping[Area, Address] | None = None, *, file: Path | None = None) -> Desks:
    """Return the usual desks in these rooms."""
    return read_desks(file=file, everyone=everyone, rooms=by_area or {}, timezone=TOKYO)


def settings(everyone: Address | None, by_area: Mapping[Area, Address] | None = None, **more: Any) -> DeskSettings:
    """Return what a desk works with."""
    return replace(DeskSettings(desks=desks(everyone, by_area), timezone=TOKYO), **more)
