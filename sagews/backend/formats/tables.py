"""How many cells the tables of a Markdown text may come to, before it is parsed.

A row that is shorter than its table is filled up: a few letters a row become
hundreds of cells, each of which takes as long as one that was written.
It errs to one side: all lines down to the next empty one count as rows.
"""

import re

_RULE = re.compile(r"[ \t>*+0-9.)-]*[|:-][ \t|:-]*")
"""The line below the head of a table, within lists and quotations too; some lines are taken for one that are none."""


def cells_of_tables(source: str) -> int:
    """Return that number, or a higher one; tables of one column without a line of their own do not count."""
    # As the parser has them: of other line ends, and other letters that are not seen, it knows nothing.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cells = rows = 0
    for line in reversed(lines):
        rows = rows + 1 if line.strip(" \t") else 0
        if "|" in line and "-" in line and _RULE.fullmatch(line):
            cells += (line.count("|") + 1) * (rows + 1)
    return cells
