"""The names of languages that programs run, and which of them could follow in code.

No session is asked: they are the names that the programs have when they start, as these say themselves
(`scripts/words.py`: GAP 4.12, PARI/GP 2.15, Maxima 5.45, R 4.2, Singular 4.3), and those that stand in the code.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"
"""A file for each language, with a name in each line, sorted. The client's build takes them from here as well."""
WORDS = {"r": r"[\w.]+", "maxima": r"%?\w+"}
"""What may be a name: R has dots in its own, and Maxima's constants begin with a percent sign."""
NEAR = 20_000
"""Characters before and after the cursor in which names of the code are looked for."""
LISTED = ("gap", "gp", "maxima", "r", "singular")
"""Languages whose names are known."""


def words(code: str, language: str) -> list[str]:
    """Return what may be names in code, in order."""
    return re.findall(WORDS.get(language, r"\w+"), code)


def following(code: str, cursor: int, language: str, more: Iterable[str] = ()) -> tuple[list[str], int]:
    """Return the names that begin as what stands before the cursor, and where that begins; both count code points.

    `more`: further names that there are.
    """
    cursor = min(cursor, len(code))
    word = WORDS.get(language, r"\w+")
    # What follows a number, or a single dot, is no name.
    begun = re.compile(rf"(?<![\w%])(?<!(?<!\.)\.)(?!\d){word}\Z").search(code, max(0, cursor - 100), cursor)
    if begun is None:
        return [], cursor
    typed = begun[0]
    start = cursor - len(typed)
    known = re.findall(rf"^{re.escape(typed)}.*$", _names(language), re.MULTILINE)
    near = f"{code[max(0, start - NEAR) : start]} {code[cursor : cursor + NEAR]}"
    own = {each for each in (*words(near, language), *more) if each.startswith(typed)}
    return sorted({*known, *own} - {typed}), start


@cache
def _names(language: str) -> str:
    return (FOLDER / f"{language}.txt").read_text() if language in LISTED else ""
