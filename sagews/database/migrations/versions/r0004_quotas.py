"""Quotas that are one account's own, and what everybody has used on a day."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "quota",
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sessions", sa.BigInteger(), nullable=True),
        sa.Column("evaluations", sa.BigInteger(), nullable=True),
        sa.Column("wall_time", sa.Double(), nullable=True),
        sa.Column("cpu_time", sa.Double(), nullable=True),
        sa.Column("memory", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "usage",
        sa.Column("who", sa.Text(), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("evaluations", sa.BigInteger(), nullable=False),
    )
    op.create_index("usage_day", "usage", ["day"])


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    op.drop_table("usage")
    op.drop_table("quota")
