"""Commands around a program, run to their end: as its user, in a clean environment, within a time."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from sagews.admin.here.accounts import user_of
from sagews.admin.supervisor.daemon import environment

TAIL = 2000
"""Bytes of a command's output that are told when it fails."""


def execute(
    command: Sequence[str],
    seconds: float,
    *,
    user: str = "",
    directory: Path = Path("/"),
    variables: Mapping[str, str] | None = None,
) -> str | None:
    """Run a command; return None if it ended with status 0, otherwise how it ended, with the end of its output."""
    with tempfile.TemporaryFile() as output:
        try:
            process = start_as(command, user=user, directory=directory, variables=variables, output=output)
        except OSError as error:
            return f"cannot be executed ({error.strerror}: {error.filename})"
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return f"was not done after {seconds:.0f} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if status == 0:
            return None
        output.seek(max(0, output.seek(0, os.SEEK_END) - TAIL))
        said = " ".join(output.read().decode(errors="replace").split())
        return f"ended with status {status}: {said}" if said else f"ended with status {status}"


def start_as(
    command: Sequence[str],
    *,
    user: str = "",
    directory: Path = Path("/"),
    variables: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a command as a user; it writes to a file, or to where this process does. Raises OSError."""
    account, other = user_of(user), _changes(user)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        cwd=directory,
        env={**environment(), **home(user), **(variables or {})},
        start_new_session=True,
        umask=0o022,
        user=account.pw_uid if other else None,
        group=account.pw_gid if other else None,
        extra_groups=os.getgrouplist(account.pw_name, account.pw_gid) if other else None,
    )


def home(user: str) -> dict[str, str]:
    """Return the variables that say who a user is, for another user than the one who runs this."""
    if not _changes(user):
        return {}
    account = user_of(user)
    return {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name}


def _changes(user: str) -> bool:
    return bool(user) and user_of(user).pw_uid != os.getuid()
