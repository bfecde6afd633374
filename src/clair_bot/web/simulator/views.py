"""The views: the platforms that the page can look like, and the advisors' rooms on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from clair_bot.domain.desks import Desks
from clair_bot.messages import Address

CHANNEL = "web"
"""The channel that all views speak through."""
_PLATFORMS = {"line": "LINE", "slack": "Slack", "telegram": "Telegram", "web": "ウェブ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One tab of the page."""

    key: str
    """What stands in the page's address."""
    label: str
    look: str
    """The channel whose preview draws it."""
    room: bool = False
    """True for an advisors' room, which all visitors of the page share."""

    def sender(self, visitor: str) -> str:
        """Return who writes: the visitor, or the room."""
        return self.key if self.room else visitor

    def address(self, visitor: str) -> Address:
        """Return where its messages are."""
        return Address(channel=CHANNEL, recipient=self.key if self.room else f"{visitor}.{self.key}")


def views(desks: Desks) -> Mapping[str, View]:
    """Return the tabs in their order: the platforms, then the desks that are on this channel."""
    platforms = [View(key=key, label=label, look=key) for key, label in _PLATFORMS.items()]
    keys = sorted(room.recipient for room in desks.rooms() if room.channel == CHANNEL)
    label = "相談員の部屋" if len(keys) == 1 else "相談員の部屋（{key}）"
    rooms = [View(key=key, label=label.format(key=key), look=CHANNEL, room=True) for key in keys]
    return {view.key: view for view in (*platforms, *rooms)}
