"""The conversations in memory, and where rooms have moved to."""

from dataclasses import replace

from clair_bot.domain.conversations import Conversation
from clair_bot.messages import Address
from clair_bot.testing.memory.state import MemoryState


class MemoryConversations:
    """A ``Conversations``."""

    def __init__(self, state: MemoryState) -> None:
        """Work on this state."""
        self._state = state

    def known(self, address: Address, thread: str) -> bool:
        """Tell whether we have talked here before."""
        return self._find(address, thread) is not None

    def get(self, address: Address, thread: str) -> Conversation:
        """Return the conversation, made new at first sight."""
        found = self._find(address, thread)
        if found is None:
            found = Conversation(id=self._state.next_id("conversation"), address=address, thread=thread)
            self._state.conversations[found.id] = found
        return found

    def by_id(self, conversation_id: int) -> Conversation:
        """Return a conversation that exists."""
        return self._state.conversations[conversation_id]

    def put(self, conversation: Conversation) -> None:
        """Store what changed; where it takes place stays."""
        if stored := self._state.conversations.get(conversation.id):
            self._state.conversations[stored.id] = replace(conversation, address=stored.address, thread=stored.thread)

    def move(self, old: Address, new: Address) -> None:
        """A room has a new id: conversations, tickets, waiting deliveries and desks follow it."""
        if old == new:
            return
        self._state.room_moves.pop(new, None)
        self._state.room_moves[old] = new
        for conversation in [found for found in self._state.conversations.values() if found.address == old]:
            self._move_conversation(conversation, new)
        for key in [key for key in self._state.sent_messages if key[0] == old and (new, key[1]) not in self._state.sent_messages]:
            self._state.sent_messages[new, key[1]] = self._state.sent_messages.pop(key)
        for row in [row for row in self._state.deliveries.values() if row.delivery.message.to == old]:
            moved = replace(row.delivery, message=replace(row.delivery.message, to=new))
            self._state.deliveries[moved.id] = replace(row, delivery=moved)
        for ticket in [ticket for ticket in self._state.tickets.values() if ticket.desk == old]:
            self._state.tickets[ticket.id] = replace(ticket, desk=new)

    def moved(self, address: Address) -> Address:
        """Return where a room is now."""
        seen: set[Address] = set()
        while address in self._state.room_moves and address not in seen:
            seen.add(address)
            address = self._state.room_moves[address]
        return address

    def _move_conversation(self, left: Conversation, new: Address) -> None:
        """What hangs on it goes to a conversation that is there already."""
        there = self._find(new, left.thread)
        if there is None:
            self._state.conversations[left.id] = replace(left, address=new)
            return
        for ticket in [ticket for ticket in self._state.tickets.values() if ticket.conversation_id == left.id]:
            self._state.tickets[ticket.id] = replace(ticket, conversation_id=there.id)
        for inquiry_id, asked in self._state.inquiries.items():
            if asked.conversation_id == left.id:
                self._state.inquiries[inquiry_id] = replace(asked, conversation_id=there.id)
        del self._state.conversations[left.id]

    def _find(self, address: Address, thread: str) -> Conversation | None:
        here = (found for found in self._state.conversations.values() if (found.address, found.thread) == (address, thread))
        return next(here, None)
