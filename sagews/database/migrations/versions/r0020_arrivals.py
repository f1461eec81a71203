"""How commits came into workspaces, and by whose account."""

import sqlalchemy as sa
from alembic import op

revision = "r0020"
down_revision = "r0019"


def upgrade() -> None:
    """Make the table. Of the commits that are there nobody knows how they came: what they say of it may be forged."""
    op.create_table(
        "git_arrival",
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("oid", sa.Text(), primary_key=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("git_arrival")
