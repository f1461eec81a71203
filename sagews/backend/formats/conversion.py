"""Which formats there are: by their name, by the end of a file's name, and what reads and writes each."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePath

from sagews.backend.formats import html, notebook, pretext, pretext_page, sagews_file, text
from sagews.backend.formats.notebook import Notebook
from sagews.errors import ConfigurationError

READERS: dict[str, Callable[[bytes], Notebook]] = {
    "ipynb": notebook.read,
    "sagews": sagews_file.read,
    "pretext": pretext.read,
    **{name: partial(text.read, name=name) for name in text.FORMATS},
}
"""Formats that can be read. Each raises FormatError for what it cannot read."""
WRITERS: dict[str, Callable[[Notebook], bytes]] = {
    "ipynb": notebook.write,
    "html": html.write,
    "pretext": pretext_page.write,
    **{name: partial(text.write, name=name) for name in text.FORMATS},
}
"""Formats that can be written. Each raises FormatError for what it cannot write."""
_ENDS = {".ipynb": "ipynb", ".sagews": "sagews", ".html": "html", ".ptx": "pretext", ".xml": "pretext"}
_TEXT = {".py": "percent", ".md": "markdown"}
"""What is written to a file with such an end; what is read from one is found out."""


def read_format(name: str, data: bytes) -> str:
    """Return the format that a file has, by its name and, where several end so, by what is in it."""
    end = PurePath(name).suffix.lower()
    return _known(text.guessed(data, end) if end in _TEXT else _ENDS.get(end, ""), READERS, name, "read")


def write_format(name: str) -> str:
    """Return the format for a file of this name."""
    end = PurePath(name).suffix.lower()
    return _known(_TEXT.get(end) or _ENDS.get(end, ""), WRITERS, name, "written")


def _known(found: str, formats: Iterable[str], name: str, what: str) -> str:
    if found not in set(formats):
        raise ConfigurationError(
            f"it is not clear in which format it is to be {what}", name, f"name one of {', '.join(formats)}"
        )
    return found
