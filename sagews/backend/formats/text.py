"""Notebooks as text that people edit, by jupytext: Python with `# %%` or light marks, Markdown and MyST. No outputs.

A file can tell jupytext that it is of a format for which it starts a program
(pandoc, quarto, marimo); so the format is found here, and jupytext not asked.
"""

import json
import re
from warnings import catch_warnings

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.ids import with_ids
from sagews.backend.formats.json_text import check_size, dumped, list_of, members, object_of
from sagews.backend.formats.lines import line_ends
from sagews.backend.formats.notebook import MOST_CELLS, Notebook
from sagews.backend.formats.opening import decoded
from sagews.backend.formats.strict_yaml import install
from sagews.backend.formats.text_again import first_lost
from sagews.errors import FormatError

MOST_TEXT = 4 << 20
"""Bytes of a file."""
MOST_LINES = 20_000
"""Lines of a file: jupytext takes half a millisecond for a cell, and the shortest have two."""
MOST_MARKS = 5_000
"""Lines of a file that may begin a cell."""
LONGEST_MARK = 1_000
"""Characters of such a line: jupytext tries to read its options letter by letter."""
MOST_OPTIONS = 32
"""Options, `name=value`, of such a line."""
FORMATS = {
    "percent": (".py", "percent"),
    "light": (".py", "light"),
    "markdown": (".md", "markdown"),
    "myst": (".md", "myst"),
}
"""Formats by name: the end of a file's name, and jupytext's name for it."""

_MARK = re.compile(r"\s*(?:#+ ?(?:%|\+|-|region)|`{3}|~{3}|:{3}|\+{3}|<!--)")
_PERCENT = re.compile(r"^# ?%%", re.MULTILINE)
_MYST = re.compile(r"^(?:`{3,}|~{3,}|:{3,})\{code-cell\}|^\s*format_name: myst\s*$", re.MULTILINE)


def read(data: bytes, name: str) -> Notebook:
    """Return a notebook by its text in a format, one of FORMATS. Raises FormatError."""
    if len(data) > MOST_TEXT:
        raise FormatError(f"is larger than {MOST_TEXT >> 20} MiB", "text", "make it two")
    text = decoded(data, "text").replace("\r\n", "\n")
    _check_lines(text, "text")
    _check_cells(len(_PERCENT.findall(text)) if name == "percent" else 0)
    found, metadata = _by_jupytext(text, *FORMATS[name])
    _check_cells(len(found))
    cells = [Cell("", CellType(cell["cell_type"]), cell["source"], _metadata(cell["metadata"])) for cell in found]
    kept = {part: value for part, value in metadata.items() if part != "jupytext"}
    return Notebook(cells=with_ids(cells), metadata=_metadata(kept))


def write(notebook: Notebook, name: str) -> bytes:
    """Return a notebook as text in a format, one of FORMATS: sources and metadata.

    Raises FormatError, also for one that would be read again as another.
    """
    import jupytext
    from nbformat import from_dict

    install()
    _check_lines("\n".join(cell.source for cell in notebook.cells), "notebook")
    extension, format_name = FORMATS[name]
    try:
        value = from_dict(json.loads(_without_outputs(notebook)))  # type: ignore[no-untyped-call]
        with catch_warnings(action="ignore"):
            # Of metadata that text cannot have, in words of the file.
            text: str = jupytext.writes(value, {"extension": extension, "format_name": format_name})
        data = (text.rstrip("\n") + "\n").encode()
        lost = first_lost(notebook.cells, read(data, name).cells if data.strip() else ())
    except FormatError as error:
        raise FormatError(f"cannot be written as {name}: {error.what}", error.noun, error.hint) from None
    except Exception as error:
        raise FormatError(f"cannot be written as {name}: {_first_line(error)}", "notebook") from None
    if lost is not None:
        what = f"cannot be written as {name}: it has what that format takes for marks of its own"
        raise FormatError(what, lost, "choose another format, as ipynb")
    return data


def guessed(data: bytes, extension: str) -> str:
    """Return the name of the format that a file with this end of its name is in."""
    text = data[:MOST_TEXT].decode("utf-8", "replace")
    if extension == ".py":
        return "percent" if _PERCENT.search(text) else "light"
    return "myst" if _MYST.search(text) else "markdown"


def _check_lines(text: str, noun: str) -> None:
    # Of every kind of line end: jupytext splits at each.
    if line_ends(text) > MOST_LINES:
        raise FormatError(f"has more than {MOST_LINES} lines", noun, "make it two")
    marks = [line for line in text.splitlines() if _MARK.match(line)]
    if len(marks) > MOST_MARKS:
        raise FormatError(f"has more than {MOST_MARKS} lines that may begin a cell", noun, "make it two")
    options = [line.count("=") for line in marks]
    if max(map(len, marks), default=0) > LONGEST_MARK or max(options, default=0) > MOST_OPTIONS:
        what = f"has a mark of a cell of more than {LONGEST_MARK} characters or {MOST_OPTIONS} options"
        raise FormatError(what, noun, "make it shorter")
    if sum(options) > MOST_LINES // 10:
        raise FormatError(f"has more than {MOST_LINES // 10} options of cells", noun, "make it two")


def _check_cells(count: int) -> None:
    if count > MOST_CELLS:
        raise FormatError(f"has {count} cells, more than {MOST_CELLS}", "text", "make it two")


def _by_jupytext(text: str, extension: str, format_name: str) -> tuple[list[dict[str, str]], dict[str, object]]:
    """Return the cells of a text and the notebook's metadata, as jupytext has them."""
    from jupytext.jupytext import TextNotebookConverter

    install()
    try:
        with catch_warnings(action="ignore"):
            found = TextNotebookConverter({"extension": extension, "format_name": format_name}, None).reads(text)
        return list(found["cells"]), dict(found["metadata"])
    except FormatError:
        raise
    except Exception as error:
        # Hostile text may end in any error, there and in PyYAML; each is the text's.
        raise FormatError(f"cannot be read: {_first_line(error)}", "text", "mend it, and try again") from None


def _without_outputs(notebook: Notebook) -> str:
    """Return a notebook as JSON with what text has of it; how jupytext was to write it before is left out."""
    metadata = {name: text for name, text in members(notebook.metadata).items() if name != "jupytext"}
    cells = [
        {"cell_type": cell.cell_type, "source": cell.source, "metadata": json.loads(cell.metadata)}
        | ({"outputs": [], "execution_count": None} if cell.cell_type is CellType.CODE else {})
        for cell in notebook.cells
    ]
    parts = {"cells": dumped(cells), "metadata": object_of(metadata), "nbformat": "4", "nbformat_minor": "4"}
    return object_of(parts)


def _metadata(value: object) -> str:
    try:
        text = dumped(value)
        # Where they stand in a notebook, which has to be one that can be read.
        check_size(object_of({"cells": list_of([object_of({"metadata": text})])}))
    except (TypeError, ValueError, RecursionError) as why:
        raise FormatError(f"its metadata cannot be JSON of a notebook: {_first_line(why)}", "text") from None
    return text


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__} {line}"[:200].strip()
