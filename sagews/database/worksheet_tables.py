"""The tables of worksheets: what people write in them, what was evaluated, and what that gave; see `tables.py`.

What people write is a *base* and the updates after it, numbered without holes.
What machines write, evaluations and outputs, is rows of its own.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from sagews.database.tables import METADATA

WORKSHEET = Table(
    "worksheet",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    # Another one for each content that does not come of the former by updates.
    Column("epoch", Text, nullable=False),
    # Of the newest update. Its row is the counter: who adds updates holds it until they are committed.
    Column("head_seq", BigInteger, nullable=False),
    # Everything up to the update `base_seq`, as one update, and its SHA-256.
    Column("base", LargeBinary, nullable=False),
    Column("base_seq", BigInteger, nullable=False),
    Column("base_hash", LargeBinary, nullable=False),
    # The object of git that it was made of; NULL: of none.
    Column("imported_from", Text, nullable=True),
    # Of the newest evaluation.
    Column("head_ordinal", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    # Bytes of its base and updates, of what ran in it and what that gave.
    Column("size", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("workspace", "path", name="worksheet_path"),
)

WORKSHEET_UPDATE = Table(
    "worksheet_update",
    METADATA,
    Column("worksheet", Text, ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    # Who sent it, and the how manyth of theirs it is.
    Column("sender", Text, nullable=False),
    Column("sender_clock", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("length(payload) <= 1048576", name="worksheet_update_size"),
    # The same sent twice is kept once.
    UniqueConstraint("worksheet", "sender", "sender_clock", "hash", name="worksheet_update_sent"),
)

EVALUATION = Table(
    "evaluation",
    METADATA,
    # Chosen by who asks for it.
    Column("id", Text, primary_key=True),
    Column("worksheet", Text, ForeignKey("worksheet.id", ondelete="CASCADE"), nullable=False),
    Column("cell", Text, nullable=False),
    Column("session", Text, nullable=False),
    # The how manyth of its worksheet it is: what a cell shows is its latest.
    Column("ordinal", BigInteger, nullable=False),
    # What ran, whatever the cell has now.
    Column("source", LargeBinary, nullable=False),
    Column("source_hash", LargeBinary, nullable=False),
    # `queued`, `running` or `ended`.
    Column("state", Text, nullable=False),
    # Why it ended, in the wire's word and in a sentence; empty before.
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("created", Double, nullable=False),
    # When it began to run.
    Column("begun", Double, nullable=True),
    Column("ended", Double, nullable=True),
    # Of its worksheet's session (see there), when it was changed last.
    Column("version", BigInteger, nullable=False, server_default="0"),
    Index("evaluation_cell", "worksheet", "cell", "ordinal"),
    Index("evaluation_session", "session"),
    Index("evaluation_state", "state", "ended"),
    Index("evaluation_version", "worksheet", "version"),
)

OUTPUT = Table(
    "output",
    METADATA,
    Column("session", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("evaluation", Text, ForeignKey("evaluation.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    # As the session wrote it. No JSON of the database's: that would refuse NUL and lone surrogates.
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created", Double, nullable=False),
    Index("output_evaluation", "evaluation", "sequence"),
)

WORKSHEET_FILE = Table(
    "worksheet_file",
    METADATA,
    Column("worksheet", Text, ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
    # The version of the workspace, and the object of git in it, that the worksheet has all of.
    Column("version", Text, nullable=False),
    Column("content", Text, nullable=False),
    # Up to which update of which epoch that object has the worksheet.
    Column("epoch", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    # An object that was put there and is no worksheet, and why; empty: none.
    Column("refused", Text, nullable=False),
    Column("failure", Text, nullable=False),
    # Who wrote last, by name and account.
    Column("editor", Text, nullable=False),
    Column("editor_account", Text, nullable=False),
    # The version of the worksheet's session up to which the file has what ran.
    Column("runs", BigInteger, nullable=False, server_default="0"),
    # Why it could not be saved, since how many times; not before when that is to be tried again; empty: it could.
    Column("trouble", Text, nullable=False, server_default=""),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("retry", Double, nullable=True),
    # What the cells of that object are called in the worksheet, as JSON: the object and the ids; see the file's module.
    Column("ids", Text, nullable=False, server_default=""),
)

WORKSHEET_MERGE = Table(
    "worksheet_merge",
    METADATA,
    # A file that is being brought into its worksheet. What there is to be done is decided when this row is there.
    Column("worksheet", Text, ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Text, nullable=False),
    # Of the updates.
    Column("sender", Text, nullable=False),
    # What the row of its file is to say when it is done.
    Column("content", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("ids", Text, nullable=False),
)

WORKSHEET_MERGE_UPDATE = Table(
    "worksheet_merge_update",
    METADATA,
    Column("worksheet", Text, ForeignKey("worksheet_merge.worksheet", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("payload", LargeBinary, nullable=False),
    CheckConstraint("length(payload) <= 1048576", name="worksheet_merge_update_size"),
)

GIVEN_FILES = Table(
    "given_files",
    METADATA,
    Column("worksheet", Text, ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
    # The name of its session that was given files of the workspace, and which, as JSON made smaller by zlib.
    Column("session", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

WORKSHEET_SESSION = Table(
    "worksheet_session",
    METADATA,
    # It has one at most, and this is of the last one that it had.
    Column("worksheet", Text, ForeignKey("worksheet.id", ondelete="CASCADE"), primary_key=True),
    # Another one for each session: what evaluations and outputs name, from the moment in which one is asked for.
    Column("name", Text, nullable=False),
    # What its worker calls it, and the secret by which it lets somebody attach; empty while it is not open.
    Column("session", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("environment", Text, nullable=False),
    # As whom it counts: see `Open.reader` in the schema.
    Column("account", Text, nullable=False),
    # `starting`, `ready`, `away` or `ended`.
    Column("state", Text, nullable=False),
    # Why it ended, in the wire's word and in a sentence; empty before.
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    # Of its last event that was acted upon: everything up to it is in the tables.
    Column("sequence", BigInteger, nullable=False),
    # Counts changes of this row, of its worksheet's evaluations and outputs, over all sessions of the worksheet.
    Column("version", BigInteger, nullable=False),
    # Bytes of outputs that sessions of it gave; the size of the worksheet has all else, less what is deleted.
    Column("size", BigInteger, nullable=False),
    Column("begun", Double, nullable=False),
    Column("ended", Double, nullable=True),
    # The backend that attends it, and until when that is so unless it says so again.
    Column("lease_holder", Text, nullable=True),
    Column("lease_until", Double, nullable=True),
    Index("worksheet_session_state", "state", "lease_until"),
)
