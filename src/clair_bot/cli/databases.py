"""``clair-bot db``: the database."""

import typer

app = typer.Typer(help="データベース", no_args_is_help=True)


@app.callback()
def database() -> None:
    """データベースの操作。"""


@app.command()
def upgrade() -> None:
    """表を最新の版にする。何度実行しても、同時に実行しても安全。"""
    from clair_bot.settings import read_settings
    from clair_bot.storage import schema
    from clair_bot.storage.engines import open_engine

    before, after = schema.upgrade(open_engine(read_settings().database_url))
    print(f"データベースは版 {after} です。" if before == after else f"データベースを版 {after} にしました（前: {before or 'なし'}）。")
