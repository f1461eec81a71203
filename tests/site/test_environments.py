"""Environments: several in one worker, other interpreters, warm_up, the network, users; and `sagews worker --check`."""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.client import Client, Output
from sagews.protocol import sagews_pb2 as pb
from tests.running import running_site
from tests.site.commands import sagews
from tests.site.worker_process import QUICK, RunningWorker, link_to, running_worker, stdout_of, told

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")
REACH = """
import socket
try:
    with socket.create_connection(("127.0.0.1", {port}), 2) as server:
        print("reached")
except OSError as error:
    print("not reached")
"""


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an interpreter that has IPython and protobuf and does not have sagews."""
    directory = tmp_path_factory.mktemp("other") / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], timeout=60, check=True)
    (packages,) = directory.glob("lib/python3*/site-packages")
    (packages / "beside.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (packages / "only_there.py").write_text("WHERE = __file__\n")
    python = directory / "bin" / "python"
    has = subprocess.run([python, "-c", "import IPython, google.protobuf"], cwd="/", timeout=60, check=False)
    assert has.returncode == 0
    lacks = subprocess.run([python, "-c", "import sagews"], cwd="/", stderr=subprocess.PIPE, timeout=60, check=False)
    if lacks.returncode == 0:
        pytest.skip("sagews lies among the packages that this interpreter is given")
    return python


@pytest.fixture
def server() -> Iterator[int]:
    """Give the port of a server of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(20)
        yield listener.getsockname()[1]


def tier_of(worker: RunningWorker) -> str:
    lines = [json.loads(line) for line in worker.log.read_text().splitlines() if '"event": "isolation"' in line]
    return str(lines[0]["tier"])


def config_file(directory: Path, text: str) -> str:
    path = directory / "sagews.toml"
    path.write_text(text)
    return str(path)


# ----------------------------------------------------------- worker --check


def test_check_says_what_failed_in_which_environment(tmp_path: Path) -> None:
    config = config_file(
        tmp_path,
        """
        [[environment]]
        name = "good"
        preload = ["json"]
        warm_up = "import decimal; decimal.Decimal(1) / 3"
        [[environment]]
        name = "missing"
        preload = ["no_such_module"]
        [[environment]]
        name = "cold"
        warm_up = '''
        x = 1
        x / 0'''
        preload = []
        [[environment]]
        name = "nowhere"
        interpreter = "/nonexistent/python"
        [[environment]]
        name = "dead"
        warm_up = "import os; os._exit(3)"
        """,
    )
    ran = sagews(tmp_path, "worker", "--check", "--config", config)
    assert ran.status == 1
    lines = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    assert list(lines) == ["good", "missing", "cold", "nowhere", "dead"]
    assert lines["good"].startswith("ok; Python 3.")
    assert lines["missing"] == "FAILED; module 'no_such_module' cannot be imported"
    assert lines["cold"] == "FAILED; warm_up: ZeroDivisionError: division by zero"
    assert lines["nowhere"].startswith("FAILED; cannot run /nonexistent/python")
    assert lines["dead"].startswith("FAILED; ended before it was ready")
    assert '"warm_up failed"' in ran.stderr


def test_check_of_environments_that_are_well(tmp_path: Path) -> None:
    config = config_file(
        tmp_path, '[[environment]]\nname = "a"\npreload = []\n[[environment]]\nname = "b"\npreload = ["math"]\n'
    )
    ran = sagews(tmp_path, "worker", "--check", "--config", config)
    assert (ran.status, [line[:5] for line in ran.stdout.splitlines()]) == (0, ["a: ok", "b: ok"])


def test_check_names_what_an_interpreter_lacks(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], timeout=60, check=True)
    config = config_file(tmp_path, f'[[environment]]\nname = "bare"\ninterpreter = "{bare}/bin/python"\n')
    ran = sagews(tmp_path, "worker", "--check", "--config", config)
    assert ran.status == 1
    assert "IPython" in ran.stdout or "ended before it was ready" in ran.stdout


# --------------------------------------------------------------- warm_up


async def test_a_warm_up_that_fails_stops_nothing_and_what_it_defined_is_forgotten(tmp_path: Path) -> None:
    config = QUICK + "warm_up = 'import fractions; left = 1; 1/0'\n"
    with running_worker(tmp_path, config) as worker, worker.log.open() as log:
        (line,) = [json.loads(line) for line in log if '"warm_up failed"' in line]
        assert (line["environment"], line["error"]) == ("python", "ZeroDivisionError: division by zero")
        async with link_to(worker) as link:
            code = "import sys; print('fractions' in sys.modules, 'left' in globals())"
            assert stdout_of(await link.evaluate(code)) == "True False\n"


# --------------------------------------------------- interpreters of their own


@pytest.mark.parametrize("walls", ["", '[worker]\ntier = "D"\n'], ids=["walls", "bare"])
async def test_an_interpreter_without_sagews(tmp_path: Path, other_python: Path, walls: str) -> None:
    config = QUICK + f'[[environment]]\nname = "other"\ninterpreter = "{other_python}"\npreload = ["only_there"]\n'
    with running_worker(tmp_path, config + walls) as worker:
        async with link_to(worker, opened=False) as link:
            await link.open(environment="other")
            events = await link.evaluate("import sys, only_there; print(sys.prefix, only_there.WHERE)")
            prefix, where = stdout_of(events).split()
            assert prefix == str(other_python.parent.parent)
            assert where.startswith(prefix)
            # What lies beside our package is not seen, and what a session starts knows nothing of it.
            events = await link.evaluate(
                "import importlib.util, os, subprocess, sys\n"
                "print([name for name in ('tests', 'benchmarks', 'scripts') if importlib.util.find_spec(name)])\n"
                "first = os.environ['PATH'].split(':')[0]\n"
                "print('PYTHONPATH' in os.environ, first == os.path.dirname(sys.executable))\n"
                "print(subprocess.run([sys.executable, '-c', 'import sagews'], capture_output=True).returncode)\n"
            )
            assert stdout_of(events) == "[]\nFalse True\n1\n"
            assert told(await link.evaluate("%timeit -n1 -r1 1"))[-1] == "done:done"
        async with link_to(worker) as link:
            assert stdout_of(await link.evaluate("import sys; print(sys.prefix)")) == f"{sys.prefix}\n"


async def test_an_environment_that_is_not_there(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK) as worker:
        async with link_to(worker, opened=False) as link:
            link.send(open=pb.Open(environment="sage"))
            failure = (await link.until("failure"))[-1].failure
            assert failure.code == pb.FAILURE_CODE_UNKNOWN_ENVIRONMENT


# ------------------------------------------------------------------- network


async def test_a_worker_on_its_own_gives_the_network_where_it_is_told(tmp_path: Path, server: int) -> None:
    config = QUICK + '[[environment]]\nname = "open"\npreload = []\nspares = 0\nnetwork = true\n'
    with running_worker(tmp_path, config) as worker:
        if tier_of(worker) == "D":
            pytest.skip("no wall of this machine keeps anybody off the network")
        for environment, reach in (("python", "not reached\n"), ("open", "reached\n")):
            async with link_to(worker, opened=False) as link:
                await link.open(environment=environment)
                assert stdout_of(await link.evaluate(REACH.format(port=server))) == reach


async def test_the_owner_of_a_laptop_has_the_network_unless_the_file_says_no(tmp_path: Path, server: int) -> None:
    config = (
        '[[environment]]\nname = "python"\npreload = []\nspares = 0\n'
        '[[environment]]\nname = "closed"\npreload = []\nspares = 0\nnetwork = false\n'
    )
    with running_site(tmp_path, config=config) as site:
        async with Client(site.url) as client:
            assert await _printed(client, "python", REACH.format(port=server)) == "reached\n"
            if client.welcome.tier != "D":
                assert await _printed(client, "closed", REACH.format(port=server)) == "not reached\n"


async def _printed(client: Client, environment: str, code: str) -> str:
    session = await client.open(environment)
    events = [event async for event in session.evaluate(code)]
    return "".join(event.content.get("text", "") for event in events if isinstance(event, Output))


# ---------------------------------------------------------------------- users


@as_root
async def test_sessions_run_as_the_users_that_are_named(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK, "--users", "7000100-7000120") as worker:
        if tier_of(worker) != "A":
            pytest.skip("no tier A here")
        users = []
        for _ in range(2):
            async with link_to(worker) as link:
                users.append(int(stdout_of(await link.evaluate("import os; print(os.getuid())"))))
        assert all(7_000_100 <= user <= 7_000_120 for user in users)
        assert users[0] != users[1]


@as_root
@pytest.mark.parametrize("users", ["root", "nobody-at-all", "9-2"])
def test_users_that_cannot_be(tmp_path: Path, users: str) -> None:
    start = time.monotonic()
    ran = sagews(tmp_path, "worker", "--users", users, "--runtime", str(tmp_path / "run"))
    assert ran.status == 2
    assert users in ran.stderr
    assert time.monotonic() - start < 30
