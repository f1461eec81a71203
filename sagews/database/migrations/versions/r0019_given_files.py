"""Which files of its workspace the session of a worksheet was given."""

import sqlalchemy as sa
from alembic import op

revision = "r0019"
down_revision = "r0018"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "given_files",
        sa.Column("worksheet", sa.Text(), sa.ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("given_files")
