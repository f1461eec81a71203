"""A site's machines, each with the channel to its part; what the commands of `sagews admin` do with them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sagews.admin.deadline import Deadline
from sagews.admin.fleet import figures, shown
from sagews.admin.fleet.channel import Channel, here, there
from sagews.admin.fleet.fleet import FAULT, Fleet
from sagews.admin.fleet.machines import Reached, machines
from sagews.admin.here.orders import Brought, Task, Verb
from sagews.admin.here.words import Condition
from sagews.admin.site_certificate import place
from sagews.config.load import parse, text_of
from sagews.config.placement import placed

T = TypeVar("T")
BEFORE_BROWSERS = ("haproxy", "stunnel")
"""Kinds of services that read the site's certificate."""


class SiteFleet:
    """The machines that a command is for, or all of the site. Raises ConfigurationError."""

    def __init__(
        self, config: Path | None, names: Sequence[str], seconds: float, *, here: bool, ssh_configuration: Path | None
    ) -> None:
        self._seconds = seconds
        self._text = "" if config is None else text_of(config)
        self._file = "" if config is None else str(config)
        self.site = parse(self._text, self._file)
        self._machines = machines(self.site, names, here=here)
        self._several = len(self._machines) > 1
        self._ssh_configuration = "" if ssh_configuration is None else str(ssh_configuration)

    def do(self, verb: Verb, names: Sequence[str]) -> int:
        """Start, stop, restart or reload services; return the exit status. Raises SagewsError."""
        return self._run(lambda fleet: fleet.do(verb, names))

    def check(self, names: Sequence[str]) -> int:
        """See whether services could run; return the exit status. Raises SagewsError."""
        return self._run(lambda fleet: fleet.check(names))

    def show(self, names: Sequence[str], *, as_json: bool) -> int:
        """Print how services are; return the exit status. Raises SagewsError."""
        status, listed = self._run(lambda fleet: fleet.status(names))
        runs = any(each.kind == "backend" and each.condition is Condition.RUNNING for each in listed)
        told = figures.ask(self.site) if runs else None
        if as_json:
            lines = [shown.as_json(listed, told)]
        else:
            lines = shown.table(listed, several=self._several) + (["", *figures.lines(told)] if told else [])
        print("\n".join(lines), flush=True)
        return status

    def has(self, kind: str) -> bool:
        """Whether the site has a service of this kind."""
        return any(each.kind == kind for each in placed(self.site))

    def give_certificate(self, whole: str) -> int:
        """Put the certificate that browsers see on each machine with a balancer, and have those reload that run.

        Raises SagewsError.
        """
        path = place(self.site)
        having = {each.machine.name for each in placed(self.site) if each.kind == "haproxy"}
        self._machines = [machine for machine in self._machines if machine.name in having]

        async def give(fleet: Fleet) -> int:
            await fleet.bring({self._called(machine): (Brought(path=path, text=whole),) for machine in self._machines})
            status, listed = await fleet.status(())
            running = [each.service for each in listed if each.pid and each.kind in BEFORE_BROWSERS]
            reached = status if status > FAULT else 0
            return max(reached, await fleet.do("reload", running)) if running else reached

        return self._run(give)

    def _called(self, machine: Reached) -> str:
        """Return what a machine is called in what is told; nothing where there is only one."""
        return machine.name if self._several else ""

    def _run(self, act: Callable[[Fleet], Awaitable[T]]) -> T:
        async def run() -> T:
            tell = shown.teller(self._several)
            channels = [
                Channel(
                    self._called(machine),
                    there(machine.ssh, machine.program, self._ssh_configuration) if machine.ssh else here(),
                    Task(self._text, self._file, machine.name),
                    tell,
                )
                for machine in self._machines
            ]
            fleet = Fleet(channels, tell, Deadline(self._seconds))
            try:
                return await act(fleet)
            finally:
                await fleet.close()

        return asyncio.run(run())
