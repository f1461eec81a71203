"""Accounts: people, how they sign in, who is signed in where, and what was done to their rights."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("disabled", sa.Double(), nullable=True),
    )
    op.create_index("account_email", "account", ["email"])
    op.create_index("account_created", "account", ["created"])
    op.create_table(
        "identity",
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("used", sa.Double(), nullable=False),
    )
    op.create_index("identity_account", "identity", ["account"])
    op.create_table(
        "login",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("used", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
    )
    op.create_index("login_hash", "login", ["hash"], unique=True)
    op.create_index("login_account", "login", ["account"])
    op.create_index("login_expires", "login", ["expires"])
    op.create_table(
        "login_end",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
    )
    op.create_index("login_end_time", "login_end", ["time"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("used", sa.Double(), nullable=True),
        sa.Column("expires", sa.Double(), nullable=False),
    )
    op.create_index("api_token_hash", "api_token", ["hash"], unique=True)
    op.create_index("api_token_account", "api_token", ["account"])
    op.create_index("api_token_expires", "api_token", ["expires"])
    op.create_table(
        "sign_in",
        sa.Column("hash", sa.LargeBinary(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
    )
    op.create_index("sign_in_expires", "sign_in", ["expires"])
    op.create_table(
        "sign_in_link",
        sa.Column("hash", sa.LargeBinary(), primary_key=True),
        sa.Column("account", sa.Text(), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
    )
    op.create_index("sign_in_link_expires", "sign_in_link", ["expires"])
    op.create_table(
        "invitation",
        sa.Column("hash", sa.LargeBinary(), primary_key=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
    )
    op.create_index("invitation_expires", "invitation", ["expires"])
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    op.create_index("audit_time", "audit", ["time"])
    op.create_index("audit_account", "audit", ["account", "time"])


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for name in (
        "audit",
        "invitation",
        "sign_in_link",
        "sign_in",
        "api_token",
        "login_end",
        "login",
        "identity",
        "account",
    ):
        op.drop_table(name)
