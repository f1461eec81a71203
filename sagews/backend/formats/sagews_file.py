"""Worksheets of SageMathCloud, `.sagews`, as notebooks; they are read only.

The file is text. A cell begins with U+FE20, a UUID, letters that are flags,
U+FE20 and a line end; its code follows. Its output is a line of U+FE21, a
UUID, and messages, JSON objects, each after a U+FE21. What stands before the
first cell, or in a file without marks, is code.
"""

import json
import re
from dataclasses import dataclass
from itertools import groupby

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.ids import ID, with_ids
from sagews.backend.formats.json_text import check_size, dumped
from sagews.backend.formats.lines import check_lines
from sagews.backend.formats.notebook import MOST_CELLS, Notebook
from sagews.backend.formats.opening import decoded
from sagews.backend.formats.outputs import display, stream
from sagews.backend.formats.repairs import Repairs
from sagews.errors import FormatError

MOST_WORKSHEET = 8 << 20
"""Bytes of a worksheet."""
MOST_MESSAGES = 100_000
"""Marks of outputs in a worksheet."""

CELL = "\ufe20"
OUTPUT = "\ufe21"
METADATA = dumped(
    {
        "kernelspec": {"display_name": "SageMath", "language": "sage", "name": "sagemath"},
        "language_info": {"name": "sage", "file_extension": ".sage", "pygments_lexer": "python"},
    }
)

_START = re.compile(rf"^{CELL}([^{CELL}\n]*){CELL}[ \t\r]*\n?", re.MULTILINE)
_ANSWER = re.compile(rf"^{OUTPUT}[^{OUTPUT}\n]*{OUTPUT}(.*)$", re.MULTILINE)
_HIDDEN = {"i": "source_hidden", "o": "outputs_hidden"}
"""Flags that have a meaning for a notebook; others say what ran when the file was saved."""
_MODE = re.compile(r"\s*%(md|html|hide|auto)\b(?:\([^)\n]*\))?[ \t]*\n?")
_SHOWN = {"html": "text/html", "md": "text/markdown", "javascript": "application/javascript"}


def read(data: bytes) -> Notebook:
    """Return a worksheet as a notebook. Raises FormatError.

    What a message shows that is not in the file, such as pictures that its
    server kept, is named in its place; `repairs` has one sentence for each kind.
    """
    if len(data) > MOST_WORKSHEET:
        raise FormatError(f"is larger than {MOST_WORKSHEET >> 20} MiB", "worksheet", "make it two")
    text = decoded(data, "worksheet").replace("\r\n", "\n")
    if text.count(OUTPUT) > MOST_MESSAGES:
        raise FormatError(f"has more than {MOST_MESSAGES} outputs", "worksheet", "clear its outputs, or make it two")
    check_lines(text, "worksheet")
    before, *parts = _START.split(text)
    if len(parts) // 2 > MOST_CELLS:
        raise FormatError(f"has {len(parts) // 2} cells, more than {MOST_CELLS}", "worksheet", "make it two")
    repairs = Repairs()
    first = [("", before)] if before.strip() else []
    cells = [
        _cell(number, head, body, repairs)
        for number, (head, body) in enumerate([*first, *zip(parts[::2], parts[1::2], strict=True)], 1)
    ]
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in seen:
            cells[number] = Cell("", cell.cell_type, cell.source, cell.metadata, None, cell.outputs)
        seen.add(cell.id)
    return Notebook(cells=with_ids(cells), metadata=METADATA, repairs=repairs.said())


@dataclass(frozen=True)
class _Source:
    """The code of a cell, by the modes that it begins with."""

    cell_type: CellType
    text: str
    hidden: bool


def _cell(number: int, head: str, body: str, repairs: Repairs) -> Cell:
    cell_id, flags = head[:36], head[36:]
    source = _source(_ANSWER.sub("", body).strip("\n"))
    hidden = {name: True for flag, name in _HIDDEN.items() if flag in flags}
    if source.hidden:
        hidden["source_hidden"] = True
    outputs: list[str] = []
    if source.cell_type is CellType.CODE:
        for line in _ANSWER.findall(body):
            outputs += _outputs(line, f"cell {number}", repairs)
    return Cell(
        id=cell_id if ID.fullmatch(cell_id) else "",
        cell_type=source.cell_type,
        source=source.text,
        metadata=dumped({"jupyter": hidden} if hidden else {}),
        outputs=tuple(outputs),
    )


def _source(text: str) -> _Source:
    """Return code as a notebook has it: `%md` is a Markdown cell, `%html` a magic of IPython, `%hide` a fold."""
    modes = set()
    at = 0
    while found := _MODE.match(text, at):
        modes.add(found[1])
        at = found.end()
    text = text[at:]
    if "md" in modes:
        return _Source(CellType.MARKDOWN, text, hidden=False)
    return _Source(CellType.CODE, f"%%html\n{text}" if "html" in modes else text, hidden="hide" in modes)


def _outputs(line: str, noun: str, repairs: Repairs) -> list[str]:
    found: list[str] = []
    for part in line.split(OUTPUT):
        if not part.strip():
            continue
        try:
            check_size(part)
            message = json.loads(part)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            repairs.note(f"{noun} had an output that is no JSON object, which was left out")
        elif message.get("clear"):
            found.clear()
        else:
            found += _shown(message, noun, repairs)
    return _merged(found)


def _shown(message: dict[str, object], noun: str, repairs: Repairs) -> list[str]:
    """Return what a message shows, by each of its kinds."""
    found = []
    for kind, value in message.items():
        if kind in ("stdout", "stderr", "error") and isinstance(value, str):
            found.append(stream("stdout" if kind == "stdout" else "stderr", value))
        elif kind in _SHOWN and isinstance(value, str):
            found.append(display(_SHOWN[kind], value))
        elif kind == "tex" and isinstance(value, dict) and isinstance(tex := value.get("tex"), str):
            found.append(display("text/latex", f"$${tex}$$" if value.get("display") else f"${tex}$"))
        elif kind == "code" and isinstance(value, dict) and isinstance(code := value.get("source"), str):
            found.append(display("text/plain", code))
        elif kind == "file" and isinstance(value, dict):
            name = str(value.get("filename", ""))[:200]
            found.append(display("text/plain", f"[{name}: its server kept this file, the worksheet does not have it]"))
            repairs.note(f"{noun} shows a file that is not in the worksheet: {name!r}")
        elif kind in ("interact", "d3", "raw_input", "show_3d", "obj"):
            repairs.note(f"{noun} had an output of kind {kind}, which was left out")
    return found


def _merged(outputs: list[str]) -> list[str]:
    """Return outputs, with what was written to one stream in pieces as one."""
    merged = []
    for name, group in groupby(map(json.loads, outputs), key=lambda output: output.get("name")):
        found = list(group)
        if name is not None:
            found = [{**found[0], "text": "".join(output["text"] for output in found)}]
        merged += found
    return [dumped(output) for output in merged]
