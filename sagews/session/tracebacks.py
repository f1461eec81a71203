r"""Exceptions as the lines that the reader sees, whatever the exception is like.

IPython formats each exception with its frames; put together here are chains
and groups, with all members, and bounds, so that no exception can make its
own report fail, take long or grow large.

Links to the source. A frame of a cell is headed `Cell In[n], line k` (with
ANSI colours in between), as IPython does. The body of an `error` output has,
beside Jupyter's `ename`, `evalue` and `traceback`, the field `cells`, which
says for each n in these lines which cell that was:

    {"ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": [...], "cells": {"3": "c1"}}

so that the client can make of `Cell In[3], line 2` a link to line 2 of cell c1.
"""

import linecache
import re
import traceback
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from IPython.core.ultratb import AutoFormattedTB

from sagews.session.bodies import clean_text

MAX_FRAMES = 40
"""Frames of one exception that are shown in full; of more, the first and last `END_FRAMES`."""
END_FRAMES = 10
MAX_CHAIN = 10
"""Exceptions of one chain that are shown."""
MAX_MEMBERS = 15
"""Members of one group that are shown."""
MAX_EXCEPTIONS = 50
"""Exceptions that are shown in all."""
MAX_MESSAGE = 20_000
"""Characters of one exception's message."""
LONGEST_LINE = 1000
"""Characters of a line that cannot be read; of a longer one, those around the place of the error are shown."""
MAX_TRACEBACK = 200_000
"""Characters of the whole."""

_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"
_CELL = re.compile(r"In\[(\d+)\]")
_OURS = ("IPython", "sagews.session")


class Formatter(AutoFormattedTB):
    """IPython's formatter of one exception, for its frames alone."""

    def format_exception(self, etype: Any, evalue: Any) -> list[str]:
        """Return nothing: the message is made by `message`."""
        return []


def render(formatter: Formatter, value: BaseException) -> list[str]:
    """Return the lines for an exception, in the mode that `%xmode` chose."""
    try:
        if formatter.mode not in formatter.verbose_modes:
            return _bounded(formatter.structured_traceback(type(value), value, value.__traceback__))
        if own := getattr(type(value), "_render_traceback_", None):
            return _bounded([str(line) for line in own(value)])
        return _bounded(_Report(formatter).chain(value))
    except KeyboardInterrupt:
        return [message(value), "(its traceback is not shown: interrupted)"]
    except BaseException as error:
        return [message(value), f"(its traceback cannot be shown: {name(error)})"]


@contextmanager
def short_line(error: SyntaxError) -> Generator[None]:
    """Have, inside the `with`, a long line shown as what is around the place of the error."""
    line, place, file, number = error.text, error.offset, error.filename, error.lineno
    known = linecache.cache.get(file or "")
    if not (line and place and file and number and len(line) > LONGEST_LINE and known and len(known) == 4):
        yield
        return
    start = max(0, min(place - LONGEST_LINE // 2, len(line) - LONGEST_LINE))
    error.text, error.offset = line[start : start + LONGEST_LINE], place - start
    error.end_lineno = error.end_offset = None
    lines = [*known[2][: number - 1], error.text]
    # Whatever shows a line takes it from here.
    linecache.cache[file] = (known[0], known[1], lines, known[3])
    try:
        yield
    finally:
        linecache.cache[file] = known


def content(value: BaseException, lines: list[str], cells: Mapping[int, str]) -> dict[str, Any]:
    """Return the body of an `error` output; `cells` says which cell each execution was of."""
    numbers = {int(number) for line in lines for number in _CELL.findall(line)}
    return {
        "ename": name(value),
        "evalue": text(value),
        "traceback": [clean_text(line) for line in lines],
        "cells": {str(number): cells[number] for number in sorted(numbers) if cells.get(number)},
    }


def name(value: BaseException) -> str:
    """Return the name of an exception's class, also where its metaclass plays tricks."""
    return clean_text(type.__dict__["__name__"].__get__(type(value)))


def text(value: BaseException) -> str:
    """Return an exception's message, also where its `__str__` fails."""
    try:
        # A SyntaxError would name the file, whose name says nothing to the reader.
        words = value.msg if isinstance(value, SyntaxError) and isinstance(value.msg, str) else str(value)
    except BaseException as error:
        return f"<its message cannot be shown: {name(error)}>"
    if len(words) > MAX_MESSAGE:
        words = f"{words[:MAX_MESSAGE]} … ({len(words) - MAX_MESSAGE:,} more characters)"
    return clean_text(words)


def message(value: BaseException) -> str:
    """Return the last line of an exception's report, and its notes (PEP 678)."""
    words = text(value)
    line = f"\x1b[31m{name(value)}\x1b[39m: {words}" if words else f"\x1b[31m{name(value)}\x1b[39m"
    return "\n".join([line, *_notes(value)])


def _notes(value: BaseException) -> list[str]:
    try:
        notes = value.__dict__.get("__notes__", ())
        return [clean_text(str(note))[:MAX_MESSAGE] for note in notes]
    except BaseException:
        return []


class _Report:
    """The report on one exception: its chain, their members, and theirs."""

    def __init__(self, formatter: Formatter) -> None:
        self._formatter = formatter
        self._seen: set[int] = set()

    def chain(self, value: BaseException) -> list[str]:
        """Return the lines for an exception and those that it came from, the first one first."""
        exceptions = list(_chained(value))
        exceptions.reverse()
        left_out = len(exceptions) - MAX_CHAIN
        lines: list[str] = []
        for index, (exception, link) in enumerate(exceptions):
            if left_out > 0 and MAX_CHAIN // 2 <= index < MAX_CHAIN // 2 + left_out:
                if index == MAX_CHAIN // 2:
                    lines.append(f"\n[... {left_out} more exceptions of this chain]\n")
                continue
            lines += self._one(exception)
            if link:
                lines.append(f"\n{link}\n")
        return lines

    def _one(self, value: BaseException) -> list[str]:
        if id(value) in self._seen or len(self._seen) >= MAX_EXCEPTIONS:
            return [message(value)]
        self._seen.add(id(value))
        lines = [self._formatter.prepare_header(name(value)), *self._frames(value), message(value)]
        if isinstance(value, BaseExceptionGroup):
            lines += self._members(value.exceptions)
        return lines

    def _members(self, members: tuple[BaseException, ...]) -> Iterator[str]:
        for number, member in enumerate(members[:MAX_MEMBERS], start=1):
            yield f"  +---------------- {number} of {len(members)} ----------------"
            for line in "\n".join(self.chain(member)).splitlines():
                yield f"  | {line}"
        if len(members) > MAX_MEMBERS:
            yield f"  +---------------- and {len(members) - MAX_MEMBERS} more"
        else:
            yield "  +------------------------------------"

    def _frames(self, value: BaseException) -> list[str]:
        entries = [entry for entry in _entries(value.__traceback__) if not _is_ours(entry)]
        if len(entries) <= MAX_FRAMES:
            return self._formatted(value, entries)
        middle = entries[END_FRAMES:-END_FRAMES]
        places = Counter((entry.tb_frame.f_code.co_name, entry.tb_lineno) for entry in middle)
        folded = ", ".join(f"{place} at line {line} ({times} times)" for (place, line), times in places.most_common(3))
        return [
            *self._formatted(value, entries[:END_FRAMES]),
            f"\x1b[31m    [... {len(middle)} frames left out: {folded}]\x1b[39m\n",
            *self._formatted(value, entries[-END_FRAMES:]),
        ]

    def _formatted(self, value: BaseException, entries: list[TracebackType]) -> list[str]:
        if not entries:
            return []
        whole = self._formatter.format_exception_as_a_whole(type(value), value, _linked(entries), 5, 0)
        return [str(frame) for frame in whole[0][1:]]


def _chained(value: BaseException) -> Iterator[tuple[BaseException, str]]:
    """Yield an exception and those before it, each with the words that link it to the one that came of it."""
    seen: set[int] = set()
    link = ""
    current: BaseException | None = value
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current, link
        if current.__cause__ is not None:
            current, link = current.__cause__, _CAUSE
        elif current.__context__ is not None and not current.__suppress_context__:
            current, link = current.__context__, _CONTEXT
        else:
            current = None


def _entries(entry: TracebackType | None) -> Iterator[TracebackType]:
    while entry is not None:
        yield entry
        entry = entry.tb_next


def _linked(entries: list[TracebackType]) -> TracebackType:
    """Return copies of traceback entries, linked in this order."""
    linked: TracebackType | None = None
    for entry in reversed(entries):
        linked = TracebackType(linked, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    assert linked is not None
    return linked


def _is_ours(entry: TracebackType) -> bool:
    module = entry.tb_frame.f_globals.get("__name__")
    return isinstance(module, str) and any(module == root or module.startswith(f"{root}.") for root in _OURS)


def frames_of_reader(entry: TracebackType | None) -> traceback.StackSummary:
    """Return the summary of a traceback without the frames of the machinery that ran the cell."""
    entries = [each for each in _entries(entry) if not _is_ours(each)]
    return traceback.extract_tb(_linked(entries)) if entries else traceback.StackSummary()


def _bounded(lines: list[str]) -> list[str]:
    """Return the lines, the middle ones left out if they are too many characters."""
    if sum(map(len, lines)) <= MAX_TRACEBACK:
        return lines
    head, tail = _fitting(lines, MAX_TRACEBACK // 2), _fitting(lines[::-1], MAX_TRACEBACK // 2)[::-1]
    return [*head, "[... a part of this traceback is left out]", *tail]


def _fitting(lines: list[str], size: int) -> list[str]:
    fitting: list[str] = []
    for line in lines:
        size -= len(line)
        if size < 0:
            break
        fitting.append(line)
    return fitting
