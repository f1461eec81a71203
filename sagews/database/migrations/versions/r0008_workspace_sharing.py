"""Who may come into a workspace that is not their own: its members, and its links."""

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "workspace_member",
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
    )
    op.create_index("workspace_member_account", "workspace_member", ["account"])
    op.create_table(
        "workspace_link",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
    )
    op.create_index("workspace_link_hash", "workspace_link", ["hash"], unique=True)
    op.create_index("workspace_link_workspace", "workspace_link", ["workspace"])
    op.create_index("workspace_link_expires", "workspace_link", ["expires"])


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for name in ("workspace_link", "workspace_member"):
        op.drop_table(name)
