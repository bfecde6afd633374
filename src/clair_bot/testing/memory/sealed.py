"""The sealed texts in memory."""

from dataclasses import replace
from datetime import datetime

from clair_bot.domain.sealing import WRONG_CODES
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import MemoryState, Sealed


class MemorySealedTexts:
    """A ``SealedTexts``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def put(self, *, ticket_id: int, token: str, code_hash: str, text: str, expires_at: datetime) -> int:
        """Store a text behind a code; return its id."""
        self._state.sealed[clean(token)] = Sealed(ticket_id=ticket_id, code_hash=code_hash, text=clean(text), expires_at=expires_at)
        return self._state.next_id("sealed")

    def open(self, token: str, code_hash: str) -> tuple[int, str] | None:
        """Return ticket and text, once, for the right code; a wrong one counts."""
        token = clean(token)
        found = self._state.sealed.get(token)
        if found is None or found.opened or found.expires_at <= self._now or found.wrong_codes >= WRONG_CODES:
            return None
        if found.code_hash != code_hash:
            self._state.sealed[token] = replace(found, wrong_codes=found.wrong_codes + 1)
            return None
        self._state.sealed[token] = replace(found, opened=True, text="")
        return found.ticket_id, found.text

    def forget(self, before: datetime) -> int:
        """Delete texts that expired before this; return how many."""
        old = [token for token, sealed in self._state.sealed.items() if sealed.expires_at < before]
        for token in old:
            del self._state.sealed[token]
        return len(old)
