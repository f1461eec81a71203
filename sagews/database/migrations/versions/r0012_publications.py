"""Publications: worksheets as pages that anybody can read."""

import sqlalchemy as sa
from alembic import op

revision = "r0012"
down_revision = "r0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "publication",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("workspace", sa.Text(), sa.ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("path", "version", "by", "title", "authors")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("words", "licence")),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("withdrawn", sa.Double(), nullable=True),
        sa.Column("barred", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_index("publication_workspace", "publication", ["workspace"])
    op.create_index("publication_created", "publication", ["created"])
    op.create_table(
        "publication_chunk",
        sa.Column("publication", sa.Text(), sa.ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Text(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for name in ("publication_chunk", "publication"):
        op.drop_table(name)
