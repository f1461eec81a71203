"""A logwatch of the site whose clock is faster than ours, in the place of the one that its machine has."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sagews.config.users import LOGWATCH_USER
from tests.processes import wait_until
from tests.site.backend_process import resident
from tests.whole.three_machines import ThreeMachines

CLOCK = Path(__file__).with_name("fast_clock.py")


class FastLogwatch:
    """From `async with` to its end; then the machine's own one is started again."""

    def __init__(self, site: ThreeMachines, name: str, times: int) -> None:
        """`name` is that of the service, and `times` how much faster the clock is."""
        self._site, self._name, self._times = site, name, times
        self._machine = site.where(name)
        self._process = 0
        self._said = site.folder / "versions" / "logwatch.log"

    async def __aenter__(self) -> "FastLogwatch":
        """Take the place of the machine's own one: with its command, its variables, its user."""
        own = self._machine.root / "proc" / str(self._site.pid(self._name))
        command = _words(own / "cmdline")
        variables = _words(own / "environ")
        stopped = await asyncio.to_thread(self._site.admin, "stop", self._name)
        assert stopped.status == 0, stopped
        clock = Path(shutil.copy(CLOCK, self._site.folder / "versions"))
        clock.chmod(0o644)
        begin, end = command.index("-P"), command.index("--until-idle")
        fast = [*command[:begin], str(clock), str(self._times), *command[begin + 3 : end]]
        self._start(["env", "-i", *variables, "runuser", "-u", LOGWATCH_USER, "--", *fast])
        (self._process,) = await asyncio.to_thread(wait_until, self._found, 20, "the fast logwatch runs")
        return self

    async def __aexit__(self, *error: object) -> None:
        """End it in good order, and start the machine's own one."""
        try:
            self._machine.signal(15, self._process)
            await asyncio.to_thread(wait_until, lambda: not self._found(), 30, "the fast logwatch has ended")
        finally:
            started = await asyncio.to_thread(self._site.admin, "start")
        assert started.status == 0, started
        said = self._said.read_text()
        assert "logwatch ends" in said and "Traceback" not in said, said

    @property
    def memory(self) -> int:
        """Bytes that it has for itself."""
        return resident(self._process, self._machine.root / "proc")

    @property
    def deleted(self) -> int:
        """How many files it has open that are deleted."""
        found = 0
        for each in (self._machine.root / "proc" / str(self._process) / "fd").iterdir():
            with suppress(FileNotFoundError):
                found += "(deleted)" in os.readlink(each)
        return found

    def _found(self) -> list[int]:
        return [
            number
            for number, command in self._machine.processes().items()
            if CLOCK.name in command and not command.startswith("runuser")
        ]

    def _start(self, command: Sequence[str]) -> None:
        start = 'log=$1; shift; setsid "$@" </dev/null >"$log" 2>&1 &'
        self._machine.run("sh", "-c", start, "sh", str(self._said), *command)


def _words(file: Path) -> list[str]:
    return file.read_text().rstrip("\0").split("\0")
