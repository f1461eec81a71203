"""Whose a control group is, by its name."""

import os
import subprocess
import sys

from sagews.machine import ownership


def test_only_what_the_dead_have_left_is_theirs() -> None:
    namespace, start = ownership.process_namespace(), ownership.start(os.getpid())
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    assert not ownership.is_dead(ownership.name("w1")), "it is this process"
    assert ownership.is_dead(f"sagews-w1-{namespace}-{os.getpid()}-{start - 1}"), "its number was given again"
    assert ownership.is_dead(f"sagews-w1-{namespace}-{gone.pid}-{start}")
    assert not ownership.is_dead(f"sagews-w1-{namespace + 1}-{gone.pid}-{start}"), "who is in there is not seen here"
    assert not ownership.is_dead("sagews-w1-old")
