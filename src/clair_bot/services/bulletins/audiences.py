"""Audiences in words, saved ones resolved, and numbers that cannot be misread."""

from collections.abc import Iterable
from dataclasses import replace

from clair_bot.domain.audiences import Audience, Target
from clair_bot.domain.bulletins import Document, approvals_needed
from clair_bot.domain.subscriptions import Organisation
from clair_bot.errors import ClairBotError
from clair_bot.ports import UnitOfWork
from clair_bot.services.phrases import PRESS
from clair_bot.services.phrases.bulletins import JA

ORGANISATIONS = {
    Organisation.PREFECTURE: "都道府県",
    Organisation.CITY: "市区町村",
    Organisation.ASSOCIATION: "地域国際化協会",
    Organisation.JET: "JET参加者",
    Organisation.COMPANY: "企業・団体",
    Organisation.RESIDENT: "住民",
    Organisation.OTHER: "その他",
}
_LANGUAGES = {"ja": "日本語", "en": "English", "easy": "やさしい日本語"}
_CHANNELS = {"slack": "Slack", "line": "LINE", "telegram": "Telegram", "mail": "メール", "web": "シミュレーター"}
_DIGITS = "〇一二三四五六七八九"
_SMALL = ("", "十", "百", "千")
_LARGE = ("", "万", "億", "兆")


def target_of(work: UnitOfWork, document: Document) -> Target:
    """Return exactly whom a bulletin goes to.

    Raises:
        ClairBotError: it names an audience that is not saved.
    """
    audience = document.audience
    if document.segment:
        saved = work.bulletins.segments().get(document.segment)
        if saved is None:
            raise ClairBotError(PRESS.segment_unknown.format(name=document.segment))
        audience = saved
    if document.languages:
        audience = replace(audience, languages=frozenset(document.languages) | audience.languages)
    return document.target(audience)


def described(document: Document, audience: Audience | None = None) -> str:
    """Return in words for whom a bulletin is."""
    if document.corrects:
        return f"配信{document.corrects}を受け取った人"
    if document.drill:
        return "訓練用の登録者"
    audience = audience or document.audience
    topics = document.topics()
    parts = [PRESS.everyone] if document.everyone or not topics else [_joined("登録分野", (JA.topics[topic] for topic in sorted(topics)))]
    parts += [f"保存した対象「{document.segment}」"] if document.segment else []
    restrictions = (
        ("分野・事務所", [JA.topics[topic] for topic in sorted(audience.topics)]),
        ("都道府県", sorted(audience.prefectures)),
        ("団体", [ORGANISATIONS[kind] for kind in sorted(audience.kinds)]),
        ("担当", sorted(audience.roles)),
        ("言語", [_LANGUAGES[language] for language in sorted({*audience.languages, *document.languages})]),
        ("手段", [_CHANNELS.get(channel, channel) for channel in sorted(audience.channels)]),
    )
    parts += [_joined(name, values) for name, values in restrictions if values]
    return "、".join(parts)


def _joined(name: str, values: Iterable[str]) -> str:
    return f"{name}: {'・'.join(values)}"


def people(count: int, document: Document) -> str:
    """Return a number of people; in words as well where it is everybody."""
    if approvals_needed(document) > 1:
        return PRESS.people_in_words.format(count=count, words=in_words(count))
    return PRESS.people.format(count=count)


def in_words(number: int) -> str:
    """Return a whole number from 0 below 10^16 in kanji: 一万二千三百四十五."""
    if number == 0:
        return _DIGITS[0]
    words = ""
    for place, large in enumerate(_LARGE):
        group = number // 10_000**place % 10_000
        if group:
            words = f"{_group(group)}{large}{words}"
    return words


def _group(number: int) -> str:
    words = ""
    for place, small in enumerate(_SMALL):
        digit = number // 10**place % 10
        if digit:
            words = f"{'' if digit == 1 and small else _DIGITS[digit]}{small}{words}"
    return words
