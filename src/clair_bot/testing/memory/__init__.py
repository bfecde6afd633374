"""A ``Store`` in memory: what the database's repositories do, without a database. It passes the same contract tests."""

from clair_bot.testing.memory.store import MemoryStore, MemoryUnitOfWork

__all__ = ["MemoryStore", "MemoryUnitOfWork"]
