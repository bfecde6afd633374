"""What visitors wrote, for showing it to them again. Kept in memory and bounded: the record that counts is the inbox."""

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clair_bot.messages import Address

_CONVERSATIONS = 500
_MESSAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a visitor."""

    id: int
    text: str
    reply_to: str
    at: datetime


class Transcripts:
    """The visitors' own words by address; the conversation that was quiet for longest is forgotten first."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._said: OrderedDict[Address, deque[Said]] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, address: Address, text: str, *, reply_to: str, at: datetime) -> Said:
        """Remember a message."""
        said = Said(id=next(self._numbers), text=text, reply_to=reply_to, at=at)
        with self._lock:
            self._said.setdefault(address, deque(maxlen=_MESSAGES)).append(said)
            self._said.move_to_end(address)
            while len(self._said) > _CONVERSATIONS:
                self._said.popitem(last=False)
        return said

    def of(self, address: Address) -> Sequence[Said]:
        """Return what was written there, oldest first."""
        with self._lock:
            return tuple(self._said.get(address, ()))
