"""The programs of a machine, as the configuration has them. Thinking only, no I/O."""

from sagews.admin.kinds import haproxy, memcached, nginx, own, postgresql, stunnel
from sagews.admin.program import Program
from sagews.config.placement import Placed, for_machine, machine, placed
from sagews.config.site import Site


def programs(site: Site, machine_name: str) -> tuple[Program, ...]:
    """Return the programs of a machine; that of a site without machines is called ''. Raises ConfigurationError."""
    there = machine(site, machine_name)
    seen = for_machine(site, there)
    return tuple(_program(seen, each) for each in placed(site) if each.machine is there)


def _program(site: Site, placed: Placed) -> Program:
    match placed.kind:
        case "worker":
            return own.worker(site, placed)
        case "backend":
            return own.backend(site, placed)
        case "logwatch":
            return own.logwatch(site, placed)
        case "postgresql":
            return postgresql.postgresql(site, placed)
        case "memcached":
            return memcached.memcached(site, placed)
        case "nginx":
            return nginx.nginx(site, placed)
        case "haproxy":
            return haproxy.haproxy(site, placed)
        case "stunnel":
            return stunnel.stunnel(site, placed)
        case _:
            raise NotImplementedError(placed.kind)
