"""A network that drops every packet and tells nobody: the server lets go of its clients all the same."""

import json
import os
import subprocess
import sys

import pytest

NOTICED = 45.0


@pytest.mark.timeout(180)
def test_clients_behind_a_network_that_is_gone_are_let_go() -> None:
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody make a network namespace")
    command = [*alone, sys.executable, "-m", "tests.conformance.blackout"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["connections"] == 5
    assert told["seconds"] < NOTICED
