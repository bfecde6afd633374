"""The inquiries in memory."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from clair_bot.domain.articles import Search
from clair_bot.domain.conversations import Outcome
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import Asked, MemoryState


class MemoryInquiries:
    """An ``Inquiries``."""

    def __init__(self, state: MemoryState) -> None:
        """Work on this state."""
        self._state = state

    def add(self, *, conversation_id: int, entry_id: int, question: str, language: str, outcome: Outcome, search: Search) -> int:  # noqa: ARG002
        """Store an inquiry with its outcome; return its id. Nothing here reads its language and its candidates."""
        inquiry_id = self._state.next_id("inquiry")
        self._state.inquiries[inquiry_id] = Asked(conversation_id=conversation_id, entry_id=entry_id, question=question, outcome=outcome)
        return inquiry_id

    def correct(self, entry_id: int, question: str) -> None:
        """Store how a question reads now; empty where its author took it back."""
        for inquiry_id, asked in self._state.inquiries.items():
            if asked.entry_id == entry_id:
                self._state.inquiries[inquiry_id] = replace(asked, question=clean(question))

    def counts(self) -> Mapping[str, int]:
        """Return how many inquiries had each outcome."""
        return Counter(asked.outcome.value for asked in self._state.inquiries.values())
