"""The tables of workspaces: each a git repository, kept as packs and refs, and who may come in; see `tables.py`.

Bodies of packs are rows of at most `packs.CHUNK` bytes, so that nothing large
is ever one value.
"""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text

from sagews.database.tables import METADATA

KEPT = 30
"""Days for which a deleted workspace can be brought back."""
DAY = 86_400.0
"""Seconds."""
KEPT_SECONDS = KEPT * DAY

WORKSPACE = Table(
    "workspace",
    METADATA,
    Column("id", Text, primary_key=True),
    # NULL: the account is gone, and the workspace is deleted; or it is being made, and nobody sees it yet.
    Column("account", Text, ForeignKey("account.id", ondelete="SET NULL"), nullable=True),
    Column("name", Text, nullable=False),
    # How git names objects: `sha1`.
    Column("object_format", Text, nullable=False),
    # One more with each change of refs or packs: who changes them names the one that they know.
    Column("head_version", BigInteger, nullable=False),
    # One more each time that the packs are made into one.
    Column("generation", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    # NULL: it is there.
    Column("deleted", Double, nullable=True),
    Index("workspace_account", "account"),
    Index("workspace_deleted", "deleted"),
)

GIT_REF = Table(
    "git_ref",
    METADATA,
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    # 40 hexadecimal digits.
    Column("oid", Text, nullable=False),
)

GIT_ARRIVAL = Table(
    "git_arrival",
    METADATA,
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    # Of a commit.
    Column("oid", Text, primary_key=True),
    # `saved`, `pushed` or `imported`.
    Column("way", Text, nullable=False),
    # The account that did it, which may be gone; empty: somebody with a link, or a service.
    Column("account", Text, nullable=False),
)

STAGED, TAKEN, OLD, DISCARDED = "staged", "kept", "old", "discarded"
"""The states of a pack; the last one is of a staged one that is being deleted."""

GIT_PACK = Table(
    "git_pack",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    # Of the workspace when it was taken in; before, 0, or -1 of one that is to replace others.
    Column("generation", BigInteger, nullable=False),
    # `staged`, `kept`, `old` or `discarded`.
    Column("state", Text, nullable=False),
    # Bytes and SHA-256 of the pack and of its index.
    Column("size", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("index_size", BigInteger, nullable=False),
    Column("index_hash", LargeBinary, nullable=False),
    # When it came into its state, or its last chunk came.
    Column("touched", Double, nullable=False),
    Index("git_pack_workspace", "workspace", "state"),
    Index("git_pack_touched", "state", "touched"),
)

GIT_PACK_CHUNK = Table(
    "git_pack_chunk",
    METADATA,
    Column("pack", Text, ForeignKey("git_pack.id", ondelete="CASCADE"), primary_key=True),
    # `pack` or `index`.
    Column("part", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

WORKSPACE_TURN = Table(
    "workspace_turn",
    METADATA,
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    # `save` or `compact`.
    Column("kind", Text, primary_key=True),
    # A word of the holder's own; empty: nobody has it, and nobody gets it before `until`.
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
)

WORKSPACE_MEMBER = Table(
    "workspace_member",
    METADATA,
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    # Whoever `workspace.account` is has no row here.
    Column("account", Text, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    # `viewer`, `editor` or `owner`.
    Column("role", Text, nullable=False),
    Column("since", Double, nullable=False),
    Index("workspace_member_account", "account"),
)

WORKSPACE_LINK = Table(
    "workspace_link",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    # `viewer` or `editor`.
    Column("role", Text, nullable=False),
    # The account that made it; it may be gone.
    Column("by", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("workspace_link_hash", "hash", unique=True),
    Index("workspace_link_workspace", "workspace"),
    Index("workspace_link_expires", "expires"),
)
