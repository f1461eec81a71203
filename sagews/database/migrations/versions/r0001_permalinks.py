"""Permalinks: code under a name that cannot be guessed."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "permalink",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("interacts", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=True),
    )
    op.create_index("permalink_expires", "permalink", ["expires"])


def downgrade() -> None:
    """Drop the table, with all that is in it."""
    op.drop_table("permalink")
