"""The language that an account has chosen for pages."""

import sqlalchemy as sa
from alembic import op

revision = "r0014"
down_revision = "r0009"


def upgrade() -> None:
    """Add the column."""
    # With a default, since backends of the release before write no such column.
    op.add_column("account", sa.Column("language", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("account", "language")
