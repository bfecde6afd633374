"""``clair-bot eval``: how good the product's own analysis and ranking are."""

from pathlib import Path
from typing import Annotated

import typer

from clair_bot.cli.output import print_json

app = typer.Typer(help="評価", no_args_is_help=True)


@app.callback()
def evaluation() -> None:
    """検索の質を測る。"""


@app.command()
def retrieval(
    directory: Annotated[Path, typer.Argument(help="BEIR形式のフォルダー")],
    split: Annotated[str, typer.Option(help="qrels の名前")] = "dev",
    json: Annotated[bool, typer.Option("--json", help="JSONで出力")] = False,
) -> None:
    """BEIR形式のフォルダーで順位の質を測る。"""
    from clair_bot.retrieval.evaluation import evaluate, open_analyser
    from clair_bot.settings import read_settings

    settings = read_settings()
    figures = evaluate(directory, split, analyser=open_analyser(settings.knowledge_dir, settings.cache_dir))
    if json:
        print_json(figures)
        return
    for name, value in figures.items():
        print(f"{name:<14}{value:>10.4f}" if isinstance(value, float) else f"{name:<14}{value:>10}")
