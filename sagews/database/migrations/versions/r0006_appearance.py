"""How pages look to an account, and when who signed in showed who they are; indexes of the audit.

Searches by who did something and by address have one each.
"""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    """Add the indexes and the columns."""
    # First, since they take long where the audit is long: a table that gets a column is locked until all is done.
    op.create_index("audit_by", "audit", ["by", "id"])
    op.create_index("audit_address", "audit", ["address", "id"])
    # With a default, or none needed, since backends of the release before write no such columns.
    op.add_column("login", sa.Column("proved", sa.Double()))
    op.add_column("account", sa.Column("appearance", sa.Text(), nullable=False, server_default="system"))


def downgrade() -> None:
    """Drop them."""
    op.drop_index("audit_address", "audit")
    op.drop_index("audit_by", "audit")
    op.drop_column("account", "appearance")
    op.drop_column("login", "proved")
