"""The other end of one machine's part: a process that takes orders, on this machine or behind SSH.

OpenSSH is the user's own, with their configuration and agent. It asks nothing
(BatchMode), and notices by itself when the machine is cut off.
"""

import asyncio
import os
import shlex
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from sagews import __version__
from sagews.admin.deadline import Deadline
from sagews.admin.here.orders import MAX_LINE, Done, Hello, Inward, Order, Outward, Refused, Said, Task
from sagews.admin.here.words import Word
from sagews.errors import ConfigurationError, SagewsError, ServiceError, TimeLimitError, UnreachableError

CONNECT_SECONDS = 10
"""Seconds in which a machine has to be reached."""
HELLO_SECONDS = 30.0
"""Seconds in which its part of the program has to start."""
GRACE_SECONDS = 3.0
"""Seconds that it has beyond its own time limit, to say that it has passed."""
SSH = (
    "ssh",
    "-T",
    *("-o", "BatchMode=yes"),
    *("-o", f"ConnectTimeout={CONNECT_SECONDS}"),
    *("-o", "ServerAliveInterval=5"),
    *("-o", "ServerAliveCountMax=3"),
)
LOST = 255
"""ssh(1)'s exit status for an error of its own."""
NOT_FOUND = 127
"""A shell's exit status for a command that is not there."""

KINDS: dict[str, type[SagewsError]] = {
    kind.__name__: kind for kind in (ConfigurationError, ServiceError, TimeLimitError, UnreachableError)
}


def here() -> tuple[str, ...]:
    """Return the command of this machine's part."""
    return (sys.executable, "-P", "-m", "sagews", "admin", "here")


def there(host: str, program: str, ssh_configuration: str = "") -> tuple[str, ...]:
    """Return the command of another machine's part, where `sagews` is at the path `program`."""
    given = ("-F", ssh_configuration) if ssh_configuration else ()
    return (*SSH, *given, "--", host, shlex.join((program, "admin", "here")))


class Channel:
    """One machine's part, started with the first order."""

    def __init__(self, machine: str, command: Sequence[str], task: Task, tell: Callable[[str, Word], None]) -> None:
        self.machine = machine
        self._command = command
        self._task = task
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._errors: deque[str] = deque(maxlen=20)
        self._listening: asyncio.Task[None] | None = None
        self._patience = GRACE_SECONDS

    async def order(self, order: Order, deadline: Deadline) -> Done:
        """Give an order and return what came of it. Raises SagewsError."""
        try:
            async with asyncio.timeout(deadline.left + GRACE_SECONDS):
                if self._process is None:
                    await self._connect()
                await self._say(msgspec.structs.replace(order, seconds=deadline.left))
                while True:
                    answer = await self._hear()
                    if isinstance(answer, Said):
                        self._tell(self.machine, answer.word)
                    elif isinstance(answer, Done):
                        return answer
        except TimeoutError:
            self._patience = 0.1
            raise deadline.passed(f"machine {self.machine}" if self.machine else "") from None

    async def close(self) -> None:
        """End the channel; what the machine's part still does is cut short, and done by the next command."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(self._patience):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _connect(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                limit=MAX_LINE,
            )
        except OSError as error:
            raise ServiceError(f"cannot be executed ({error.strerror})", self._command[0], "install it") from error
        self._listening = asyncio.create_task(self._listen())
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await self._hear()
        except TimeoutError:
            raise self._unreachable(f"does not answer within {HELLO_SECONDS:g} s") from None
        if not isinstance(hello, Hello):
            raise self._odd()
        if hello.version != __version__:
            what = f"has sagews {hello.version}, and this is {__version__}"
            raise ServiceError(what, f"machine {self.machine}", "install the same version on both")
        await self._say(self._task)

    async def _say(self, message: Inward) -> None:
        assert self._process is not None and self._process.stdin is not None
        # What became of a process that has ended shows when it is listened to.
        with suppress(ConnectionError):
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            await self._process.stdin.drain()

    async def _hear(self) -> Outward:
        assert self._process is not None and self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except ValueError:
            raise self._odd() from None
        if not line:
            raise await self._ended()
        try:
            answer: Outward = msgspec.json.decode(line, type=Outward)
        except msgspec.MsgspecError:
            raise self._odd() from None
        if isinstance(answer, Refused):
            raise KINDS.get(answer.kind, ServiceError)(answer.what, self._named(answer.noun), answer.hint)
        return answer

    async def _listen(self) -> None:
        """Keep the last lines of stderr: why there is no connection."""
        assert self._process is not None and self._process.stderr is not None
        while chunk := await self._process.stderr.read(4096):
            self._errors.extend(chunk.decode(errors="replace").splitlines())

    async def _ended(self) -> SagewsError:
        assert self._process is not None
        status = await self._process.wait()
        if self._listening is not None:
            await asyncio.wait((self._listening,), timeout=1)
        said = self._errors[-1].strip() if self._errors else f"ended with status {status}"
        if self._command[0] == "ssh" and status == LOST:
            return self._unreachable(f"cannot be reached: {said}")
        if self._command[0] == "ssh" and status == NOT_FOUND:
            return ServiceError(f"has no sagews: {said}", f"machine {self.machine}", "install it there")
        return ServiceError(f"its part of the command ended: {said}", f"machine {self.machine}", "")

    def _named(self, noun: str) -> str:
        return noun if not self.machine or not noun else f"{self.machine}, {noun}"

    def _unreachable(self, what: str) -> UnreachableError:
        hint = f"try: ssh {self._command[-2]}" if self._command[0] == "ssh" else "see what keeps this machine busy"
        return UnreachableError(what, f"machine {self.machine}", hint)

    def _odd(self) -> ServiceError:
        return ServiceError("says what is not understood", f"machine {self.machine}", "see what its shell prints")
