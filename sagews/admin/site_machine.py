"""A machine of a site, ready to take orders: its programs and places, by the configuration's text."""

from collections.abc import Callable
from dataclasses import replace

from sagews.admin.deadline import Deadline
from sagews.admin.here.machine import Machine
from sagews.admin.here.orders import Task
from sagews.admin.here.words import Word
from sagews.admin.program import WrittenFile
from sagews.admin.programs import programs
from sagews.admin.supervisor.places import Places
from sagews.config.load import parse
from sagews.config.placement import for_machine, machine
from sagews.config.users import GROUP, GROUPS


def machine_of(task: Task, tell: Callable[[Word], None], deadline: Deadline) -> Machine:
    """Return the machine of a task. Raises ConfigurationError."""
    site = parse(task.configuration, task.file)
    places = Places(for_machine(site, machine(site, task.machine)).data)
    wanted = programs(site, task.machine)
    shared = any(program.user in GROUPS for program in wanted)
    settings = WrittenFile(path=places.settings, text=task.configuration)
    if shared:
        settings = replace(settings, mode=0o640, group=GROUP)
    return Machine(wanted, places, tell, deadline, (settings,))
