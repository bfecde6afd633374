"""Text in, terms out: Sudachi's short units in their normalised forms, without the words that carry no meaning."""

import threading
from collections.abc import Mapping
from typing import Any, Final

from clair_bot.retrieval.characters import fold
from clair_bot.retrieval.dictionary import Compiled

VERSION: Final = 2
"""Part of the cache's key: raise it with every change of what comes out."""
LONGEST_QUESTION: Final = 1000
"""Characters of a question that are read."""
_CHUNK: Final = 4000
"""Characters given to Sudachi at once; it refuses more than 49,149 bytes, and one character may become eighteen."""
_KEPT: Final = frozenset({"名詞", "動詞", "形容詞", "形状詞"})
"""Measured on both sets: affixes, pronouns and adverbs only bring noise, while losing verbs costs 2 points of nDCG."""
_EMPTY: Final = frozenset(
    """
    為る 有る 居る 事 成る 出来る 物 知る 教える 下さる 御座る 言う 因る 為 頂く 様 良い 所 行く 行う 貰う 欲しい 仕舞う 願う 申す 致す
    こと もの ため ところ よう
    a an and are be can could did do does for from has have how i if in is me my of on or our please tell that the there they this to was we
    were what when where which why with would you your
    アンド フォー フロム ハウ オブ プリーズ ザ ゼイ ディス ウィー ワー ホワット ウィズ ユア
    """.split()  # noqa: SIM905  # read as prose
)
"""Words without content in a question, as normalised forms."""


class Analyser:
    """Turns text into terms. Safe to use from several threads: each has its own tokeniser."""

    def __init__(self, dictionary: Compiled | None = None) -> None:
        """Open Sudachi's core dictionary, which takes 0.1 s.

        Args:
            dictionary: The office's own words.
        """
        self._sudachi = _open(dictionary)
        self._kept = frozenset(number for number, pos in enumerate(self._sudachi.pos_matcher([()])) if pos[0] in _KEPT)
        self._special: Mapping[str, tuple[str, ...]] = {
            **dict.fromkeys(_EMPTY, ()),
            **(dictionary.expansions if dictionary else {}),
        }
        self._local = threading.local()

    def terms(self, question: str) -> list[str]:
        """Return the terms of a question, of which at most the first 1,000 characters are read."""
        return self._analyse(fold(question[:LONGEST_QUESTION]))

    def document_terms(self, text: str) -> list[str]:
        """Return the terms of a text of any length."""
        folded = fold(text)
        if len(folded) <= _CHUNK:
            return self._analyse(folded)
        return [term for start in range(0, len(folded), _CHUNK) for term in self._analyse(folded[start : start + _CHUNK])]

    def _analyse(self, text: str) -> list[str]:
        """Iterate once, with as little Python as possible: this is where a search spends its time."""
        tokeniser, morphemes = self._tokeniser()
        kept, special = self._kept, self._special
        terms: list[str] = []
        for morpheme in tokeniser.tokenize(text, out=morphemes):
            if morpheme.part_of_speech_id() in kept:
                term = morpheme.normalized_form().lower()
                if term in special:
                    terms += special[term]
                elif term[0].isalnum() or any(map(str.isalnum, term)):  # Sudachi takes a long row of 。 for a noun
                    terms.append(term)
        return terms

    def _tokeniser(self) -> tuple[Any, Any]:
        """Return this thread's tokeniser and the list that it writes into."""
        try:
            return self._local.pair  # type: ignore[no-any-return]
        except AttributeError:
            tokeniser = self._sudachi.tokenizer(mode="A")
            self._local.pair = (tokeniser, tokeniser.tokenize(""))
            return self._local.pair  # type: ignore[no-any-return]


def _open(dictionary: Compiled | None) -> Any:
    """Open Sudachi without its plugin that takes a bracketed word for a reading: in 「協会（クレア）」 it would lose the name."""
    from sudachipy import Config, Dictionary

    name = "com.worksap.nlp.sudachi."
    plugins = [
        {"class": f"{name}DefaultInputTextPlugin"},
        {
            "class": f"{name}ProlongedSoundMarkPlugin",
            "prolongedSoundMarks": ["ー", "-", "\u2053", "〜", "〰"],
            "replacementSymbol": "ー",
        },
    ]
    user = [str(dictionary.binary.resolve())] if dictionary else []
    return Dictionary(config=Config(system="core", user=user, inputTextPlugin=plugins))
