"""Alembic's environment: one outer transaction, held against a second upgrade at the same time."""

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from clair_bot.storage import bulletin_tables, desk_tables, tables  # noqa: F401  # they fill the metadata

connection: Connection = context.config.attributes["connection"]
with connection.begin():
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(20200401)"))
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
    context.run_migrations()
