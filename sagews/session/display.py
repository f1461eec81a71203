"""`display()`, the value of a cell's last expression, `clear_output()`: from IPython to the channel."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter

from sagews.protocol import sagews_pb2 as pb

Send = Callable[[pb.OutputKind, Mapping[str, Any]], None]
"""Sends an output: its kind and its content."""


class Forms(DisplayFormatter):
    """What makes of a value all the forms that it has."""

    def format(
        self, obj: Any, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return them; an error that several of them run into is shown once."""
        shell: Any = self.parent
        with shell.each_error_once():
            made: tuple[dict[str, Any], dict[str, dict[str, Any]]] = super().format(obj, include, exclude)
        return made


class Publisher(DisplayPublisher):
    """What `display()` and its kin end in."""

    send: Send = staticmethod(lambda kind, content: None)

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: Any = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_options: Any,
    ) -> None:
        """Send a bundle of representations, or, with `update`, a new one for its `display_id`."""
        self._validate_data(data, metadata)
        kind = pb.OUTPUT_KIND_UPDATE_DISPLAY_DATA if update else pb.OUTPUT_KIND_DISPLAY_DATA
        self.send(kind, {"data": data, "metadata": metadata or {}, "transient": transient or {}})

    def clear_output(self, wait: bool = False) -> None:
        """Clear the output of the running evaluation; with `wait`, only when the next output comes."""
        self.send(pb.OUTPUT_KIND_CLEAR_OUTPUT, {"wait": bool(wait)})


class ResultHook(DisplayHook):
    """What shows the value of an expression."""

    send: Send = staticmethod(lambda kind, content: None)

    def write_output_prompt(self) -> None:
        """Write nothing: the client makes the prompt from the execution count."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Send the value's representations."""
        content = {"data": format_dict, "metadata": md_dict or {}, "execution_count": self.prompt_count}
        self.send(pb.OUTPUT_KIND_EXECUTE_RESULT, content)

    def update_user_ns(self, result: Any) -> None:
        """Keep the value as `_` and in `Out`, also where user code has deleted that."""
        shell: Any = self.shell
        shell.user_ns.setdefault("_oh", shell.history_manager.output_hist)
        super().update_user_ns(result)

    def log_output(self, format_dict: dict[str, Any]) -> None:
        """Keep nothing: an output that was sent is not needed here."""

    def finish_displayhook(self) -> None:
        """End the display of a value."""
        with suppress(Exception):  # User code may have put anything there, or nothing.
            sys.stdout.flush()
        self._is_active = False
