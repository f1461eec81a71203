"""A worker that is told to end while it begins."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.processes import command, wait_until
from tests.site.worker_process import QUICK, alive

WITHIN = 5.0
"""Seconds in which a worker ends."""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, None], ids=["TERM", "INT", "lifeline"])
def test_a_worker_that_is_not_ready_yet_ends_in_time(tmp_path: Path, how: signal.Signals | None) -> None:
    """End it while its environment gets warm, which would take a minute: it ends, and nothing is left of it."""
    (tmp_path / "sagews.toml").write_text(f"{QUICK}\nwarm_up = 'import time; time.sleep(50)'\n")
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "sagews", "worker", "--lifeline", "--config", str(tmp_path / "sagews.toml")]
    command += ["--runtime", str(tmp_path / "run"), "--data", str(tmp_path / "data")]
    with (
        log.open("ab") as file,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file) as process,
    ):
        try:
            wait_until(lambda: zygotes_of(process.pid), 15, "the zygote is there")
            tree = psutil.Process(process.pid).children(recursive=True)
            assert process.stdin is not None
            if how is None:
                process.stdin.close()
            else:
                process.send_signal(how)
            process.wait(WITHIN)
        finally:
            process.kill()
    assert not psutil.wait_procs(tree, timeout=1)[1]
    assert "worker ends before it was ready" in log.read_text()
    assert "Traceback" not in log.read_text()


def zygotes_of(pid: int) -> list[int]:
    """Return the process ids of a worker's zygotes."""
    children = [child for child in psutil.Process(pid).children() if alive(child.pid)]
    return [child.pid for child in children if "session.zygote" in command(child)]


@pytest.mark.parametrize("after", [0.05 * number for number in range(1, 13)])
def test_a_service_that_is_interrupted_while_it_is_loaded_says_nothing(tmp_path: Path, after: float) -> None:
    """As supervisord does with one that it has just started again: no traceback of an import is in its log."""
    (tmp_path / "sagews.toml").write_text(QUICK)
    command = [sys.executable, "-m", "sagews", "worker", "--config", str(tmp_path / "sagews.toml")]
    command += ["--runtime", str(tmp_path / "run"), "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(after)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=WITHIN)
        finally:
            process.kill()
    # What Python says that has not come to this program yet is not meant.
    assert "sagews/command_line.py" not in said, said
