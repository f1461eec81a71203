"""The messages that services exchange: the schema's classes, their framing, their JSON form.

Nothing here does I/O. `sagews_pb2` is generated from `proto/sagews.proto` by
`make proto` and committed.
"""

VERSION = 1
"""Version of the schema, told in `Hello` and `Welcome`; both ends must have the same."""

MAX_CODE = 1 << 20
"""Bytes of UTF-8 in the code of one evaluation, completion or inspection."""

MAX_BODY = 16 << 20
"""Bytes in the body (and buffers) of one output."""

MAX_BUFFERS = 256
"""Buffers of one output."""

MAX_FRAME = MAX_BODY + (1 << 20)
"""Bytes of one frame on a link or channel; checked before anything is allocated."""

MAX_CONNECTION_MESSAGE = 8 << 20
"""Bytes of one JSON message from a browser; leaves room for escaped MAX_CODE."""

MAX_NAME = 64
"""Characters of an id that a client chooses (evaluation, cell)."""

MAX_PIECE = 256 << 10
"""Bytes of a file that one message carries."""

MAX_LISTED = 1000
"""Entries of a directory that are listed; what is over is cut, with a mark."""

MAX_SCANNED_FILE = 64 << 20
"""Bytes of a file up to which it is known by its content what is new of a session's files."""

MAX_PATH = 4096
"""Bytes of the path of a file."""

MAX_FILE_NAME = 255
"""Bytes of one name in a path, as file systems have it."""

MAX_UPDATE = 1 << 20
"""Bytes of one update of a worksheet, and of a state vector; and of a piece in which a larger one is sent."""

MAX_PRESENCE = 1024
"""Bytes of what one person shows of where they are in a worksheet."""

LINK_HEARTBEAT = 2.0
"""Seconds between two words of a worker on a control link; after three that were missed it counts as away."""
