"""`examples/three-machines.toml`, run by the product's own `sagews admin` on three machines of a network.

The database has moved to a machine with a worker, so that backends come to it
over the network; an nginx and a second balancer are added.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sagews.admin.supervisor.asking import Process, Supervisor
from sagews.admin.supervisor.places import Places
from sagews.config.users import GROUP, GROUPS
from tests.processes import wait_until
from tests.site.admin.balanced import self_signed
from tests.site.admin.command import Ended
from tests.site.admin.sshd import ssh_configuration, sshd_command
from tests.whole.database import Database
from tests.whole.network import PREFIX, Machine, Switch
from tests.whole.versions import this_version

EXAMPLE = Path(__file__).parents[2] / "examples" / "three-machines.toml"
ADDRESS = f"{PREFIX}1"
NAME = "cells.example.org"
GRACE = 20
"""Seconds that a session lives on without anybody."""
MACHINES = ("front", "left", "right")
SERVICES = [
    *("postgresql1", "memcached1", "worker1", "worker2", "backend1", "backend2", "nginx1", "haproxy1", "haproxy2"),
]
PLACES = {
    "haproxy = 1, backend = 2, postgresql = 1,": "haproxy = 1, nginx = 1, backend = 2,",
    'left.example.org"\nservices = { worker': 'left.example.org"\nservices = { haproxy = 1, worker',
    'right.example.org"\nservices = { worker': 'right.example.org"\nservices = { postgresql = 1, worker',
}
"""Services of the example's machines, and which ones they have here."""
LOGWATCHES = ["logwatch1", "logwatch2", "logwatch3"]
VOLUMES = {"data": "384m", "run": "8m", "etc": "1m", "opt": "8m"}
"""Those that each machine has for itself."""
MORE = """
[limits]
grace = {grace}
[haproxy]
certificate = "{folder}/etc/site.pem"
hard_stop_seconds = 20
{haproxy}[worker]
drain_seconds = 5
[rates]
evaluations_per_address = ""
sessions_per_address = ""
tickets_per_address = ""
permalinks_per_address = ""
permalinks_per_account = ""
[postgresql]
memory = 33554432
[[environment]]
name = "python"
preload = []
spares = 1
"""


class ThreeMachines:
    """The site, its machines, and the database that all of them share."""

    def __init__(self, folder: Path, switch: Switch, machines: dict[str, Machine]) -> None:
        self.folder, self.switch, self.machines = folder, switch, machines
        self.file = folder / "sagews.toml"
        self.places = Places(folder / "data")
        """Where each machine has its files: on a volume of its own."""
        self.front, self.left, self.right = (machines[name] for name in MACHINES)
        self.database = Database(self.right, self.places.data)
        self.write()

    def write(self, more: str = "", grace: int = GRACE, *, haproxy: str = "", stunnel: bool = False) -> None:
        """Write the configuration: the example's, with the test's own places, and more at its end.

        `haproxy`: lines for that table; with `stunnel` that is what speaks TLS.
        """
        text = EXAMPLE.read_text()
        settings = MORE.format(grace=grace, folder=self.folder, haproxy=haproxy)
        for old, new in (
            ("/var/lib/sagews", str(self.places.data)),
            ("/run/sagews", str(self.folder / "run/sagews")),
            ('[haproxy]\ncertificate = "/etc/sagews/site.pem"\n', ""),
            ("[worker]\nmax_sessions = 300\n", ""),
            *PLACES.items(),
            ('[backend]\nhosts = ["cells.example.org"]\n', f'[backend]\nhosts = ["{NAME}"]\ndrain_seconds = 5\n'),
            ('ssh = "', f'program = "{self.folder}/opt/bin/sagews"\nssh = "'),
        ):
            assert old in text, old
            text = text.replace(old, new)
        if stunnel:
            text = text.replace("haproxy = 1", "haproxy = 1, stunnel = 1")
            settings = settings.replace("[haproxy]\n", '[haproxy]\ntls = "stunnel"\n')
        self.file.write_text(text + settings.replace("[worker]\n", "[worker]\nmax_sessions = 300\n") + more)

    def admin(self, *arguments: str, seconds: float = 180.0) -> Ended:
        """Run `sagews admin ARGUMENTS` on the first machine."""
        common = ["--config", str(self.file)]
        if arguments[0] in (
            *(
                "start",
                "stop",
                "restart",
                "reload",
                "status",
                "install",
                "check",
                "drain",
                "upgrade",
                "migrate",
                "logs",
            ),
        ):
            common += ["--ssh-config", str(self.folder / "ssh_config")]
        program = str(self.folder / "opt/bin/sagews")
        done = self.front.run(program, "admin", *arguments, *common, seconds=seconds, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def place(self, machine: Machine, build: str) -> None:
        """Have a machine have a build of the program, which nothing runs from yet."""
        versions = self.folder / "opt" / "versions"
        machine.run("mkdir", "-p", str(versions))
        machine.run("cp", "-a", str(self.folder / "versions" / build), str(versions))

    def choose(self, machine: Machine, build: str) -> None:
        """Have a build be the one that is found there, as its operator does."""
        machine.run("ln", "-sfn", f"versions/{build}/bin", str(self.folder / "opt" / "bin"))

    def start(self) -> None:
        """Start all of it from nothing."""
        for verb in ("certificates", "install", "migrate", "start"):
            done = self.admin(verb)
            assert done.status == 0, (verb, done, self.logs())

    def status(self) -> dict[str, Any]:
        """Return the condition of each service, as `sagews admin status` says it."""
        done = self.admin("status", "--json")
        return {service["service"]: service["condition"] for service in json.loads(done.stdout)["services"]}

    def await_health(self, seconds: float = 60.0) -> None:
        """Wait until all is as the configuration says."""
        wait_until(lambda: self.admin("status").status == 0, seconds, "all is as it should be")

    def processes(self, machine: Machine) -> dict[str, Process]:
        """Return what the machine's supervisord says of its services."""
        return Supervisor(machine.root / self.places.socket.relative_to("/")).processes()

    def where(self, service: str) -> Machine:
        """Return the machine on which a service runs."""
        return next(each for each in self.machines.values() if service in self.processes(each))

    def pid(self, service: str) -> int:
        """Return the process of a service, as its machine numbers it."""
        return self.processes(self.where(service))[service].pid

    def kill(self, service: str, number: int = 9) -> None:
        """Send a signal to the process of a service."""
        machine = self.where(service)
        machine.signal(number, self.processes(machine)[service].pid)

    def logs(self) -> dict[str, str]:
        """Return what each service has logged."""
        found = {}
        for machine in self.machines.values():
            for log in (machine.root / self.places.logs.relative_to("/")).glob("*.log"):
                found[f"{machine.name} {log.name}"] = log.read_text(errors="replace")
        return found


def of_sessions(machine: Machine) -> set[int]:
    """Return the processes of a machine that belong to a worker's sessions or make them."""
    return {process for process, command in machine.processes().items() if "sagews.session" in command}


def forked(machine: Machine) -> set[int]:
    """Return the zygotes of a machine, and the processes that they forked: sessions, and spare ones."""
    return {process for process, command in machine.processes().items() if "sagews.session.zygote" in command}


@contextmanager
def three_machines() -> Iterator[ThreeMachines]:
    """Give the site, which does not run yet; nothing is left of it at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sagews-whole-")))
        folder.chmod(0o711)
        switch = Switch()
        stack.callback(switch.end)
        versions = folder / "versions"
        versions.mkdir()
        build = this_version(versions)
        sshd = sshd_command(folder, "0.0.0.0:22")
        volumes = {folder / name: f"size={size},mode=0755" for name, size in VOLUMES.items()}
        for volume in volumes:
            volume.mkdir()
        machines = {}
        for number, name in enumerate(MACHINES, start=1):
            machines[name] = Machine(switch, name, number, sshd, volumes, folder / f"{name}.log")
            stack.callback(machines[name].end)
            forget_users(machines[name])
        ssh_configuration(folder, 22, {f"{name}.example.org": machines[name].address for name in MACHINES[1:]})
        certificate = machines["front"].root / str(folder / "etc/site.pem").lstrip("/")
        certificate.write_bytes(self_signed())
        certificate.chmod(0o600)
        site = ThreeMachines(folder, switch, machines)
        for machine in machines.values():
            site.place(machine, build)
            site.choose(machine, build)
        yield site


def forget_users(machine: Machine) -> None:
    """Have a machine know none of the site's own users: it has a copy of those of the machine of the tests."""
    for name in sorted(GROUPS - {GROUP}):
        machine.run("userdel", name, check=False)
    machine.run("groupdel", GROUP, check=False)
