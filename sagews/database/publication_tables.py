"""The tables of publications: worksheets as pages that anybody can read; see `tables.py`.

They belong to a workspace, and go with it. Pages are rows of at most
`packs.CHUNK` bytes, as packs are.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text

from sagews.database.tables import METADATA

PAGE, NOTEBOOK = "page", "notebook"
"""What of a publication a chunk is a piece of."""

PUBLICATION = Table(
    "publication",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    # Of the notebook in the workspace, and the commit whose it is.
    Column("path", Text, nullable=False),
    Column("version", Text, nullable=False),
    # The account that published it last; it may be gone.
    Column("by", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("authors", Text, nullable=False),
    # Title and authors with their case folded, to be searched.
    Column("words", Text, nullable=False),
    # As SPDX names it; empty: none is given.
    Column("licence", Text, nullable=False),
    # Whether the gallery shows it.
    Column("listed", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    # NULL: it can be read.
    Column("withdrawn", Double, nullable=True),
    # Withdrawn by an operator: only one can have it published again.
    Column("barred", Boolean, nullable=False),
    # Bytes of its chunks together, and SHA-256 of the page, gzipped.
    Column("size", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("publication_workspace", "workspace"),
    Index("publication_created", "created"),
)

PUBLICATION_CHUNK = Table(
    "publication_chunk",
    METADATA,
    Column("publication", Text, ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True),
    # `page` or `notebook`; both are gzipped.
    Column("part", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
