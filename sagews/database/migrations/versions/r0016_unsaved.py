"""Up to which run the file of a worksheet has it, and why it could not be saved last and when that is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "r0016"
down_revision = "r0015"


def upgrade() -> None:
    """Add the columns. What ran before this version is taken to be saved: that was done when it ended."""
    op.add_column("worksheet_file", sa.Column("runs", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("worksheet_file", sa.Column("trouble", sa.Text(), nullable=False, server_default=""))
    op.add_column("worksheet_file", sa.Column("tries", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("worksheet_file", sa.Column("retry", sa.Double(), nullable=True))
    version = "SELECT version FROM worksheet_session WHERE worksheet_session.worksheet = worksheet_file.worksheet"
    op.execute(f"UPDATE worksheet_file SET runs = coalesce(({version}), 0)")  # noqa: S608  # it is a constant


def downgrade() -> None:
    """Drop the columns."""
    for name in ("runs", "trouble", "tries", "retry"):
        op.drop_column("worksheet_file", name)
