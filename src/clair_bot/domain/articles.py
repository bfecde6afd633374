"""Knowledge articles and what the retriever says about them."""

from dataclasses import dataclass
from enum import StrEnum

from clair_bot.messages import Block, Source


class Area(StrEnum):
    """The seven areas of CLAIR's plan, and the foundation of its work."""

    I = "I"  # noqa: E741  # 海外における経済活動
    II = "II"  # 多文化共生
    III = "III"  # JETプログラム
    IV = "IV"  # 国際交流・国際協力
    V = "V"  # 情報の収集・発信
    VI = "VI"  # グローバル人材の育成
    VII = "VII"  # 海外事務所
    BASE = "base"  # 事業基盤


POINTS: dict[Area, int] = {
    Area.I: 5,
    Area.II: 5,
    Area.III: 4,
    Area.IV: 4,
    Area.V: 3,
    Area.VI: 4,
    Area.VII: 4,
    Area.BASE: 3,
}
"""How many numbered points each area of the plan has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A knowledge document."""

    id: str
    title: str
    aliases: tuple[str, ...]
    """Other ways in which staff would ask."""
    area: Area
    point: int
    """The plan's numbered point within the area, from 1."""
    audience: tuple[str, ...]
    owner: str
    """The section or office in charge."""
    sources: tuple[Source, ...]
    as_of: str
    """``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD`` or ``不明``."""
    review_by: str
    """``YYYY-MM-DD``."""
    related: tuple[str, ...]
    lang: str
    """``ja``, ``en`` or ``easy``."""
    answer: str
    """The short answer, at most 300 characters, plain."""
    details: tuple[Block, ...]
    """What follows the short answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article with a score."""

    article: Article
    score: float
    """The ranking's own unit: only comparable within one search."""
    confidence: float
    """0.0–1.0: the estimated chance that this article answers the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the retriever made of a question."""

    question: str
    terms: tuple[str, ...]
    """What was looked for after analysis; empty when the question has no word that carries meaning."""
    hits: tuple[Hit, ...]
    """Best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """How sure one must be."""

    answer: float
    """Below this confidence nothing is answered."""
    margin: float
    """Two candidates closer than this are offered as choices."""
