r"""Paths of a session's files: what is one, and how it is shown. Thinking only, no I/O.

A path is bytes, since that is what a file system has: names that are no UTF-8
are as good as any. Text for eyes shows each byte that is no text, and each
character that cannot be seen, by its escape (`\xff`, `\n`); in addresses
every path is percent-encoded (RFC 3986), which loses nothing.
"""

from urllib.parse import quote_from_bytes

from sagews.errors import ProtocolError
from sagews.protocol import MAX_FILE_NAME, MAX_PATH

_SHOWN = 300
_HINT = "name it relative to the session's directory, such as data/table.csv"


def parts(path: bytes) -> list[bytes]:
    """Return the names that a path consists of; none for the session's directory itself.

    Raises ProtocolError for what leads, or could lead, anywhere else, and for
    what no file system takes.
    """
    if not path:
        return []
    if len(path) > MAX_PATH:
        raise _refused(f"is over {MAX_PATH:,} bytes long", path, "use shorter names")
    names = path.split(b"/")
    for name in names:
        if not name or name in (b".", b".."):
            raise _refused("is absolute, or has a part that is empty, . or ..", path, _HINT)
        if b"\0" in name:
            raise _refused("holds a NUL, which no name of a file can", path, "use another name")
        if len(name) > MAX_FILE_NAME:
            raise _refused(f"has a name of more than {MAX_FILE_NAME} bytes", path, "use a shorter name")
    return names


def is_name(name: bytes) -> bool:
    """Whether a session may say that something of this name is in a directory."""
    return 0 < len(name) <= MAX_FILE_NAME and b"/" not in name and b"\0" not in name and name not in (b".", b"..")


def shown(path: bytes) -> str:
    """Return a path for eyes: one line, no character that cannot be seen."""
    text = path[:MAX_PATH].decode("utf-8", "backslashreplace")
    return visible(text, MAX_PATH * 4)


def visible(text: str, most: int = _SHOWN) -> str:
    """Return at most so many characters of a text, each one that cannot be seen by its escape."""
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:most])
    return seen if len(seen) <= most else seen[: most - 1] + "…"


def encoded(path: bytes) -> str:
    """Return a path as it stands in an address, its slashes kept."""
    return quote_from_bytes(path, safe="/")


def _refused(what: str, path: bytes, hint: str) -> ProtocolError:
    return ProtocolError(what, f"path {visible(shown(path), 100)!r}", hint)
