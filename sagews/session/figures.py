"""Figures of matplotlib that code has closed: they are let go at once, and not at the end of the cell.

matplotlib-inline keeps every figure that a cell has made in a list until the
cell ends, so that a loop which draws, saves and closes a hundred large ones
would hold all of them in memory.
"""

import functools
import sys
from typing import Any

_BACKEND = "matplotlib_inline.backend_inline"


def let_closed_go() -> None:
    """Have a new figure drop from that list those that are closed; nothing where matplotlib is not loaded."""
    inline: Any = sys.modules.get(_BACKEND)
    make = getattr(inline, "new_figure_manager_given_figure", None)
    if make is None or hasattr(make, "__wrapped__"):
        return

    @functools.wraps(make)
    def make_and_let_go(num: Any, figure: Any) -> Any:
        made = make(num, figure)
        open_ones = {manager.canvas.figure for manager in inline.Gcf.get_all_fig_managers()}
        inline.show._to_draw = [each for each in inline.show._to_draw if each is figure or each in open_ones]
        return made

    inline.new_figure_manager_given_figure = make_and_let_go
