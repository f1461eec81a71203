"""How a program is: what supervisord says of it, whether it answers, and whether it is what the configuration says."""

from sagews.admin.deadline import Deadline
from sagews.admin.here.answering import answers, patience
from sagews.admin.here.difference import Started, started
from sagews.admin.here.words import Condition, Status
from sagews.admin.program import Program
from sagews.admin.supervisor.asking import UP, Process, State

PROBE_SECONDS = 2.0
"""Seconds that a program may take to answer."""

CONDITIONS = {
    State.STOPPED: Condition.STOPPED,
    State.BACKOFF: Condition.RESTARTING,
    State.STOPPING: Condition.STOPPING,
    State.EXITED: Condition.ENDED,
    State.FATAL: Condition.FAILED,
    State.UNKNOWN: Condition.FAILED,
}
"""For programs that do not run."""


def status(
    machine: str, program: Program, process: Process | None, before: Started | None, deadline: Deadline
) -> Status:
    """Return how a program is. Raises TimeLimitError."""
    if process is None:
        return Status(machine=machine, service=program.name, kind=program.kind, condition=Condition.STOPPED)
    up = process.state in UP
    condition = CONDITIONS.get(process.state, Condition.RUNNING)
    if up and not answers(program, deadline.step(patience(program, PROBE_SECONDS))):
        condition = Condition.STARTING if process.seconds < program.start_seconds else Condition.SILENT
    return Status(
        machine=machine,
        service=program.name,
        kind=program.kind,
        condition=condition,
        changed=up and before != started(program),
        pid=process.pid,
        seconds=process.seconds,
        why=process.why,
    )


def unknown(machine: str, process: Process) -> Status:
    """Return how a program is that the configuration does not have any more."""
    condition = CONDITIONS.get(process.state, Condition.RUNNING)
    return Status(
        machine=machine,
        service=process.name,
        kind="",
        condition=condition,
        changed=True,
        pid=process.pid,
        seconds=process.seconds,
        why="is not in the configuration",
    )
