"""A stage for stateless evaluations: a worker that says what the test says, and tabs that run."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.dialogue import DEADLINE, Json, Stage, Tab, WorkerEnd, stage

NAMES = [f"evaluation-{number:06}" for number in range(9)]
FINGERPRINT = b"f" * 16
RAN = round(time.time()) - 100.0
"""When runs start, by the worker's clock."""


class Play:
    """A stage whose worker has said which version its environment has."""

    def __init__(self, scene: Stage, control: WorkerEnd) -> None:
        self.scene = scene
        self._control = control
        self._sessions = 0

    async def announce(self, fingerprint: bytes) -> None:
        """Let the worker say the version of its environment."""
        version = pb.EnvironmentVersion(name="python", fingerprint=fingerprint)
        status = pb.Status(state=pb.WORKER_STATE_READY, load=pb.Load(places=9), environments=[version])
        self._control.say(pb.Event(status=status))
        async with asyncio.timeout(DEADLINE):
            while self.scene.workers.fingerprints("python") != [fingerprint] * bool(fingerprint):
                await asyncio.sleep(0.001)

    async def fall_silent(self) -> None:
        """Let the worker's control link end; a new one says nothing."""
        self._control.hang_up()
        async with asyncio.timeout(DEADLINE):
            while self.scene.workers.all[0].status is not None:
                await asyncio.sleep(0.001)

    async def tab(self) -> Tab:
        return await self.scene.tab()

    async def opening(self) -> tuple[WorkerEnd, pb.Request]:
        """Return the next link on which a session is to be opened."""
        link = await self.scene.worker.link()
        return link, await link.expect("open")

    async def running(self, fingerprint: bytes = FINGERPRINT) -> WorkerEnd:
        """Open the session of a run; return its link, the evaluation begun."""
        link, request = await self.opening()
        self._sessions += 1
        session = f"w1-{self._sessions}"
        link.say(
            pb.Event(request=request.id, session=session, opened=pb.Opened(token="secret", fingerprint=fingerprint))
        )
        evaluate = (await link.expect("evaluate")).evaluate
        assert evaluate.watched and evaluate.evaluation and not evaluate.cell
        link.say(pb.Event(session=session, sequence=1, queued=pb.Queued()))
        link.say(pb.Event(session=session, sequence=2, started=pb.Started(), time=RAN))
        return link

    def kept(self, what: str) -> float:
        """Return a counter of the cache."""
        return counter(self.scene, f"sagews_cache_{what}_total")


def counter(scene: Stage, name: str) -> float:
    lines = scene.metrics.exposition().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@asynccontextmanager
async def play(folder: Path, evaluations: int = 0) -> AsyncIterator[Play]:
    async with stage(folder, evaluations) as scene:
        scene.workers.start()
        async with asyncio.timeout(DEADLINE):
            control = await scene.worker.control.get()
        playing = Play(scene, control)
        await playing.announce(FINGERPRINT)
        try:
            yield playing
        finally:
            async with asyncio.timeout(DEADLINE):
                await scene.runs.close()
            await scene.workers.stop()


def output(sequence: int, body: bytes = b"{}", kind: pb.OutputKind = pb.OUTPUT_KIND_STREAM) -> pb.Event:
    return pb.Event(session="w1-1", sequence=sequence, output=pb.Output(kind=kind, body=body))


def done(sequence: int, reason: pb.EvaluationReason = pb.EVALUATION_REASON_DONE, **fields: Any) -> pb.Event:
    return pb.Event(session="w1-1", sequence=sequence, done=pb.Done(reason=reason, text="So.", **fields))


def ended(sequence: int, text: str = "It was closed.") -> pb.Event:
    return pb.Event(session="w1-1", sequence=sequence, ended=pb.Ended(reason=pb.SESSION_REASON_CLOSED, text=text))


async def told(tab: Tab, *kinds: str, name: str = NAMES[0], first: int = 1) -> list[Json]:
    """Return the next events of an evaluation, which must be of these kinds and numbered from `first`."""
    events = [await tab.told(kind) for kind in kinds]
    assert [event["sequence"] for event in events] == list(range(first, first + len(kinds)))
    assert {event["evaluation"] for event in events} == {name} and {event["session"] for event in events} == {""}
    return events
