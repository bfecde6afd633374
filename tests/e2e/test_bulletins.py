"""Bulletins from manuscript to message: everybody gets what they want, once, and nobody what they do not want."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.broadcasts import TIMELESS, TOKYO, Broadcast, recipient
from tests.chaos.processes import Process
from tests.e2e.houses import DESK_ROOM, House, Town, eventually, houses, register
from tests.standins import slack_events
from tests.standins.line import USER
from tests.standins.telegram_people import PERSON

from clair_bot.domain.advisors import Role
from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import BulletinStatus, LedgerState
from clair_bot.domain.subscriptions import ConsentAction, SubscriberState
from clair_bot.messages import Address
from clair_bot.services.bulletins import control
from clair_bot.services.relay import CONCURRENCY

CHATS = ("slack", "line", "telegram")
TITLE = "多言語相談窓口のいま"
MAILS = 8
"""So many a second."""
CITIZEN = "kokusai@city.example.lg.jp"
MANUSCRIPT = """---
title: {title}
kind: newsletter
---

いつもお読みいただきありがとうございます。

## 【募集】多文化共生セミナーの参加者募集

担当: 多文化共生課
締切: {deadline}
リンク: https://example.lg.jp/seminar

地域日本語教育の事例を学ぶセミナーを開きます。オンラインでも参加できます。

## 【ロンドン】英国で日本酒の商談会

ロンドンで商談会を開き、12の自治体が参加しました。
"""


class Office:
    """A house whose web, worker and clock are processes of their own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._crew: list[Process] = []

    async def start(self) -> None:
        self._crew = [await Process.start(command, self.house.environment) for command in ("worker", "clock")]
        await self.house.start("web")
        await asyncio.gather(*(process.until_ready() for process in self._crew))

    async def stop(self) -> tuple[int, ...]:
        """SIGTERM to all of them; return their exit statuses."""
        crew, self._crew = self._crew, []
        return tuple(await asyncio.gather(self.house.stop(), *(process.stop() for process in crew)))

    async def abandon(self) -> None:
        for process in self._crew:
            await process.kill()


@contextlib.asynccontextmanager
async def _offices(folder: Path, town: Town) -> AsyncIterator[Office]:
    async with houses(folder, town, start=False, mail=MAILS) as house:
        office = Office(house)
        try:
            await office.start()
            yield office
        finally:
            await office.abandon()


class Newsdesk:
    """Who makes bulletins, on the command line."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(self, *words: str) -> str:
        """Run ``bulletin …``, which must succeed; return what it prints."""
        status, out, err = await self._house.command("bulletin", *words)
        assert status == 0, (words, out, err)
        return out

    async def status(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self("status", str(number), "--json"))
        return found


def _day(later: int) -> date:
    return datetime.now(TOKYO).date() + timedelta(days=later)


def _read(town: Town, channel: str, words: str) -> int:
    """Return how many messages with these words somebody can read."""
    return sum(words in text for text in town.reads(channel))


async def _subscribe_by_mail(house: House, town: Town) -> None:
    """Double opt-in: the form, the mail, its link, the button behind it."""
    form = {"address": CITIZEN, "topic": "newsletter", "language": "ja", "frequency": "each", "consent": "yes"}
    status, page = await house.submit("/subscribe", **form)
    assert (status, CITIZEN in page) == (200, True)
    await eventually(lambda: town.mail.to(CITIZEN), what="the mail that asks for confirmation")
    found = re.search(r"https://\S+/subscribe/\S+", town.mail.to(CITIZEN)[0].text)
    assert found
    assert (await house.submit(found[0]))[0] == 200


async def test_a_manuscript_reaches_everybody_once(database: str, tmp_path: Path, town: Town) -> None:
    async with houses(tmp_path, town, mail=MAILS, DATABASE_URL=database) as house:
        for channel in CHATS:
            await house.post(channel, town.says(channel, "配信登録　すべて", event="1"))
        await _subscribe_by_mail(house, town)
        await eventually(lambda: all(_read(town, channel, "配信を登録しました") for channel in CHATS), what="that they are subscribed")
        register(house, "slack:U0SATO", "佐藤", {Role.EDITOR})
        register(house, "slack:U0SUZUKI", "鈴木", {Role.APPROVER})
        manuscript = tmp_path / "issue.md"
        manuscript.write_text(MANUSCRIPT.format(title=TITLE, deadline=_day(30)), encoding="utf-8")

        desk = Newsdesk(house)
        assert json.loads(await desk("create", str(manuscript), "--as", "佐藤", "--json")) == {"id": 1, "revision": 1}
        await desk("test-send", "1", "--to", f"slack:{DESK_ROOM}", "--as", "佐藤")
        await eventually(lambda: any("【テスト配信】" in text for text in town.slack.read(DESK_ROOM)), what="the test")
        assert "4人" in await desk("submit", "1", "--as", "佐藤")
        await desk("approve", "1", "--as", "鈴木")
        assert not any(_read(town, channel, TITLE) for channel in CHATS)
        await desk("schedule", "1", "--at", "now", "--as", "鈴木")
        await eventually(lambda: house.rows("SELECT status FROM bulletin") == [("sent",)], what="the end")

        nobody_else = {"queued": 0, "sending": 0, "failed": 0, "uncertain": 0, "cancelled": 0}
        told = await desk.status(1)
        assert told | {"id": 1, "status": "sent", "recipients": 4, "sent": 4, **nobody_else} == told
        await eventually(lambda: any("配信を終えました" in text for text in town.slack.read(DESK_ROOM)), what="the report")
        _as_each_platform_shows_it(town)

        for channel in CHATS:
            await house.post(channel, town.says(channel, "前号", event="2"))
        await eventually(lambda: all(_read(town, channel, TITLE) == 2 for channel in CHATS), what="the back number")
        status, page = await house.get("/bulletins/1")
        assert (status, TITLE in page) == (200, True)
        assert not any(words.encode() in house.log for words in (TITLE, CITIZEN, USER, str(PERSON)))


def _as_each_platform_shows_it(town: Town) -> None:
    """Once each: blocks, a carousel, marked text with links, a mail in both forms with its way out."""
    assert [_read(town, channel, TITLE) for channel in CHATS] == [1, 1, 1]
    (post,) = [message for message in town.slack.messages(slack_events.DIRECT) if TITLE in json.dumps(message, ensure_ascii=False)]
    assert {"header", "actions"} & {block["type"] for block in post["blocks"]}
    assert town.line.payloads(USER)[-1]["type"] == "flex"
    (sent,) = [message for message in town.telegram.sent(PERSON) if TITLE in message["text"]]
    assert {"bold", "text_link"} <= {entity["type"] for entity in sent["entities"]}
    _, mail = town.mail.to(CITIZEN)
    assert TITLE in mail.message["Subject"]
    assert all("多文化共生セミナー" in mail.body(kind) for kind in ("plain", "html"))
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@contextlib.contextmanager
def _readers(house: House, town: Town, kind: str, count: int, **others: int) -> Iterator[Broadcast]:
    """Let people be subscribers and exist on their platforms."""
    with contextlib.closing(Broadcast(house.environment["DATABASE_URL"], kind, count, **others)) as broadcast:
        for number in range(1, broadcast.kinds.get("telegram", 0) + 1):
            town.telegram.add_chat(int(recipient("telegram", number)))
        town.line.know(*(recipient("line", number) for number in range(1, broadcast.kinds.get("line", 0) + 1)))
        yield broadcast


def _got(town: Town, broadcast: Broadcast, words: str) -> dict[str, int]:
    """Return how many messages with these words each reader has got."""
    found: dict[str, int] = {}
    for kind in broadcast.kinds:
        for person in broadcast.everybody(kind):
            found[person] = sum(words in text for text in _texts(town, kind, person))
    return found


def _texts(town: Town, kind: str, person: str) -> list[str]:
    match kind:
        case "line":
            return town.line.delivered(person)
        case "slack":
            return town.slack.read(person)
        case "telegram":
            return town.telegram.read(int(person))
    return [mail.text for mail in town.mail.to(person)]


def _state(broadcast: Broadcast, channel: str, person: str) -> SubscriberState:
    with broadcast.store.read() as work:
        found = work.subscribers.at(Address(channel=channel, recipient=person))
    assert found
    return found.state


def _sent_on_telegram(town: Town) -> int:
    return sum(call.method == "sendMessage" and call.status == 200 for call in town.telegram.calls)


async def test_who_leaves_while_a_bulletin_waits_gets_nothing_of_it(tmp_path: Path, town: Town) -> None:
    """J7, and pausing: what is under way still arrives, what waits does not, until somebody lets it go on."""
    async with houses(tmp_path, town, mail=MAILS) as house:
        with _readers(house, town, "telegram", 90, line=2_600, mail=26) as broadcast:
            before = replace(TIMELESS, title="前の号", audience=Audience(channels=frozenset({"mail"})))
            broadcast.release(before)
            await broadcast.until_status({"sent"}, 30)
            chat, user, address = (recipient(kind, count) for kind, count in broadcast.kinds.items())
            way_out = str(town.mail.to(address)[0].message["List-Unsubscribe"]).strip("<>")

            town.line.latency = 4.0  # more multicasts than go at once: the last of them waits
            broadcast.release(replace(TIMELESS, title=TITLE))
            await eventually(lambda: _sent_on_telegram(town) >= 10, what="the first of them")
            await eventually(lambda: len(town.mail.kept) >= 28, what="the first mails")
            broadcast.does(control.pause)
            paused_at = _sent_on_telegram(town)
            town.line.latency = 0.0
            await asyncio.sleep(1)
            stood_at = _sent_on_telegram(town)
            assert stood_at - paused_at <= CONCURRENCY
            await asyncio.sleep(1)
            assert _sent_on_telegram(town) == stood_at

            assert (await house.submit(way_out, **{"List-Unsubscribe": "One-Click"}))[0] == 200
            await house.post("line", town.line.webhook(town.line.text_event("配信停止", event="1", user=user)))
            await house.post("telegram", town.telegram.webhook(town.telegram.text("配信停止", chat=int(chat), person=int(chat))))
            gone = {"telegram": chat, "line": user, "mail": address}
            await eventually(
                lambda: {_state(broadcast, *one) for one in gone.items()} == {SubscriberState.UNSUBSCRIBED}, what="that they are gone"
            )
            await Newsdesk(house)("resume", str(broadcast.number))
            await broadcast.until_status({"sent"}, 60)
            assert _got(town, broadcast, TITLE) == {person: int(person not in gone.values()) for person in _everybody(broadcast)}
            counts = await Newsdesk(house).status(broadcast.number)
            assert (counts["recipients"], counts["sent"], counts["cancelled"]) == (2_716, 2_713, 3)
            for channel, person in gone.items():
                assert _last_consent(broadcast, channel, person) is ConsentAction.UNSUBSCRIBED


def _everybody(broadcast: Broadcast) -> set[str]:
    return set().union(*(broadcast.everybody(kind) for kind in broadcast.kinds))


def _last_consent(broadcast: Broadcast, channel: str, person: str) -> ConsentAction:
    with broadcast.store.read() as work:
        found = work.subscribers.at(Address(channel=channel, recipient=person))
        assert found
        return work.subscribers.consents(found.id)[-1].action


async def test_who_cannot_be_reached_is_suspended_and_a_correction_goes_to_who_got_the_wrong_one(tmp_path: Path, town: Town) -> None:
    """R12: one attempt where it is for good, another where it passes; and nobody who did not read the mistake reads of it."""
    async with houses(tmp_path, town, mail=MAILS) as house:
        with _readers(house, town, "telegram", 2, line=2, mail=4, slack=1) as broadcast:
            follower, blocker = recipient("line", 1), recipient("telegram", 1)
            await house.post("line", town.line.webhook(town.line.unfollow_event(event="1", user=follower)))
            await eventually(lambda: _state(broadcast, "line", follower) is SubscriberState.UNREACHABLE, what="that they are gone")
            town.telegram.chats[int(blocker)].blocked = True
            town.mail.answer_next("RCPT", "550 5.1.1 No such user here", "451 4.3.0 Try again later")
            town.mail.answer_next("accepted", "drop")
            wrong = broadcast.release(replace(TIMELESS, title=TITLE))
            await broadcast.until_status({"sent"}, 30)

            (nobody,) = broadcast.addresses(LedgerState.FAILED, of="mail")
            (doubtful,) = broadcast.addresses(LedgerState.UNCERTAIN, of="mail")
            assert broadcast.addresses(LedgerState.FAILED, of="telegram") == {blocker}
            assert {_state(broadcast, "mail", nobody), _state(broadcast, "telegram", blocker)} == {SubscriberState.UNREACHABLE}
            assert town.mail.commands.count("RCPT") == 5  # four, and one again
            missed = {follower, blocker, nobody}
            assert _got(town, broadcast, TITLE) == {person: int(person not in missed) for person in _everybody(broadcast)}

            await Newsdesk(house)("resend", str(wrong), "--uncertain", "--yes")
            await eventually(lambda: _got(town, broadcast, TITLE)[doubtful] == 2, what="the mail that somebody asked for again")
            await broadcast.until_status({"sent"}, 30)
            assert broadcast.counts()[LedgerState.SENT] == 6

            await house.post("line", town.line.webhook(town.line.follow_event(event="2", user=follower)))
            await eventually(lambda: _state(broadcast, "line", follower) is SubscriberState.ACTIVE, what="that they are back")
            await house.post("line", town.says("line", "配信登録", event="3"))
            await eventually(lambda: _read(town, "line", "配信を登録しました"), what="somebody new")
            broadcast.release(replace(TIMELESS, title="正しい日付", corrects=wrong))
            await broadcast.until_status({"sent"}, 30)
            assert _got(town, broadcast, "【訂正】") == {person: int(person not in missed) for person in _everybody(broadcast)}
            assert not _read(town, "line", "【訂正】")
            broadcast.release(replace(TIMELESS, title="次の号"))
            await broadcast.until_status({"sent"}, 30)
            away = {blocker, nobody}
            assert _got(town, broadcast, "次の号") == {person: int(person not in away) for person in _everybody(broadcast)}


@pytest.mark.parametrize("apart", [False, True])
async def test_sigterm_in_the_middle_of_a_bulletin(tmp_path: Path, town: Town, *, apart: bool) -> None:
    """R19: it ends within ten seconds, what was under way is finished, and the next processes send the rest."""
    town.line.latency, town.mail.delay = 1.0, 0.5
    async with _offices(tmp_path, town) if apart else houses(tmp_path, town, mail=MAILS) as place:
        house = place.house if isinstance(place, Office) else place
        with _readers(house, town, "telegram", 60, line=1_200, mail=20) as broadcast:
            broadcast.release(replace(TIMELESS, title=TITLE))
            await eventually(lambda: _sent_on_telegram(town) >= 20, what="the first of them")
            began = time.monotonic()
            assert await place.stop() in {0, (0, 0, 0)}
            assert time.monotonic() - began < 10
            assert 20 <= _sent_on_telegram(town) < 60
            assert broadcast.status() == "sending"
            await place.start()
            await broadcast.until_status({"sent"}, 60)
            assert set(_got(town, broadcast, TITLE).values()) == {1}
            assert broadcast.counts()[LedgerState.SENT] == broadcast.readers


async def test_a_quota_that_is_too_small_refuses_and_one_that_shrinks_pauses(tmp_path: Path, town: Town) -> None:
    async with houses(tmp_path, town) as house:
        with _readers(house, town, "line", 5) as broadcast:
            desk, number = Newsdesk(house), broadcast.approved(replace(TIMELESS, title=TITLE))
            broadcast.number = number
            town.line.quota = 3
            status, _, err = await house.command("bulletin", "schedule", str(number), "--at", "now")
            assert status == 1
            assert all(words in err for words in ("残りは3通", "上限3", "5人に足りません"))
            assert broadcast.status() == BulletinStatus.APPROVED
            town.line.quota = 10
            await desk("schedule", str(number), "--at", f"{_day(3)}T10:00")

            town.line.quota = 4
            broadcast.fall_due()
            await broadcast.until_status({"paused"}, 30)
            await eventually(lambda: any("残りは4通" in text for text in town.slack.read(DESK_ROOM)), what="the alarm")
            assert town.line.used_quota == 0
            town.line.quota = 10
            await desk("resume", str(number))
            await broadcast.until_status({"sent"}, 30)
            assert set(_got(town, broadcast, TITLE).values()) == {1}
            assert town.line.used_quota == 5
