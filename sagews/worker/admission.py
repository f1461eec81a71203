"""Who is let in: the places of a worker, its state, and its word on both. Thinking only, no I/O.

The worker alone admits. Backends are told of every change, so that they need
not ask; what they are told may be old by the time that they do, so they are
answered all the same.
"""

from collections.abc import Callable

from sagews.protocol import sagews_pb2 as pb
from sagews.service.pressure import Pressure
from sagews.worker.refusal import Refusal

Watcher = Callable[[bool], None]
"""Is told of every change; true: a place is free."""


class Admission:
    """The places of one worker."""

    def __init__(self, worker: str, places: int, pressure: Callable[[], Pressure] = Pressure) -> None:
        """`pressure` tells how hard its machine is pressed."""
        self._noun = f"worker {worker}"
        self._places = places
        self._pressure = pressure
        self._taken = 0
        self._closing: pb.WorkerState | None = None
        self._watchers: set[Watcher] = set()

    @property
    def state(self) -> pb.WorkerState:
        """What a backend can expect of an Open."""
        if self._closing is not None:
            return self._closing
        return pb.WORKER_STATE_FULL if self._taken >= self._places else pb.WORKER_STATE_READY

    @property
    def taken(self) -> int:
        """Sessions that live or are being opened."""
        return self._taken

    @property
    def load(self) -> pb.Load:
        """The load, as every answer to an Open carries it."""
        pressure = self._pressure()
        return pb.Load(
            sessions=self._taken,
            places=self._places,
            busy=pressure.busy,
            memory=pressure.memory,
            memory_available=pressure.memory_available,
        )

    def status(self, *, place_free: bool = False) -> pb.Status:
        """Return what a control link is told."""
        return pb.Status(state=self.state, load=self.load, place_free=place_free)

    # ------------------------------------------------------------ places

    def enter(self) -> None:
        """Take a place. Raises Refusal, with the load, if there is none or no session is opened any more."""
        self.check_open()
        if self._taken >= self._places:
            raise Refusal(
                pb.FAILURE_CODE_FULL,
                f"holds {self._taken} sessions, its limit",
                self._noun,
                "try again in a while",
                load=self.load,
            )
        self._taken += 1
        self._tell(place_free=False)

    def check_open(self) -> None:
        """See that sessions are opened still. Raises Refusal, with the load."""
        if self._closing is not None:
            raise Refusal(
                pb.FAILURE_CODE_DRAINING, "is shutting down", self._noun, "try another worker", load=self.load
            )

    def leave(self) -> None:
        """Give a place back."""
        self._taken -= 1
        self._tell(place_free=self._closing is None)

    # ----------------------------------------------------------- the end

    def drain(self) -> None:
        """Let nobody in any more; who is in, stays."""
        if self._closing is None:
            self._closing = pb.WORKER_STATE_DRAINING
            self._tell(place_free=False)

    def reopen(self) -> None:
        """Let others in again, after a drain that is not wanted any more."""
        if self._closing == pb.WORKER_STATE_DRAINING:
            self._closing = None
            self._tell(place_free=True)

    def stop(self) -> None:
        """Let nobody in any more; who is in, is being shown out."""
        if self._closing != pb.WORKER_STATE_STOPPING:
            self._closing = pb.WORKER_STATE_STOPPING
            self._tell(place_free=False)

    # ---------------------------------------------------------- watchers

    def watch(self, watcher: Watcher) -> None:
        """Tell of every change from now on."""
        self._watchers.add(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell no more."""
        self._watchers.discard(watcher)

    def _tell(self, *, place_free: bool) -> None:
        for watcher in tuple(self._watchers):
            watcher(place_free)
