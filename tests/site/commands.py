"""Runs the command `sagews` as a user does, with a deadline, and asserts that nothing of it is left."""

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests.processes import MARK, Processes, wait_until

DEADLINE = 60.0
"""Seconds; the start of a private site on a busy machine included."""
GONE = 3.0
"""Seconds after the end of a command by which every process that it started is gone."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    status: int
    stdout: str
    stderr: str


class Command:
    """A command that runs."""

    def __init__(
        self,
        directory: Path,
        *arguments: str | bytes,
        stdin: bytes | None = b"",
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start it in `directory`; `stdin` None leaves its input open."""
        mark = uuid.uuid4().hex
        self.directory = directory
        self._files = {name: directory / f"{name}-{mark}.txt" for name in ("stdout", "stderr")}
        with self._files["stdout"].open("wb") as stdout, self._files["stderr"].open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "sagews", *arguments],
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, **(environment or {}), MARK: mark},
            )
        self.processes = Processes(self.process.pid, mark)
        if stdin is not None:
            assert self.process.stdin is not None
            self.process.stdin.write(stdin)
            self.process.stdin.close()

    @property
    def stdout(self) -> str:
        """What it has written so far."""
        return self._files["stdout"].read_bytes().decode(errors="surrogateescape")

    @property
    def stderr(self) -> str:
        """What it has written so far."""
        return self._files["stderr"].read_bytes().decode(errors="surrogateescape")

    def end(self) -> Ran:
        """Wait for its end, and assert that no process of it is left."""
        try:
            wait_until(self._over, DEADLINE, "the command has ended")
        finally:
            self.processes.look()
            self.process.kill()
            self.process.wait()
            if self.process.stdin is not None:
                self.process.stdin.close()
        self.processes.assert_gone(GONE)
        ran = Ran(self.process.returncode, self.stdout, self.stderr)
        for file in self._files.values():
            file.unlink()
        return ran

    def _over(self) -> bool:
        self.processes.look()
        return self.process.poll() is not None


def sagews(
    directory: Path, *arguments: str | bytes, stdin: bytes = b"", environment: dict[str, str] | None = None
) -> Ran:
    """Run a command in `directory` to its end."""
    return Command(directory, *arguments, stdin=stdin, environment=environment).end()
