"""Worksheets: what people write in them as numbered updates, evaluations, and outputs."""

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "worksheet",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.LargeBinary(), nullable=False),
        sa.Column("base_seq", sa.BigInteger(), nullable=False),
        sa.Column("base_hash", sa.LargeBinary(), nullable=False),
        sa.Column("imported_from", sa.Text(), nullable=True),
        sa.Column("head_ordinal", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.UniqueConstraint("workspace", "path", name="worksheet_path"),
    )
    op.create_table(
        "worksheet_update",
        sa.Column("worksheet", sa.Text(), sa.ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_clock", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(payload) <= 1048576", name="worksheet_update_size"),
        sa.UniqueConstraint("worksheet", "sender", "sender_clock", "hash", name="worksheet_update_sent"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("worksheet", sa.Text(), sa.ForeignKey("worksheet.id", ondelete="CASCADE"), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
    )
    op.create_index("evaluation_cell", "evaluation", ["worksheet", "cell", "ordinal"])
    op.create_index("evaluation_session", "evaluation", ["session"])
    op.create_index("evaluation_state", "evaluation", ["state", "ended"])
    op.create_table(
        "output",
        sa.Column("session", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("evaluation", sa.Text(), sa.ForeignKey("evaluation.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
    )
    op.create_index("output_evaluation", "output", ["evaluation", "sequence"])


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for name in ("output", "evaluation", "worksheet_update", "worksheet"):
        op.drop_table(name)
