"""A machine of a site, ready to take orders: its programs and places, by the configuration's text."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sagews.admin.deadline import Deadline
from sagews.admin.here.machine import Machine
from sagews.admin.here.orders import Task
from sagews.admin.here.words import Word
from sagews.admin.program import Program, WrittenFile
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
    return Machine(wanted, places, tell, deadline, (settings_of(task.configuration, places, wanted),))


def settings_of(text: str, places: Places, wanted: Sequence[Program]) -> WrittenFile:
    """Return the file from which the services of a machine read the site's configuration."""
    settings = WrittenFile(path=places.settings, text=text)
    shared = any(program.user in GROUPS for program in wanted)
    return replace(settings, mode=0o640, group=GROUP) if shared else settings
