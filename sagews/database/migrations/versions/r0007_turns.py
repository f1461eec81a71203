"""Turns at workspaces, and a quota of what those of an account may take up."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "workspace_turn",
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
    )
    op.add_column("quota", sa.Column("storage", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drop them, with all that is in them."""
    op.drop_column("quota", "storage")
    op.drop_table("workspace_turn")
