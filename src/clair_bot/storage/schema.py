"""Migrations: bringing a database to the current tables, and telling whether it is there."""

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from clair_bot.errors import NotMigrated, StorageUnavailable

HEAD = "0003"
"""The newest migration. A constant, so that the check at start need not load alembic; a test holds it equal to the scripts."""


def upgrade(engine: Engine, to: str = HEAD) -> tuple[str | None, str]:
    """Migrate to a version, usually the newest; return the version before and after. Idempotent, and safe when two run at once.

    Raises:
        StorageUnavailable: the database cannot be reached.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    try:
        before = version(engine)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except OperationalError as error:
        raise StorageUnavailable("データベースに接続できません。DATABASE_URL を確かめてください。") from error
    return before, to


def version(engine: Engine) -> str | None:
    """Return the database's migration, or None when it has none."""
    with engine.execution_options(reads=True).connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError):
            return None


def require_current(engine: Engine) -> None:
    """Refuse to work on other tables than ours.

    Raises:
        NotMigrated: with what to do.
        StorageUnavailable: the database cannot be reached.
    """
    try:
        found = version(engine)
    except OperationalError as error:
        raise StorageUnavailable("データベースに接続できません。DATABASE_URL を確かめてください。") from error
    if found != HEAD:
        state = "まだ用意されていません" if found is None else f"版が合いません（{found}、必要な版は {HEAD}）"
        raise NotMigrated(f"データベースが{state}。clair-bot db upgrade を実行してください。")
