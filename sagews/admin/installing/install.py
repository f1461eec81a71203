"""`sagews admin install`: the program and each machine's own secrets, on all machines of a site at the same time."""

import asyncio
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from sagews.admin.build import build
from sagews.admin.deadline import Deadline
from sagews.admin.fleet.machines import Reached
from sagews.admin.here.words import Word
from sagews.admin.installing.target import Parcel, home
from sagews.admin.installing.target import install as bring_program
from sagews.admin.installing.wheel import constraints, wheel
from sagews.config.placement import for_machine
from sagews.config.placement import machine as machine_of
from sagews.config.site import Site
from sagews.errors import SagewsError


async def install_program(
    site: Site,
    machines: Sequence[Reached],
    tell: Callable[[str, Word], None],
    deadline: Deadline,
    ssh_configuration: str,
    *,
    probe: bool = False,
) -> tuple[int, list[Reached]]:
    """Install the program on machines; return the exit status, and those that have it now. Raises SagewsError.

    What sessions compute with goes only where there are workers. With `probe`, nothing is changed: each machine says
    whether it could be installed there.
    """
    for each in machines:
        home(each)
    parcel = Parcel(build(), wheel(), constraints())

    async def one(each: Reached) -> int:
        own = machine_of(site, each.name)
        extra = "[science]" if own.services.get("worker", 0) and find_spec("numpy") is not None else ""
        asked = str(for_machine(site, own).data) if probe else ""
        try:
            await bring_program(each, parcel, extra, tell, deadline, ssh_configuration, asked)
        except SagewsError as error:
            tell(each.name, Word("", str(error), error.exit_status))
            return error.exit_status
        return 0

    found = await asyncio.gather(*(one(each) for each in machines))
    return max(found, default=0), [each for each, status in zip(machines, found, strict=True) if not status]
