"""Workspaces: git repositories, kept as packs and refs."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "workspace",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="SET NULL"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("object_format", sa.Text(), nullable=False),
        sa.Column("head_version", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("deleted", sa.Double(), nullable=True),
    )
    op.create_index("workspace_account", "workspace", ["account"])
    op.create_index("workspace_deleted", "workspace", ["deleted"])
    op.create_table(
        "git_ref",
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("oid", sa.Text(), nullable=False),
    )
    op.create_table(
        "git_pack",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("index_size", sa.BigInteger(), nullable=False),
        sa.Column("index_hash", sa.LargeBinary(), nullable=False),
        sa.Column("touched", sa.Double(), nullable=False),
    )
    op.create_index("git_pack_workspace", "git_pack", ["workspace", "state"])
    op.create_index("git_pack_touched", "git_pack", ["state", "touched"])
    op.create_table(
        "git_pack_chunk",
        sa.Column("pack", sa.Text(), sa.ForeignKey("git_pack.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Text(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Packs are compressed already.
        op.execute("ALTER TABLE git_pack_chunk ALTER COLUMN data SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for name in ("git_pack_chunk", "git_pack", "git_ref", "workspace"):
        op.drop_table(name)
