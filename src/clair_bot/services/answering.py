"""From a search to one of three outcomes, and to the message that shows it."""

from dataclasses import dataclass

from clair_bot.domain.articles import Article, Bars, Hit, Search
from clair_bot.domain.conversations import Language, Outcome
from clair_bot.messages import Block, BlockKind, Button, Card, Choice, File, Issue
from clair_bot.services.languages import folded
from clair_bot.services.phrases import BY_LANGUAGE

MOST_CHOICES = 4
MOST_NEAR = 3
WORTH_SHOWING = 0.1
"""A candidate below this confidence is not even shown as near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of an inquiry."""

    outcome: Outcome
    hits: tuple[Hit, ...]
    """ANSWERED: the article. CHOICES: those to choose from. REFUSED: those that may be near, possibly none."""


def decide(search: Search, bars: Bars) -> Decision:
    """Answer what is asked by its very name, or sure enough; ask back where two are close; otherwise refuse."""
    named = tuple(hit for hit in search.hits if _is_named(hit.article, search.question))
    if len(named) == 1:
        return Decision(outcome=Outcome.ANSWERED, hits=named)
    best = search.hits[0].confidence if search.hits else 0.0
    if best < bars.answer:
        near = tuple(hit for hit in search.hits[:MOST_NEAR] if hit.confidence >= WORTH_SHOWING)
        return Decision(outcome=Outcome.REFUSED, hits=near)
    close = tuple(hit for hit in search.hits[:MOST_CHOICES] if hit.confidence > best - bars.margin and hit.confidence >= bars.answer)
    if len(close) > 1:
        return Decision(outcome=Outcome.CHOICES, hits=close)
    return Decision(outcome=Outcome.ANSWERED, hits=search.hits[:1])


def _is_named(article: Article, question: str) -> bool:
    return folded(question) in {folded(name) for name in (article.title, *article.aliases)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, before it has an address."""

    paragraphs: tuple[str, ...] = ()
    card: Card | None = None
    issue: Issue | None = None
    choices: tuple[Choice, ...] = ()
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()


def show_article(article: Article, language: Language, *, details: bool = False) -> Content:
    """Return the article's short answer, or with ``details`` what follows it, with its sources either way."""
    phrases = BY_LANGUAGE[language]
    blocks = article.details if details else (Block(kind=BlockKind.PARAGRAPH, text=article.answer),)
    note = "　".join((phrases.owner.format(owner=article.owner), phrases.as_of.format(as_of=article.as_of)))
    more = (Button(label=phrases.button_more, action=f"more:{article.id}"),) if article.details and not details else ()
    return Content(
        paragraphs=(phrases.japanese_only,) if phrases.japanese_only and article.lang != language else (),
        card=Card(title=article.title, blocks=blocks, sources=article.sources, note=note),
        buttons=(*more, Button(label=phrases.button_human, action="human"), Button(label=phrases.button_menu, action="menu")),
    )


def offer_articles(articles: tuple[Article, ...]) -> tuple[Choice, ...]:
    """Return articles as numbered choices."""
    return tuple(Choice(title=article.title, action=f"a:{article.id}") for article in articles)
