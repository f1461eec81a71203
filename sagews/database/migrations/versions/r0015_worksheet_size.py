"""What a worksheet takes up: its base, its updates, what ran in it and what that gave."""

import sqlalchemy as sa
from alembic import op

revision = "r0015"
down_revision = "r0014"

_COUNT = """
UPDATE worksheet SET size = length(base)
  + coalesce((SELECT sum(length(payload)) FROM worksheet_update WHERE worksheet_update.worksheet = worksheet.id), 0)
  + coalesce((SELECT sum(length(source)) FROM evaluation WHERE evaluation.worksheet = worksheet.id), 0)
  + coalesce((SELECT sum(length(body)) FROM output JOIN evaluation ON evaluation.id = output.evaluation
      WHERE evaluation.worksheet = worksheet.id), 0)
"""


def upgrade() -> None:
    """Add the column; a backend of the version before this one counts nothing in it."""
    op.add_column("worksheet", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(_COUNT)


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("worksheet", "size")
