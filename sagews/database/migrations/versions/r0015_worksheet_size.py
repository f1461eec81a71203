"""What a worksheet takes up: its base, its updates, what ran in it and what that gave."""

import sqlalchemy as sa
from alembic import op

revision = "r0015"
down_revision = "r0014"


def upgrade() -> None:
    """Add the column. The versions before this one had no way to open a worksheet: there is nothing to count."""
    op.add_column("worksheet", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("worksheet", "size")
