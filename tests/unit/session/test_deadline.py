"""Calls that take too long. In a process of their own, since the test's own deadline uses the same timer."""

import subprocess
import sys

import pytest

BEGIN = "import signal, time\nfrom sagews.session.deadline import within\n"


@pytest.mark.parametrize(
    "code",
    [
        "with within(5): pass\nassert signal.getitimer(signal.ITIMER_REAL) == (0, 0)",
        "try:\n    with within(0.05): time.sleep(5)\nexcept TimeoutError: pass\nelse: raise SystemExit(1)",
        "signal.signal(signal.SIGALRM, print)\nsignal.setitimer(signal.ITIMER_REAL, 100)\n"
        "with within(5): pass\nassert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100\n"
        "assert signal.getsignal(signal.SIGALRM) is print",
    ],
    ids=["in time", "too late", "another timer survives"],
)
def test_within(code: str) -> None:
    subprocess.run([sys.executable, "-c", BEGIN + code], timeout=30, check=True)
