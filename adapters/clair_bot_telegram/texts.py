"""Text as Telegram counts and cuts it: in UTF-16 code units, never inside what people see as one character."""

import itertools
import re
import unicodedata

_ENDS = re.compile(r"[。\uff0e！？!?…]+[」』）)】]*|[.]\s")
_RESTS = re.compile(r"[、，,;；:：\s]")
_JOINS = "\u200d\ufe0e\ufe0f\u20e3"
_LOOK_BACK = 32


def clean(text: str) -> str:
    """Return the text without NUL and lone surrogates, which neither databases nor UTF-8 can hold."""
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def units(text: str) -> int:
    """Count UTF-16 code units, as Telegram does for entities (and, on the safe side, for its 4,096)."""
    return len(text) + sum(character > "\uffff" for character in text)


def piece(text: str, offset: int, length: int) -> str:
    """Return the part of the text that an entity's offset and length, in UTF-16 code units, point at."""
    return text.encode("utf-16-le", "surrogatepass")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def without(text: str, offset: int, length: int) -> str:
    """Return the text with that part taken out, and one of two spaces that would meet."""
    data = text.encode("utf-16-le", "surrogatepass")
    before = data[: 2 * offset].decode("utf-16-le", "replace")
    after = data[2 * (offset + length) :].decode("utf-16-le", "replace")
    return before + (after[1:] if before[-1:] in {"", " "} and after[:1] == " " else after)


def cut(text: str, limit: int) -> list[str]:
    """Cut the text into pieces of at most ``limit`` units: behind a sentence, else at a pause, else between two characters."""
    pieces = []
    while units(text) > limit:
        place = _place(text, _prefix(text, limit))
        pieces.append(text[:place])
        text = text[place:]
    return [*pieces, text]


def _prefix(text: str, limit: int) -> int:
    size = 0
    for index, character in enumerate(text):
        size += 2 if character > "\uffff" else 1
        if size > limit:
            return index
    return len(text)


def _place(text: str, most: int) -> int:
    for pattern in (_ENDS, _RESTS):
        places = [found.end() for found in pattern.finditer(text, most // 2, most)]
        if places:
            return places[-1]
    for place in range(most, max(most - _LOOK_BACK, 0), -1):
        if not _inside(text, place):
            return place
    return max(most, 1)


def _inside(text: str, place: int) -> bool:
    """Tell whether a cut here would split a combining sequence or an emoji."""
    after, before = text[place : place + 1], text[place - 1]
    if not after:
        return False
    toned = "\U0001f3fb" <= after <= "\U0001f3ff"
    marked = after in _JOINS or before == "\u200d" or unicodedata.category(after).startswith("M")
    return toned or marked or (_is_letter_of_flag(after) and _letters_of_flags_before(text, place) % 2 == 1)


def _is_letter_of_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _letters_of_flags_before(text: str, place: int) -> int:
    """Count the run of letters that ends here; two make a flag."""
    run = itertools.takewhile(lambda index: _is_letter_of_flag(text[index]), range(place - 1, -1, -1))
    return sum(1 for _ in run)
