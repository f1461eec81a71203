"""A figure as people see it: its name, its value now, and its last ten minutes as a line. Thinking only, no I/O."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 240, 48


def tile(name: str, value: str, values: Sequence[float | None], most: str) -> str:
    """Return a tile; `most` is the largest value of the line in words, and its top."""
    return (
        f'<div class="tile"><h3>{escape(name)}</h3><p class="figure">{escape(value)}</p>'
        f'{line(values, name)}<p class="soft">at most {escape(most)} in ten minutes</p></div>'
    )


def line(values: Sequence[float | None], name: str) -> str:
    """Return a line as SVG, from 0 to the largest value; where a value is None it has a gap."""
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    step = WIDTH / max(len(values) - 1, 1)
    pieces: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            y = HEIGHT - 2 - (HEIGHT - 4) * max(value, 0.0) / top
            pieces[-1].append(f"{index * step:.1f},{y:.1f}")
    drawn = "".join(_drawn(piece) for piece in pieces if piece)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)} over the last ten minutes"'
        f' preserveAspectRatio="none">{drawn}</svg>'
    )


def _drawn(points: list[str]) -> str:
    if len(points) == 1:
        points = [points[0], points[0]]
    return f'<polyline points="{" ".join(points)}"/>'
