"""What is being brought into worksheets from files that others changed, and what cells of such files are called."""

import sqlalchemy as sa
from alembic import op

revision = "r0018"
down_revision = "r0016"


def upgrade() -> None:
    """Make the tables, and the column: nothing is known of the files of before."""
    op.add_column("worksheet_file", sa.Column("ids", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "worksheet_merge",
        sa.Column("worksheet", sa.Text(), sa.ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("ids", sa.Text(), nullable=False),
    )
    op.create_table(
        "worksheet_merge_update",
        sa.Column(
            "worksheet", sa.Text(), sa.ForeignKey("worksheet_merge.worksheet", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(payload) <= 1048576", name="worksheet_merge_update_size"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("worksheet_merge_update")
    op.drop_table("worksheet_merge")
    op.drop_column("worksheet_file", "ids")
