"""The page `/status`: machines, services, figures with plots, and isolation. Thinking only, no I/O.

It has no script: the browser asks for it anew every five seconds. What
services say of themselves is shown as text, whatever it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from sagews.backend.status import isolation
from sagews.backend.status.plots import tile
from sagews.backend.status.record import EVERY, BackendWord, MachineWord, WorkerWord
from sagews.backend.status.report import MachineLine, Report
from sagews.backend.style import Style
from sagews.backend.text_page import text_page
from sagews.protocol.isolation import IsolationReport
from sagews.service.figures import ABSENT, Figures, duration, number, part, size

Cells = Sequence[str]

_TILES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("Evaluations a second", "evaluations_per_second", number),
    ("Half take at most", "median_seconds", duration),
    ("95 of 100 take at most", "p95_seconds", duration),
    ("Sessions", "sessions", number),
    ("Connections", "connections", number),
    ("Waiting for a place", "waiting", number),
    ("Results found kept", "kept", part),
    ("Errors a minute", "errors_per_minute", number),
    ("Memory of backends", "memory", size),
)


def page(found: Report, isolations: Iterable[IsolationReport | None], style: Style, *, still: bool) -> str:
    """Return the page, which loads its style and nothing else; `still`: it does not follow what happens."""
    other = '<a href="/status">Follow</a>' if still else '<a href="/status?still">Hold still</a>'
    body = (
        "<h1>Status</h1>",
        f'<p>sagews {escape(found.version)}. For programs: <a href="/status.json">status.json</a>. {other}.</p>',
        '<div class="tiles">',
        *_tiles(found.now, found.history),
        "</div>",
        *_table("Machines", ("Machine", "Address", "Busy", "Memory"), map(_machine, found.machines)),
        *_table(
            "Services",
            ("Service", "Machine", "State"),
            ((each.name, each.machine, each.state or ABSENT) for each in found.services),
        ),
        *_table("Backends", ("Backend", "State", "Version", "Connections", "Sessions"), map(_backend, found.backends)),
        *_table("Workers", ("Worker", "State", "Tier", "Sessions", "Busy", "Memory"), map(_worker, found.workers)),
        *(
            line
            for worker, report in zip(found.workers, isolations, strict=True)
            for line in isolation.section(isolation.in_words(worker.state), report)
        ),
    )
    return text_page("status", style, body, every=None if still else EVERY)


def _tiles(now: Figures, history: Sequence[Figures]) -> Iterator[str]:
    for name, field, in_words in _TILES:
        values: list[float | None] = [getattr(step, field) for step in history]
        value = getattr(now, field)
        most = max((each for each in values if each is not None), default=None)
        yield tile(
            name, ABSENT if value is None else in_words(value), values, ABSENT if most is None else in_words(most)
        )


def _machine(line: MachineLine) -> Cells:
    return (line.name, line.address, *_pressure(line.pressure))


def _backend(word: BackendWord) -> Cells:
    last = word.samples[-1] if word.samples else None
    counts = (number(last.connections), number(last.sessions)) if last else (ABSENT, ABSENT)
    return (word.name, word.state, word.version or ABSENT, *counts)


def _worker(word: WorkerWord) -> Cells:
    sessions = f"{word.sessions:,} of {word.places:,}" if word.places else ABSENT
    return (word.name, word.state, word.tier or ABSENT, sessions, *_pressure(word.machine))


def _pressure(found: MachineWord | None) -> Cells:
    if found is None:
        return (ABSENT, ABSENT)
    used = f"{size(found.memory - found.memory_available)} of {size(found.memory)}" if found.memory else ABSENT
    return (part(found.busy), used)


def _table(title: str, columns: Cells, rows: Iterable[Cells]) -> Iterator[str]:
    """Yield a table with its title; nothing if it has no row."""
    lines = [_row(row) for row in rows]
    if not lines:
        return
    yield f'<h2>{escape(title)}</h2>\n<div class="wide"><table>'
    yield "<tr>" + "".join(f'<th scope="col">{escape(column)}</th>' for column in columns) + "</tr>"
    yield from lines
    yield "</table></div>"


def _row(cells: Cells) -> str:
    first, *rest = map(escape, cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
