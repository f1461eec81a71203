"""What a process tells the system about itself, in a fork."""

import subprocess
import sys

import pytest

from sagews.session import prctl
from sagews.session.prctl import Option
from tests.unit.session.forks import in_fork

ELSEWHERE = """
from tests.unit.worker.elsewhere import leave_linux
leave_linux()
from sagews.session import prctl
prctl.tell(prctl.Option.PR_SET_DUMPABLE, 0)
"""


def test_it_is_told() -> None:
    def act() -> str:
        prctl.tell(Option.PR_SET_NO_NEW_PRIVS, 1)
        with open("/proc/self/status") as status:
            return next(line.split()[1] for line in status if line.startswith("NoNewPrivs"))

    assert in_fork(act) == "1"


def test_an_error_names_the_option() -> None:
    with pytest.raises(OSError, match="PR_SET_DUMPABLE: Invalid argument"):
        prctl.tell(Option.PR_SET_DUMPABLE, 77)


def test_a_system_that_has_none_says_so_when_it_is_called() -> None:
    done = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, timeout=30, check=False)
    assert "PR_SET_DUMPABLE: this system has no prctl" in done.stderr
