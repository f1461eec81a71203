"""The status of a whole site: what its services say, put together. Thinking only, no I/O."""

from collections.abc import Sequence

import msgspec

from sagews.backend.status.record import BackendWord, MachineWord, WorkerWord
from sagews.backend.status.sample import figures, series
from sagews.config.placement import Placed
from sagews.service.figures import Figures

WINDOW = 12
"""Samples over which the figures of now are taken: those of a minute."""


class ServiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One service, as far as a backend can tell."""

    name: str
    kind: str
    machine: str
    state: str
    """What it says of itself, or else `answers` or `away`; empty for one that nobody can ask."""


class MachineLine(msgspec.Struct, frozen=True, kw_only=True):
    """One machine of the site, as a service on it tells."""

    name: str
    address: str
    pressure: MachineWord | None
    """None for one of whose services none can be asked."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole; `/status.json` is this."""

    version: str
    now: Figures
    """Of the last minute, all backends together."""
    backends: list[BackendWord]
    workers: list[WorkerWord]
    machines: list[MachineLine]
    services: list[ServiceLine]
    history: list[Figures]
    """Of ten minutes, in steps of five seconds; the newest last."""


def report(
    version: str,
    backends: Sequence[BackendWord],
    workers: Sequence[WorkerWord],
    placed: Sequence[Placed],
    answering: dict[str, bool],
) -> Report:
    """Put the words of services together; `answering` tells of others, by name, whether they do."""
    words: list[BackendWord | WorkerWord] = [*workers, *backends]
    said = {word.name: word for word in words}
    pressures: dict[str, MachineWord] = {}
    for each in placed:
        word = said.get(each.name)
        if word is not None and word.machine is not None:
            pressures.setdefault(each.machine.name, word.machine)
    machines = {each.machine.name: each.machine for each in placed}
    return Report(
        version=version,
        now=figures(
            (word.samples[-min(WINDOW + 1, len(word.samples))], word.samples[-1]) for word in backends if word.samples
        ),
        backends=[msgspec.structs.replace(word, samples=word.samples[-1:]) for word in backends],
        workers=list(workers),
        machines=[
            MachineLine(name=name, address=machine.address, pressure=pressures.get(name))
            for name, machine in machines.items()
        ],
        services=[
            ServiceLine(
                name=each.name,
                kind=each.kind,
                machine=each.machine.name,
                state=said[each.name].state
                if each.name in said
                else {True: "answers", False: "away", None: ""}[answering.get(each.name)],
            )
            for each in placed
        ],
        history=series([word.samples for word in backends if word.samples]),
    )
