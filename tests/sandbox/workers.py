"""Workers of every tier: with root, and as an ordinary user whose Python root has never touched."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site.ordinary_user import USER, OrdinaryUser
from tests.site.worker_process import RunningWorker, running_worker

_FIRST = 6_500_000 + os.getpid() % 1000 * 16
USERS = range(_FIRST, _FIRST + 16)
"""Few users for sessions, so that one which is not given back is missed soon; not those of another run beside this."""
REPOSITORY = Path(__file__).parents[2]

CONFIG = """
# {secret}
data_directory = "{data}"

[worker]
tier = "{tier}"
stall_seconds = 3
{users}

[[environment]]
name = "python"
preload = ["numpy"]
readable = ["{shown}"]
spares = 1

[limits]
address_space = 2147483648
memory = 1073741824
processes = 100
threads = 90
open_files = 512
disk = 268435456
files = 20000
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
def walled_worker(
    tier: str, secret: str, shown: str, *, before: Callable[[], None] | None = None, more: str = ""
) -> Iterator[Walled]:
    """Start a worker of a tier; skip where this machine cannot have one.

    The secret is in its environment, its configuration and its token, and no
    session may ever see it. `before` changes the process before it is the
    worker; `more` is further settings of that.
    """
    if tier == "A" and os.geteuid() != 0:
        pytest.skip("tier A needs root")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sagews-test-")))
        python, user = sys.executable, 0
        if os.geteuid() == 0 and tier in "BC":
            # In tier C too others than root have to read the interpreter: its sessions.
            folder.chmod(0o755)
            python, user = OrdinaryUser(folder / "python").interpreter, USER if tier == "B" else 0
        own = folder / "own"
        (own / "data").mkdir(parents=True)
        (own / "data/token").write_text(secret)
        users = f'users = "{USERS[0]}-{USERS[-1]}"' if tier in "AC" and os.geteuid() == 0 else ""
        config = CONFIG.format(secret=secret, data=own / "data", tier=tier, users=f"{users}\n{more}", shown=shown)
        for path in (own, own / "data", own / "data/token"):
            os.chmod(path, 0o600 if path.is_file() else 0o700)
            if user:
                os.chown(path, user, user)
        kept = {"SAGEWS_TEST_SECRET": secret}
        running = running_worker(own, config, python=python, user=user, environment=kept, before=before)
        yield Walled(tier, stack.enter_context(running), own)
