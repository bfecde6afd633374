"""A bulletin whose picture is gone is not stored; what cannot be seen from here is only told."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.newsrooms import SEMINAR, document

from clair_bot.bootstrap import Application
from clair_bot.cli.pictures import look_at_pictures
from clair_bot.errors import ClairBotError
from clair_bot.feeds import pictures
from clair_bot.feeds.pictures import Look, Looked

APPLICATION = cast("Application", SimpleNamespace(settings=SimpleNamespace(feed_allow=())))
PICTURED = document(items=(SEMINAR, replace(SEMINAR, title="写真つき", picture="https://example.test/a.png")))


def _sees(look: Look, why: str) -> Any:
    async def look_at(urls: Sequence[str], **_more: Any) -> list[Looked]:
        return [Looked(url=url, look=look, why=why) for url in urls]

    return look_at


def test_what_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "look_at", _sees(Look.GONE, "HTTP 404"))
    with pytest.raises(ClairBotError, match=r"項目2「写真つき」の写真がありません（HTTP 404）。"):
        look_at_pictures(APPLICATION, PICTURED)


def test_what_cannot_be_seen_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(pictures, "look_at", _sees(Look.UNSEEN, "名前が見つかりません"))
    look_at_pictures(APPLICATION, PICTURED)
    assert capsys.readouterr().err == "注意: 項目2の写真をここから確かめられません。テスト配信でご確認ください。\n"


def test_without_pictures_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "look_at", _sees(Look.GONE, "HTTP 404"))
    look_at_pictures(APPLICATION, document())
