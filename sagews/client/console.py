"""`sagews console`: an interactive terminal on a session.

Ctrl-C at the prompt clears it, and during a run interrupts the evaluation;
the third time in one run it ends the session. Ctrl-D ends the session at
once, with every process of it. A session that ends by itself says why, and a
new one takes its place.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from sagews.client.asking import ask
from sagews.client.client import Client
from sagews.client.events import Ended, Output
from sagews.client.figures import Figures
from sagews.client.following import follow
from sagews.client.printer import Printer
from sagews.client.prompt import is_pythons, make_prompt
from sagews.client.route import Route
from sagews.client.session import Session
from sagews.client.source import known_language
from sagews.errors import ConfigurationError, SagewsError, ServiceError
from sagews.protocol.languages import environment_of

_INTERRUPTS_TO_END = 3
_KEYS = {True: "Tab completes, NAME? documents", False: "Alt-Enter begins a new line"}
"""What is to be known of the prompt, by whether what is typed is Python."""


class Console:
    """A terminal, and where what comes from a session goes."""

    def __init__(self, data: Path, output: Path, language: str = "") -> None:
        """Keep the history in `data`, figures in `output`. Raises ConfigurationError without a terminal.

        `language` is that of what is typed, by default the environment's own; one that is not known is refused in the
        same way.
        """
        self._language = known_language(language)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigurationError("needs a terminal", "console", "use `sagews run -` for code from a pipe")
        self._data = data
        self._figures = Figures(output)
        self._figures.make_directory()

    async def on(self, server: str | Sequence[str] | Route) -> int:
        """Talk to a session of a site, or of a worker, until Ctrl-D, and return the exit status. Raises SagewsError."""
        printer = Printer(self._figures, numbered=True)
        async with Client(server, on_state=printer.note) as client:
            conversation = _Conversation(client, printer, self._language)
            await conversation.begin()
            try:
                print(f"sagews: Ctrl-D ends the session, {_KEYS[is_pythons(self._language)]}", flush=True)
                await conversation.talk(self._data)
            finally:
                with suppress(SagewsError):
                    await conversation.session.close()
        return 0


class _Conversation:
    """What is said until Ctrl-D."""

    session: Session
    """The present one, after `begin`."""

    def __init__(self, client: Client, printer: Printer, language: str) -> None:
        self._language = language
        self._client = client
        self._printer = printer
        self._number = 1

    async def begin(self) -> None:
        """Open a session, in an environment that runs the language."""
        self.session = await self._client.open(environment_of(self._language, self._client.welcome.languages))

    async def talk(self, data: Path) -> None:
        """Read and evaluate until Ctrl-D."""
        prompt = make_prompt(data, lambda: self.session, self._language)
        typed = ""
        while True:
            reading = asyncio.create_task(self._read(prompt, typed))
            typed = ""
            try:
                with patch_stdout(raw=True):
                    await self._while_at_prompt(reading)
            except _SessionOver:
                typed = prompt.default_buffer.text
                await self._open_another()
                continue
            code = reading.result()
            if code is None:
                return
            if code.strip():
                await self._evaluate(code)

    async def _read(self, prompt: "PromptSession[str]", typed: str) -> str | None:
        """Return what is typed: nothing at Ctrl-C, None at Ctrl-D."""
        try:
            return await prompt.prompt_async(f"In [{self._number}]: ", default=typed, handle_sigint=False)
        except KeyboardInterrupt:  # must not leave the task: it would end the event loop
            return ""
        except EOFError:
            return None

    async def _while_at_prompt(self, reading: "asyncio.Task[str | None]") -> None:
        """Print late outputs until a line is read. Raises _SessionOver if the session ends first."""
        late = asyncio.create_task(self._print_late())
        over = asyncio.create_task(self.session.wait_ended())
        try:
            await asyncio.wait((reading, late, over), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                if late.done():
                    late.result()
                raise _SessionOver
        finally:
            for task in (reading, late, over):
                task.cancel()
            await asyncio.gather(reading, late, over, return_exceptions=True)

    async def _print_late(self) -> None:
        while True:
            event = await self.session.unclaimed.get()
            if isinstance(event, Output) and event.output_kind != "input_request":
                self._printer.print(event)

    async def _evaluate(self, code: str) -> None:
        self._number += 1
        interrupts = _Interrupts(self.session)
        try:
            end = await follow(self.session, code, self._printer, ask, self._language)
        except ServiceError as error:
            if self._client.failed:
                raise
            self._printer.note(str(error))
            return
        finally:
            interrupts.end()
        if isinstance(end, Ended):
            await self._open_another()
        elif end.reason not in ("done", "error", "interrupted"):
            self._printer.note(end.text or end.reason)

    async def _open_another(self) -> None:
        """Say why the session ended, and put a new one in its place."""
        ended = self.session.ended
        self._printer.note(ended.text if ended is not None and ended.text else "The session ended.")
        await self.begin()
        self._number = 1
        self._printer.note("A new session is ready.")


class _SessionOver(Exception):
    """The session ended while its user was typing."""


class _Interrupts:
    """Ctrl-C while an evaluation runs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt)

    def end(self) -> None:
        """Leave SIGINT to Python again."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    def _interrupt(self) -> None:
        self._count += 1
        ends = self._count >= _INTERRUPTS_TO_END
        self._tasks.add(asyncio.create_task(self._session.close() if ends else self._session.interrupt()))
