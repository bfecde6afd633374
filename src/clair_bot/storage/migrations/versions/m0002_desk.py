"""The desk: advisors, assignment, targets and reminders, files, sealed texts; edits of what was sent."""

import sqlalchemy as sa
from alembic import op

from clair_bot.storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915  # one statement a table
    op.create_table(
        "advisor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("desks", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("last_assigned_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("advisor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_advisor_folded"), ["folded"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["advisor_id"], ["advisor.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_absence_advisor_id"), ["advisor_id"], unique=False)

    op.create_table(
        "advisor_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["advisor_id"], ["advisor.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "recipient"),
    )
    with op.batch_alter_table("advisor_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_advisor_address_advisor_id"), ["advisor_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("to_desk", sa.Boolean(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_due", ["state", "next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index("ix_reminder_due", ["done", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reminder_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "sealed_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    with op.batch_alter_table("sealed_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sealed_text_ticket_id"), ["ticket_id"], unique=False)

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("asking", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("asking_until", UtcDateTime(), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaces", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_delivery_replaces"), ["replaces"], unique=False)

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("terms", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("desk_key", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("office", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("card", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("assignee", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("urgency", sa.String(), server_default="normal", nullable=False))
        batch_op.add_column(sa.Column("organisation", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("country", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("deadline", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("tried", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("confidential", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("snoozed_until", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("answer_due", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("resolution_due", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("answered_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("resolved_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("follows", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("rating", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_assignee"), ["assignee"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_merged_into"), ["merged_into"], unique=False)
        batch_op.create_index("ix_ticket_opened", ["opened_at"], unique=False)

    with op.batch_alter_table("ticket_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("template", sa.String(), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_ticket_event_source"), ["source"], unique=False)

    op.execute("UPDATE ticket SET desk_key = coalesce(area, 'base')")
