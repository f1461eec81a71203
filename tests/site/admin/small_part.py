"""A machine's part whose configuration is a list of small programs, in JSON: what the real one does with a site."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from sagews.admin.deadline import Deadline
from sagews.admin.here.machine import Machine
from sagews.admin.here.main import orders
from sagews.admin.here.orders import Task
from sagews.admin.here.words import Word
from tests.site.admin.ground import Ground


class Small(msgspec.Struct):
    """One program."""

    name: str
    port: int
    text: str = "one"
    needs: tuple[str, ...] = ()
    check: tuple[str, ...] = ()


class SmallSite(msgspec.Struct):
    """The programs of each machine, by the machine's data directory."""

    machines: dict[str, list[Small]]


def machine_of(task: Task, tell: Callable[[Word], None], deadline: Deadline) -> Machine:
    """Return the machine of a task, whose name is its data directory."""
    site = msgspec.json.decode(task.configuration, type=SmallSite)
    ground = Ground(Path(task.machine))
    programs = []
    for small in site.machines[task.machine]:
        ground.ports[small.name] = small.port
        programs.append(ground.program(small.name, small.text, needs=frozenset(small.needs), check=small.check))
    return Machine(programs, ground.places, tell, deadline)


if __name__ == "__main__":
    orders(machine_of)
