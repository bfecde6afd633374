"""The error tree.

::

    ClairBotError
    ├── ConfigurationError      a setting is missing or wrong: names the variable, stops the start
    ├── KnowledgeError          an article cannot be read: names file, line and reason
    ├── FeedError               a feed cannot be read: says why, in a sentence for its editor
    ├── StorageError
    │   ├── NotMigrated         the database has no tables, or older ones
    │   └── StorageUnavailable  the database cannot be reached or written
    └── DeliveryError           a message was not accepted, or may or may not have been
"""

from dataclasses import dataclass


class ClairBotError(Exception):
    """Whatever clair-bot raises on purpose. ``str()`` is one sentence for a person."""


class ConfigurationError(ClairBotError):
    """A setting is missing or wrong."""

    def __init__(self, variable: str, reason: str) -> None:
        """Keep the variable's name beside the reason.

        Args:
            variable: Name of the environment variable.
            reason: What is wrong and what to do, in Japanese.
        """
        super().__init__(f"{variable}: {reason}")
        self.variable = variable


class KnowledgeError(ClairBotError):
    """An article that cannot be read."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        """Keep the place beside the reason.

        Args:
            file: Path as the editor knows it.
            line: Line number, from 1.
            reason: What is wrong, in Japanese.
        """
        super().__init__(f"{file}:{line}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class FeedError(ClairBotError):
    """A feed that cannot be read; ``str()`` is one Japanese sentence that says why and what to do."""


class StorageError(ClairBotError):
    """The database does not serve."""


class NotMigrated(StorageError):
    """The database has no tables, or those of another version."""


class StorageUnavailable(StorageError):
    """The database cannot be reached or written at the moment."""


@dataclass(eq=False)
class DeliveryError(ClairBotError):
    """A message that was not accepted by its platform, or may or may not have been.

    The default is a passing fault: the same message is tried again later.
    """

    reason: str
    """A short code or sentence for people who operate the bot; never message text."""
    permanent: bool = False
    """True: it will never be accepted as it is (unknown recipient, blocked)."""
    retry_after: float | None = None
    """Seconds during which nothing more may be sent on this channel (HTTP 429)."""
    uncertain: bool = False
    """True: it may have arrived, and repeating it might deliver it twice."""
    unreachable: bool = False
    """True: this recipient has blocked or left the bot; sending there must stop."""
    channel_down: bool = False
    """True: the fault is the channel's (token revoked), not the recipient's; nothing is thrown away."""
    parts_sent: int = 0
    """How many of the delivery's platform messages had been accepted before the fault."""

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason
