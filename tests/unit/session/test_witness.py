"""What the witness sees, and when it looks."""

import asyncio
import sys
import threading
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.session.witness import MACHINERY, Witness, serves

CLOCK, FILES = pb.UNREPEATABLE_CLOCK, pb.UNREPEATABLE_FILES


def test_it_looks_while_the_code_of_the_reader_runs_and_only_if_it_is_called() -> None:
    witness = Witness()
    with witness.looking():
        assert not witness.looks
        witness.note(CLOCK)
    witness.call()
    assert not witness.looks and not witness.saw
    with witness.looking():
        with witness.looking():
            assert witness.looks
        assert witness.looks
    assert not witness.looks
    witness.dismiss()
    witness.note(CLOCK)
    assert not witness.saw


def test_the_first_thing_is_what_counts() -> None:
    witness = Witness()
    witness.call()
    with witness.looking():
        witness.note(FILES)
        assert not witness.looks
        with witness.looking():
            assert not witness.looks
        witness.note(CLOCK)
    witness.call()
    with witness.looking():
        assert not witness.looks
    assert witness.saw == FILES


def frame_of(module: object) -> types.FrameType:
    """Return the frame of a call in a module of this name."""
    names = {"__name__": module, "sys": sys}
    exec("def here(): return sys._getframe()", names)
    frame = names["here"]()  # type: ignore[operator]
    assert isinstance(frame, types.FrameType)
    return frame


def test_the_machinery_has_purposes_of_its_own() -> None:
    for module in ("asyncio.base_events", "threading", "sagews.session.pipes", "concurrent.futures.thread"):
        assert serves(frame_of(module), MACHINERY)
    for module in ("__main__", "threading_of_mine", "IPython.core.magics.execution", "", 5, None):
        assert not serves(frame_of(module), MACHINERY)
    assert not serves(None, MACHINERY)
    assert (
        serves(frame_of("a.b"), {"a.b"}) and not serves(frame_of("a.c"), {"a.b"}) and not serves(frame_of("a"), {"a.b"})
    )


def called_through(*modules: str) -> list[types.FrameType]:
    """Return the frame of a call in the last module, which was called by the one before it, and so on."""
    frames: list[types.FrameType] = []

    def here() -> None:
        frames.append(sys._getframe(1))

    call = here
    for module in reversed(modules):
        names = {"__name__": module, "call": call}
        exec("def through(): call()", names)
        call = names["through"]  # type: ignore[assignment]
    call()
    return frames


def test_who_asks_for_somebody_else_is_passed_over() -> None:
    (frame,) = called_through("multiprocessing.synchronize", "tempfile", "random")
    assert serves(frame, MACHINERY)
    (frame,) = called_through("multiprocessing", "mine", "random")
    assert not serves(frame, MACHINERY)


def test_what_the_machinery_was_given_to_run_is_not_its_own() -> None:
    frames: list[types.FrameType] = []

    class Standing:
        def __call__(self) -> None:
            frames.append(sys._getframe(1))

    thread = threading.Thread(target=Standing())
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(Standing()).result(5)
    assert len(frames) == 2 and not any(serves(frame, MACHINERY) for frame in frames)


def test_who_asks_the_loop_for_its_time_reads_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def monotonic(original: Callable[[], float] = time.monotonic) -> float:
        asked.append(serves(sys._getframe(1), MACHINERY))
        return original()

    loop = asyncio.new_event_loop()
    monkeypatch.setattr(time, "monotonic", monotonic)
    try:
        loop.run_until_complete(asyncio.sleep(0.01))
        assert asked and all(asked)
        asked.clear()
        exec("loop.time()", {"__name__": "mine", "loop": loop})
        assert asked == [False]
    finally:
        monkeypatch.undo()
        loop.close()
