"""One delivery on its way: reply or push, call by call, and what an answer means for it."""

import re
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from clair_bot.errors import DeliveryError
from clair_bot.messages import OutboundMessage
from clair_bot_line.gateway import Answer, Gateway
from clair_bot_line.handles import ReplyHandle
from clair_bot_line.rendering import CALL_MESSAGES, Part

Json = dict[str, Any]

BATCH = 500  # LINE: a multicast, at most 500 user ids
_USER = re.compile(r"U[0-9a-f]{32}", re.ASCII)  # LINE: groups (C…) and rooms (R…) cannot be multicast to

_REFUSED_PAYLOAD = frozenset({400, 413, 415})
_JAPAN = timezone(timedelta(hours=9))
_PAUSE_SECONDS = 5.0  # LINE names no time with "rate limit exceeded"; its limits count by the second
_UNKNOWN_OUTCOME = "line: the reply may have been accepted"
_OWN_WORDS = 200
_ATTEMPT_SECONDS = 15.0  # after that no further call begins: an attempt must end before others take its sender for dead


def is_person(recipient: str) -> bool:
    """Return True for the id of a person, which may be multicast to; False for groups and rooms."""
    return _USER.fullmatch(recipient) is not None


class Sending:
    """Sends the parts of one delivery. A call carries five; its number is the place of its first part."""

    def __init__(self, gateway: Gateway, message: OutboundMessage, parts: Sequence[Part], now: datetime) -> None:
        """Take the delivery and the time of this attempt."""
        self._gateway = gateway
        self._message = message
        self._parts = parts
        self._now = now
        self._sent = message.parts_sent

    async def run(self) -> tuple[str, ...]:
        """Send what has not been sent, and return the ids.

        Raises:
            DeliveryError: with the number of parts that were accepted.
        """
        ids: list[str] = []
        until = time.monotonic() + _ATTEMPT_SECONDS
        while self._sent < len(self._parts):
            if time.monotonic() > until:
                raise self._error("line: slow; the rest follows at the next attempt")
            call = self._parts[self._sent : self._sent + CALL_MESSAGES]
            ids += (await self._call(call)).ids
            self._sent += len(call)
        return tuple(ids)

    async def run_many(self, recipients: Sequence[str]) -> None:
        """Send everything to many people in one call.

        Raises:
            DeliveryError: ``permanent`` when the call as a whole cannot be made or is refused.
        """
        people = list(dict.fromkeys(recipients))
        if not 1 <= len(people) <= BATCH or not all(is_person(one) for one in people):
            raise self._error("line: multicast: 1 to 500 user ids, no groups and no rooms", permanent=True)
        if len(self._parts) > CALL_MESSAGES:
            raise self._error(f"line: multicast: {len(self._parts)} messages do not fit into one call", permanent=True)
        if self._parts:
            await self._multicast(people)

    async def _multicast(self, people: list[str]) -> None:
        answer = await self._gateway.multicast(people, [part.rich for part in self._parts], self._key("rich"))
        if answer.status in _REFUSED_PAYLOAD and _differ(self._parts):
            answer = await self._gateway.multicast(people, [part.plain for part in self._parts], self._key("plain"))
        if not answer.accepted:
            raise self._fault(answer)

    async def _call(self, call: Sequence[Part]) -> Answer:
        handle = ReplyHandle.parse(self._message.reply_handle) if self._sent == 0 else None
        if handle is not None and handle.deadline > self._now:
            replied = await self._reply(call, handle)
            if replied.accepted:
                return replied
        elif handle is not None and self._message.maybe_sent:
            # The attempt that broke off may have been a reply, which no key protects, and its token can tell nothing any more.
            raise self._error(_UNKNOWN_OUTCOME, uncertain=True)
        return await self._push(call)

    async def _reply(self, call: Sequence[Part], handle: ReplyHandle) -> Answer:
        """Reply, and return either an acceptance or a refusal which proves that nothing was sent and that a push may follow."""
        answer = await self._reply_once(handle.token, [part.rich for part in call])
        if _refused_look(answer) and _differ(call):
            answer = await self._reply_once(handle.token, [part.plain for part in call])
        if answer.accepted:
            return answer
        if answer.status in _REFUSED_PAYLOAD and not self._message.maybe_sent:
            return answer
        if answer.unclear or answer.status in _REFUSED_PAYLOAD:
            raise self._error(_UNKNOWN_OUTCOME, uncertain=True)
        raise self._fault(answer, uncertain=self._message.maybe_sent)

    async def _reply_once(self, token: str, messages: list[Json]) -> Answer:
        """Reply; once more with the same token when the answer was lost, since a token counts once.

        A connection that LINE had closed in the meantime is the usual reason, and then nothing had been accepted. After a time-out there
        is no second try: a delivery must not last longer than its lease.
        """
        answer = await self._gateway.reply(token, messages)
        if not answer.unclear or answer.timed_out:
            return answer
        again = await self._gateway.reply(token, messages)
        if again.accepted:
            return again
        return answer  # a refusal now says nothing: the token may be spent by the first try

    async def _push(self, call: Sequence[Part]) -> Answer:
        answer = await self._gateway.push(self._message.to.recipient, [part.rich for part in call], self._key("rich"))
        if answer.status in _REFUSED_PAYLOAD and _differ(call):
            answer = await self._gateway.push(self._message.to.recipient, [part.plain for part in call], self._key("plain"))
        if answer.accepted:
            return answer
        raise self._fault(answer)

    def _key(self, look: str) -> str:
        """Return the retry key: the same at every attempt, another one for another body."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._message.idempotency_key}:{self._sent}:{look}"))

    def _fault(self, answer: Answer, *, uncertain: bool = False) -> DeliveryError:
        """Classify an answer that settles nothing else; the retry key makes repeating a push safe whatever became of it."""
        said = f"line: {answer.status or 'no answer'} {answer.message[:_OWN_WORDS]}".strip()
        if answer.status == 429:  # noqa: PLR2004  # too many requests
            return self._limit(answer, uncertain=uncertain)
        if answer.status in _REFUSED_PAYLOAD:
            return self._error(said, permanent=True, uncertain=uncertain)
        channel_down = 400 <= answer.status < 500 and answer.status != 408  # noqa: PLR2004  # token, plan or address; 408 passes
        return self._error(said, channel_down=channel_down, uncertain=uncertain)

    def _limit(self, answer: Answer, *, uncertain: bool) -> DeliveryError:
        if "monthly limit" in answer.message.lower():
            reason = "line: monthly limit of pushed messages reached (quota); replies are free and still go"
            return self._error(reason, retry_after=_until_next_month(self._now), uncertain=uncertain)
        return self._error("line: 429 rate limit", retry_after=_PAUSE_SECONDS, uncertain=uncertain)

    def _error(
        self, reason: str, *, permanent: bool = False, retry_after: float | None = None, uncertain: bool = False, channel_down: bool = False
    ) -> DeliveryError:
        return DeliveryError(
            reason,
            permanent=permanent,
            retry_after=retry_after,
            uncertain=uncertain,
            channel_down=channel_down,
            parts_sent=self._sent,
        )


def _differ(call: Sequence[Part]) -> bool:
    return any(part.rich != part.plain for part in call)


def _refused_look(answer: Answer) -> bool:
    """Return True when a reply was refused for its content, and not for its token."""
    return answer.status in _REFUSED_PAYLOAD and "reply token" not in answer.message.lower()


def _until_next_month(now: datetime) -> float:
    """Return the seconds until LINE counts anew: the first day of the next month in Japan."""
    here = now.astimezone(_JAPAN)
    first = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)  # noqa: PLR2004
    return (following - here).total_seconds()
