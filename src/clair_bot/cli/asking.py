"""``clair-bot ask`` and ``search``: the knowledge base, without database or network."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import print_json
from clair_bot.domain.articles import Area, Search
from clair_bot.domain.conversations import QUESTION_LIMIT, Language, Outcome
from clair_bot.errors import ClairBotError

if TYPE_CHECKING:
    from clair_bot.retrieval.retriever import Bm25Retriever
    from clair_bot.services.answering import Decision

Json = Annotated[bool, typer.Option("--json", help="JSONで出力")]
MOST_CANDIDATES = 10


def ask(
    question: Annotated[str, typer.Argument(help="質問")],
    lang: Annotated[Language | None, typer.Option(help="案内の言葉（既定: 質問に合わせる）")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="なぜその答えかを示す")] = False,
    json: Json = False,
) -> None:
    """知識ベースから1つの答えを出す。"""
    from clair_bot.services.answering import decide
    from clair_bot.services.languages import language_of

    _require_readable(question)
    search, bars = _open().search(question), _bars()
    language = lang or language_of(question, Language.JA) or Language.JA
    decision = decide(search, bars)
    if json:
        document = _document(search, decision, language)
        print_json({**document, "explanation": _explanation(search)} if explain else document)
        return
    _print_answer(decision, language)
    if explain:
        _print_explanation(search, bars.answer)


def search(
    query: Annotated[str, typer.Argument(help="言葉")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="件数")] = 10,
    json: Json = False,
) -> None:
    """順位だけを示す。"""
    _require_readable(query)
    found = _open().search(query, limit=limit)
    hits = [{"id": hit.article.id, "title": hit.article.title, "area": hit.article.area.value, "score": hit.score} for hit in found.hits]
    if json:
        print_json({"hits": hits})
    elif not hits:
        print("見つかりませんでした。別の言葉でお試しください。")
    else:
        for hit in hits:
            print(f"{hit['score']:8.3f}  {hit['area']:>4}  {hit['title']}  [{hit['id']}]")


def _open() -> "Bm25Retriever":
    from clair_bot.retrieval.retriever import open_retriever
    from clair_bot.settings import read_settings

    settings = read_settings()
    return open_retriever(settings.knowledge_dir, settings.cache_dir)


def _bars() -> Any:
    from clair_bot.domain.articles import Bars
    from clair_bot.retrieval.confidence import ANSWER_BAR, CHOICE_MARGIN

    return Bars(answer=ANSWER_BAR, margin=CHOICE_MARGIN)


def _require_readable(text: str) -> None:
    if not text.strip():
        raise ClairBotError("質問を文章で指定してください。例: clair-bot ask 姉妹都市提携の進め方を知りたい")
    if len(text) > QUESTION_LIMIT:
        raise ClairBotError(f"質問は{QUESTION_LIMIT:,}字以内にまとめてください（現在 {len(text):,}字）。")


def _document(search: Search, decision: "Decision", language: Language) -> dict[str, Any]:
    answered = decision.hits[0].article if decision.outcome is Outcome.ANSWERED else None
    best = search.hits[0] if search.hits else None
    return {
        "outcome": decision.outcome.value,
        "language": language.value,
        "confidence": round(best.confidence, 4) if best else 0.0,
        "area": best.article.area.value if best and decision.outcome is not Outcome.REFUSED else None,
        "answer": {
            "id": answered.id,
            "title": answered.title,
            "text": answered.answer,
            "sources": [asdict(source) for source in answered.sources],
            "owner": answered.owner,
        }
        if answered
        else None,
        "candidates": [
            {
                "id": hit.article.id,
                "title": hit.article.title,
                "area": hit.article.area.value,
                "score": round(hit.score, 4),
                "confidence": round(hit.confidence, 4),
            }
            for hit in search.hits[:MOST_CANDIDATES]
        ],
        "related": list(answered.related) if answered else [],
    }


def _print_answer(decision: "Decision", language: Language) -> None:
    from clair_bot.services.phrases import BY_LANGUAGE

    phrases = BY_LANGUAGE[language]
    if decision.outcome is Outcome.ANSWERED:
        article = decision.hits[0].article
        print(f"{article.title}\n\n{article.answer}\n")
        for source in article.sources:
            print(f"出典: {source.title}（{source.as_of}）{source.url or ''}")
        print(phrases.owner.format(owner=article.owner))
        return
    print(phrases.choices if decision.outcome is Outcome.CHOICES else phrases.refused)
    if decision.outcome is Outcome.REFUSED and decision.hits:
        print(phrases.near)
    for number, hit in enumerate(decision.hits, start=1):
        print(f"  {number}. {hit.article.title}")


def _explanation(search: Search) -> dict[str, Any]:
    areas = {area.value: sum(hit.article.area is area for hit in search.hits) for area in Area}
    return {"terms": list(search.terms), "areas": areas}


def _print_explanation(search: Search, bar: float) -> None:
    print(f"\n語: {'・'.join(search.terms) or 'なし'}\n答える基準: {bar:.2f}")
    for hit in search.hits[:MOST_CANDIDATES]:
        print(f"  {hit.confidence:5.2f}  {hit.score:8.3f}  {hit.article.title}  [{hit.article.id}]")
