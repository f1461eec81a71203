"""Waiting for pipes to be drained. Here this process's own 1 and 2 are pipes for a while."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from sagews.session import pipes as module
from sagews.session.pipes import Pipes, unread


@pytest.fixture
def ends() -> Iterator[tuple[Pipes, int, int]]:
    """Pipes that watch a pipe in the place of descriptor 1; its read end, its write end."""
    reader, writer = os.pipe()
    pipes = Pipes()
    pipes._ends = {1: os.dup(writer)}
    yield pipes, reader, writer
    pipes.detach()
    os.close(reader)
    os.close(writer)


def test_nothing_to_wait_for(ends: tuple[Pipes, int, int]) -> None:
    pipes, _, _ = ends
    start = time.monotonic()
    pipes.wait_until_drained(1, 2)
    Pipes().wait_until_drained(1, 2)
    assert time.monotonic() - start < 0.5


def test_it_waits_for_the_reader(ends: tuple[Pipes, int, int]) -> None:
    pipes, reader, writer = ends
    os.write(writer, b"x" * 1000)
    timer = threading.Timer(0.2, os.read, (reader, 1000))
    timer.start()
    pipes.wait_until_drained(1)
    assert unread(writer) == 0
    timer.join()


def test_it_gives_up_where_somebody_keeps_writing(
    ends: tuple[Pipes, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    pipes, reader, writer = ends
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            os.write(writer, b"x" * 1000)
            os.read(reader, 1000)

    os.set_blocking(writer, False)
    os.write(writer, b"x" * 5000)
    thread = threading.Thread(target=flood)
    thread.start()
    start = time.monotonic()
    pipes.wait_until_drained(1)
    over.set()
    thread.join()
    assert time.monotonic() - start < 10


def test_unread_of_what_is_closed() -> None:
    assert unread(10_000) == 0
