"""The page `/status`: all of a site is shown, and what services say of themselves can do nothing."""

import pytest

from sagews.backend.status.page import page
from sagews.backend.status.plots import line
from sagews.backend.status.record import BackendWord, MachineWord, WorkerWord
from sagews.backend.status.report import Report, report
from sagews.backend.status.sample import Sample
from sagews.backend.style import Style
from sagews.config.load import parse
from sagews.config.placement import placed
from sagews.service.figures import duration, number, part, size
from tests.unit.backend.status.test_isolation import EVIL, Parts

SITE = """
[[machine]]
name = "front"
address = "10.0.0.1"
services = { haproxy = 1, backend = 2 }
[[machine]]
name = "left"
address = "10.0.0.2"
ssh = "left"
services = { worker = 1 }
[database]
url = "postgresql+asyncpg://sagews@10.0.0.9/sagews"
"""
STYLE = Style("/static/s.css", "/static/d.css")
PRESSED = MachineWord(busy=0.5, memory=8 << 30, memory_available=6 << 30)


def found(name: str = "worker1", state: str = "ready") -> Report:
    samples = [Sample(time=t, evaluations=t * 2, sessions=3, connections=4) for t in range(0, 50, 5)]
    backends = [
        BackendWord(name="backend1", state="ready", version="9.9", machine=PRESSED, samples=samples),
        BackendWord(name="backend2", state="away"),
    ]
    workers = [WorkerWord(name=name, state=state, tier="A", sessions=3, places=300)]
    return report("9.9", backends, workers, placed(parse(SITE, "x")), {"haproxy1": True})


def test_machines_services_and_figures() -> None:
    whole = found()
    assert whole.now.evaluations_per_second == 2 and len(whole.history) == 9
    assert {line.name: line.pressure for line in whole.machines} == {"front": PRESSED, "left": None}
    assert {line.name: (line.machine, line.state) for line in whole.services} == {
        "backend1": ("front", "ready"),
        "backend2": ("front", "away"),
        "haproxy1": ("front", "answers"),
        "logwatch1": ("front", ""),
        "worker1": ("left", "ready"),
        "logwatch2": ("left", ""),
    }
    parts = Parts(page(whole, [None], STYLE, still=False))
    for words in ("Evaluations a second2at most 2 in ten minutes", "front10.0.0.150%2 GiB of 8 GiB", "3 of 300"):
        assert words in parts.text
    assert "http-equiv" in parts.attributes


def test_it_can_be_held_still() -> None:
    assert 'http-equiv="refresh"' not in page(found(), [None], STYLE, still=True)


def test_nothing_that_a_service_says_is_markup() -> None:
    parts = Parts(page(found(EVIL, EVIL), [None], Style(EVIL, EVIL), still=True))
    assert not parts.elements & {"script", "img"}
    assert not any(name.startswith("on") for name in parts.attributes)


def test_a_line_has_a_gap_where_there_is_no_value() -> None:
    drawn = line([1.0, 2.0, None, 0.0], "Kept")
    assert drawn.count("<polyline") == 2
    assert 'points="0.0,24.0 80.0,2.0"' in drawn and 'points="240.0,46.0 240.0,46.0"' in drawn
    assert "polyline" not in line([None], "Kept") and "polyline" not in line([], "Kept")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (number(0), "0"),
        (number(1234.5), "1,234"),
        (number(12.34), "12.3"),
        (number(0.1234), "0.12"),
        (duration(None), "-"),
        (duration(0.0123), "12.3 ms"),
        (duration(2.0), "2 s"),
        (size(512), "512 B"),
        (size(3 << 29), "1.5 GiB"),
        (part(0.456), "46%"),
        (part(None), "-"),
    ],
)
def test_figures_in_words(words: str, expected: str) -> None:
    assert words == expected
