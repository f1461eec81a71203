"""Formulas that stand in Markdown without dollar signs: environments of amsmath, as MathJax reads them in notebooks.

A rule for markdown-it. The plug-in there is for it looks for the end of each
beginning in all that follows, whether or not that was looked through before:
a page of beginnings without an end takes it hours.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

NAME = "environment"
"""The type of the token."""

_OPEN = re.compile(r"\\begin\{((?:align|alignat|equation|eqnarray|flalign|gather|multline|[bBpvV]?matrix)\*?)\}")


def environments(parser: MarkdownIt) -> None:
    """Have a parser make a token of each, whose content is the formula with its beginning and end."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("blockquote", NAME, _environment, {"alt": ends})


def _environment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    opening = _OPEN.match(state.src, state.bMarks[start] + state.tShift[start], state.eMarks[start])
    if opening is None or state.sCount[start] - state.blkIndent >= 4:
        return False
    last = _last_line(state, start, end, f"\\end{{{opening[1]}}}")
    if last is None:
        return False
    if not silent:
        state.line = last + 1
        token = state.push(NAME, "math", 0)
        token.block = True
        token.content = state.getLines(start, last + 1, state.sCount[start], False).strip()
        token.map = [start, state.line]
    return True


def _last_line(state: StateBlock, start: int, end: int, closing: str) -> int | None:
    """Return the line that ends with a closing, None if none does; that none did is kept for the lines after."""
    without: dict[tuple[str, int], int] = state.env.setdefault(NAME, {})
    if without.get((closing, end), end) <= start:
        return None
    for line in range(start, end):
        if state.src[state.bMarks[line] : state.eMarks[line]].rstrip().endswith(closing):
            return line
    without[closing, end] = start
    return None
