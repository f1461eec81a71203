"""How pages look to an account; and searches of the audit by who did something and by address have an index."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    """Add the column and the indexes."""
    # With a default, since backends of the release before write no such column.
    op.add_column("account", sa.Column("appearance", sa.Text(), nullable=False, server_default="system"))
    op.create_index("audit_by", "audit", ["by", "id"])
    op.create_index("audit_address", "audit", ["address", "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("audit_address", "audit")
    op.drop_index("audit_by", "audit")
    op.drop_column("account", "appearance")
