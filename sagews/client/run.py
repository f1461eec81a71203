"""`sagews run`: evaluates one source in a session of its own, and streams its output.

Exit status: 0 the code ended well; 1 an error in the code, or it was stopped;
2 wrong usage; 3 the service failed; 130 ended by a second Ctrl-C.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sagews.client.client import Client
from sagews.client.events import Done, Ended
from sagews.client.figures import Figures
from sagews.client.following import Ask, follow
from sagews.client.printer import Printer
from sagews.client.route import Route
from sagews.client.session import Session
from sagews.client.source import known_language
from sagews.errors import SagewsError
from sagews.protocol.languages import environment_of

BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended."""

_SERVICE_ENDS = frozenset({"worker_lost", "drained", "shutdown", "closed", "abandoned"})
"""Ends of a session that no code in it brought about."""


class Run:
    """One source to run."""

    def __init__(self, source: str, output: Path, language: str = "") -> None:
        """Figures go into `output`, which is made if it is missing. Raises ConfigurationError if it cannot be.

        `language` is that of the source, by default the environment's own; one that is not known is refused in the
        same way.
        """
        self._source = source
        self._language = known_language(language)
        self._figures = Figures(output)
        self._figures.make_directory()

    async def on(self, server: str | Sequence[str] | Route) -> int:
        """Run it on a site or a worker, and return the exit status. Raises SagewsError."""
        printer = Printer(self._figures)
        async with Client(server, on_state=printer.note) as client:
            session = await client.open(environment_of(self._language, client.welcome.languages))
            interrupts = _Interrupts(session)
            try:
                return _status(await follow(session, self._source, printer, _asking(), self._language), printer)
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads: Python shall not try at its exit
                return BROKEN_PIPE
            finally:
                interrupts.end()
                with suppress(SagewsError):
                    await session.close()


def _asking() -> Ask | None:
    """Return what asks the user, where there is one."""
    if not sys.stdin.isatty():
        return None
    from sagews.client.asking import ask

    return ask


def _status(end: Done | Ended, printer: Printer) -> int:
    if isinstance(end, Ended):
        printer.note(end.text or "the session ended")
        return 3 if end.reason in _SERVICE_ENDS else 1
    if end.reason not in ("done", "error"):
        printer.note(end.text or end.reason)
    return 0 if end.reason == "done" else 1


class _Interrupts:
    """The first Ctrl-C interrupts the evaluation, the second one ends the command."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._main = asyncio.current_task()
        self._task: asyncio.Task[None] | None = None
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt)

    def end(self) -> None:
        """Leave SIGINT to Python again."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    def _interrupt(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._session.interrupt())
        elif self._main is not None:
            self._main.cancel("interrupted twice")
