"""Workers of every tier: with root, and as an ordinary user whose Python root has never touched."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site.worker_process import RunningWorker, running_worker

USER = 31234
"""An ordinary user that no machine has."""
USERS = range(6_500_000, 6_500_016)
"""Few users for sessions, so that one which is not given back is missed soon."""
DEBIAN = "/usr/bin/python3"
REPOSITORY = Path(__file__).parents[2]

CONFIG = """
# {secret}
data_directory = "{data}"

[worker]
tier = "{tier}"
{users}

[[environment]]
name = "python"
preload = ["numpy"]
readable = ["{shown}"]
spares = 1

[limits]
address_space = 2147483648
"""


@dataclass
class Walled:
    """A running worker, and where what it must keep to itself lies."""

    tier: str
    worker: RunningWorker
    folder: Path

    @property
    def places(self) -> dict[str, str]:
        """Its files, for attacks to aim at."""
        return {
            "config": str(self.folder / "sagews.toml"),
            "log": str(self.worker.log),
            "runtime": str(self.worker.socket.parent),
            "token": str(self.folder / "data/token"),
            "canary": str(self.folder / "canary"),
            "repository": str(REPOSITORY),
        }


@contextlib.contextmanager
def walled_worker(tier: str, secret: str, shown: str) -> Iterator[Walled]:
    """Start a worker of a tier; skip where this machine cannot have one.

    The secret is in its environment, its configuration and its token, and no
    session may ever see it.
    """
    if tier == "A" and os.geteuid() != 0:
        pytest.skip("tier A needs root")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sagews-test-")))
        python, user = sys.executable, 0
        if tier == "B" and os.geteuid() == 0:
            folder.chmod(0o755)
            python, user = _python_for_others(folder / "python"), USER
        own = folder / "own"
        (own / "data").mkdir(parents=True)
        (own / "data/token").write_text(secret)
        users = f'users = "{USERS[0]}-{USERS[-1]}"' if tier == "A" else ""
        config = CONFIG.format(secret=secret, data=own / "data", tier=tier, users=users, shown=shown)
        for path in (own, own / "data", own / "data/token"):
            os.chmod(path, 0o600 if path.is_file() else 0o700)
            if user:
                os.chown(path, user, user)
        running = running_worker(own, config, python=python, user=user, environment={"SAGEWS_TEST_SECRET": secret})
        yield Walled(tier, stack.enter_context(running), own)


def _python_for_others(folder: Path) -> str:
    """Make a Python that every user may run, with this one's packages; skip if there is none of the same version."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if shutil.which(DEBIAN) is None:
        pytest.skip(f"there is no {DEBIAN} for an ordinary user's worker")
    theirs = subprocess.run(
        [DEBIAN, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
    )
    if theirs.stdout.strip() != ours:
        pytest.skip(f"{DEBIAN} is {theirs.stdout.strip()}, the packages are for {ours}")
    subprocess.run([DEBIAN, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    folder.chmod(0o755)
    packages = Path(sysconfig.get_path("purelib"))
    (link,) = folder.glob("lib/python*/site-packages")
    (link / "theirs.pth").write_text(f"{packages}\n{REPOSITORY}\n")
    python = str(folder / "bin/python")
    test = subprocess.run(
        [python, "-c", "import sagews.worker.main, numpy"],
        user=USER, group=USER, extra_groups=[], capture_output=True, text=True, cwd="/", timeout=60,
    )  # fmt: skip
    if test.returncode:
        pytest.skip(f"an ordinary user cannot read {packages} and {REPOSITORY}: {test.stderr.strip()[-200:]}")
    return python
