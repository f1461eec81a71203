"""The machines of a site, and how each is reached. Thinking only, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from sagews.config.placement import machines as of_site
from sagews.config.site import Site
from sagews.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Reached:
    """A machine, and how it is reached."""

    name: str
    ssh: str = ""
    """How OpenSSH reaches it; empty for this machine."""
    program: str = "sagews"
    """Where the program is on it."""


def machines(site: Site, names: Sequence[str], *, here: bool) -> list[Reached]:
    """Return the machines of these names, or all. Raises ConfigurationError.

    `here` says that there is one, which is this machine.
    """
    found = [Reached(each.name, each.ssh, each.program) for each in of_site(site)]
    if unknown := sorted(set(names) - {machine.name for machine in found}):
        raise ConfigurationError("is no machine of the site", unknown[0], "see [[machine]] in the configuration")
    chosen = [machine for machine in found if not names or machine.name in names]
    if not here:
        return chosen
    if len(chosen) != 1:
        raise ConfigurationError("--here is for one machine", "", "name it with --machine")
    return [Reached(chosen[0].name)]
