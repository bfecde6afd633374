"""What the bot says of its own, in the three languages that are served, and what the advisors' rooms read."""

from typing import Final

from clair_bot.domain.conversations import Language
from clair_bot.services.phrases.desk import DESK, DeskPhrases
from clair_bot.services.phrases.easy import EASY
from clair_bot.services.phrases.english import EN
from clair_bot.services.phrases.japanese import JA
from clair_bot.services.phrases.press import PRESS, PressPhrases
from clair_bot.services.phrases.words import Phrases

__all__ = ["BY_LANGUAGE", "DESK", "EASY", "EN", "JA", "PRESS", "UNSERVED", "DeskPhrases", "Phrases", "PressPhrases"]

BY_LANGUAGE: Final = {Language.JA: JA, Language.EN: EN, Language.EASY: EASY}

UNSERVED: Final = (
    "日本語か英語でご質問ください。それ以外の言葉では、相談員におつなぎします（「相談」と送ってください）。\n"
    "Please ask in Japanese or English. For other languages, send “human” and an advisor will help.\n"
    "日本語か 英語で 書いて ください。ほかの ことばの ときは「相談」と 書いて ください。人が 答えます。"
)
"""To somebody who writes a language that is not served: one sentence in each that is."""
