"""In which language somebody writes, and small talk that is no inquiry."""

import re
import unicodedata
from functools import cache
from typing import Any

from clair_bot.domain.conversations import Language

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_HAN = re.compile(r"[\u4e00-\u9fff々]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f']+")
_SCRIPTS = re.compile(r"[\uac00-\ud7a3\u0400-\u04ff\u0600-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff]")
_SURE_WORDS = 4
"""Fewer Latin words than this are taken for names and abbreviations (JET, ALT, CLAIR Paris), not for a language."""
_CHINESE = re.compile(r"(請問|請教|如何申|什麼|怎麼|嗎|您|我們|你|們|這|哪)")
_FOREIGN_HAN = 2
"""So many kanji outside Japan's own character set (CP932), and no kana, make a message Chinese."""
_LANGUAGES = ["en", "vi", "pt", "es", "fr", "de", "it", "tl", "id", "ne", "th", "my", "ru", "ms", "nl"]


def language_of(text: str, usual: Language) -> Language | None:
    """Return the language to answer in: the usual one where the text does not tell; None for one that is not served."""
    folded = unicodedata.normalize("NFKC", text)
    if _KANA.search(folded):
        return Language.JA if usual is Language.EN else usual
    if _SCRIPTS.search(folded):
        return None
    words = _LATIN_WORD.findall(folded)
    han = _HAN.findall(folded)
    if len(words) >= _SURE_WORDS and not han:
        return Language.EN if _classify(folded) == "en" else None
    if _CHINESE.search(folded) or sum(not _is_japanese(character) for character in han) >= _FOREIGN_HAN:
        return None
    return Language.JA if han and usual is Language.EN else usual


def _is_japanese(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _classify(text: str) -> str:
    return str(_identifier().classify(text)[0])


@cache
def _identifier() -> Any:
    from py3langid import langid

    langid.set_languages(_LANGUAGES)
    return langid


def folded(text: str) -> str:
    """Return the text as words are compared: width, case, spaces and closing punctuation do not count."""
    return unicodedata.normalize("NFKC", text).casefold().strip().strip("。.!?！？、「」\"'~〜 　/")


_THANKS = re.compile(
    r"(どうも)?(ありがとう|有難う|有り難う|助かりま|感謝|サンキュー|thank|thx|了解|承知|わかりました|分かりました|解決しました|ok$|okです)"
)
_HELLO = re.compile(
    r"(こんにち[はわ]|こんばん[はわ]|おはよう|お疲れ|おつかれ|はじめまして|初めまして|お世話になって|もしもし"
    r"|hello|hi$|hi |good (morning|afternoon|evening))"
)
_SMALL_TALK = 24
"""Longer messages that begin politely go on to ask something."""


def small_talk(text: str) -> str | None:
    """Return ``thanks`` or ``hello`` when the message is nothing else, otherwise None."""
    words = folded(text)
    if len(words) > _SMALL_TALK or any(mark in text for mark in "？?") or re.search(r"(教え|知りた|ください|たい|ますか|ですか)", words):
        return None
    if _THANKS.match(words):
        return "thanks"
    return "hello" if _HELLO.match(words) else None
