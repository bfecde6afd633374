"""The part of the stand-in that takes messages: who can be written to, retry keys, the monthly quota, pushes and multicasts."""

import itertools
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.standins import line_spec_limits
from tests.standins.line_contents import Contents
from tests.standins.line_wire import Answer, Key, Request, digest, readable, refusal

Json = dict[str, Any]


class Sending:
    """Takes pushes and multicasts as LINE does, and remembers what arrived where."""

    def __init__(self, *, quota: int | None) -> None:
        """Begin with nobody who can be written to."""
        self.quota = quota
        """How many messages a month may be pushed; None: as many as one likes."""
        self.used_quota = 0
        self.skips_strangers = False
        """What an unknown id does to a multicast. LINE's documentation says both: 400 for the whole call (False), passed over (True)."""
        self.violations: list[str] = []
        self.contents = Contents()
        self.shift = timedelta()
        self.blocked: set[str] = set()
        self.members: dict[str, int] = {}
        """How many people a push into a group counts for."""
        self.deliveries: Counter[str] = Counter()
        """How many accepted calls reached each recipient: 2 is once too often for one bulletin."""
        self._known: set[str] = set()
        self._chats: dict[str, list[Json]] = defaultdict(list)
        self._keys: dict[str, Key] = {}
        self._sound: set[str] = set()
        """Digests of what was multicast and is within the limits, since the same words go to many."""
        self._numbers = itertools.count(500_000_000_000)
        self._lock = threading.RLock()

    # what the test does to it

    def now(self) -> datetime:
        """Return its time, which the test shifts by ``advance``."""
        return datetime.now(UTC) + self.shift

    def advance(self, *, seconds: float) -> None:
        """Let time pass."""
        self.shift += timedelta(seconds=seconds)

    def know(self, *recipients: str) -> None:
        """Let these ids be ones that can be written to."""
        with self._lock:
            self._known.update(recipients)

    def block(self, user: str) -> None:
        """Let a person block the bot: pushes are answered 200 and nothing arrives."""
        with self._lock:
            self.blocked.add(user)

    # what people can see

    def delivered(self, recipient: str) -> list[str]:
        """Return what can be read there, one text for each message, the buttons' labels included."""
        return [readable(message) for message in self.payloads(recipient)]

    def payloads(self, recipient: str) -> list[Json]:
        """Return the messages there as they were sent."""
        with self._lock:
            return list(self._chats[recipient])

    # the API

    def _push(self, request: Request) -> Answer:
        body, key = request.json, self._key(request)
        if accepted := self._accepted(key):
            return self._conflict(accepted, same=digest(request) == accepted.digest)
        if refused := self._refuse(body["messages"]):
            return refused
        if body["to"] not in self._known:  # "400: an ID that doesn't exist, or of another provider"
            return refusal(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        reached = {body["to"]} - self.blocked
        if exhausted := self._charge(sum(self.members.get(place, 1) for place in reached)):
            return exhausted
        sent = self._deliver(reached, body["messages"])
        return self._remember(key, Key(digest=digest(request), request_id=str(uuid.uuid4()), sent=sent, accepted_at=self.now()))

    def _multicast(self, request: Request) -> Answer:
        body, key = request.json, self._key(request)
        people = frozenset(body["to"])
        said = digest(request, of=("messages", "notificationDisabled"))
        if accepted := self._accepted(key):
            # "No matter how many times the API request containing the same value of a retry key is executed, … it is always accepted only
            # once": the key counts. Other words or other people with it are a fault of ours; fewer people are those who left meanwhile.
            return self._conflict(accepted, same=said == accepted.digest and people <= accepted.people)
        if refused := (None if said in self._sound else self._refuse(body["messages"])) or self._refuse_people(people):
            return refused
        self._sound.add(said)
        reached = (people & self._known) - self.blocked
        if exhausted := self._charge(len(reached)):
            return exhausted
        self._deliver(reached, body["messages"])
        return self._remember(key, Key(digest=said, request_id=str(uuid.uuid4()), people=people, accepted_at=self.now()))

    def _refuse_people(self, people: frozenset[str]) -> Answer | None:
        if rooms := [person for person in people if not person.startswith("U")]:  # "group chats or multi-person chats": not here
            self.violations.append(f"a multicast to {len(rooms)} rooms")
        if rooms or not (self.skips_strangers or people <= self._known):
            return refusal(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        return None

    def _key(self, request: Request) -> str:
        key = request.headers.get("X-Line-Retry-Key", "")
        if not key:
            self.violations.append(f"{request.path} without a retry key")
        return key

    def _accepted(self, key: str) -> Key | None:
        found = self._keys.get(key)
        return found if found and self.now() - found.accepted_at <= timedelta(hours=24) else None

    def _conflict(self, accepted: Key, *, same: bool) -> Answer:
        if not same:
            self.violations.append("another body with a used retry key")
            return refusal(400, "The retry key was used with another request")
        sent = {} if accepted.sent is None else {"sentMessages": accepted.sent}
        headers = {"x-line-accepted-request-id": accepted.request_id}
        return Answer(status=409, content={"message": "The retry key is already accepted", **sent}, headers=headers)

    def _charge(self, people: int) -> Answer | None:
        """Count a message for each person who is reached; refuse the call where they are more than are left."""
        if self.quota is not None and self.used_quota + people > self.quota:
            return refusal(429, "You have reached your monthly limit.")
        self.used_quota += people
        return None

    def _remember(self, key: str, accepted: Key) -> Answer:
        self._keys[key] = accepted
        content = {} if accepted.sent is None else {"sentMessages": accepted.sent}
        return Answer(status=200, content=content, headers={"x-line-request-id": accepted.request_id})

    def _refuse(self, messages: list[Json]) -> Answer | None:
        faults = [*line_spec_limits.message_faults(messages), *self.contents.faults(messages)]
        self.violations += faults
        details = [{"message": fault, "property": "messages"} for fault in faults]
        return refusal(400, f"The request body has {len(faults)} error(s)", details=details) if faults else None

    def _deliver(self, places: Iterable[str], messages: list[Json]) -> list[Json]:
        for place in places:
            self._chats[place] += messages
            self.deliveries[place] += 1
        return [{"id": str(next(self._numbers)), "quoteToken": uuid.uuid4().hex} for _ in messages]

    def _tell_quota(self, _: Request) -> Answer:
        return Answer(status=200, content={"type": "none"} if self.quota is None else {"type": "limited", "value": self.quota})

    def _tell_consumption(self, _: Request) -> Answer:
        return Answer(status=200, content={"totalUsage": self.used_quota})
