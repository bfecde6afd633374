"""``python -m clair_bot``: the same as ``clair-bot``."""

import sys

from clair_bot.errors import ClairBotError


def main() -> None:
    """Run a command; what a person can cause ends with one plain sentence and status 1."""
    from clair_bot.cli.commands import app

    try:
        app()
    except ClairBotError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
