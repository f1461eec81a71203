"""The language that an account has chosen for pages."""

import sqlalchemy as sa
from alembic import op

revision = "r0014"
down_revision = "r0013"


def upgrade() -> None:
    """Add the column."""
    # NULL, which backends of the release before leave there, is no choice.
    op.add_column("account", sa.Column("language", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("account", "language")
