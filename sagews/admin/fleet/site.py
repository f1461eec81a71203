"""A site's machines, each with the channel to its part; what the commands of `sagews admin` do with them."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sagews.admin.build import build
from sagews.admin.deadline import Deadline
from sagews.admin.fleet import figures, shown
from sagews.admin.fleet.channel import Channel, here, there
from sagews.admin.fleet.fleet import FAULT, Fleet
from sagews.admin.fleet.machines import Reached, machines
from sagews.admin.here.belongings import digest
from sagews.admin.here.orders import Brought, Task, Verb
from sagews.admin.here.words import Condition, Word
from sagews.admin.installing.belongings import belongings
from sagews.admin.installing.install import install_program
from sagews.admin.installing.receiver import lacking
from sagews.admin.site_certificate import place
from sagews.config.load import parse, text_of
from sagews.config.placement import for_machine, placed
from sagews.config.placement import machine as machine_of
from sagews.errors import ServiceError

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

        async def check(fleet: Fleet) -> int:
            status = await fleet.check(names)
            return max(status, await self._compare(fleet))

        return self._run(check)

    async def _compare(self, fleet: Fleet) -> int:
        """Say where the build or a file of another machine is not that of this one; return the exit status."""
        others = [machine for machine in self._machines if machine.ssh]
        own = {self._called(each): belongings(self.site, machine_of(self.site, each.name)) for each in others}
        salt = secrets.token_hex(16)
        found = await fleet.look({name: tuple(file.path for file in files) for name, files in own.items()}, salt)
        status, tell = 0, shown.teller(self._several)
        for name, done in found.items():
            wrong = [] if done.build == build() else [f"has build {done.build}, and here is {build()}"]
            for file in own[name]:
                if done.digests.get(file.path, "") != digest(file.text.encode(), salt):
                    wrong.append(f"{file.path} {'differs' if done.digests.get(file.path) else 'is missing'}")
            for what in wrong:
                status = FAULT
                tell(name, Word("", f"{what}; sagews admin install brings it", FAULT))
        return status

    def install(self) -> int:
        """Bring the program and their own secrets to the other machines; return the exit status. Raises SagewsError."""
        others = [machine for machine in self._machines if machine.ssh]
        if not others:
            print("The site has no other machine.")
            return 0
        brought = {each.name: belongings(self.site, machine_of(self.site, each.name)) for each in others}

        async def program() -> tuple[int, list[Reached]]:
            tell, deadline = shown.teller(self._several), Deadline(self._seconds)
            return await install_program(self.site, others, tell, deadline, self._ssh_configuration)

        status, self._machines = asyncio.run(program())
        if not self._machines:
            return status
        files = {self._called(each): brought[each.name] for each in self._machines if brought[each.name]}
        return max(status, self._run(lambda fleet: fleet.bring(files)))

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

    def drain(self) -> int:
        """Empty the machines' backends and workers; return the exit status. Raises SagewsError."""
        return self._run(lambda fleet: fleet.drain(()))

    def probe(self) -> int:
        """See whether each machine could be upgraded, and change nothing; return the exit status."""
        others = [machine for machine in self._machines if machine.ssh]
        tell = shown.teller(several=True)
        status = 0
        for own in (machine for machine in self._machines if not machine.ssh):
            if short := lacking(for_machine(self.site, machine_of(self.site, own.name)).data):
                tell(own.name, Word("", f"{short}; free some", ServiceError.exit_status))
                status = ServiceError.exit_status

        async def probe() -> int:
            deadline = Deadline(self._seconds)
            found, _ = await install_program(self.site, others, tell, deadline, self._ssh_configuration, probe=True)
            return found

        status = max(status, asyncio.run(probe()) if others else 0)
        if status:
            tell("", Word("", "nothing was changed", status))
        return status

    def upgrade(self) -> int:
        """Bring one machine after another to this version; return the exit status. Raises SagewsError."""
        tell, every = shown.teller(several=True), self._machines
        for count, machine in enumerate(every):
            self._machines = [machine]
            status = self.install() if machine.ssh else 0
            status = status or self._run(lambda fleet: fleet.renew())
            if status:
                left = ", ".join(each.name for each in every[count + 1 :]) or "none"
                what = f"stopped here; machines that are left as they are: {left}"
                hint = "correct what is said above, then give the same command again"
                tell(machine.name, Word("", f"{what}; {hint}", status))
                return status
            tell(machine.name, Word("", "is up to date"))
        return 0

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
