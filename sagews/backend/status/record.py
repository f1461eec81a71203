"""What one backend says of itself and of the workers: to people, and to the neighbours that ask it."""

from collections import deque
from collections.abc import Callable

import msgspec

import sagews
from sagews.backend.drain import Drain
from sagews.backend.status.sample import Sample
from sagews.backend.workers import Workers
from sagews.service.pressure import Gauge

EVERY = 5.0
"""Seconds between samples."""
KEPT = 121
"""Samples that are kept: those of ten minutes."""


class MachineWord(msgspec.Struct, frozen=True, kw_only=True):
    """How hard the machine of a service is pressed."""

    busy: float
    """Processes that want to run, for each processor."""
    memory: int
    """Bytes that it has; 0: not known."""
    memory_available: int
    """Bytes that programs can still have."""


class WorkerWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a backend knows of a worker."""

    name: str
    state: str
    """`ready`, `full`, `draining`, `stopping`, `away` or `namesake`."""
    tier: str = ""
    """In which it isolates sessions."""
    sessions: int = 0
    places: int = 0
    machine: MachineWord | None = None
    """None while it is away."""


class BackendWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a backend says of itself, to people and to its neighbours."""

    name: str
    state: str
    """`ready`, `draining`, or `away`: it could not be asked."""
    version: str = ""
    machine: MachineWord | None = None
    samples: list[Sample] = []
    """The newest last."""


class Record:
    """The samples of this backend, and its word."""

    def __init__(self, name: str, workers: Workers, drain: Drain, sample: Callable[[], Sample]) -> None:
        self.name = name
        self._workers = workers
        self._drain = drain
        self._sample = sample
        self._gauge = Gauge()
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def take(self) -> None:
        """Take a sample."""
        self._samples.append(self._sample())

    def own(self) -> BackendWord:
        """Return what this backend says of itself, as it is now."""
        pressure = self._gauge()
        return BackendWord(
            name=self.name,
            state="draining" if self._drain.begun else "ready",
            version=sagews.__version__,
            machine=MachineWord(busy=pressure.busy, memory=pressure.memory, memory_available=pressure.memory_available),
            samples=[*self._samples, self._sample()],
        )

    def workers(self) -> list[WorkerWord]:
        """Return what this backend knows of each worker."""
        words = []
        for worker in self._workers.all:
            load = None if worker.status is None else worker.status.load
            words.append(
                WorkerWord(
                    name=worker.name or str(worker),
                    state=worker.state,
                    tier=worker.isolation.tier if worker.isolation is not None else "",
                    sessions=load.sessions if load else 0,
                    places=load.places if load else 0,
                    machine=MachineWord(busy=load.busy, memory=load.memory, memory_available=load.memory_available)
                    if load
                    else None,
                )
            )
        return words
