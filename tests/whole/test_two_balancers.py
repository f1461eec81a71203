"""A site on three machines has two balancers, whose addresses DNS gives for its name: one is killed under load."""

import pytest

from tests.whole.figures import within
from tests.whole.network import Machine
from tests.whole.readers import Readers
from tests.whole.three_machines import ThreeMachines

pytestmark = pytest.mark.timeout(300)
HTTPS = ":01BB"
ESTABLISHED = "01"
READERS = 6


async def test_a_killed_balancer_of_two(site: ThreeMachines) -> None:
    """Readers go on by the other one in 10 s; none of their sessions is lost."""
    async with Readers(READERS, balancers=both(site)) as readers:
        assert connections(site.left) and connections(site.front)
        site.kill("haproxy2")
        within(10, "kill -9 of one balancer of two", await readers.until_all_evaluate(30))
    assert not readers.lost


def both(site: ThreeMachines) -> tuple[str, str]:
    """Return the addresses of the balancers."""
    return site.left.address, site.front.address


def connections(machine: Machine) -> int:
    """Return how many connections a machine's balancer has with readers (proc_net_tcp.txt)."""
    lines = machine.run("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.splitlines()
    return sum(line.split()[1].endswith(HTTPS) and line.split()[3] == ESTABLISHED for line in lines)
