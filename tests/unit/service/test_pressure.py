"""What a machine tells of how hard it is pressed."""

import os

import psutil

from sagews.service.pressure import Gauge


def test_this_machine() -> None:
    pressure = Gauge()()
    memory = psutil.virtual_memory()
    assert pressure.memory == memory.total
    assert abs(pressure.memory_available - memory.available) < memory.total / 10
    assert 0 <= pressure.busy <= os.getloadavg()[0] + 1


def test_it_is_read_once_a_second_at_most() -> None:
    gauge = Gauge()
    assert gauge() is gauge()
