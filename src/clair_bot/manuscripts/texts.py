"""Texts: files of bytes as characters, whatever encoding offices use, and never guessed wrong in silence."""

from pathlib import Path

from clair_bot.errors import ClairBotError

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path, limit: int) -> bytes:
    """Return what a file holds.

    Raises:
        ClairBotError: it is not there, cannot be read, or is larger than ``limit`` bytes.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ClairBotError(f"{path} を読み取れません。場所と権限を確かめてください。") from error
    if len(content) > limit:
        raise ClairBotError(f"{path} が大きすぎます。{limit // 1_000_000} MB以内にしてください。")
    return content


def decoded(content: bytes, file: str) -> str:
    """Return UTF-8 (with or without its mark) or CP932 as characters, with one kind of line ends.

    Raises:
        ClairBotError: it is neither.
    """
    if content.startswith(_UTF_16) or b"\0" in content:
        raise ClairBotError(
            f"{file}: 文字コードが UTF-16 か、文字のファイルではありません。UTF-8 か Shift_JIS（CP932）で保存し直してください。"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _japanese(content, file, error.start)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _japanese(content: bytes, file: str, fault: int) -> str:
    try:
        return content.decode("cp932")
    except UnicodeDecodeError as error:
        line = content[: max(error.start, fault)].count(b"\n") + 1
        raise ClairBotError(f"{file}:{line}: 読み取れない文字があります。UTF-8 か Shift_JIS（CP932）で保存し直してください。") from error
