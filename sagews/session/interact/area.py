"""Where an interact shows what its function puts out, each time instead of what came before.

It is an Output widget: what is put out inside `with` becomes its state. As
long as pages show what came before, what a short run puts out is sent to them
as a whole, at its end, so that nothing flickers; of a longer one that goes on
to put something out they see what there is after HOLD.
"""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from IPython.display import clear_output, display
from ipywidgets import Output

HOLD = 0.3
"""Seconds of a run after which pages see what it has put out so far."""


class Area(Output):
    """One area."""

    _held_until = 0.0
    _is_behind = False

    @contextmanager
    def replaced(self) -> Generator[None]:
        """Take what is put out inside the `with`; if that is nothing, nothing is shown."""
        show_figures()  # Those drawn before are none of this.
        self._held_until = time.monotonic() + HOLD if self.outputs else 0.0
        self.__enter__()
        try:
            clear_output(wait=True)
            yield
        finally:
            try:
                show_figures()
                # The end, which no page sees. It has what came before go where nothing else has.
                display({}, raw=True)
            finally:
                # Of an error it would say that it was handled.
                self.__exit__(None, None, None)
                self._held_until = 0.0
                if self._is_behind and self.outputs and _is_end(self.outputs[-1]):
                    self.send_state("outputs")

    def send_state(self, key: Any = None) -> None:
        """Tell the pages, unless they are to be told later."""
        if key == "outputs":
            self._is_behind = time.monotonic() < self._held_until
            if self._is_behind:
                return
        super().send_state(key)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return what pages are told."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if "outputs" in state:
            state["outputs"] = [output for output in state["outputs"] if not _is_end(output)]
        return state


def show_figures() -> None:
    """Show the figures of matplotlib that were drawn."""
    if (inline := sys.modules.get("matplotlib_inline.backend_inline")) is not None:
        inline.flush_figures()


def _is_end(output: Any) -> bool:
    return output.get("output_type") == "display_data" and not output.get("data")
