"""What a control link is told, and when."""

import asyncio

import pytest
import uvloop

from sagews.protocol import sagews_pb2 as pb
from sagews.worker import control as control_link
from sagews.worker.admission import Admission
from sagews.worker.control import TOGETHER, Control

VERSIONS = [pb.EnvironmentVersion(name="python", fingerprint=b"f" * 16)]


class Paper:
    """A link that writes down what it is told, and may be full."""

    def __init__(self) -> None:
        self.writable = True
        self.told: list[tuple[str, int, bool]] = []

    def send(self, event: pb.Event) -> bool:
        if self.writable:
            status = event.status
            state = pb.WorkerState.Name(status.state).removeprefix("WORKER_STATE_").lower()
            assert list(status.environments) == VERSIONS
            self.told.append((state, status.load.sessions, status.place_free))
        return self.writable


async def test_states_and_free_places_at_once_loads_together() -> None:
    paper, admission = Paper(), Admission("w1", 3)
    control = Control(admission, lambda: VERSIONS, lambda: (), paper.send)
    assert paper.told == [("ready", 0, False)]
    admission.enter()
    admission.enter()
    assert paper.told[1:] == []
    admission.enter()
    assert paper.told[1:] == [("full", 3, False)]
    admission.leave()
    admission.drain()
    assert paper.told[2:] == [("ready", 2, True), ("draining", 2, False)]
    control.stop()


async def test_a_change_of_the_load_is_told_soon() -> None:
    paper, admission = Paper(), Admission("w1", 3)
    control = Control(admission, lambda: VERSIONS, lambda: (), paper.send)
    admission.enter()
    admission.enter()
    await asyncio.sleep(2 * TOGETHER)
    assert paper.told[1:] == [("ready", 2, False)]
    control.stop()


async def test_a_link_that_takes_nothing_is_told_of_the_free_place_later() -> None:
    paper, admission = Paper(), Admission("w1", 3)
    admission.enter()
    control = Control(admission, lambda: VERSIONS, lambda: (), paper.send)
    paper.writable = False
    admission.leave()
    paper.writable = True
    admission.enter()
    await asyncio.sleep(2 * TOGETHER)
    assert paper.told[1:] == [("ready", 1, True)]
    control.stop()


async def test_after_the_end_nothing_is_told() -> None:
    paper, admission = Paper(), Admission("w1", 1)
    Control(admission, lambda: VERSIONS, lambda: (), paper.send).stop()
    admission.enter()
    await asyncio.sleep(2 * TOGETHER)
    assert len(paper.told) == 1


def test_the_heart_beats_on_also_where_a_timer_rings_before_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's event loop counts in milliseconds, and rings up to one too early."""
    monkeypatch.setattr(control_link, "LINK_HEARTBEAT", 0.0125)

    async def beats() -> int:
        paper = Paper()
        control = Control(Admission("w1", 3), lambda: VERSIONS, lambda: (), paper.send)
        async with asyncio.timeout(20):
            while len(paper.told) < 60:
                await asyncio.sleep(0.01)
        control.stop()
        return len(paper.told)

    assert uvloop.run(beats()) >= 60
