"""A machine that changes while its worker runs: a user is added, and files of the system get successors."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.site.worker_process import QUICK, link_to, running_worker, told

APART = """#!/bin/sh
# A machine's /etc of its own for a worker, which may be changed.
exec unshare --mount --propagation private sh -c 'mount --bind "$0" /etc && exec "$@"' '{etc}' '{python}' "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a worker an /etc of its own")
async def test_a_user_who_is_added_takes_nobodys_session_away(tmp_path: Path) -> None:
    """Who writes /etc/passwd puts a new file in the place of the old one (passwd(5), `useradd`)."""
    etc = tmp_path / "etc"
    shutil.copytree("/etc", etc, symlinks=True)
    python = tmp_path / "python"
    python.write_text(APART.format(etc=etc, python=sys.executable))
    python.chmod(0o755)
    with running_worker(tmp_path, QUICK, python=str(python)) as worker:
        for number in range(3):
            for name in ("passwd", "group", "hosts", "resolv.conf", "nsswitch.conf"):
                new = etc / f"{name}.new"
                shutil.copyfile(etc / name, new)
                with new.open("a") as file:
                    file.write(
                        f"# {number}\n"
                        if name != "passwd"
                        else f"added{number}:x:6000{number}:6000{number}::/:/bin/false\n"
                    )
                new.rename(etc / name)
            # The spare one stood before; the others are made now.
            for _ in range(3):
                async with link_to(worker) as end:
                    events = await end.evaluate(
                        "import pwd, os; print(pwd.getpwuid(os.getuid()).pw_dir == os.path.expanduser('~'))"
                    )
                    assert told(events)[-1] == "done:done" and "True" in str(events), events
        assert '"level": "error"' not in worker.log.read_text()
