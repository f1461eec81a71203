"""The sessions of worksheets; of evaluations, when they began, why they ended in words, and when they were changed."""

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0009"


def upgrade() -> None:
    """Make the table and the columns; the version before this one leaves out what has a default."""
    op.create_table(
        "worksheet_session",
        sa.Column("worksheet", sa.Text(), sa.ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("begun", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("lease_holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
    )
    op.create_index("worksheet_session_state", "worksheet_session", ["state", "lease_until"])
    op.add_column("evaluation", sa.Column("text", sa.Text(), nullable=False, server_default=""))
    op.add_column("evaluation", sa.Column("begun", sa.Double(), nullable=True))
    op.add_column("evaluation", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("evaluation_version", "evaluation", ["worksheet", "version"])


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_index("evaluation_version", "evaluation")
    for name in ("version", "begun", "text"):
        op.drop_column("evaluation", name)
    op.drop_table("worksheet_session")
