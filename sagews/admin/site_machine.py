"""A machine of a site, ready to take orders: its programs and places, by the configuration's text."""

from collections.abc import Callable

from sagews.admin.deadline import Deadline
from sagews.admin.here.machine import Machine
from sagews.admin.here.orders import Task
from sagews.admin.here.words import Word
from sagews.admin.program import WrittenFile
from sagews.admin.programs import programs
from sagews.admin.supervisor.places import Places
from sagews.config.load import parse
from sagews.config.placement import for_machine, machine


def machine_of(task: Task, tell: Callable[[Word], None], deadline: Deadline) -> Machine:
    """Return the machine of a task. Raises ConfigurationError."""
    site = parse(task.configuration, task.file)
    places = Places(for_machine(site, machine(site, task.machine)).data)
    settings = WrittenFile(path=places.settings, text=task.configuration)
    return Machine(programs(site, task.machine), places, tell, deadline, (settings,))
