"""Canned replies: read from a file beside the articles, which editors write."""

import tomllib
from pathlib import Path

from clair_bot.errors import ConfigurationError

_NAME = "CLAIR_KNOWLEDGE_DIR"
_LARGEST = 200_000
_TEXT_LIMIT = 1_500
"""Characters of one reply: what every channel holds in one message."""
_KEY_LIMIT = 20


def read_templates(file: Path) -> tuple[tuple[str, str], ...]:
    """Return key and text of every reply in the order of the file; none where there is no file.

    Raises:
        ConfigurationError: the file cannot be read, or a reply is none.
    """
    if not file.is_file():
        return ()
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigurationError(_NAME, f"定型文のファイル（{file}）が大きすぎます。200KBまでにしてください。")
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(_NAME, f"定型文のファイル（{file}）を読み取れません。TOMLの書き方を確かめてください。") from error
    for key, text in document.items():
        if not isinstance(text, str) or not text.strip() or len(text) > _TEXT_LIMIT or len(key) > _KEY_LIMIT:
            reason = f"名前は{_KEY_LIMIT}字、本文は{_TEXT_LIMIT:,}字までの文章にしてください。"
            raise ConfigurationError(_NAME, f"定型文「{key}」（{file}）を使えません。{reason}")
    return tuple((key, text.strip()) for key, text in document.items())
