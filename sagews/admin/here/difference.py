"""What has to be done to a program so that it runs as the configuration says. Thinking only, no I/O."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from sagews.admin.program import Program


class Started(msgspec.Struct, frozen=True):
    """What a program was started with, or has reloaded since."""

    process: str
    """Digest of its command and all else that only a new process takes."""
    files: str
    """Digest of its generated files."""


class Step(StrEnum):
    """What has to be done."""

    LEAVE = "leave"
    START = "start"
    RESTART = "restart"
    RELOAD = "reload"


def started(program: Program) -> Started:
    """Return what a program would be started with now."""
    process = (
        program.command,
        program.user,
        sorted(program.environment.items()),
        str(program.directory),
        str(program.log),
        program.stop_signal,
        program.stop_seconds,
        program.may_end,
    )
    files = sorted((str(file.path), file.text, file.mode, file.owner, file.group) for file in program.files)
    return Started(_digest(process), _digest(files))


def step(program: Program, before: Started | None, *, up: bool) -> Step:
    """Return what has to be done to a program, which runs or not, and was started with what is said."""
    if not up:
        return Step.START
    now = started(program)
    if before == now:
        return Step.LEAVE
    if before is not None and before.process == now.process and program.reload_signal:
        return Step.RELOAD
    return Step.RESTART


def in_order(programs: Sequence[Program]) -> list[Program]:
    """Return the programs so that each comes after those that it needs; otherwise in the order given."""
    needs: dict[str, set[str]] = {}
    for program in programs:
        needs.setdefault(program.kind, set()).update(program.needs)
    kinds = kinds_in_order(needs)
    return sorted(programs, key=lambda program: kinds.index(program.kind))


def kinds_in_order(needs: Mapping[str, Collection[str]]) -> list[str]:
    """Return kinds so that each comes after those of them that it needs; otherwise in the order given."""
    ordered: list[str] = []
    left = list(needs)
    while left:
        # A circle of needs is an error of ours; what is in it comes in the order given.
        ready = next((kind for kind in left if not set(needs[kind]) & set(left) - {kind}), left[0])
        left.remove(ready)
        ordered.append(ready)
    return ordered


def chosen(programs: Sequence[Program], names: Iterable[str]) -> list[Program]:
    """Return the programs of these names or kinds; all of them for no name."""
    wanted = set(names)
    return [program for program in programs if not wanted or {program.name, program.kind} & wanted]


def gone(programs: Sequence[Program], known: Mapping[str, object]) -> list[str]:
    """Return the names that supervisord knows and the configuration does not."""
    return [name for name in known if name not in {program.name for program in programs}]


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()
