"""Canned replies: read from a file beside the articles, which editors write."""

import tomllib
from pathlib import Path

from clair_bot.domain.tickets import CannedReply
from clair_bot.errors import ConfigurationError

_NAME = "CLAIR_KNOWLEDGE_DIR"
_LARGEST = 200_000
_TEXT_LIMIT = 1_500
"""Characters of one reply: what every channel holds in one message."""
_KEY_LIMIT = 20
_FIELDS = frozenset({"text", "answers"})
_HOW = (
    f"名前は{_KEY_LIMIT}字、本文は{_TEXT_LIMIT:,}字までの文章にしてください。"
    '回答として扱わないときは { text = "本文", answers = false } と書いてください。'
)


def read_templates(file: Path) -> tuple[CannedReply, ...]:
    """Return every reply in the order of the file; none where there is no file.

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
    return tuple(_canned(file, key, value) for key, value in document.items())


def _canned(file: Path, key: str, value: object) -> CannedReply:
    """Return a reply that was written as a text, or as a table that says whether it answers."""
    table = value if isinstance(value, dict) else {"text": value}
    text, answers = table.get("text"), table.get("answers", True)
    if not isinstance(text, str) or not isinstance(answers, bool) or set(table) - _FIELDS:
        raise ConfigurationError(_NAME, f"定型文「{key}」（{file}）を使えません。{_HOW}")
    if not text.strip() or len(text) > _TEXT_LIMIT or len(key) > _KEY_LIMIT:
        raise ConfigurationError(_NAME, f"定型文「{key}」（{file}）を使えません。{_HOW}")
    return CannedReply(key=key, text=text.strip(), answers=answers)
