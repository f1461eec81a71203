"""A terminal with `sagews` at it: what a user types, what the user sees."""

import os
import re
import sys
import uuid
from pathlib import Path

import pexpect

from tests.processes import MARK, Processes

DEADLINE = 30
"""Seconds for anything that is waited for to appear."""
GONE = 3.0


class Terminal:
    """One command at a terminal of 100 columns."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        mark = uuid.uuid4().hex
        self.child: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-m", "sagews", *arguments],
            cwd=str(directory),
            env={**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", MARK: mark},
            timeout=DEADLINE,
            encoding="utf-8",
            dimensions=(40, 100),
        )
        self.processes = Processes(self.child.pid, mark)

    def sees(self, *texts: str) -> None:
        """Wait for texts, one after the other, colours and cursor movements left aside."""
        for text in texts:
            between = r"(?:\x1b\[[0-9;?]*[A-Za-z])*"
            self.child.expect(between.join(re.escape(character) for character in text))

    def types(self, keys: str) -> None:
        r"""Type; `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D."""
        self.child.send(keys)

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit status and what was still shown. Asserts that no process is left."""
        self.processes.look()
        rest = self.child.read()
        self.child.close()
        self.processes.assert_gone(GONE)
        status = self.child.exitstatus
        assert status is not None, f"killed by signal {self.child.signalstatus}"
        return status, rest
