"""The form of a cell's source before it is run. Thinking only, no I/O."""

from collections.abc import Sequence


def normalise(code: str) -> str:
    """Return the code without a byte order mark and with every end of line as LF, as Python itself reads a file."""
    return code.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def cell_magic_first(lines: Sequence[str]) -> list[str]:
    """Return the lines without the comments and blank lines before a cell magic, which must be first.

    In the form of an input transformer of IPython.
    """
    for index, line in enumerate(lines):
        if line.startswith("%%"):
            return list(lines[index:])
        if line.strip() and not line.lstrip().startswith("#"):
            break
    return list(lines)
