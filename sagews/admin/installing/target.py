"""The program, brought to one machine over SSH: what goes there goes by stdin, what happens comes as JSON lines."""

import asyncio
import json
import os
import shlex
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sagews.admin.deadline import Deadline
from sagews.admin.fleet.channel import LOST, SSH
from sagews.admin.fleet.machines import Reached
from sagews.admin.here.words import Word
from sagews.admin.installing.wheel import NAME
from sagews.errors import ConfigurationError, SagewsError, ServiceError, UnreachableError

OLDEST = (3, 11)
NO_PYTHON = 126
SPACE = {"": 400 << 20, "[science]": 1200 << 20}
"""Bytes that have to be free, by what is installed beside the program."""
FIND = """for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
if command -v $p >/dev/null 2>&1 && $p -c 'import sys; sys.exit(sys.version_info < {oldest})' 2>/dev/null; then
exec $p -c 'import sys; i = sys.stdin.buffer; exec(i.read(int(i.readline())))'; fi; done; exit {status}"""
"""Starts the first Python that is new enough, with what comes by its stdin: the system's, which all users can run."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is brought to every machine."""

    build: str
    wheel: bytes
    constraints: str


def home(machine: Reached) -> str:
    """Return the directory below which a machine has the program. Raises ConfigurationError."""
    path = PurePosixPath(machine.program)
    if not path.is_absolute() or path.parts[-2:] != ("bin", "sagews") or len(path.parts) < 4:
        hint = 'write where the program is to be, such as program = "/opt/sagews/bin/sagews"'
        raise ConfigurationError(f"has program = {machine.program!r}", f"machine {machine.name}", hint)
    return str(path.parent.parent)


async def install(
    machine: Reached,
    parcel: Parcel,
    extra: str,
    tell: Callable[[str, Word], None],
    deadline: Deadline,
    ssh_configuration: str = "",
    probe: str = "",
) -> None:
    """Have a machine install the program, unless it has this build. Raises SagewsError.

    With `probe`, which is the machine's data directory, nothing is changed: it says whether the machine can be
    reached, what it has, and whether there is room.
    """
    wheel = b"" if probe else parcel.wheel
    given = ("-F", ssh_configuration) if ssh_configuration else ()
    command = shlex.join(("sh", "-c", FIND.format(oldest=OLDEST, status=NO_PYTHON)))
    order = {
        "home": home(machine),
        "build": parcel.build,
        "name": NAME,
        "size": len(wheel),
        "probe": bool(probe),
        "data": probe,
        "constraints": parcel.constraints,
        "extra": extra,
        "space": SPACE[extra],
        "seconds": deadline.left,
    }
    receiver = Path(__file__).with_name("receiver.py").read_bytes()
    sent = b"%d\n%b%b\n%b" % (len(receiver), receiver, json.dumps(order).encode(), wheel)
    process = await asyncio.create_subprocess_exec(
        *(*SSH, *given, "--", machine.ssh, command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(deadline.left):
            await _talk(process, sent, machine, tell)
    except TimeoutError:
        raise deadline.passed(f"machine {machine.name}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _talk(
    process: asyncio.subprocess.Process, sent: bytes, machine: Reached, tell: Callable[[str, Word], None]
) -> None:
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read(1 << 16))
    try:
        with suppress(ConnectionError):
            process.stdin.write(sent)
            await process.stdin.drain()
            process.stdin.close()
        while line := await process.stdout.readline():
            if _heard(line, machine, tell):
                return
        raise _ended(await process.wait(), (await errors).decode(errors="replace"), machine)
    finally:
        errors.cancel()


def _heard(line: bytes, machine: Reached, tell: Callable[[str, Word], None]) -> bool:
    """Tell what a line says; return whether all is done. Raises ServiceError."""
    try:
        said = json.loads(line)
    except ValueError:
        raise ServiceError(
            "says what is not understood", f"machine {machine.name}", "see what its shell prints"
        ) from None
    if "error" in said:
        raise ServiceError(str(said["error"]), f"machine {machine.name}", str(said.get("hint", "")))
    tell(machine.name, Word("", str(said.get("done") or said.get("said"))))
    return "done" in said


def _ended(status: int, errors: str, machine: Reached) -> SagewsError:
    noun, lines = f"machine {machine.name}", errors.strip().splitlines()
    if status == LOST:
        why = lines[-1] if lines else "ssh ended"
        return UnreachableError(f"cannot be reached: {why}", noun, f"try: ssh {machine.ssh}")
    if status == NO_PYTHON:
        return ServiceError("has no Python 3.11 or newer", noun, "install python3 and python3-venv there")
    return ServiceError(f"ended with status {status}: {lines[-1] if lines else ''}", noun, "try again")
