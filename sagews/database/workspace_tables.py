"""The tables of workspaces: each a git repository, kept as packs and refs; see `tables.py`.

Bodies of packs are rows of at most `packs.CHUNK` bytes, so that nothing large
is ever one value.
"""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text

from sagews.database.tables import METADATA

WORKSPACE = Table(
    "workspace",
    METADATA,
    Column("id", Text, primary_key=True),
    # NULL: the account is gone, and the workspace is deleted.
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

STAGED, TAKEN, OLD = "staged", "kept", "old"
"""The states of a pack."""

GIT_PACK = Table(
    "git_pack",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    # Of the workspace when it was taken in; 0 before.
    Column("generation", BigInteger, nullable=False),
    # `staged`, `kept` or `old`.
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
