"""The advisors' room on each platform, and the person in it."""

import itertools
from typing import Any, Protocol

from tests.e2e.houses import DESK_ROOM, House, Town
from tests.standins import slack_events
from tests.standins.line import GROUP as LINE_GROUP
from tests.standins.telegram_people import GROUP as TELEGRAM_GROUP

Request = tuple[dict[str, str], bytes]
_EVENTS = itertools.count(1)


class Room(Protocol):
    """A desk's room."""

    channel: str
    address: str
    """As ``CLAIR_DESK`` names it."""
    advisor: str
    """Who sits in it, ``channel:id``."""
    edits: bool
    """Whether what was sent there can be changed."""

    def reads(self) -> list[str]:
        """What can be read there now."""
        ...

    def writes(self, text: str, *, below: str = "", advisor: str = "") -> Request:
        """Somebody writes, in reply to a message."""
        ...

    def presses(self, house: House, label: str) -> Request:
        """Somebody presses the newest button with this label."""
        ...


def card_of(house: House, room: Room, ticket: int = 1) -> str:
    """Return the platform's id of a ticket's first message in the room; empty while there is none."""
    recipient = room.address.partition(":")[2]
    found = house.rows(
        "SELECT message_id FROM sent_message JOIN delivery ON delivery.id = delivery_id"  # noqa: S608
        f" WHERE ticket_id = {ticket} AND delivery.recipient = '{recipient}' ORDER BY delivery.id, part LIMIT 1"
    )
    return str(found[0][0]) if found else ""


class SlackRoom:
    channel, address, advisor, edits = "slack", f"slack:{DESK_ROOM}", "slack:U0ADVISOR", True

    def __init__(self, town: Town) -> None:
        self._slack = town.slack

    def reads(self) -> list[str]:
        return self._slack.read(DESK_ROOM)

    def writes(self, text: str, *, below: str = "", advisor: str = "U0ADVISOR") -> Request:
        words = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        event = slack_events.said(words, ts=self._slack.next_ts(), channel=DESK_ROOM, user=advisor or "U0ADVISOR", thread=below)
        request = self._slack.signed_event(event)
        return dict(request.headers), request.body

    def presses(self, house: House, label: str) -> Request:
        for message in reversed(self._slack.messages(DESK_ROOM)):
            for button in _buttons(message):
                if button["text"]["text"] == label:
                    request = self._slack.press(button["value"], message_ts=message["ts"], channel=DESK_ROOM, user="U0ADVISOR")
                    return dict(request.headers), request.body
        raise AssertionError(label)


def _buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [button for block in message.get("blocks", []) if block["type"] == "actions" for button in block["elements"]]


class TelegramRoom:
    channel, address, advisor, edits = "telegram", f"telegram:{TELEGRAM_GROUP}", "telegram:77", True

    def __init__(self, town: Town) -> None:
        self._telegram = town.telegram

    def reads(self) -> list[str]:
        return self._telegram.read(TELEGRAM_GROUP)

    def writes(self, text: str, *, below: str = "", advisor: str = "77") -> Request:
        reply_to = int(below) if below else None
        update = self._telegram.text(text, chat=TELEGRAM_GROUP, person=int(advisor or "77"), reply_to=reply_to)
        return self._telegram.webhook(update)

    def presses(self, house: House, label: str) -> Request:
        return self._telegram.webhook(self._telegram.press(label, chat=TELEGRAM_GROUP, person=77))


class LineRoom:
    channel, address, advisor, edits = "line", f"line:{LINE_GROUP}", "line:U33333333333333333333333333333333", False

    def __init__(self, town: Town) -> None:
        self._line = town.line
        self._line.know(LINE_GROUP)

    def reads(self) -> list[str]:
        return self._line.delivered(LINE_GROUP)

    def writes(self, text: str, *, below: str = "", advisor: str = "") -> Request:
        user = advisor or self.advisor.partition(":")[2]
        return self._line.webhook(self._line.text_event(text, event=f"room {next(_EVENTS)}", user=user, room=LINE_GROUP, quoted=below))

    def presses(self, house: House, label: str) -> Request:
        for message in reversed(self._line.payloads(LINE_GROUP)):
            for item in message.get("quickReply", {}).get("items", []):
                if item["action"]["label"] == label:
                    event = f"press {next(_EVENTS)}"
                    user = self.advisor.partition(":")[2]
                    return self._line.webhook(self._line.postback_event(item["action"]["data"], event=event, user=user, room=LINE_GROUP))
        raise AssertionError(label)


ROOMS: dict[str, type[SlackRoom] | type[TelegramRoom] | type[LineRoom]] = {"slack": SlackRoom, "telegram": TelegramRoom, "line": LineRoom}
